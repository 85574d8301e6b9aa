use std::num::NonZeroU32;

use roster_testkit::{on_each_gateway_with, race};
use serde_json::json;

/// Each needs all the room that there is, so they come one after the other, and none is sent away.
#[test]
fn large_bodies_wait_for_room_and_all_are_served() {
    on_each_gateway_with(
        |config| config.limits.large_bodies_mib = NonZeroU32::MIN,
        |gateway| {
            let picture = "A".repeat(1_200_000);
            let login = json!({"username": "admin", "password": "demo-password"}).to_string();
            let token = gateway.post("/v1/auth/login", login).send().expect(200).json();
            let token = token["data"]["token"].as_str().unwrap();
            let replies = race(8, |n| {
                let user = json!({"user_id": 100 + n, "name": "user", "avatar": picture});
                gateway.post("/v1/user", user.to_string()).bearer(token).send()
            });
            assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        },
    );
}
