//! What is revoked on a gateway is refused there at once, though looked-up credentials are believed
//! for a while (here for an hour).

use roster_testkit::{TestGateway, on_each_gateway_with};
use serde_json::{Value, json};

const OPERATOR: &str = "demo-operator-token";

fn on_each_believing_gateway(test: impl Fn(&TestGateway)) {
    on_each_gateway_with(|config| config.database.believe_ms = 3_600_000, test);
}

/// The text at `member` of what a `POST` answers.
fn posted(gateway: &TestGateway, path: &str, bearer: Option<&str>, body: &Value, member: &str) -> String {
    let call = gateway.post(path, body.to_string());
    let reply = bearer.into_iter().fold(call, |call, token| call.bearer(token)).send();
    assert!(reply.status < 300, "{path}: {reply:?}");
    reply.json().pointer(member).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn e10_a_key_ends_with_itself_and_with_its_user() {
    on_each_believing_gateway(|gateway| {
        let administrator = |method: &str, path: &str| gateway.call(method, path).key("demo-enterprise-key");
        let user = json!({"nick_name": "ada", "password": "password-1", "enterprise_id": "demo"});
        let made =
            administrator("POST", "/openapi/v1/users").json(user.to_string()).send().expect(201).json();
        let id = made["user_id"].as_i64().unwrap();
        let keys = format!("/admin/v1/enterprise-users/{id}/keys");
        let key = |note: &str| posted(gateway, &keys, Some(OPERATOR), &json!({"note": note}), "/key");
        let (first, second) = (key("first"), key("second"));
        let current = |key: &str| gateway.get("/openapi/v1/currentuser").key(key).send().status;
        for _ in 0..2 {
            assert_eq!((current(&first), current(&second)), (200, 200));
        }
        gateway.call("DELETE", &format!("{keys}/first")).bearer(OPERATOR).send().expect(204);
        assert_eq!((current(&first), current(&second)), (401, 200));
        assert_eq!(current(&second), 200);
        let reply = administrator("DELETE", &format!("/openapi/v1/users/{id}")).send();
        assert!(reply.status < 300, "{reply:?}");
        assert_eq!(current(&second), 401);
    });
}

#[test]
fn d7_a_token_ends_with_its_account() {
    on_each_believing_gateway(|gateway| {
        let body = json!({"username": "admin", "password": "demo-password"});
        let token = posted(gateway, "/v1/auth/login", None, &body, "/data/token");
        let info = || gateway.get("/v2/datasync/info").bearer(&token).send().status;
        assert_eq!((info(), info()), (200, 200));
        gateway.call("PUT", "/admin/v1/device-accounts/admin/disable").bearer(OPERATOR).send().expect(204);
        assert_eq!(info(), 401);
    });
}

#[test]
fn c3_a_token_ends_with_its_clients_secret() {
    on_each_believing_gateway(|gateway| {
        let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let asked = gateway.call("POST", "/api/v2/tenant/token").body(form);
        let token = asked
            .header("Content-Type", "application/x-www-form-urlencoded")
            .send()
            .expect(200)
            .json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let users = || gateway.get("/api/v2/tenant/users").bearer(&token).send().status;
        assert_eq!((users(), users()), (200, 200));
        let rotate = "/admin/v1/tenants/demo/clients/demo-client/rotate";
        gateway.call("POST", rotate).bearer(OPERATOR).send().expect(200);
        assert_eq!(users(), 400);
    });
}

#[test]
fn i5_a_session_ends_with_its_user() {
    on_each_believing_gateway(|gateway| {
        let login = |name: &str, password: &str| {
            posted(gateway, "/server/login", None, &json!({"username": name, "password": password}), "/token")
        };
        let admin = login("admin", "demo-password");
        let user = json!({"username": "ada", "password": "password-1", "email": "u@example.com", "role": "SYSTEM", "area": []});
        let id = posted(gateway, "/server/users", Some(&admin), &user, "/id");
        let ada = login("ada", "password-1");
        let me = || gateway.get("/server/users/me").bearer(&ada).send().status;
        assert_eq!((me(), me()), (200, 200));
        gateway.call("DELETE", &format!("/server/users/{id}")).bearer(&admin).send().expect(200);
        assert_eq!(me(), 401);
    });
}
