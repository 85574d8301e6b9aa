//! Changing and deleting users: E9, E13, E14.

use roster_testkit::{on_each_gateway, race};
use serde_json::json;

use super::{ADMIN, MEMBER, USERS, admin_id, created, delete, key_of, no_found_user, put, read, rows, user};

#[test]
fn e14_an_update_changes_what_it_names_and_nothing_else() {
    on_each_gateway(|gateway| {
        let body = json!({"nick_name": "ada", "password": "password", "enterprise_id": "demo",
            "email": "ada@example.com", "phone": "1", "origion": "import"});
        let path = format!("{USERS}/{}", created(gateway, &body));
        let before = read(gateway, "ada").json();
        let reply = put(gateway, &path, &json!({})).expect(200);
        assert_eq!(reply.text, "");
        // The name, the enterprise and what nobody knows stay out of it.
        let ignored = json!({"nick_name": "x", "enterprise_id": "y", "real_name": 7, "is_active": null});
        put(gateway, &path, &ignored).expect(200);
        assert_eq!(read(gateway, "ada").json(), before);

        put(gateway, &path, &json!({"email": "ADA@example.com", "is_active": "0"})).expect(200);
        let after = read(gateway, "ada").json();
        assert_eq!((&after["email"], &after["is_active"]), (&json!("ADA@example.com"), &json!(false)));
        assert_eq!((&after["phone"], &after["origion"]), (&json!("1"), &json!("import")));
        put(gateway, &path, &json!({"email": "", "phone": "", "is_active": true})).expect(200);
        let after = read(gateway, "ada").json();
        assert_eq!(
            (&after["email"], &after["phone"], &after["is_active"]),
            (&json!(""), &json!(""), &json!(true))
        );
    });
}

#[test]
fn e14_an_update_is_judged_as_a_creation_is() {
    on_each_gateway(|gateway| {
        let with = |name: &str, n: u8| {
            json!({"nick_name": name, "password": "password",
            "enterprise_id": "demo", "email": format!("{name}@example.com"), "phone": n.to_string()})
        };
        let path = format!("{USERS}/{}", created(gateway, &with("ada", 1)));
        created(gateway, &with("bob", 2));
        let bad = json!({"password": "short", "email": "x", "phone": "1".repeat(21), "is_active": "maybe",
            "user_id": []});
        let err = put(gateway, &path, &bad).expect(400).json()["err"].clone();
        let fields: Vec<&String> = err.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["user_id", "password", "email", "phone", "is_active"]);
        put(gateway, &path, &json!({"email": null})).expect(400);
        let clash = put(gateway, &path, &json!({"email": "BOB@example.com", "phone": "2"})).expect(400);
        assert_eq!(clash.json()["msg"], "email already exists");
        let clash = put(gateway, &path, &json!({"phone": "2"})).expect(409);
        assert_eq!(clash.json()["msg"], "user phone already exists");
        put(gateway, &path, &json!({"email": "ADA@EXAMPLE.COM", "phone": "1"})).expect(200);
    });
}

#[test]
fn e9_e13_an_unknown_user_is_404_and_a_body_names_the_paths_own() {
    on_each_gateway(|gateway| {
        created(gateway, &user("ada"));
        for reference in ["999999", "99999999999999999999", "-1", "ada", "%00", "1.5"] {
            let path = format!("{USERS}/{reference}");
            let replies = [
                put(gateway, &path, &json!({})),
                delete(gateway, &path),
                put(
                    gateway,
                    &format!("{path}/changepwd"),
                    &json!({"password": "password", "password1": "password"}),
                ),
            ];
            for reply in replies {
                assert_eq!(reply.expect(404).json(), no_found_user(), "{reference}");
            }
        }
        let id = created(gateway, &user("bob"));
        let path = format!("{USERS}/{id}");
        for other in [json!(id + 1), json!((id + 1).to_string()), json!("bob")] {
            let refused = put(gateway, &path, &json!({"user_id": other})).expect(400).json();
            assert_eq!(refused["err"]["user_id"], json!(["与路径中的用户不一致。"]));
        }
        put(gateway, &path, &json!({"user_id": id})).expect(200);
        put(gateway, &path, &json!({"user_id": id.to_string()})).expect(200);
    });
}

#[test]
fn e13_nobody_deletes_or_disables_himself() {
    on_each_gateway(|gateway| {
        let path = format!("{USERS}/{}", admin_id(gateway));
        let refused = delete(gateway, &path).expect(400).json();
        assert_eq!((&refused["code"], &refused["err"]["msg"]), (&json!(20400), &json!("不能删除自己")));
        let refused = put(gateway, &path, &json!({"is_active": false, "phone": "1"})).expect(400).json();
        assert_eq!(refused["err"]["msg"], "不能禁用自己");
        assert_eq!(read(gateway, "admin").json()["phone"], "", "all or nothing");
        put(gateway, &path, &json!({"phone": "1"})).expect(200);
    });
}

#[test]
fn e8_e13_a_deleted_user_is_gone_with_his_keys_and_his_id() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let (path, key) = (format!("{USERS}/{id}"), key_of(gateway, id, "n"));
        gateway.get("/openapi/v1/currentuser").key(&key).send().expect(200);
        assert_eq!(delete(gateway, &path).expect(200).text, "");
        gateway.get("/openapi/v1/currentuser").key(&key).send().expect(401);
        assert_eq!(delete(gateway, &path).expect(404).json(), no_found_user());
        assert!(created(gateway, &user("ada")) > id);
    });
}

#[test]
fn e10_keys_of_a_disabled_user_stop_until_he_is_active_again() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        let (path, key) = (format!("{USERS}/{id}"), key_of(gateway, id, "n"));
        for (active, status) in [(false, 401), (true, 200)] {
            put(gateway, &path, &json!({"is_active": active})).expect(200);
            gateway.get("/openapi/v1/currentuser").key(&key).send().expect(status);
        }
    });
}

#[test]
fn e10_a_plain_member_changes_nobody() {
    on_each_gateway(|gateway| {
        let id = created(gateway, &user("ada"));
        for (method, path) in [
            ("PUT", format!("{USERS}/{id}")),
            ("DELETE", format!("{USERS}/{id}")),
            ("PUT", format!("{USERS}/{id}/changepwd")),
        ] {
            let refused = gateway.call(method, &path).json("{}").key(MEMBER).send().expect(403);
            assert_eq!(refused.json()["code"], 10402);
            gateway.call(method, &path).json("{}").send().expect(401);
        }
    });
}

#[test]
fn e14_of_racing_updates_to_one_value_one_succeeds() {
    on_each_gateway(|gateway| {
        let ids: Vec<i64> = (0..16).map(|n| created(gateway, &user(&format!("u{n}")))).collect();
        for (field, status) in [("email", 400), ("phone", 409)] {
            let replies = race(16, |n| {
                put(gateway, &format!("{USERS}/{}", ids[n]), &json!({field: "racer@example.com"}))
            });
            assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
            assert_eq!(replies.iter().filter(|reply| reply.status == status).count(), 15, "{replies:?}");
        }
    });
}

#[test]
fn deletions_among_writers_leave_no_orphan() {
    on_each_gateway(|gateway| {
        let before = (rows(gateway, "enterprise_users"), rows(gateway, "enterprise_administrators"));
        let keys = rows(gateway, "enterprise_access_keys");
        for round in 0..5 {
            let id = created(gateway, &user(&format!("u{round}")));
            let replies = race(8, |n| match n {
                0 | 1 => delete(gateway, &format!("{USERS}/{id}")),
                2 | 3 => put(gateway, &format!("{USERS}/{id}"), &json!({"phone": "7", "is_active": false})),
                4 | 5 => {
                    let body = json!({"user_id": id, "eid": "demo"}).to_string();
                    gateway.post("/openapi/v1/administrators", body).key(ADMIN).send()
                }
                n => gateway
                    .post(
                        &format!("/admin/v1/enterprise-users/{id}/keys"),
                        json!({"note": n.to_string()}).to_string(),
                    )
                    .bearer("demo-operator-token")
                    .send(),
            });
            assert!(replies.iter().all(|reply| reply.status < 500), "{replies:?}");
            let gone = replies[..2].iter().filter(|reply| reply.status == 200).count();
            assert_eq!(gone, 1, "{replies:?}");
        }
        let after = (rows(gateway, "enterprise_users"), rows(gateway, "enterprise_administrators"));
        assert_eq!((after, rows(gateway, "enterprise_access_keys")), (before, keys));
    });
}

#[test]
fn changes_are_in_the_journal_without_secrets() {
    on_each_gateway(|gateway| {
        let body = json!({"nick_name": "ada", "password": "password", "enterprise_id": "demo", "phone": "1"});
        let id = created(gateway, &body);
        let path = format!("{USERS}/{id}");
        put(gateway, &path, &json!({"phone": "2", "password": "not-in-journal"})).expect(200);
        put(gateway, &path, &json!({"phone": "2"})).expect(200);
        delete(gateway, &path).expect(200);
        let of = |verb: &str| {
            let table = format!(
                "store_journal WHERE subject = '{id}' AND dialect = 'enterprise-users' AND verb = '{verb}'"
            );
            rows(gateway, &table)
        };
        assert_eq!((of("create"), of("update"), of("delete")), (1, 1, 1));
        let kept = format!(
            "store_journal_values v JOIN store_journal j ON j.id = v.entry_id WHERE j.subject = '{id}' \
             AND j.verb = 'update' AND j.fields = '[\"phone\",\"password\"]' \
             AND v.before_json = '{{\"phone\":\"1\"}}' AND v.after_json = '{{\"phone\":\"2\"}}'"
        );
        assert_eq!(rows(gateway, &kept), 1);
        let leaked = "store_journal_values WHERE before_json LIKE '%not-in-journal%' \
                      OR after_json LIKE '%not-in-journal%' OR after_json LIKE '%argon2%'";
        assert_eq!(rows(gateway, leaked), 0);
    });
}

#[test]
fn rubbish_is_refused_by_everything_that_reads_a_body() {
    on_each_gateway(|gateway| {
        let path = format!("{USERS}/{}", created(gateway, &user("ada")));
        let before = read(gateway, "ada").json();
        let change = format!("{path}/changepwd");
        for (method, path) in [
            ("PUT", path.as_str()),
            ("PUT", &change),
            ("PUT", "/openapi/v1/changepwd"),
            ("POST", "/openapi/v1/administrators"),
        ] {
            let deep = format!("{{\"unknown\":{}}}", "[".repeat(100_000));
            let large = format!("{{\"unknown\":\"{}\"}}", "x".repeat(256 * 1024));
            for (body, status) in [
                ("", 400),
                ("{\"phone\":\"1\"", 400),
                ("[]", 400),
                ("\"x\"", 400),
                ("null", 400),
                ("{\"phone\":\"a\\u0000\",\"eid\":\"a\\u0000\",\"password\":\"\\u0000\"}", 400),
                ("{\"user_id\":1,\"user_id\":1}", 400),
                ("{\"unknown\":\"\\ud800\"}", 400),
                (deep.as_str(), 400),
                (large.as_str(), 413),
            ] {
                let refused = gateway.call(method, path).json(body).key(ADMIN).send().expect(status);
                assert!(refused.json()["error_type"].is_string(), "{method} {path}: {refused:?}");
            }
            let text = gateway.call(method, path).body("{}").header("Content-Type", "text/plain");
            assert_eq!(text.key(ADMIN).send().expect(415).json()["code"], 415);
        }
        assert_eq!(read(gateway, "ada").json(), before);
    });
}
