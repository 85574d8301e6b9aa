//! Rubbish, to every endpoint that reads a body: always the dialect's own error with a 4xx, never
//! a 500, and never a stored half.

use roster_testkit::{Call, Reply, TestGateway, fixture_json, on_each_gateway};
use serde_json::Value;

/// One endpoint that reads a JSON body.
struct Target {
    dialect: &'static str,
    method: &'static str,
    path: &'static str,
    /// A body that it accepts.
    good: fn() -> Value,
    /// A member of that body that is a text.
    text: &'static str,
    /// Signs the call in.
    sign: fn(&TestGateway, Call) -> Call,
    /// Whether a body is this dialect's own error.
    own: fn(&Reply) -> bool,
    /// More than the endpoint takes, in bytes.
    too_large: usize,
    /// Whether it asks for nothing, so that `{}` is a good body.
    takes_empty: bool,
    /// Whether the good body names somebody who is not there: 404.
    finds_nobody: bool,
}

impl Target {
    /// A call to it with this JSON body.
    fn call(&self, gateway: &TestGateway, body: impl Into<Vec<u8>>) -> Call {
        gateway.call(self.method, self.path).json(body)
    }
}

const TARGETS: &[Target] = &[
    ENTERPRISE_USERS,
    DEVICE_USERS,
    TENANT_CIAM,
    IOT_ROLES,
    IOT_PASSWORD,
    IOT_AREAS,
    IOT_STATUS,
    IOT_DOMAIN,
    IOT_SITE_TYPE,
    IOT_SITE,
];

const DEVICE_USERS: Target = Target {
    dialect: "device",
    method: "POST",
    path: "/v1/user",
    good: || fixture_json("seeds/device-users.create.request.json"),
    text: "name",
    sign: |gateway, call| {
        let body = r#"{"username":"admin","password":"demo-password"}"#;
        let answer = gateway.post("/v1/auth/login", body).send();
        call.bearer(answer.json()["data"]["token"].as_str().unwrap())
    },
    own: |reply| {
        let body = reply.json();
        reply.keys() == ["data", "code", "msg"] && body["code"] == reply.status && body["data"].is_null()
    },
    too_large: 15 * 1024 * 1024 + 1,
    takes_empty: false,
    finds_nobody: false,
};

const IOT_ROLES: Target = Target {
    dialect: "iot",
    method: "POST",
    path: "/server/user",
    good: || fixture_json("seeds/iot-roles.create.request.json"),
    text: "username",
    sign: |gateway, call| {
        let body = r#"{"username":"admin","password":"demo-password"}"#;
        let answer = gateway.post("/server/login", body).send();
        call.bearer(answer.json()["token"].as_str().unwrap())
    },
    own: |reply| reply.keys() == ["timestamp", "status", "error", "message", "path"],
    too_large: 256 * 1024 + 1,
    takes_empty: false,
    finds_nobody: false,
};

/// The one user of the demonstration, who changes his password to the same and so goes on.
const IOT_PASSWORD: Target = Target {
    method: "PATCH",
    path: "/server/users/password",
    good: || serde_json::json!({"original": "demo-password", "password": "demo-password"}),
    text: "password",
    ..IOT_ROLES
};

/// No user of this id: what is good is 404, and no half of it is stored.
const IOT_AREAS: Target = Target {
    method: "PATCH",
    path: "/server/users",
    good: || serde_json::json!({"userId": "5caa9b2addd50a20164a4cff", "area": []}),
    text: "userId",
    finds_nobody: true,
    ..IOT_ROLES
};

const IOT_STATUS: Target = Target {
    method: "PATCH",
    path: "/server/users/status",
    good: || serde_json::json!({"userId": "5caa9b2addd50a20164a4cff", "status": "enable"}),
    text: "userId",
    finds_nobody: true,
    ..IOT_ROLES
};

const IOT_DOMAIN: Target = Target {
    path: "/server/domains",
    good: || serde_json::json!({"name": "rubbish"}),
    text: "name",
    ..IOT_ROLES
};

/// Who works in the demonstration's domain.
const IN_DEMO: fn(&TestGateway, Call) -> Call = |gateway, call| {
    let body = r#"{"username":"admin","password":"demo-password","domain":"demo"}"#;
    let answer = gateway.post("/server/login", body).send();
    call.bearer(answer.json()["token"].as_str().unwrap())
};

const IOT_SITE_TYPE: Target = Target {
    path: "/server/sitetypes",
    good: || {
        let attribute = serde_json::json!({"name": "a", "dataType": "Int", "optional": true});
        serde_json::json!({"name": "rubbish", "additional": [attribute]})
    },
    text: "name",
    sign: IN_DEMO,
    ..IOT_ROLES
};

const IOT_SITE: Target = Target {
    path: "/server/sites",
    good: || {
        let city = serde_json::json!({"city": {"value": "x"}});
        serde_json::json!({"name": "rubbish", "locationId": "5caa9b2addd50a20164a4cd6", "siteType": "共享单车",
                           "attInfos": city})
    },
    text: "name",
    sign: IN_DEMO,
    ..IOT_ROLES
};

const TENANT_CIAM: Target = Target {
    dialect: "tenant",
    method: "POST",
    path: "/api/v2/tenant/users",
    good: || fixture_json("seeds/tenant-ciam.create.request.json"),
    text: "user_name",
    sign: |gateway, call| {
        let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let answer = gateway.call("POST", &format!("/api/v2/tenant/token?{form}")).send();
        call.bearer(answer.json()["access_token"].as_str().unwrap())
    },
    own: |reply| reply.keys() == ["error_msg", "error_code"],
    too_large: 2 * 1024 * 1024 + 1,
    takes_empty: true,
    finds_nobody: false,
};

const ENTERPRISE_USERS: Target = Target {
    dialect: "enterprise",
    method: "POST",
    path: "/openapi/v1/users",
    good: || fixture_json("seeds/enterprise-users.create.request.json"),
    text: "nick_name",
    sign: |_, call| call.key("demo-enterprise-key"),
    own: |reply| {
        let body = reply.json();
        body["code"].is_i64() && (body["error_type"].is_string() || body["data"]["list"].is_array())
    },
    too_large: 256 * 1024 + 1,
    takes_empty: false,
    finds_nobody: false,
};

/// Whether a good body was understood.
fn understood(target: &Target, reply: &Reply) -> bool {
    if target.finds_nobody { reply.status == 404 } else { (200..300).contains(&reply.status) }
}

#[track_caller]
fn refused(gateway: &TestGateway, target: &Target, what: &str, call: Call) -> Reply {
    let reply = (target.sign)(gateway, call).send();
    assert!((400..500).contains(&reply.status), "{} {what}: {reply:?}", target.path);
    assert!((target.own)(&reply), "{} {what}: {reply:?}", target.path);
    let lower = reply.text.to_lowercase();
    assert!(!lower.contains("diesel") && !lower.contains("panick"), "{what}: {reply:?}");
    reply
}

/// Bodies that are no JSON object, or one that breaks something later.
fn rubbish(target: &Target) -> Vec<(String, Vec<u8>)> {
    let good = (target.good)().to_string();
    let text = target.text;
    let with = |value: &str| format!("{{\"{text}\":{value}}}").into_bytes();
    let unknown = |value: &str| {
        let mut body = good[..good.len() - 1].to_owned();
        body.push_str(&format!(",\"unknown\":{value}}}"));
        body.into_bytes()
    };
    let mut bad_utf8 = with("\"x\"");
    let at = bad_utf8.len() - 3;
    bad_utf8[at] = 0xFF;
    let repeated = format!("{},\"{text}\":\"again\"}}", &good[..good.len() - 1]);
    vec![
        ("empty".into(), Vec::new()),
        ("truncated".into(), good.as_bytes()[..good.len() / 2].into()),
        ("two values".into(), format!("{good}{good}").into_bytes()),
        ("array of the values".into(), {
            let values: Vec<Value> = (target.good)().as_object().unwrap().values().cloned().collect();
            Value::from(values).to_string().into_bytes()
        }),
        ("empty array".into(), b"[]".into()),
        ("string".into(), b"\"x\"".into()),
        ("number".into(), b"7".into()),
        ("null".into(), b"null".into()),
        ("empty object".into(), b"{}".into()),
        ("huge number".into(), with("1e999999")),
        ("large integer".into(), with("123456789012345678901234567890")),
        ("bad UTF-8".into(), bad_utf8),
        ("NUL".into(), with("\"a\\u0000b\"")),
        ("lone surrogate".into(), with("\"a\\ud800b\"")),
        ("repeated known member".into(), repeated.into_bytes()),
        ("NUL in an unknown member".into(), unknown("\"\\u0000\"")),
        ("lone surrogate in an unknown member".into(), unknown("[\"\\udfff\"]")),
        ("deep unknown member".into(), unknown(&format!("{}{}", "[".repeat(129), "]".repeat(129)))),
        ("very deep unknown member".into(), unknown(&"[".repeat(100_000))),
        ("deep known member".into(), with(&format!("{}{}", "[".repeat(129), "]".repeat(129)))),
    ]
}

#[test]
fn rubbish_is_refused_in_the_dialects_own_shape() {
    on_each_gateway(|gateway| {
        for target in TARGETS {
            for (what, body) in rubbish(target) {
                if target.takes_empty && body == b"{}" {
                    continue;
                }
                refused(gateway, target, &what, target.call(gateway, body));
            }
            for kind in ["bool", "integer", "float", "array", "object"] {
                let value = match kind {
                    "bool" => Value::Bool(true),
                    "integer" => 1.into(),
                    "float" => 1.5.into(),
                    "array" => Value::Array(Vec::new()),
                    _ => serde_json::json!({}),
                };
                let mut body = (target.good)();
                body[target.text] = value;
                refused(gateway, target, kind, target.call(gateway, body.to_string()));
            }
            // Nothing of it was stored: the good body is still new.
            let good = (target.sign)(gateway, target.call(gateway, (target.good)().to_string())).send();
            assert!(understood(target, &good), "{good:?}");
        }
    });
}

#[test]
fn an_unknown_member_128_deep_is_ignored() {
    on_each_gateway(|gateway| {
        for target in TARGETS {
            let good = (target.good)().to_string();
            let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
            let body = format!("{},\"unknown\":{deep},\"unknown\":1}}", &good[..good.len() - 1]);
            let reply = (target.sign)(gateway, target.call(gateway, body)).send();
            assert!(understood(target, &reply), "{reply:?}");
        }
    });
}

#[test]
fn content_types_other_than_json_are_415() {
    on_each_gateway(|gateway| {
        for target in TARGETS {
            let good = (target.good)().to_string();
            let of = |kind: &str| {
                gateway.call(target.method, target.path).header("Content-Type", kind).body(good.clone())
            };
            for kind in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/json; charset=gbk",
                "rubbish",
            ] {
                assert_eq!(refused(gateway, target, kind, of(kind)).status, 415, "{kind}");
            }
            let missing =
                refused(gateway, target, "none", gateway.call(target.method, target.path).body(good.clone()));
            assert_eq!(missing.status, 415);
            let empty = gateway.call(target.method, target.path).header("Content-Length", "0");
            assert_eq!(refused(gateway, target, "no body at all", empty).status, 415);
            let reply = (target.sign)(gateway, of("Application/JSON; Charset=\"UTF-8\"")).send();
            assert!(understood(target, &reply), "{reply:?}");
        }
    });
}

#[test]
fn bodies_beyond_the_limit_are_413_and_the_answer_arrives() {
    on_each_gateway(|gateway| {
        for target in TARGETS {
            for size in [target.too_large, 50_000_000] {
                let body = format!("{{\"unknown\":\"{}\"}}", "x".repeat(size));
                let reply = refused(gateway, target, "too large", target.call(gateway, body.clone()));
                assert_eq!(reply.status, 413);
                // And nobody's 50 MB are wanted at all without a credential.
                let unsigned = target.call(gateway, body).send();
                assert!((400..500).contains(&unsigned.status), "{unsigned:?}");
            }
        }
    });
}

#[test]
fn tokens_of_other_dialects_and_forgeries_are_refused() {
    on_each_gateway(|gateway| {
        let none = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJhZG1pbiIsInN1YiI6ImFkbWluIiwiZXhwIjo0MTAyNDQ0ODAwfQ.";
        let mut tokens = vec![none.to_owned(), "rubbish".into(), "a.b.c".into()];
        tokens.push("demo-operator-token".into());
        tokens.push("x".repeat(6000));
        for other in TARGETS {
            for target in TARGETS {
                let good = (target.good)().to_string();
                if target.dialect != other.dialect {
                    let reply = (other.sign)(gateway, target.call(gateway, good.clone())).send();
                    assert!(
                        [400, 401].contains(&reply.status),
                        "{} at {}: {reply:?}",
                        other.path,
                        target.path
                    );
                }
            }
        }
        for target in TARGETS {
            let good = (target.good)().to_string();
            for token in &tokens {
                for scheme in ["", "Bearer ", "Basic ", "Token "] {
                    let call = target
                        .call(gateway, good.clone())
                        .header("Authorization", &format!("{scheme}{token}"));
                    let reply = call.send();
                    assert!(
                        [400, 401, 429].contains(&reply.status),
                        "{} {scheme}{token}: {reply:?}",
                        target.path
                    );
                }
            }
        }
    });
}
