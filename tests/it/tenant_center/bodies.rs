use roster_testkit::on_each_gateway;
use serde_json::{Value, json};

use super::{Center, Client};

/// What the center answers where it refuses. The same on both databases.
#[test]
fn c13_every_refusal() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let ids = [0; 2].map(|_| client.created(&json!({"industry": "shop", "extension": {"age": "1"}})));
        let plain = json!({"kind": "text", "required": false, "unique": false});
        let with = |name: &str, value: Value| {
            let mut body = plain.clone();
            body[name] = value;
            body
        };
        let mut all = String::new();
        for (method, path, body) in [
            ("GET", "/nobody", json!(null)),
            ("POST", "", json!({"id": "demo"})),
            ("POST", "", json!({"id": "a b"})),
            ("POST", "", json!([])),
            ("PATCH", "/demo", json!({"host": 7})),
            ("DELETE", "/demo", json!(null)),
            ("PUT", "/demo", json!({})),
            ("DELETE", "/demo/clients/nobody", json!(null)),
            ("POST", "/demo/clients", json!({"client_id": "demo-client"})),
            ("DELETE", "/demo/attributes/email", json!(null)),
            ("DELETE", "/demo/attributes/size", json!(null)),
            ("PUT", "/demo/attributes/size", json!({})),
            ("PUT", "/demo/attributes/size", with("rule", json!({"pattern": "("}))),
            ("PUT", "/demo/attributes/size", with("rule", json!({"pattern": r"\w{1000}{1000}"}))),
            ("PUT", "/demo/attributes/size", with("requierd", json!(true))),
            ("PUT", "/demo/attributes/size?dry_run=yes", plain.clone()),
            ("PUT", "/demo/attributes/Email", plain.clone()),
            ("PUT", "/demo/attributes/AGE", plain.clone()),
            ("PUT", "/demo/attributes/industry", with("unique", json!(true))),
            ("PUT", "/demo/attributes/age", with("kind", json!("number"))),
            ("PUT", "/demo/attributes/size", with("required", json!(true))),
            ("PUT", "/demo/attributes", json!({"order": []})),
            ("PUT", "/demo/area-codes", json!({"default": "1", "codes": []})),
            ("PUT", "/demo/password-policy", json!({"preset": "strict"})),
            ("POST", "/demo/weak-passwords", json!({"add": [""]})),
            ("POST", "/demo/users/search", json!({"key": "email", "value": "x"})),
            ("POST", "/demo/users/search", json!({"key": "age", "value": 1})),
        ] {
            let reply = center.call(method, path, (!body.is_null()).then_some(&body));
            let answer = ids.iter().fold(reply.text.clone(), |text, id| text.replace(id, "USER-ID"));
            all.push_str(&format!("{method} {path} {body}\n  {} {answer}\n", reply.status));
        }
        insta::assert_snapshot!("every_refusal", all);
    });
}
