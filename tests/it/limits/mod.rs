//! How often one may call, how long things may take, who is served where.

mod bodies;
mod connections;
mod forwarded;
mod heads;
mod hosts;
mod listeners;
mod requests;
mod rooms;
mod time;

use roster_testkit::{Call, Reply, TestGateway};
use serde_json::json;

/// Somebody with a good credential of one dialect.
pub(crate) struct Actor {
    pub(crate) dialect: &'static str,
    /// A call that reads.
    read: &'static str,
    /// A call that writes, with its body.
    write: (&'static str, String),
    pub(crate) authorization: String,
}

impl Actor {
    pub(crate) fn read(&self, gateway: &TestGateway) -> Reply {
        gateway.get(self.read).key(&self.authorization).send()
    }

    pub(crate) fn write(&self, gateway: &TestGateway) -> Reply {
        let (path, body) = &self.write;
        gateway.post(path, body.as_str()).key(&self.authorization).send()
    }
}

/// One of each dialect, and an operator.
pub(crate) fn actors(gateway: &TestGateway) -> [Actor; 5] {
    let login = json!({"username": "admin", "password": "demo-password"}).to_string();
    let device = gateway.post("/v1/auth/login", login.as_str()).send().expect(200).json();
    let iot = gateway.post("/server/login", login).send().expect(200).json();
    let bearer = |token: &serde_json::Value| format!("Bearer {}", token.as_str().unwrap());
    let iot_token = iot.as_object().unwrap().values().next().unwrap().clone();
    let iot_user = json!({
        "username": "limited", "password": "password", "email": "l@example.com", "role": "AREA", "area": [],
    });
    [
        Actor {
            dialect: "enterprise-users",
            read: "/openapi/v1/currentuser",
            write: (
                "/openapi/v1/users",
                json!({"nick_name": "limited", "password": "password", "enterprise_id": "demo"}).to_string(),
            ),
            authorization: "demo-enterprise-key".into(),
        },
        Actor {
            dialect: "device-users",
            read: "/v1/user/offset/0/limit/1",
            write: (
                "/v1/user",
                json!({"user_id": 3, "name": "Jack", "avatar": "/9j/2wCE", "type": 1, "groups": [1]})
                    .to_string(),
            ),
            authorization: bearer(&device["data"]["token"]),
        },
        Actor {
            dialect: "tenant-ciam",
            read: "/api/v2/tenant/users?offset=0&limit=10",
            write: ("/api/v2/tenant/users", json!({"user_name": "limited"}).to_string()),
            authorization: ciam(gateway, "demo"),
        },
        Actor {
            dialect: "iot-roles",
            read: "/server/users/me",
            write: ("/server/users", iot_user.to_string()),
            authorization: bearer(&iot_token),
        },
        Actor {
            dialect: "admin",
            read: "/admin/v1/operator",
            write: ("/admin/v1/tenants", json!({"id": "limited"}).to_string()),
            authorization: "Bearer demo-operator-token".into(),
        },
    ]
}

/// A bearer of this client.
fn ciam(gateway: &TestGateway, client: &str) -> String {
    let form =
        format!("grant_type=client_credentials&client_id={client}-client&client_secret={client}-secret");
    let token = gateway.call("POST", "/api/v2/tenant/token");
    let token = token.header("Content-Type", "application/x-www-form-urlencoded").body(form).send();
    format!("Bearer {}", token.expect(200).json()["access_token"].as_str().unwrap())
}

/// Whether a refusal is in the shape of its dialect, says nothing but what it must, and when to come
/// again.
#[track_caller]
fn is_refused(dialect: &str, reply: &Reply, status: u16) {
    assert_eq!(reply.status, status, "{dialect}: {reply:?}");
    let after = reply.header("retry-after").and_then(|after| after.parse::<u64>().ok());
    assert!(after.is_some_and(|after| after >= 1), "{dialect}: {reply:?}");
    assert!(reply.header("x-request-id").is_some());
    let body = reply.json();
    let (keys, code, kind): (&[&str], _, _) = match dialect {
        "enterprise-users" => {
            (&["detail", "code", "msg", "msg_show", "error_type"], Some(&body["code"]), "application/json")
        }
        "device-users" => (&["data", "code", "msg"], Some(&body["code"]), "application/json"),
        "tenant-ciam" => (&["error_msg", "error_code"], None, "application/json"),
        "iot-roles" => {
            (&["timestamp", "status", "error", "message", "path"], Some(&body["status"]), "application/json")
        }
        _ => (&["type", "title", "status", "detail"], Some(&body["status"]), "application/problem+json"),
    };
    assert_eq!(reply.keys(), keys, "{dialect}");
    assert_eq!(reply.header("content-type"), Some(kind), "{dialect}");
    if let Some(code) = code {
        assert_eq!(code, &json!(status), "{dialect}: {body}");
    }
}

/// The value of a figure.
fn figure(gateway: &TestGateway, line: &str) -> u64 {
    let figures = gateway.get("/metrics").send().expect(200).text;
    let value = figures.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok());
    value.unwrap_or(0)
}

fn forwarded(call: Call, address: &str) -> Call {
    call.header("X-Forwarded-For", address)
}
