//! Many large pictures at once: how much memory they take, and whether anybody is sent away without
//! being told when to come again.

use serde_json::json;

use crate::gateway::{Gateway, sqlite};
use crate::subjects;
use crate::table::{Figure, Table};

const UPLOADS: usize = 64;
const PICTURE_BYTES: usize = 7 * 1024 * 1024;

/// 64 uploads of 7 MiB, each by a client of its own.
pub(crate) fn run(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let gateway = Gateway::start(&sqlite(&folder.path().join("bench.sqlite")));
    let token = subjects::device_token(&gateway);
    let picture = "A".repeat(PICTURE_BYTES);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mute = std::thread::scope(|scope| {
        let uploads: Vec<_> = (1..=UPLOADS)
            .map(|id| {
                let (agent, token, picture, base) = (&agent, &token, &picture, &gateway.base);
                scope.spawn(move || {
                    let body = json!({"user_id": id, "name": "user", "avatar": picture}).to_string();
                    let call = agent.post(format!("{base}/v1/user")).header("Authorization", token);
                    let answer = call.header("Content-Type", "application/json").send(body);
                    let answer = answer.expect("an answer");
                    !answer.status().is_success() && !answer.headers().contains_key("retry-after")
                })
            })
            .collect();
        uploads.into_iter().filter_map(|upload| upload.join().expect("no panic").then_some(())).count()
    });
    let peak = Figure::Mebibytes(gateway.memory("VmHWM:"));
    table.limit("64 pictures of 7 MiB at once: peak memory", peak, Figure::Mebibytes(400.0));
    table.limit("… refused without Retry-After", Figure::Count(mute), Figure::Count(0));
}
