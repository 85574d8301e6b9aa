//! Creates with passwords, beside argon2 alone; what they do to reads; and creates without.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use roster_auth::HashingConfig;
use roster_device_users::{Caller, wire};
use roster_kernel::json;

use crate::bare;
use crate::gateway::{Gateway, sqlite};
use crate::house::Services;
use crate::measure::{Effort, middle_pair};
use crate::subjects;
use crate::table::{Figure, Table, Target};
use crate::wrk::{Load, Report};

/// What all of them are measured on.
pub(crate) fn run(effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let gateway = Gateway::start(&sqlite(&folder.path().join("bench.sqlite")));
    with_passwords(&gateway, effort, table);
    reads_meanwhile(&gateway, effort, table);
    devices(&gateway, effort, table);
}

fn with_passwords(gateway: &Gateway, effort: Effort, table: &mut Table) {
    let pairs = (0..effort.rounds(5))
        .map(|round| (storm(gateway, &format!("r{round}"), effort.seconds(4)).run().rate, hashes(effort)))
        .collect();
    let (figure, bound) = middle_pair(pairs);
    let (figure, bound) = (Figure::Rate(figure), Figure::Rate(bound));
    table.row("create with a password, beside argon2 on all cores", figure, bound, Target::AtLeast(0.9));
}

/// Creates with passwords, by as many clients as keep all cores busy.
fn storm(gateway: &Gateway, prefix: &str, seconds: u64) -> Load<'static> {
    let script = format!(
        r#"local n = 0
        request = function()
            n = n + 1
            local body = '{{"nick_name":"{prefix}u' .. n .. '","password":"password-1","enterprise_id":"demo"}}'
            return wrk.format("POST", nil, nil, body)
        end"#
    );
    Load {
        url: format!("{}/openapi/v1/users", gateway.base),
        headers: &[("Authorization", "demo-enterprise-key"), ("Content-Type", "application/json")],
        connections: 16,
        seconds,
        // One a run, and they are few.
        script: Some(script.leak()),
    }
}

/// Hashes a second on all cores, with the parameters that the gateway uses.
fn hashes(effort: Effort) -> f64 {
    let config = HashingConfig::default();
    let params = Params::new(config.memory_kib, config.iterations, config.parallelism, Some(32));
    let params = params.expect("parameters");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (begun, lasts) = (Instant::now(), Duration::from_secs(effort.seconds(4)));
    let counted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
                    let mut hashes = 0;
                    while begun.elapsed() < lasts {
                        let mut hash = [0; 32];
                        argon2
                            .hash_password_into(b"password-1", b"0123456789abcdef", &mut hash)
                            .expect("a hash");
                        std::hint::black_box(hash);
                        hashes += 1;
                    }
                    hashes
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    counted as f64 / begun.elapsed().as_secs_f64()
}

fn reads_meanwhile(gateway: &Gateway, effort: Effort, table: &mut Table) {
    let reads = |seconds: u64| Load {
        url: format!("{}/openapi/v1/users/1", gateway.base),
        headers: &[("Authorization", "demo-enterprise-key")],
        connections: 8,
        seconds,
        script: None,
    };
    let p99 = |report: Report| report.p99.as_secs_f64();
    let pairs = (0..effort.rounds(3))
        .map(|round| {
            let alone = p99(reads(effort.seconds(4)).run());
            let storm = storm(gateway, &format!("s{round}"), effort.seconds(6)).start();
            let meanwhile = p99(reads(effort.seconds(4)).run());
            storm.report();
            (meanwhile, alone)
        })
        .collect();
    let time = |seconds: f64| Figure::Time(Duration::from_secs_f64(seconds));
    let (figure, bound) = middle_pair(pairs);
    let (figure, bound) = (time(figure), time(bound));
    table.row("p99 of reads while users with passwords are created", figure, bound, Target::AtMost(3.0));
}

/// Device users with a picture of 2 KiB, of ids that rise.
fn devices(gateway: &Gateway, effort: Effort, table: &mut Table) {
    let token = subjects::device_token(gateway);
    let picture = subjects::picture();
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
    let rate = |gateway: &Gateway, path: &str, from: usize| {
        let script = format!(
            r#"local n = {from}
            request = function()
                n = n + 1
                return wrk.format("POST", nil, nil, '{{"user_id":' .. n .. ',"name":"user","avatar":"{picture}"}}')
            end"#
        );
        let url = format!("{}{path}", gateway.base);
        Load { url, headers: &headers, connections: 32, seconds: effort.seconds(4), script: Some(&script) }
            .run()
            .rate
    };
    let bare = bare::start(br#"{"data":{},"code":200,"msg":"OK"}"#);
    let pairs = (0..effort.rounds(3))
        .map(|round| (rate(gateway, "/v1/user", 1_000 + round * 200_000), rate(&bare, "/post", 0)))
        .collect();
    let (figure, bound) = middle_pair(pairs);
    let (figure, bound) = (Figure::Rate(figure), Figure::Rate(bound));
    let work = "create of a device user with a picture of 2 KiB";
    table.row(&format!("{work}, beside parsing alone"), figure, bound, Target::AtLeast(0.2));
    let alone = Figure::Rate(one_at_a_time(effort));
    table.row(&format!("{work}, beside one transaction a request"), figure, alone, Target::AtLeast(3.0));
}

/// Creates a second when each waits for the commit of the one before.
fn one_at_a_time(effort: Effort) -> f64 {
    let services = Services::on_sqlite(HashingConfig::default());
    let (by, picture) = (Caller::trusted("benchmark"), subjects::picture());
    let rounds = effort.rounds(3_000);
    let begun = Instant::now();
    futures_lite::future::block_on(async {
        for id in 1..=rounds {
            let body = format!(r#"{{"user_id":{id},"name":"user","avatar":"{picture}"}}"#);
            let body: wire::CreateUser = json::decode(body.as_bytes()).expect("a body");
            services.dialects.device_users.create(&by, body).await.expect("made");
        }
    });
    rounds as f64 / begun.elapsed().as_secs_f64()
}
