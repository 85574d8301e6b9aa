//! Passwords: E5, E10, E13, E14, and their verification for other services.

use roster_persistence::DatabaseUrl;
use roster_testkit::{Reply, TestDatabase, TestGateway, on_each_gateway};
use serde_json::{Value, json};

use super::{ADMIN, MEMBER, USERS, created, put, rows, user};

const OWN: &str = "/openapi/v1/changepwd";

fn verify(gateway: &TestGateway, body: &Value) -> Reply {
    let path = "/admin/v1/enterprise-users/verify-password";
    gateway.post(path, body.to_string()).bearer("demo-operator-token").send()
}

fn answer(gateway: &TestGateway, body: &Value) -> (bool, bool, bool) {
    let reply = verify(gateway, body).expect(200);
    assert_eq!(reply.keys(), ["valid", "disabled", "locked"]);
    let is = |field: &str| reply.json()[field].as_bool().unwrap();
    (is("valid"), is("disabled"), is("locked"))
}

const VALID: (bool, bool, bool) = (true, false, false);
const INVALID: (bool, bool, bool) = (false, false, false);
const DISABLED: (bool, bool, bool) = (false, true, false);
const LOCKED: (bool, bool, bool) = (false, false, true);

#[test]
fn e13_passwords_are_changed_by_their_owner_and_by_administrators() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let is = |password: &str| answer(gateway, &json!({"user_id": id, "password": password}));
        assert_eq!(is("password"), VALID);
        let path = format!("{USERS}/{id}/changepwd");
        let body = json!({"user_id": id, "password": " new pass ", "password1": " new pass "});
        assert_eq!(put(gateway, &path, &body).expect(200).text, "");
        assert_eq!((is(" new pass "), is("new pass"), is("password")), (VALID, INVALID, INVALID));
        // Changing the address never disturbs the password (E14).
        put(gateway, &format!("{USERS}/{id}"), &json!({"email": "ada@example.com"})).expect(200);
        assert_eq!(is(" new pass "), VALID);
        put(gateway, &format!("{USERS}/{id}"), &json!({"password": "the third"})).expect(200);
        assert_eq!(is("the third"), VALID);

        let own = json!({"password": "my choice", "password1": "my choice"}).to_string();
        let changed = gateway.call("PUT", OWN).json(own.clone()).key(MEMBER).send().expect(200);
        assert_eq!(changed.text, "");
        let member = json!({"nick_name": "member", "enterprise_id": "demo", "password": "my choice"});
        assert_eq!(answer(gateway, &member), VALID);
        gateway.call("PUT", OWN).json(own.clone()).key(ADMIN).send().expect(200);
        gateway.call("PUT", OWN).json(own).send().expect(401);
    });
}

#[test]
fn e13_what_is_no_pair_of_passwords_is_refused() {
    on_each_gateway(|gateway| {
        let path = format!("{USERS}/{}/changepwd", created(gateway, &user("ada")));
        let max = "x".repeat(129);
        for path in [path.as_str(), OWN] {
            for (body, fields) in [
                (json!({}), vec!["password", "password1"]),
                (json!({"password": "short", "password1": 7}), vec!["password", "password1"]),
                (json!({"password": max, "password1": max}), vec!["password", "password1"]),
                (json!({"password": "password", "password1": "passwort"}), vec!["password1"]),
                (json!({"user_id": 0, "password": "password", "password1": "password"}), vec!["user_id"]),
            ] {
                let refused = put(gateway, path, &body).expect(400).json();
                assert_eq!(refused["code"], 20400);
                assert_eq!(refused["err"].as_object().unwrap().keys().collect::<Vec<_>>(), fields, "{body}");
            }
        }
        let mismatch = put(gateway, OWN, &json!({"password": "password", "password1": "passwort"})).json();
        assert_eq!(mismatch["err"]["password1"], json!(["两次输入的密码不一致。"]));
    });
}

#[test]
fn e10_the_current_user_is_who_holds_the_key() {
    on_each_gateway(|gateway| {
        let reply = gateway.get("/openapi/v1/currentuser").key(MEMBER).send().expect(200).json();
        let id = reply["bean"]["user_id"].clone();
        assert!(id.is_i64());
        let bean = json!({"user_id": id, "email": "", "nick_name": "member", "real_name": "", "phone": "",
            "is_active": true, "origion": "", "enterprise_id": "demo"});
        assert_eq!(reply, json!({"bean": bean}));
        gateway.get("/openapi/v1/currentuser").send().expect(401);
    });
}

#[test]
fn a_password_is_verified_by_id_by_name_and_by_address() {
    on_each_gateway(|gateway| {
        let mut body = user("ada");
        body["email"] = json!("Ada@example.com");
        let id = created(gateway, &body);
        for who in [
            json!({"user_id": id}),
            json!({"nick_name": "ada", "enterprise_id": "demo"}),
            json!({"email": "ADA@example.com"}),
        ] {
            let with = |password: &str| {
                let mut body = who.clone();
                body["password"] = json!(password);
                answer(gateway, &body)
            };
            assert_eq!((with("password"), with("passwort"), with("")), (VALID, INVALID, INVALID), "{who}");
        }
        for nobody in [
            json!({"user_id": 999_999}),
            json!({"nick_name": "ada", "enterprise_id": "other"}),
            json!({"email": "x"}),
        ] {
            let mut body = nobody.clone();
            body["password"] = json!("password");
            assert_eq!(answer(gateway, &body), INVALID, "{nobody}");
        }
        for bad in [
            json!({"password": "password"}),
            json!({"user_id": id}),
            json!({"nick_name": "ada", "password": "password"}),
            json!({"user_id": id, "email": "ada@example.com", "password": "password"}),
            json!({"user_id": "x", "password": "password"}),
            json!({"user_id": id, "password": "password", "address": "nowhere"}),
        ] {
            let refused = verify(gateway, &bad).expect(400);
            assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{bad}");
        }
        let path = "/admin/v1/enterprise-users/verify-password";
        gateway.post(path, "{}").key(ADMIN).send().expect(401);
    });
}

#[test]
fn a_disabled_user_is_told_so_only_if_he_knows_his_password() {
    on_each_gateway(|gateway| {
        let mut body = user("ada");
        body["is_active"] = json!(false);
        let id = created(gateway, &body);
        let is = |password: &str| answer(gateway, &json!({"user_id": id, "password": password}));
        assert_eq!((is("password"), is("passwort")), (DISABLED, INVALID));
    });
}

#[test]
fn guessing_locks_but_never_out_of_a_known_address() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let from = |address: &str, password: &str| {
            answer(gateway, &json!({"user_id": id, "password": password, "address": address}))
        };
        assert_eq!(from("192.0.2.1", "password"), VALID);
        for _ in 0..10 {
            assert_eq!(from("192.0.2.2", "guess"), INVALID);
        }
        assert_eq!(from("192.0.2.2", "password"), LOCKED);
        assert_eq!(from("192.0.2.1", "password"), VALID);
        // Nobody learns from a lock who there is.
        let nobody = json!({"email": "nobody@example.com", "password": "guess", "address": "192.0.2.3"});
        for _ in 0..10 {
            assert_eq!(answer(gateway, &nobody), INVALID);
        }
        assert_eq!(answer(gateway, &nobody), LOCKED);
    });
}

#[test]
fn a_hash_of_older_parameters_is_renewed_when_its_password_comes() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let url = match gateway.database().url() {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        };
        // Another gateway on the same store, whose hashes are dearer.
        let dearer = TestGateway::start(TestDatabase::sqlite(), |config| {
            config.database_url = url;
            config.hashing.iterations = 2;
        });
        let renewed = format!("enterprise_users WHERE user_id = {id} AND password_hash LIKE '%t=2%'");
        let is = |password: &str| answer(&dearer, &json!({"user_id": id, "password": password}));
        assert_eq!((is("passwort"), rows(gateway, &renewed)), (INVALID, 0));
        assert_eq!((is("password"), rows(gateway, &renewed)), (VALID, 1));
        assert_eq!(is("password"), VALID);
    });
}
