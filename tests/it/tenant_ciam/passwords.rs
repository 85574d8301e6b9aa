//! C6, C8, C10, C11: passwords changed, remembered and verified.

use roster_gateway::Config;
use roster_tenant_ciam::password::{PasswordPolicy, PolicySettings, Preset};
use roster_tenant_ciam::{Store, TenantId};
use roster_testkit::{Reply, TestGateway, block_on, fixture_json, on_each_gateway, race};
use serde_json::{Value, json};

use super::{Client, change, execute, has_code, rows, store};

impl Client<'_> {
    fn change_password(&self, id: &str, body: &Value) -> Reply {
        self.call("PUT", &format!("/{id}/change-password")).json(body.to_string()).send()
    }

    fn change_verified(&self, id: &str, old: &str, new: &str) -> Reply {
        let body = json!({"old_password": old, "password": new});
        self.call("PUT", &format!("/{id}/change-password-verify")).json(body.to_string()).send()
    }
}

pub(super) fn put_policy(gateway: &TestGateway, settings: PolicySettings) {
    let policy = PasswordPolicy::new(PolicySettings { preset: Preset::Custom, ..settings }).unwrap();
    let tenant = TenantId::parse("demo").unwrap();
    assert!(block_on(store(gateway).put_password_policy(&change(), &tenant, policy)).unwrap());
}

pub(super) fn ask(gateway: &TestGateway, tenant: &str, body: &Value) -> Reply {
    let path = format!("/admin/v1/tenants/{tenant}/users/verify-password");
    gateway.post(&path, body.to_string()).bearer("demo-operator-token").send()
}

/// `valid`, `must_modify`, `disabled`, `locked`.
fn verified(gateway: &TestGateway, body: &Value) -> [bool; 4] {
    let reply = ask(gateway, "demo", body).expect(200);
    assert_eq!(reply.keys(), ["valid", "must_modify", "disabled", "locked"]);
    ["valid", "must_modify", "disabled", "locked"].map(|field| reply.json()[field].as_bool().unwrap())
}

const VALID: [bool; 4] = [true, false, false, false];
const MUST_MODIFY: [bool; 4] = [true, true, false, false];
const INVALID: [bool; 4] = [false; 4];
const DISABLED: [bool; 4] = [false, false, true, false];
const LOCKED: [bool; 4] = [false, false, false, true];

#[test]
fn c11_a_password_is_changed() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&fixture_json("seeds/tenant-ciam.create.request.json"));
        execute(gateway, "UPDATE tenant_users SET password_set_ms = 1, updated_ms = 1");
        let is = |password: &str| verified(gateway, &json!({"user_id": id, "password": password}));
        assert_eq!(is("qwe123!@#"), VALID);
        for (body, password, expected) in [
            (json!({"password": "second-1"}), "second-1", MUST_MODIFY),
            (json!({"password": "third--1", "must_modify": false}), "third--1", VALID),
            (json!({"password": "fourth-1", "must_modify": true}), "fourth-1", MUST_MODIFY),
            (json!({"password": "fifth--1", "pwd_must_modify": false}), "fifth--1", VALID),
        ] {
            assert_eq!(client.change_password(&id, &body).expect(200).json(), json!({"user_id": id}));
            assert_eq!(is(password), expected, "{body}");
        }
        assert_eq!(is("qwe123!@#"), INVALID);
        let user = client.user(&id);
        assert_ne!(user["pwd_change_at"], "1970-01-01 00:00:00");
        assert_eq!(user["pwd_change_at"], user["updated_at"]);
        let entry =
            format!("store_journal WHERE subject = '{id}' AND verb = 'update' AND fields LIKE '%\"pwd\"%'");
        assert_eq!(rows(gateway, &entry), 4);
        assert_eq!(rows(gateway, "store_journal_values WHERE after_json LIKE '%argon2%'"), 0);
    });
}

#[test]
fn c11_one_who_knows_the_old_password_chooses_a_new_one() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"pwd": "first--1"}));
        let is = |password: &str| verified(gateway, &json!({"user_id": id, "password": password}));
        assert_eq!(is("first--1"), MUST_MODIFY);
        let changed = client.change_verified(&id, "first--1", "second-1").expect(200);
        assert_eq!(changed.json(), json!({"user_id": id}));
        assert_eq!((is("second-1"), is("first--1")), (VALID, INVALID));
        // Who has none has no old one.
        let without = client.made(&json!({}));
        has_code(client.change_verified(&without, "x", "second-1"), "PWD.0008");
        client.change_password(&without, &json!({"password": "second-1"})).expect(200);
        client.change_verified(&without, "second-1", "third--1").expect(200);
    });
}

#[test]
fn c8_a_wrong_old_password_counts_down_and_locks() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"pwd": "first--1"}));
        // Having been right before from this address frees nobody: it is the client's.
        client.change_verified(&id, "first--1", "second-1").expect(200);
        for remaining in (0..10).rev() {
            let refused = client.change_verified(&id, "wrong", "third--1").expect(400);
            let text = format!("The old password is wrong. Remaining attempts: {remaining}");
            assert_eq!(refused.json(), json!({"error_msg": text, "error_code": "IDAAS.TENANT.PWD.0008"}));
        }
        let locked = client.change_verified(&id, "second-1", "third--1").expect(429);
        assert_eq!(locked.json()["error_code"], "IDAAS.TENANT.LIMIT.0001");
        assert_eq!(locked.keys(), ["error_msg", "error_code"]);
        let seconds: u64 = locked.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(seconds, 1);
        // The same count keeps him from signing in, and nobody else from anything.
        assert_eq!(verified(gateway, &json!({"user_id": id, "password": "second-1"})), LOCKED);
        let other = client.made(&json!({"pwd": "first--1"}));
        client.change_verified(&other, "first--1", "second-1").expect(200);
        // Who may change it without the old one still does.
        client.change_password(&id, &json!({"password": "third--1"})).expect(200);
        // The second is over.
        execute(gateway, "UPDATE auth_throttle SET last_failure_ms = 0");
        client.change_verified(&id, "third--1", "fourth-1").expect(200);
        has_code(client.change_verified(&id, "wrong", "fifth--1"), "PWD.0008");
        let again = client.change_verified(&id, "wrong", "fifth--1").json();
        assert_eq!(again["error_msg"], "The old password is wrong. Remaining attempts: 8", "counted anew");
    });
}

#[test]
fn c6_a_changed_password_is_judged_as_a_first_one_is() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"user_name": "zhangsan", "name": "张三丰", "mobile": "15212345678",
            "email": "pandafriend@qq.com", "pwd": "qwe123!@#"}));
        for (password, code) in [
            ("aaaa", "PWD.0007"),
            ("aaaaaaaa", "PWD.0004"),
            ("aaaa1111", "PWD.0006"),
            ("Passw0rd", "PWD.0005"),
            ("1nasgnahz", "PWD.0002"),
            ("1zhangsan", "PWD.0003"),
            ("a15212345678", "PWD.0003"),
            ("PandaFriend1", "PWD.0003"),
            ("1zhangsanfeng", "PWD.0003"),
            ("qwe123!@#", "PWD.0001"),
        ] {
            has_code(client.change_password(&id, &json!({"password": password})), code);
            has_code(client.change_verified(&id, "qwe123!@#", password), code);
        }
        // By what is stored now.
        client.update(&id, &json!({"user_name": "lisi", "name": null})).expect(200);
        has_code(client.change_password(&id, &json!({"password": "1silisil"})), "PWD.0002");
        client.change_password(&id, &json!({"password": "1zhangsan"})).expect(200);
        for (body, code) in [
            (json!({}), "USER.0006"),
            (json!({"password": ""}), "USER.0006"),
            (json!({"password": null}), "USER.0006"),
            (json!({"password": 7}), "PARAM.0001"),
            (json!({"password": "second-1", "must_modify": "no"}), "PARAM.0001"),
            (json!({"password": "second-1", "pwd_must_modify": 0}), "PARAM.0001"),
        ] {
            has_code(client.change_password(&id, &body), code);
        }
        has_code(client.change_verified(&id, "", "second-1"), "PARAM.0001");
        has_code(client.change_verified(&id, "1zhangsan", ""), "USER.0006");
        for id in ["x", "20201028102749564-9082-DC8CD2722"] {
            has_code(client.change_password(id, &json!({"password": "x"})), "USER.0001");
            has_code(client.change_verified(id, "x", "x"), "USER.0001");
        }
    });
}

#[test]
fn c6_so_many_passwords_are_remembered() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let vendor = *PasswordPolicy::VENDOR.settings();
        let id = client.made(&json!({"pwd": "first--1"}));
        let to = |password: &str| client.change_password(&id, &json!({"password": password}));
        let kept = || rows(gateway, &format!("tenant_password_history WHERE user_id = '{id}'"));
        has_code(to("first--1"), "PWD.0001");
        to("second-1").expect(200);
        to("third--1").expect(200);
        for remembered in ["first--1", "second-1", "third--1"] {
            has_code(to(remembered), "PWD.0001");
        }
        to("fourth-1").expect(200);
        assert_eq!(kept(), 3);
        to("first--1").expect(200);
        // None: even the present one may be set again.
        put_policy(gateway, PolicySettings { history_depth: 0, ..vendor });
        to("first--1").expect(200);
        assert_eq!(kept(), 1);
        // One: not the present one.
        put_policy(gateway, PolicySettings { history_depth: 1, ..vendor });
        has_code(to("first--1"), "PWD.0001");
        to("second-1").expect(200);
        to("first--1").expect(200);
    });
}

#[test]
fn c7_of_32_changes_from_one_password_one_succeeds() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"pwd": "first--1"}));
        let replies = race(32, |n| client.change_verified(&id, "first--1", &format!("racer-{n:03}")));
        let won: Vec<usize> = (0..32).filter(|n| replies[*n].status == 200).collect();
        assert_eq!(won.len(), 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status != 200) {
            let code = reply.json()["error_code"].as_str().unwrap().to_owned();
            let lost = [(400, "IDAAS.TENANT.PWD.0008"), (429, "IDAAS.TENANT.LIMIT.0001")];
            assert!(lost.contains(&(reply.status, code.as_str())), "{reply:?}");
        }
        assert_eq!(rows(gateway, &format!("tenant_password_history WHERE user_id = '{id}'")), 2);
        execute(gateway, "UPDATE auth_throttle SET last_failure_ms = 0");
        let winner = format!("racer-{:03}", won[0]);
        assert_eq!(verified(gateway, &json!({"user_id": id, "password": winner})), VALID);
    });
}

#[test]
fn c6_a_password_is_judged_by_the_user_that_it_is_set_for() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        // Whichever comes first, the two never stand together: the name is judged by nobody, the
        // password by the name that is there when it is set.
        for n in 0..8 {
            let id = client.made(&json!({}));
            let name = format!("champion{n}");
            let replies = race(2, |racer| match racer {
                0 => client.update(&id, &json!({"user_name": name})).status,
                _ => client.change_password(&id, &json!({"password": format!("1{name}")})).status,
            });
            assert_eq!(replies[0], 200, "{replies:?}");
            let named = format!(
                "store_journal WHERE subject = '{id}' AND fields LIKE '%user_name%' AND verb = 'update'"
            );
            let set = format!("store_journal WHERE subject = '{id}' AND fields LIKE '%\"pwd\"%'");
            let revision = format!(
                "tenant_users WHERE user_id = '{id}' AND revision = {}",
                2 + i64::from(replies[1] == 200)
            );
            assert_eq!((rows(gateway, &named), rows(gateway, &set)), (1, i64::from(replies[1] == 200)));
            assert_eq!(rows(gateway, &revision), 1);
        }
    });
}

#[test]
fn c11_a_sign_in_is_verified_and_counted() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client
            .made(&json!({"user_name": "ZhangSan", "mobile": "15200000000", "email": "Zhang@qq.com",
            "pwd": "first--1", "pwd_must_modify": false}));
        execute(gateway, "UPDATE tenant_users SET updated_ms = 1");
        for login in [
            json!({"user_id": id}),
            json!({"user_name": "zhangsan"}),
            json!({"mobile": "+86-15200000000"}),
            json!({"mobile": "15200000000"}),
            json!({"email": "zhang@QQ.com"}),
        ] {
            let mut body = login;
            body["password"] = json!("first--1");
            assert_eq!(verified(gateway, &body), VALID, "{body}");
            body["password"] = json!("first--2");
            assert_eq!(verified(gateway, &body), INVALID, "{body}");
        }
        let user = client.user(&id);
        assert_eq!(user["usr_auth_times"], "5");
        assert!(user["usr_last_login"].as_str().unwrap() >= user["created_at"].as_str().unwrap());
        assert_eq!(user["updated_at"], "1970-01-01 00:00:00", "a sign-in is no change");
        for nobody in [json!({"user_id": "x"}), json!({"user_name": "lisi"}), json!({"mobile": "x"})] {
            let mut body = nobody;
            body["password"] = json!("first--1");
            assert_eq!(verified(gateway, &body), INVALID, "{body}");
        }
        let without = client.made(&json!({}));
        assert_eq!(verified(gateway, &json!({"user_id": without, "password": ""})), INVALID);
        let path = format!("/{id}/disable");
        client.call("PUT", &path).send().expect(200);
        assert_eq!(verified(gateway, &json!({"user_id": id, "password": "first--1"})), DISABLED);
        assert_eq!(
            verified(gateway, &json!({"user_id": id, "password": "x"})),
            INVALID,
            "not told to others"
        );
        assert_eq!(client.user(&id)["usr_auth_times"], "5");
    });
}

#[test]
fn c2_a_sign_in_is_of_one_tenant_and_asked_by_an_operator() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"user_name": "zhangsan", "pwd": "first--1"}));
        let good = json!({"user_name": "zhangsan", "password": "first--1"});
        assert_eq!(ask(gateway, "demo", &good).expect(200).json()["valid"], true);
        assert_eq!(ask(gateway, "other", &good).expect(200).json()["valid"], false);
        let by_id = json!({"user_id": id, "password": "first--1"});
        assert_eq!(ask(gateway, "other", &by_id).expect(200).json()["valid"], false);
        for tenant in ["nobody", "%00", "a%20b"] {
            let refused = ask(gateway, tenant, &good).expect(404);
            assert_eq!(refused.json()["detail"], "no such tenant");
        }
        for body in [
            json!({"password": "x"}),
            json!({"user_name": "a", "email": "b", "password": "x"}),
            json!({"user_name": "a"}),
            json!({"user_name": "a", "password": 7}),
            json!({"user_name": "a", "password": "x", "admin": true}),
            json!({"user_name": "a", "password": "x", "address": "here"}),
        ] {
            let refused = ask(gateway, "demo", &body).expect(400);
            assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{body}");
        }
        let path = "/admin/v1/tenants/demo/users/verify-password";
        gateway.post(path, good.to_string()).send().expect(401);
        gateway.post(path, good.to_string()).bearer(&client.token).send().expect(401);
    });
}

#[test]
fn c11_guessing_is_slowed_and_a_known_address_is_not() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"user_name": "zhangsan", "pwd": "first--1", "pwd_must_modify": false}));
        let from = |address: &str, name: &str, password: &str| {
            verified(gateway, &json!({"user_name": name, "password": password, "address": address}))
        };
        assert_eq!(from("192.0.2.1", "zhangsan", "first--1"), VALID);
        for _ in 0..10 {
            assert_eq!(from("192.0.2.2", "ZHANGSAN", "wrong"), INVALID);
            assert_eq!(from("192.0.2.2", "nobody", "wrong"), INVALID);
        }
        assert_eq!(from("192.0.2.2", "zhangsan", "first--1"), LOCKED);
        assert_eq!(from("192.0.2.2", "nobody", "first--1"), LOCKED, "nobody learns who there is");
        assert_eq!(from("192.0.2.1", "zhangsan", "first--1"), VALID, "an address where it was right before");
        assert_eq!(client.user(&id)["usr_auth_times"], "2");
    });
}

/// A lock says no more of a number that nobody has than of one that somebody has.
#[test]
fn c11_a_lock_does_not_tell_whose_numbers_are_there() {
    on_each_gateway(|gateway| {
        Client::demo(gateway).made(&json!({"mobile": "15200000000", "pwd": "first--1"}));
        let from = |address: &str, mobile: &str| {
            verified(gateway, &json!({"mobile": mobile, "password": "wrong", "address": address}))
        };
        for (address, number) in [("192.0.2.1", "15200000000"), ("192.0.2.2", "15900000001")] {
            for _ in 0..10 {
                assert_eq!(from(address, number), INVALID);
            }
            for written in [number.to_owned(), format!("+86-{number}"), format!("+86{number}")] {
                assert_eq!(from(address, &written), LOCKED, "{written}");
            }
        }
    });
}

#[test]
fn c10_a_hash_of_former_parameters_is_renewed() {
    for database in roster_testkit::TestDatabase::each() {
        let url = database.url().clone();
        let gateway = TestGateway::start(database, |_| {});
        let id = Client::demo(&gateway).made(&json!({"pwd": "first--1", "pwd_must_modify": false}));
        let old = "tenant_users WHERE password_hash LIKE '$argon2id$v=19$m=8,t=1,%'";
        let history = "tenant_password_history WHERE password_hash LIKE '$argon2id$v=19$m=8,t=2,%'";
        assert_eq!((rows(&gateway, old), rows(&gateway, history)), (1, 0));
        let costlier = |config: &mut Config| {
            config.database_url = match &url {
                roster_persistence::DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
                roster_persistence::DatabaseUrl::Postgres(url) => url.clone(),
            };
            config.hashing.iterations = 2;
        };
        let next = TestGateway::start(roster_testkit::TestDatabase::sqlite(), costlier);
        let is = |password: &str| verified(&next, &json!({"user_id": id, "password": password}));
        assert_eq!((is("wrong"), rows(&gateway, old)), (INVALID, 1));
        assert_eq!((is("first--1"), rows(&gateway, old), rows(&gateway, history)), (VALID, 0, 1));
        assert_eq!(is("first--1"), VALID);
        // It is remembered under its new hash.
        let body = json!({"password": "first--1"});
        has_code(Client::demo(&next).change_password(&id, &body), "PWD.0001");
    }
}
