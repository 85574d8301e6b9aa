//! Who may call what, and how refusals look: I4.

use roster_testkit::{Call, TestGateway, on_each_gateway};
use serde_json::{Value, json};

use super::users::{is_error, made, signed_in};
use super::{Client, SITE};

/// An endpoint, a body that has the right form and asks for nothing that is there, and what it
/// answers to SYSTEM, AREA and DEVICE.
type Row = (&'static str, &'static str, Option<Value>, [u16; 3]);

fn table() -> Vec<Row> {
    let body = |body: Value| Some(body);
    vec![
        ("GET", "/users", None, [200, 403, 403]),
        ("POST", "/users", body(json!({})), [406, 403, 403]),
        ("POST", "/user", body(json!({})), [406, 403, 403]),
        ("PATCH", "/users", body(json!({})), [406, 403, 403]),
        ("GET", "/users/me", None, [200, 200, 200]),
        ("GET", "/users/nobody", None, [404, 403, 403]),
        ("DELETE", "/users/nobody", None, [404, 403, 403]),
        ("PATCH", "/users/password", body(json!({})), [406, 406, 403]),
        ("GET", "/users/password", None, [404, 403, 403]),
        ("PATCH", "/users/status", body(json!({})), [406, 403, 403]),
        ("DELETE", "/users/status", None, [404, 403, 403]),
        ("PATCH", "/users/nobody/password", body(json!({"password": "password"})), [404, 403, 403]),
        ("GET", "/sessions", None, [200, 403, 403]),
        ("GET", "/sessions/x", None, [404, 403, 403]),
        ("DELETE", "/sessions/x", None, [404, 403, 403]),
        ("PATCH", "/domains/nowhere", None, [406, 406, 403]),
        ("GET", "/domains", None, [412, 412, 403]),
        ("POST", "/domains", body(json!({})), [406, 403, 403]),
        ("PATCH", "/domains", body(json!({})), [406, 403, 403]),
        ("GET", "/domains/me", None, [200, 200, 403]),
        ("GET", "/domains/id/a%00b", None, [404, 404, 403]),
        ("GET", "/domains/name/a%00b", None, [403, 403, 403]),
        ("DELETE", "/domains/x", None, [404, 403, 403]),
        ("POST", "/sitetypes", body(json!({})), [406, 406, 403]),
        ("GET", "/sitetypes/list", None, [412, 412, 403]),
        ("GET", "/sitetypes/page", None, [412, 412, 403]),
        ("PATCH", "/sitetypes/name", body(json!({})), [406, 406, 403]),
        ("GET", "/sitetypes/x", None, [412, 412, 403]),
        ("DELETE", "/sitetypes/x", None, [412, 412, 403]),
        ("POST", "/devicetypes", body(json!({})), [406, 406, 403]),
        ("GET", "/devicetypes/list", None, [412, 412, 403]),
        ("GET", "/devicetypes/page", None, [412, 412, 403]),
        ("PATCH", "/devicetypes/name", body(json!({})), [406, 406, 403]),
        ("GET", "/devicetypes/x", None, [412, 412, 403]),
        ("DELETE", "/devicetypes/x", None, [412, 412, 403]),
        ("POST", "/devicetypes/x/attribute", body(json!({})), [406, 406, 403]),
        ("DELETE", "/devicetypes/x/attribute/y", None, [412, 412, 403]),
        ("POST", "/devicetypes/x/alarmtype", body(json!({})), [406, 406, 403]),
        ("DELETE", "/devicetypes/x/alarmtype/y", None, [412, 412, 403]),
        ("POST", "/devicetypes/x/actiontype", body(json!({})), [406, 406, 403]),
        ("DELETE", "/devicetypes/x/actiontype/y", None, [412, 412, 403]),
        ("GET", "/sites", None, [412, 412, 403]),
        ("POST", "/sites", body(json!({})), [406, 406, 403]),
        ("PATCH", "/sites", body(json!({})), [406, 406, 403]),
        ("GET", "/sites/count", None, [412, 412, 403]),
        ("PATCH", "/sites/name", body(json!({})), [406, 406, 403]),
        ("PATCH", "/sites/location", body(json!({})), [406, 406, 403]),
        ("GET", "/sites/x", None, [412, 412, 403]),
        ("DELETE", "/sites/x", None, [412, 412, 403]),
        ("GET", "/devices", None, [412, 412, 403]),
        ("POST", "/devices", body(json!({})), [406, 406, 403]),
        ("PATCH", "/devices", body(json!({})), [406, 406, 403]),
        ("GET", "/devices/count", None, [412, 412, 403]),
        ("PATCH", "/devices/name", body(json!({})), [406, 406, 403]),
        ("PATCH", "/devices/site", body(json!({})), [406, 406, 403]),
        ("GET", "/devices/x", None, [412, 412, 403]),
        ("DELETE", "/devices/x", None, [412, 412, 403]),
        ("GET", "/sites/me", None, [403, 200, 403]),
        ("GET", "/sites/me/a%00b", None, [403, 404, 403]),
        ("POST", "/devices/subdevice", body(json!({})), [406, 406, 403]),
        ("GET", "/devices/me", None, [403, 403, 404]),
        ("GET", "/devices/username/x", None, [412, 412, 403]),
    ]
}

fn call(gateway: &TestGateway, (method, path, body, _): &Row, prefix: &str) -> Call {
    let call = gateway.call(method, &format!("{prefix}{path}"));
    match body {
        Some(body) => call.json(body.to_string()),
        None => call,
    }
}

/// Tokens and keys of the gateway's other dialects, as they stand behind `Bearer`.
fn foreign(gateway: &TestGateway) -> Vec<String> {
    let body = r#"{"username":"admin","password":"demo-password"}"#;
    let device = gateway.post("/v1/auth/login", body).send().expect(200).json();
    let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
    let tenant = gateway.call("POST", &format!("/api/v2/tenant/token?{form}")).send().expect(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    vec![
        text(&device["data"]["token"]),
        text(&tenant["access_token"]),
        "demo-enterprise-key".into(),
        "demo-operator-token".into(),
    ]
}

#[test]
fn i4_every_endpoint_asks_who_calls() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        made(&admin, "guard", "AREA", &json!([SITE]));
        made(&admin, "thing", "DEVICE", &Value::Null);
        let roles = [Client::admin(gateway), signed_in(gateway, "guard"), signed_in(gateway, "thing")];
        for prefix in ["", "/server"] {
            for row in table() {
                let (method, path, _, statuses) = &row;
                for (client, status) in roles.iter().zip(statuses) {
                    let reply = call(gateway, &row, prefix).bearer(&client.token).send();
                    assert_eq!(reply.status, *status, "{method} {path}: {reply:?}");
                    if *status == 403 {
                        is_error(&reply, 403, "Forbidden");
                    }
                    assert!(reply.status == 200 || reply.keys().len() == 5, "{method} {path}: {reply:?}");
                }
            }
        }
    });
}

#[test]
fn i4_every_endpoint_tells_a_bad_token_in_plain_text() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let invalid = "Invalid JWT token: not a token of this service";
        let mut cases: Vec<(Option<String>, &str)> = vec![
            (None, "Authorization header cannot be blank!"),
            (Some(String::new()), "Authorization header cannot be blank!"),
            (Some("Bearer".into()), "Authorization header must start with Bearer!"),
            (Some(format!("bearer {}", admin.token)), "Authorization header must start with Bearer!"),
            (Some(admin.token.clone()), "Authorization header must start with Bearer!"),
            (Some(format!("Bearer {}", admin.refresh)), "JWT Token not exist"),
        ];
        let forged = [format!("{}x", admin.token)];
        cases.extend(
            foreign(gateway).iter().chain(&forged).map(|token| (Some(format!("Bearer {token}")), invalid)),
        );
        for (number, row) in table().iter().enumerate() {
            for (authorization, text) in &cases {
                // An address may present a hundred forged ones; these stay below it.
                if *text == invalid && number % 4 != 0 {
                    continue;
                }
                let call = call(gateway, row, "/server");
                let call = match authorization {
                    Some(authorization) => call.key(authorization),
                    None => call,
                };
                let reply = call.send();
                assert_eq!((reply.status, reply.text.as_str()), (401, *text), "{} {authorization:?}", row.1);
                assert!(reply.header("content-type").unwrap().starts_with("text/plain"));
                assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
            }
        }
    });
}

/// Every status of the row, each in the one shape; 503 needs a store that is busy and stands in the
/// snapshot of all bodies.
#[test]
fn i4_every_status_comes_in_one_shape() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let users = "/server/users";
        let post = |body: String| gateway.post(users, body).bearer(&admin.token);
        let typed = gateway.call("POST", users).header("Content-Type", "text/plain").body("{}");
        let replies = [
            (400, post("[]".into()).send()),
            (401, gateway.post("/server/login", r#"{"username":"x","password":"y"}"#).send()),
            (403, gateway.get("/server/token").send()),
            (404, gateway.get("/server/nothing").send()),
            (405, gateway.call("PUT", users).send()),
            (406, post("{}".into()).send()),
            (409, admin.create(&super::user("admin", "SYSTEM", &Value::Null))),
            (412, gateway.get("/server/domains").bearer(&admin.token).send()),
            (413, post(" ".repeat(256 * 1024 + 1)).send()),
            (415, typed.bearer(&admin.token).send()),
        ];
        for (status, reply) in &replies {
            assert_eq!(reply.status, *status, "{reply:?}");
            assert_eq!(reply.keys(), ["timestamp", "status", "error", "message", "path"]);
            let body = reply.json();
            assert_eq!(body["status"], *status);
            assert_eq!(body["timestamp"].as_str().unwrap().len(), "2026-11-22T00:00:00.000+0000".len());
            assert_eq!(reply.header("content-type"), Some("application/json"));
        }
    });
}
