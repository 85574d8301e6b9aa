//! One user of each dialect, and the request that reads him with a credential.

use serde_json::json;

use crate::gateway::Gateway;

/// A read that a dialect answers.
pub(crate) struct Subject {
    pub(crate) dialect: &'static str,
    pub(crate) path: String,
    /// The `Authorization` header.
    pub(crate) authorization: String,
}

/// A picture's text of about 2 KiB.
pub(crate) fn picture() -> String {
    format!("/9j/{}", "R0lGODlhAQABAAAA".repeat(128))
}

/// A device token that lives for a day.
pub(crate) fn device_token(gateway: &Gateway) -> String {
    let body = json!({"username": "admin", "password": "demo-password", "validTime": 1440});
    let answer = gateway.post("/v1/auth/login", &[], &body);
    format!("Bearer {}", answer["data"]["token"].as_str().expect("a token"))
}

/// An IoT access token.
pub(crate) fn iot_token(gateway: &Gateway) -> String {
    let body = json!({"username": "admin", "password": "demo-password"});
    format!("Bearer {}", gateway.post("/server/login", &[], &body)["token"].as_str().expect("a token"))
}

/// A CIAM access token.
pub(crate) fn ciam_token(gateway: &Gateway) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "demo-client"),
        ("client_secret", "demo-secret"),
    ];
    let mut answer =
        ureq::post(format!("{}/api/v2/tenant/token", gateway.base)).send_form(form).expect("a token");
    let body = answer.body_mut().read_to_vec().expect("a body");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    format!("Bearer {}", body["access_token"].as_str().expect("a token"))
}

/// Makes them, on a gateway with nothing but the demonstration's data.
pub(crate) fn made(gateway: &Gateway) -> Vec<Subject> {
    let device = device_token(gateway);
    let user = json!({"user_id": 1, "name": "Ada Lovelace", "avatar": picture(), "groups": [1, 2]});
    gateway.post("/v1/user", &[("Authorization", &device)], &user);
    let ciam = ciam_token(gateway);
    let user =
        json!({"user_name": "ada", "name": "Ada", "mobile": "13800138000", "extension": {"age": "36"}});
    let customer = gateway.post("/api/v2/tenant/users", &[("Authorization", &ciam)], &user);
    let iot = iot_token(gateway);
    let user = json!({
        "username": "ada", "password": "password-1", "email": "ada@example.com", "role": "SYSTEM", "area": [],
    });
    gateway.post("/server/users", &[("Authorization", &iot)], &user);
    vec![
        Subject {
            dialect: "enterprise users",
            path: "/openapi/v1/users/1".into(),
            authorization: "demo-enterprise-key".into(),
        },
        Subject { dialect: "device users", path: "/v1/user/id/1".into(), authorization: device },
        Subject {
            dialect: "tenant CIAM",
            path: format!("/api/v2/tenant/users/{}", customer["user_id"].as_str().expect("an id")),
            authorization: ciam,
        },
        Subject { dialect: "IoT roles", path: "/users/ada".into(), authorization: iot },
    ]
}
