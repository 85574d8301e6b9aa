//! Whose bodies are held, and that none keeps another's out.

use roster_testkit::{RawConnection, TestGateway, on_each_gateway};
use serde_json::json;

/// A token of a device account, which is made for it.
fn device_token(gateway: &TestGateway, name: &str) -> String {
    let account = json!({"name": name, "password": "device-password-1"}).to_string();
    let made = gateway.post("/admin/v1/device-accounts", account).bearer("demo-operator-token").send();
    assert_eq!(made.status, 201, "{made:?}");
    let login = json!({"username": name, "password": "device-password-1"}).to_string();
    let token = gateway.post("/v1/auth/login", login).send().expect(200).json();
    token["data"]["token"].as_str().unwrap().to_owned()
}

/// Announces a batch of 60 MiB and sends this much of it.
fn stall(gateway: &TestGateway, token: &str, sent: usize) -> RawConnection {
    let mut connection = gateway.raw();
    connection.send(format!(
        "POST /v2/user HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        60 << 20
    ));
    connection.send(vec![b' '; sent]);
    connection
}

/// A picture of 9 MiB, which needs room.
fn upload(gateway: &TestGateway, token: &str, id: u32) -> u16 {
    let user = json!({"user_id": id, "name": "user", "avatar": "A".repeat(9 << 20)}).to_string();
    gateway.post("/v1/user", user).bearer(token).send().status
}

#[test]
fn bodies_that_stand_still_keep_no_other_principal_out() {
    on_each_gateway(|gateway| {
        let (staller, other) = (device_token(gateway, "staller"), device_token(gateway, "other"));
        let mut idle = [stall(gateway, &staller, 1), stall(gateway, &staller, 1)];
        assert_eq!(upload(gateway, &other, 101), 200);
        assert!(idle.iter_mut().all(|one| !one.has_ended()), "nor do they have to go for it");
        // Nearly all there is: it makes way when it has stood still.
        let mut greedy = stall(gateway, &staller, 56 << 20);
        assert_eq!(upload(gateway, &other, 102), 200);
        assert_eq!(greedy.reply().unwrap().status, 503);
        // Less than an equal share, and what is left is too little: it makes way later.
        let mut modest = stall(gateway, &staller, 30 << 20);
        let user = json!({"user_list": [{"user_id": 103, "name": "user", "feature": "x"}]}).to_string();
        let batch = user + &" ".repeat(50 << 20);
        assert_eq!(gateway.post("/v2/user", batch).bearer(&other).send().status, 200);
        assert_eq!(modest.reply().unwrap().status, 503);
    });
}
