//! NUL, which no text of PostgreSQL can hold, in everything that comes from outside: never a 5xx.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use roster_gateway::Config;
use roster_gateway::compose::Dialects;
use roster_testkit::{Call, Reply, TestGateway, on_each_gateway_with};
use serde_json::json;

use crate::limits::actors;

/// With everything that is off by default, so that all paths are there.
fn everything(config: &mut Config) {
    config.iot_roles.open_registration = true;
}

fn in_time(reply: &Reply, what: &str) {
    assert!((200..500).contains(&reply.status), "{what}: {reply:?}");
}

/// The parameters of queries that this document tells of.
fn query_names(gateway: &TestGateway, name: &str) -> BTreeSet<String> {
    let document = gateway.get(&format!("/docs/openapi/{name}.json")).send().expect(200).json();
    let mut names = BTreeSet::from(["unknown".to_owned()]);
    for operations in document["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" {
                    names.insert(parameter["name"].as_str().unwrap().to_owned());
                }
            }
        }
    }
    names
}

/// The path with `value` in the place of its parameter of this number, and what is there in that of others.
fn filled(path: &str, number: usize, value: &str) -> String {
    let mut parts = path.split('{');
    let mut filled = parts.next().unwrap().to_owned();
    for (n, part) in parts.enumerate() {
        let (name, rest) = part.split_once('}').unwrap();
        let there = if name.starts_with("tenant") { "demo" } else { "1" };
        filled.push_str(if n == number { value } else { there });
        filled.push_str(rest);
    }
    filled
}

#[test]
fn nul_in_any_segment_and_parameter_of_any_path_is_no_failure() {
    on_each_gateway_with(everything, |gateway| {
        let mut config = Config::default();
        everything(&mut config);
        let mut calls = 0;
        for (name, mounted) in Dialects::mounted(&config) {
            let names = query_names(gateway, name);
            for endpoint in mounted {
                let parameters = endpoint.path.matches('{').count();
                let mut paths: Vec<String> = Vec::new();
                for number in 0..parameters {
                    for value in ["%00", "a%00b", "1%00", "%001", "5caa9b7dddd50a20164a4cd%00", "%2500"] {
                        paths.push(filled(&endpoint.path, number, value));
                    }
                }
                let plain = filled(&endpoint.path, parameters, "");
                for name in &names {
                    for value in ["%00", "a%00b", "%7B%22name%22:%22a%00%22%7D"] {
                        paths.push(format!("{plain}?{name}={value}"));
                    }
                    paths.push(format!("{plain}?{name}%00=1"));
                }
                // A path may end the caller's own session.
                let actors = actors_of(gateway);
                let actor = &actors.iter().find(|(dialect, _)| *dialect == name).unwrap().1;
                for method in endpoint.methods.iter().filter(|method| **method != "HEAD") {
                    for path in &paths {
                        let call = gateway.call(method, path).key(actor);
                        let call = if *method == "GET" { call } else { call.json("{}") };
                        in_time(&call.send(), &format!("{method} {path}"));
                        calls += 1;
                    }
                }
            }
        }
        assert!(calls > 1_000, "{calls}");
    });
}

/// The `Authorization` of each dialect's administrator.
fn actors_of(gateway: &TestGateway) -> Vec<(&'static str, String)> {
    actors(gateway).into_iter().map(|actor| (actor.dialect, actor.authorization)).collect()
}

#[test]
fn nul_in_any_credential_is_a_wrong_credential() {
    on_each_gateway_with(everything, |gateway| {
        let login = json!({"username": "admin", "password": "demo-password"}).to_string();
        let device = gateway.post("/v1/auth/login", login.as_str()).send().expect(200).json();
        let device = device["data"]["token"].as_str().unwrap().to_owned();
        let iot = gateway.post("/server/login", login.as_str()).send().expect(200).json();
        let iot = iot["token"].as_str().unwrap().to_owned();
        for (path, token, algorithm) in
            [("/v1/user/id/3", &device, "HS256"), ("/server/users/me", &iot, "HS512")]
        {
            let (_, rest) = token.split_once('.').unwrap();
            for kid in ["\0", "a\0b", "0123456789abcde\0"] {
                let header = json!({"typ": "JWT", "alg": algorithm, "kid": kid}).to_string();
                let token = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
                gateway.get(path).bearer(&token).send().expect(401);
            }
        }
        let basic = |call: Call, name: &str, password: &str| {
            call.header("Authorization", &format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
        };
        for (name, password) in [("a\0", "demo-password"), ("admin", "demo\0password"), ("\0", "\0")] {
            basic(gateway.get("/v1/user/id/3"), name, password).send().expect(401);
            let token = basic(gateway.call("POST", "/api/v2/tenant/token"), name, password);
            let token = token.header("Content-Type", "application/x-www-form-urlencoded");
            in_time(&token.body("grant_type=client_credentials").send(), "Basic of a client");
        }
        for form in ["client_id=a%00&client_secret=x", "client_id=demo-client&client_secret=%00", "%00=%00"] {
            let form = format!("grant_type=client_credentials&{form}");
            let posted = gateway.call("POST", "/api/v2/tenant/token").body(form.as_str());
            let posted = posted.header("Content-Type", "application/x-www-form-urlencoded").send();
            in_time(&posted, &form);
            in_time(&gateway.call("POST", &format!("/api/v2/tenant/token?{form}")).send(), &form);
        }
        // A body of JSON never has one, wherever it stands.
        for (path, body) in [
            ("/v1/auth/login", "{\"username\":\"a\\u0000\",\"password\":\"x\"}"),
            ("/server/login", "{\"username\":\"a\\u0000\",\"password\":\"x\"}"),
            ("/server/users/register", "{\"email\":\"a\\u0000@example.com\",\"password\":\"password\"}"),
        ] {
            gateway.post(path, body).send().expect(400);
        }
        let look_up = gateway.call("POST", "/api/v2/tenant/users/find_user_by_mobile").body("mobile=%00");
        let look_up = look_up.header("Content-Type", "application/x-www-form-urlencoded");
        in_time(&look_up.bearer("x").send(), "a form");
    });
}
