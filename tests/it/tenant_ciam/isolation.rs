//! C2, C3: whatever is asked, a tenant's client reaches its own tenant and nobody else comes in.

use std::collections::BTreeSet;

use roster_tenant_ciam::http::{ENDPOINTS, PREFIX};
use roster_testkit::{Call, Reply, TestGateway, on_each_gateway};
use serde_json::{Value, json};

use super::{BASIC, Client, has_code};

/// One endpoint: what `other` sends to reach the user of `demo`, and what must come of it.
struct Attack {
    endpoint: (&'static str, &'static str),
    body: Option<Value>,
    outcome: Outcome,
}

enum Outcome {
    /// The user of `demo` is not found.
    NotFound,
    /// It works, on a user of the own tenant.
    Own,
    /// An empty list.
    Empty,
}

/// What `demo` has.
fn victim() -> Value {
    json!({"user_name": "victim", "mobile": "15200000000", "email": "victim@qq.com", "external_id": "v-1",
        "pwd": "qwe123!@#", "head_img": "https://demo.example/victim.png", "extension": {"age": "28"}})
}

/// Every endpoint but the token's, which asks for no bearer.
fn attacks() -> Vec<Attack> {
    use Outcome::{Empty, NotFound, Own};
    let attack = |method, path, body, outcome| Attack { endpoint: (method, path), body, outcome };
    let mut create = victim();
    create.as_object_mut().unwrap().remove("extension");
    vec![
        attack("post", "/users/user-by-username", Some(json!({"user_name": "victim"})), NotFound),
        attack("post", "/users/user-by-mobile", Some(json!({"mobile": "15200000000"})), NotFound),
        attack("post", "/users/user-by-email", Some(json!({"email": "victim@qq.com"})), NotFound),
        attack("post", "/users/user-by-external-id", Some(json!({"external_id": "v-1"})), NotFound),
        attack("get", "/users", None, Empty),
        attack("get", "/users/{user_id}", None, NotFound),
        attack("put", "/users/{user_id}", Some(json!({"name": "taken over", "tenant_id": "demo"})), NotFound),
        attack("put", "/users/{user_id}/disable", None, NotFound),
        attack("put", "/users/{user_id}/enable", None, NotFound),
        attack("put", "/users/{user_id}/change-password", Some(json!({"password": "another-1"})), NotFound),
        attack(
            "put",
            "/users/{user_id}/change-password-verify",
            Some(json!({"old_password": "qwe123!@#", "password": "another-1"})),
            NotFound,
        ),
        attack("delete", "/users/{user_id}", None, NotFound),
        // The values of one tenant are free in the other.
        attack("post", "/users", Some(create), Own),
    ]
}

#[test]
fn c2_every_endpoint_is_in_the_table() {
    let tried: BTreeSet<_> = attacks().iter().map(|attack| attack.endpoint).collect();
    let all: BTreeSet<_> =
        ENDPOINTS.iter().copied().filter(|endpoint| *endpoint != ("post", "/token")).collect();
    assert_eq!(tried, all);
}

fn call(gateway: &TestGateway, attack: &Attack, id: &str) -> Call {
    let (method, path) = attack.endpoint;
    let call = gateway.call(&method.to_uppercase(), &format!("{PREFIX}{}", path.replace("{user_id}", id)));
    match &attack.body {
        Some(body) => call.json(body.to_string()),
        None => call,
    }
}

#[test]
fn c2_no_endpoint_reaches_another_tenant() {
    on_each_gateway(|gateway| {
        let (demo, other) = (Client::demo(gateway), Client::other(gateway));
        let id = demo.made(&victim());
        let before = demo.read(&id).expect(200).text;
        for attack in attacks() {
            let reply = call(gateway, &attack, &id).bearer(&other.token).send();
            let (_, path) = attack.endpoint;
            match attack.outcome {
                Outcome::NotFound => {
                    assert_eq!(
                        reply.text, r#"{"error_msg":"User not found","error_code":"IDAAS.TENANT.USER.0001"}"#,
                        "{path}"
                    );
                    assert_eq!(reply.status, 400, "{path}");
                }
                Outcome::Empty => assert_eq!(reply.expect(200).json(), json!({"total": 0, "users": []})),
                Outcome::Own => assert_ne!(reply.expect(200).json()["user_id"], id),
            }
            assert_eq!(demo.read(&id).expect(200).text, before, "{path}");
        }
        let own = other.call("GET", "").send().expect(200).json();
        assert_eq!((&own["total"], own["users"].as_array().unwrap().len()), (&json!(1), 1));
        assert_eq!(demo.call("GET", "").send().expect(200).json()["total"], 1);
        // Nor do the attribute definitions of one judge the users of the other.
        has_code(other.create(&json!({"extension": {"age": "28"}})), "USER.0033");
    });
}

/// The other dialects' credentials, an operator's, and what only looks like one.
fn strangers(gateway: &TestGateway) -> Vec<String> {
    let body = r#"{"username":"admin","password":"demo-password"}"#;
    let device = gateway.post("/v1/auth/login", body).send().expect(200).json()["data"]["token"].clone();
    let iot = gateway.post("/server/login", body).send().expect(200).json()["token"].clone();
    let mut all = vec![String::new(), "Bearer".into(), "Bearer ".into(), BASIC.into()];
    for token in ["demo-enterprise-key", "demo-operator-token", "demo-secret", "x", "a.b.c"]
        .into_iter()
        .chain([device.as_str().unwrap(), iot.as_str().unwrap()])
    {
        all.extend([token.to_owned(), format!("Bearer {token}"), format!("Token {token}")]);
    }
    all
}

fn refused(reply: &Reply) -> bool {
    let error = |status, error: &str| reply.status == status && reply.json()["error"] == error;
    reply.keys() == ["error", "error_description"]
        && reply.header("www-authenticate").is_some()
        && (error(401, "unauthorized") || error(400, "invalid_token"))
}

#[test]
fn c3_no_endpoint_takes_another_credential_or_none() {
    on_each_gateway(|gateway| {
        let demo = Client::demo(gateway);
        let id = demo.made(&victim());
        let before = demo.read(&id).expect(200).text;
        let strangers = strangers(gateway);
        for attack in attacks() {
            let path = attack.endpoint.1;
            let reply = call(gateway, &attack, &id).send();
            assert!(refused(&reply) && reply.status == 401, "{path} {reply:?}");
            for stranger in &strangers {
                let reply = call(gateway, &attack, &id).key(stranger).send();
                // An address that tries too many is slowed; that is tested on its own.
                super::execute(gateway, "DELETE FROM auth_throttle");
                assert!(refused(&reply), "{path} {stranger} {reply:?}");
            }
        }
        assert_eq!(demo.read(&id).expect(200).text, before);
        assert_eq!(demo.call("GET", "").send().expect(200).json()["total"], 1);
    });
}

#[test]
fn c2_a_tenants_host_refuses_the_tokens_of_others_everywhere() {
    on_each_gateway(|gateway| {
        use roster_tenant_ciam::Store as _;
        let (demo, other) = (Client::demo(gateway), Client::other(gateway));
        let id = demo.made(&victim());
        let tenant = roster_tenant_ciam::TenantId::parse("other").unwrap();
        let bound = super::store(gateway);
        assert!(
            roster_testkit::block_on(bound.bind_host(&super::change(), &tenant, Some("127.0.0.1"))).unwrap()
        );
        for attack in attacks() {
            let reply = call(gateway, &attack, &id).bearer(&demo.token).send().expect(400);
            assert_eq!(reply.json()["error"], "invalid_token", "{}", attack.endpoint.1);
        }
        other.call("GET", "").send().expect(200);
    });
}

#[test]
fn c8_rubbish_is_refused_by_every_endpoint_that_reads_a_body() {
    on_each_gateway(|gateway| {
        let demo = Client::demo(gateway);
        let id = demo.made(&victim());
        let before = demo.read(&id).expect(200).text;
        let deep = format!("{{\"unknown\":{}{}}}", "[".repeat(129), "]".repeat(129));
        let rubbish = [
            "",
            "{",
            "[]",
            "\"x\"",
            "7",
            "null",
            "{}{}",
            "{\"a\":\"\\u0000\"}",
            "{\"a\":\"\\ud800\"}",
            &deep,
        ];
        for attack in attacks().iter().filter(|attack| attack.body.is_some()) {
            let (method, path) = attack.endpoint;
            let call = || {
                let path = format!("{PREFIX}{}", path.replace("{user_id}", &id));
                gateway.call(&method.to_uppercase(), &path).bearer(&demo.token)
            };
            for body in rubbish.iter().map(|text| text.as_bytes()).chain([&b"{\"name\":\"\xFF\"}"[..]]) {
                has_code(call().json(body).send(), "PARAM.0001");
            }
            for kind in ["text/plain", "application/json; charset=gbk", "rubbish"] {
                let reply = call().header("Content-Type", kind).body("{}").send().expect(415);
                assert_eq!(reply.json()["error_code"], "IDAAS.TENANT.REQUEST.0004", "{path} {kind}");
            }
            let reply = call().json(vec![b' '; 2 * 1024 * 1024 + 1]).send().expect(413);
            assert_eq!(reply.json()["error_code"], "IDAAS.TENANT.REQUEST.0003", "{path}");
        }
        assert_eq!(demo.read(&id).expect(200).text, before);
    });
}
