//! D7: the accounts, as operators manage them.

use roster_testkit::{Reply, TestGateway, on_each_gateway};
use serde_json::{Value, json};

use super::login;

const ACCOUNTS: &str = "/admin/v1/device-accounts";

fn send(gateway: &TestGateway, method: &str, path: &str, body: Option<Value>) -> Reply {
    let call = gateway.call(method, &format!("{ACCOUNTS}{path}")).bearer("demo-operator-token");
    match body {
        Some(body) => call.json(body.to_string()).send(),
        None => call.send(),
    }
}

#[test]
fn d7_operators_manage_accounts() {
    on_each_gateway(|gateway| {
        let made = send(gateway, "POST", "", Some(json!({"name": "gate"}))).expect(201).json();
        let password = made["password"].as_str().unwrap();
        let token = login(gateway, "gate", password).expect(200).json()["data"]["token"].clone();
        let list = |status| {
            let call = gateway.get("/v1/user/offset/0/limit/1").bearer(token.as_str().unwrap());
            call.send().expect(status);
        };
        list(200);
        let accounts = send(gateway, "GET", "", None).expect(200).json();
        let names: Vec<_> = accounts["items"].as_array().unwrap().iter().map(|a| &a["name"]).collect();
        assert_eq!(names, ["admin", "gate"]);
        send(gateway, "PUT", "/gate/disable", None).expect(204);
        list(401);
        assert_eq!(login(gateway, "gate", password).expect(401).json()["code"], 1000);
        assert_eq!(send(gateway, "GET", "", None).json()["items"][1]["enabled"], false);
        send(gateway, "PUT", "/gate/enable", None).expect(204);
        // Disabling has ended the token for good.
        list(401);
        login(gateway, "gate", password).expect(200);
        let chosen = json!({"password": "chosen-password"});
        send(gateway, "PUT", "/gate/password", Some(chosen)).expect(204);
        login(gateway, "gate", "chosen-password").expect(200);
        assert_eq!(login(gateway, "gate", password).expect(401).json()["code"], 1001);
        send(gateway, "DELETE", "/gate", None).expect(204);
        list(401);
        let chosen = json!({"name": "gate", "password": "chosen-password"});
        let made = send(gateway, "POST", "", Some(chosen)).expect(201);
        assert_eq!(made.json(), json!({"name": "gate"}), "a chosen password is not repeated");
    });
}

#[test]
fn d7_accounts_errors_are_problems() {
    on_each_gateway(|gateway| {
        for (method, path, body, status) in [
            ("POST", "", Some(json!({"name": "admin"})), 409),
            ("POST", "", Some(json!({})), 400),
            ("POST", "", Some(json!({"name": "a b"})), 400),
            ("POST", "", Some(json!({"name": 7})), 400),
            ("POST", "", Some(json!({"name": "a", "password": "short"})), 400),
            ("PUT", "/nobody/password", Some(json!({"password": "long enough"})), 404),
            ("PUT", "/admin/password", Some(json!({})), 400),
            ("PUT", "/nobody/disable", None, 404),
            ("PUT", "/nobody/enable", None, 404),
            ("DELETE", "/a%20b", None, 404),
            ("GET", "/admin", None, 405),
        ] {
            let reply = send(gateway, method, path, body).expect(status);
            assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{path}");
        }
        gateway.get(ACCOUNTS).send().expect(401);
        gateway.get(ACCOUNTS).bearer("demo-member-key").send().expect(401);
    });
}
