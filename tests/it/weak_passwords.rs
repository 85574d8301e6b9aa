//! The most common passwords: device accounts never take them, two dialects where a setting says so, and
//! tenants of CIAM by their own policy (in `tenant_ciam`).

use roster_gateway::Config;
use roster_kernel::WeakPasswords;
use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with};
use serde_json::{Value, json};

/// Among them whatever the case and the width of its letters.
const WEAK: [&str; 4] = ["password", "12345678", "PassW0rd", "ＰＡＳＳＷＯＲＤ"];

const GOOD: &str = "not among the common ones";

fn refuse(config: &mut Config) {
    config.enterprise_users.weak_passwords = WeakPasswords::Refuse;
    config.iot_roles.weak_passwords = WeakPasswords::Refuse;
    config.iot_roles.open_registration = true;
}

#[test]
fn device_accounts_take_none() {
    on_each_gateway(|gateway| {
        let send = |method: &str, path: &str, body: Value| {
            let call = gateway.call(method, &format!("/admin/v1/device-accounts{path}"));
            call.bearer("demo-operator-token").json(body.to_string()).send()
        };
        for weak in WEAK.into_iter().chain(["demo-password"]) {
            for (method, path) in [("POST", ""), ("PUT", "/admin/password")] {
                let refused = send(method, path, json!({"name": "gate", "password": weak})).expect(400);
                let detail = refused.json()["detail"].as_str().unwrap().to_owned();
                assert!(detail.starts_with("password is one of the most common"), "{detail}");
            }
        }
        send("POST", "", json!({"name": "gate", "password": GOOD})).expect(201);
        send("PUT", "/gate/password", json!({"password": GOOD})).expect(204);
        // What was there before works on.
        gateway
            .post("/v1/auth/login", r#"{"username":"admin","password":"demo-password"}"#)
            .send()
            .expect(200);
    });
}

#[test]
fn enterprise_users_take_none_where_it_is_set() {
    let send = |gateway: &TestGateway, method: &str, path: &str, body: Value| -> Reply {
        let call = gateway.call(method, &format!("/openapi/v1{path}")).key("demo-enterprise-key");
        call.json(body.to_string()).send()
    };
    on_each_gateway_with(refuse, |gateway| {
        let user =
            |password: &str| json!({"nick_name": "ada", "password": password, "enterprise_id": "demo"});
        let id = send(gateway, "POST", "/users", user(GOOD)).expect(201).json()["user_id"].clone();
        let of = format!("/users/{id}");
        for weak in WEAK {
            let mut new = user(weak);
            new["nick_name"] = json!("eve");
            let pair = json!({"password": weak, "password1": weak});
            for (method, path, body, fields) in [
                ("POST", "/users", &new, vec!["password"]),
                ("PUT", of.as_str(), &json!({"password": weak}), vec!["password"]),
                ("PUT", &format!("{of}/changepwd"), &pair, vec!["password", "password1"]),
                ("PUT", "/changepwd", &pair, vec!["password", "password1"]),
            ] {
                let refused = send(gateway, method, path, body.clone()).expect(400).json();
                assert_eq!(refused["code"], 20400, "{method} {path}: {refused}");
                let err = refused["err"].as_object().unwrap();
                assert_eq!(err.keys().collect::<Vec<_>>(), fields, "{method} {path}");
                assert_eq!(err["password"], json!(["该密码过于常见，请换一个。"]));
            }
        }
        let english = gateway.call("PUT", "/openapi/v1/changepwd").key("demo-enterprise-key");
        let english = english
            .header("Accept-Language", "en")
            .json(json!({"password": "password", "password1": "password"}).to_string());
        let told = english.send().expect(400).json();
        assert_eq!(told["err"]["password"], json!(["This password is too common, choose another one."]));
        send(gateway, "PUT", &of, json!({"password": GOOD})).expect(200);
    });
    on_each_gateway(|gateway| {
        let user = json!({"nick_name": "ada", "password": "password", "enterprise_id": "demo"});
        send(gateway, "POST", "/users", user).expect(201);
    });
}

#[test]
fn iot_users_have_none_where_it_is_set() {
    let login = |gateway: &TestGateway, username: &str, password: &str| -> String {
        let body = json!({"username": username, "password": password}).to_string();
        let signed_in = gateway.post("/server/login", body).send().expect(200);
        signed_in.json()["token"].as_str().unwrap().to_owned()
    };
    on_each_gateway_with(refuse, |gateway| {
        // The demonstration's own password is among them, and works on.
        let admin = login(gateway, "admin", "demo-password");
        let send = |token: &str, method: &str, path: &str, body: Value| {
            gateway.call(method, &format!("/server{path}")).bearer(token).json(body.to_string()).send()
        };
        let user = |name: &str, password: &str| json!({"username": name, "password": password, "email": "u@example.com", "role": "AREA", "area": []});
        let ada = send(&admin, "POST", "/user", user("ada", GOOD)).expect(200).json();
        let (token, id) = (login(gateway, "ada", GOOD), ada["id"].as_str().unwrap());
        for weak in WEAK {
            for (token, method, path, body) in [
                (&admin, "POST", "/user".to_owned(), user("eve", weak)),
                (&admin, "PATCH", format!("/users/{id}/password"), json!({"password": weak})),
                (&token, "PATCH", "/users/password".to_owned(), json!({"original": GOOD, "password": weak})),
                (
                    &token,
                    "POST",
                    "/users/register".to_owned(),
                    json!({"email": "e@example.com", "password": weak}),
                ),
            ] {
                let refused = send(token, method, &path, body).expect(406);
                assert_eq!(refused.keys(), ["timestamp", "status", "error", "message", "path"]);
                let message = refused.json()["message"].clone();
                assert_eq!(message, "password must be none of the most common passwords", "{method} {path}");
            }
        }
        let changed =
            send(&token, "PATCH", "/users/password", json!({"original": GOOD, "password": "another good"}));
        changed.expect(200);
        login(gateway, "ada", "another good");
    });
    on_each_gateway(|gateway| {
        let admin = login(gateway, "admin", "demo-password");
        let user =
            json!({"username": "ada", "password": "password", "email": "u@example.com", "role": "AREA"});
        gateway.post("/server/user", user.to_string()).bearer(&admin).send().expect(200);
    });
}
