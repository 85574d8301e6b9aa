//! C7, C8, C12: users changed, switched off and on, and deleted.

use std::sync::atomic::{AtomicUsize, Ordering};

use roster_tenant_ciam::password::PasswordPolicy;
use roster_tenant_ciam::{AttributeDefinition, AttributeKind, Builtin, ExtensionKey, Store, TenantId};
use roster_testkit::{Reply, TestGateway, block_on, fixture_json, on_each_gateway, race};
use serde_json::{Value, json};

use super::{Client, change, execute, has_code, rows, store};

impl Client<'_> {
    pub(super) fn update(&self, id: &str, body: &Value) -> Reply {
        self.call("PUT", &format!("/{id}")).json(body.to_string()).send()
    }

    pub(super) fn user(&self, id: &str) -> Value {
        self.read(id).expect(200).json()
    }
}

pub(super) fn define(gateway: &TestGateway, definition: AttributeDefinition) {
    let tenant = TenantId::parse("demo").unwrap();
    assert!(block_on(store(gateway).put_attribute(&change(), &tenant, definition)).unwrap());
}

fn extension(key: &str, kind: AttributeKind) -> AttributeDefinition {
    AttributeDefinition::extension(ExtensionKey::parse(key).unwrap(), kind)
}

#[test]
fn c12_an_update_changes_what_it_names() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        define(gateway, extension("card", AttributeKind::Number));
        let id = client.made(&fixture_json("seeds/tenant-ciam.create.request.json"));
        execute(gateway, "UPDATE tenant_users SET created_ms = 1000, updated_ms = 1000");
        let before = client.user(&id);
        let answer = client.update(
            &id,
            &json!({
                "user_name": "ZhangSan2", "mobile": "+86-15200000001", "zip_code": "", "industry": null,
                "attr_birthday": "2000-02-29", "first_name": "三", "extension": {"card": 7},
                "head_img": "https://example.com/a.png",
            }),
        );
        assert_eq!(answer.expect(200).json(), json!({"user_id": id}));
        let mut expected = before.clone();
        for (member, value) in [
            ("user_name", json!("ZhangSan2")),
            ("mobile", json!("15200000001")),
            ("zip_code", Value::Null),
            ("industry", Value::Null),
            ("attr_birthday", json!("2000-02-29")),
            ("first_name", json!("三")),
            ("extension", json!({"age": "28", "card": 7})),
            ("head_img", json!("https://example.com/a.png")),
        ] {
            expected[member] = value;
        }
        let after = client.user(&id);
        assert_ne!(after["updated_at"], before["updated_at"]);
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected);
        // Looked up by the new values, and by the old ones no longer.
        for (by, body) in
            [("username", json!({"user_name": "zhangsan2"})), ("mobile", json!({"mobile": "15200000001"}))]
        {
            assert_eq!(client.look_up(by, &body).expect(200).json()["user_id"], id);
        }
        has_code(client.look_up("username", &json!({"user_name": "zhangsan"})), "USER.0001");
        // The former ones are free again.
        client.made(&json!({"user_name": "zhangsan", "mobile": "15200000000"}));
        // Nothing but a removal.
        client.update(&id, &json!({"extension": null, "head_img": ""})).expect(200);
        assert_eq!(
            (&client.user(&id)["extension"], &client.user(&id)["head_img"]),
            (&json!({}), &Value::Null)
        );
    });
}

#[test]
fn c12_an_external_id_is_changed_removed_and_found() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"external_id": "shop-1"}));
        let found =
            |external_id: &str| client.look_up("external-id", &json!({"external_id": external_id})).status;
        client.update(&id, &json!({"external_id": "shop-2"})).expect(200);
        assert_eq!(
            (client.user(&id)["external_id"].clone(), found("shop-1"), found("shop-2")),
            (json!("shop-2"), 400, 200)
        );
        client.update(&id, &json!({"external_id": null})).expect(200);
        assert_eq!((client.user(&id)["external_id"].clone(), found("shop-2")), (Value::Null, 400));
    });
}

#[test]
fn c12_nothing_to_change_is_no_change() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&fixture_json("seeds/tenant-ciam.create.request.json"));
        execute(gateway, "UPDATE tenant_users SET updated_ms = 1000");
        let before = client.read(&id).text;
        // What was read may be sent back; its other members, and what an update does not take, are
        // ignored.
        let mut same = client.user(&id);
        same["pwd"] = json!("another1!");
        for body in [json!({}), same, json!({"user_name": "zhangsan", "unknown": 7})] {
            assert_eq!(client.update(&id, &body).expect(200).json(), json!({"user_id": id}));
            assert_eq!(client.read(&id).text, before, "{body}");
        }
        assert_eq!(rows(gateway, &format!("store_journal WHERE subject = '{id}' AND verb = 'update'")), 0);
    });
}

#[test]
fn c12_an_update_is_judged_by_what_it_names() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"email": "a@qq.com"}));
        client.made(&json!({"user_name": "lisi", "mobile": "15200000009", "email": "lisi@qq.com",
            "extension": {"age": "9"}}));
        define(gateway, AttributeDefinition::builtin(Builtin::Email).required(true));
        define(gateway, AttributeDefinition::builtin(Builtin::Industry).required(true));
        for (body, code) in [
            (json!({"email": "", "zip_code": 7}), "PARAM.0001"),
            (json!({"email": "", "attr_gender": "x"}), "USER.0005"),
            (json!({"industry": null}), "USER.0015"),
            (json!({"attr_gender": "x", "mobile": "+99-1"}), "USER.0023"),
            (json!({"mobile": "+99-1", "extension": {"x": 1}}), "USER.0033"),
            (json!({"mobile": "+99-1", "user_name": "lisi"}), "MOBILE.0002"),
            (json!({"mobile": "15200000009", "user_name": "LiSi"}), "USER.0034"),
            (json!({"mobile": "15200000009", "email": "LISI@qq.com"}), "USER.0035"),
            (json!({"email": "LISI@qq.com"}), "USER.0036"),
            (json!({"head_img": "x"}), "PARAM.0001"),
        ] {
            has_code(client.update(&id, &body), code);
        }
        // What it does not name is not judged: he still has no industry.
        client.update(&id, &json!({"attr_gender": "female"})).expect(200);
        assert_eq!(client.user(&id)["email"], "a@qq.com", "nothing of the others was kept");
        has_code(client.update("20201028102749564-9082-DC8CD2722", &json!({"email": ""})), "USER.0001");
        has_code(client.update("x", &json!({})), "USER.0001");
    });
}

#[test]
fn c12_own_values_do_not_clash_and_new_ones_do() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        define(gateway, extension("card", AttributeKind::Number).unique(true).unwrap());
        let [one, two] = ["1", "2"].map(|n| {
            client.made(&json!({"user_name": format!("u{n}"), "mobile": format!("1520000000{n}"),
                "email": format!("{n}@qq.com"), "extension": {"card": n}}))
        });
        client
            .update(
                &one,
                &json!({"user_name": "U1", "mobile": "+8615200000001", "email": "1@QQ.com",
            "extension": {"card": "1.0"}}),
            )
            .expect(200);
        assert_eq!(client.user(&one)["user_name"], "U1");
        for (body, code) in [
            (json!({"user_name": "u1"}), "USER.0034"),
            (json!({"mobile": "15200000001"}), "USER.0035"),
            (json!({"email": "1@qq.com"}), "USER.0036"),
            (json!({"extension": {"card": 1}}), "USER.0037"),
        ] {
            has_code(client.update(&two, &body), code);
        }
        // What one gives up another may take.
        client.update(&one, &json!({"extension": {"card": ""}, "mobile": null})).expect(200);
        client.update(&two, &json!({"extension": {"card": 1}, "mobile": "15200000001"})).expect(200);
    });
}

#[test]
fn c12_a_removed_user_name_is_generated() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"user_name": "zhangsan"}));
        client.update(&id, &json!({"user_name": ""})).expect(200);
        let name = client.user(&id)["user_name"].as_str().unwrap().to_owned();
        assert!(name.starts_with("user_") && name.len() == 15, "{name}");
        has_code(client.create(&json!({"user_name": name})), "USER.0034");
        client.made(&json!({"user_name": "zhangsan"}));
    });
}

#[test]
fn c7_of_32_updates_to_one_value_one_succeeds() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let ids: Vec<String> = (0..32).map(|_| client.made(&json!({}))).collect();
        for (member, value, code) in [
            ("user_name", "racer", "USER.0034"),
            ("mobile", "15200000001", "USER.0035"),
            ("email", "racer@example.com", "USER.0036"),
        ] {
            let replies = race(32, |n| client.update(&ids[n], &json!({member: value})));
            assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
            for reply in replies.into_iter().filter(|reply| reply.status != 200) {
                has_code(reply, code);
            }
        }
    });
}

#[test]
fn c12_of_racing_updates_nothing_is_lost() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let members = [
            "name",
            "attr_nick_name",
            "mailing_address",
            "zip_code",
            "first_name",
            "middle_name",
            "last_name",
            "industry",
        ];
        for n in 0..16 {
            define(gateway, extension(&format!("e{n}"), AttributeKind::Number));
        }
        let id = client.made(&json!({"mobile": "15200000000"}));
        let replies = race(24, |n| match members.get(n) {
            Some(member) => client.update(&id, &json!({*member: member})),
            None => client.update(&id, &json!({"extension": {format!("e{}", n - 8): n}})),
        });
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        let user = client.user(&id);
        assert!(members.iter().all(|member| user[*member] == *member), "{user}");
        assert!((8..24).all(|n| user["extension"][format!("e{}", n - 8)] == n), "{user}");
        assert_eq!(rows(gateway, &format!("store_journal WHERE subject = '{id}' AND verb = 'update'")), 24);
    });
}

#[test]
fn c12_rules_that_change_beside_an_update_are_kept() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let ids: Vec<String> = (0..16).map(|_| client.made(&json!({}))).collect();
        // Unique it becomes only while nobody has a value; once it is, no two have one.
        let replies = race(17, |n| match ids.get(n) {
            Some(id) => client.update(id, &json!({"industry": "the same"})).status,
            None => {
                let unique = AttributeDefinition::builtin(Builtin::Industry).unique(true).unwrap();
                let tenant = TenantId::parse("demo").unwrap();
                let put = block_on(store(gateway).put_attribute(&change(), &tenant, unique));
                if put.is_ok() { 1 } else { 0 }
            }
        });
        let made = replies[..16].iter().filter(|status| **status == 200).count();
        if replies[16] == 1 {
            assert_eq!(made, 1, "{replies:?}");
        } else {
            assert_eq!(made, 16, "{replies:?}");
        }
    });
}

#[test]
fn c11_users_are_switched_off_and_on() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({}));
        for (verb, disabled, entries) in
            [("disable", true, 1), ("disable", true, 1), ("enable", false, 2), ("enable", false, 2)]
        {
            let reply = client.call("PUT", &format!("/{id}/{verb}")).send().expect(200);
            assert_eq!(reply.json(), json!({"user_id": id}));
            assert_eq!(client.user(&id)["disabled"], disabled);
            let update = format!("store_journal WHERE subject = '{id}' AND verb = 'update'");
            assert_eq!(rows(gateway, &update), entries, "what is so already is no change");
        }
        // A body is not asked for, and not looked at.
        client.call("PUT", &format!("/{id}/disable")).json("{").send().expect(200);
        for verb in ["disable", "enable"] {
            has_code(
                client.call("PUT", &format!("/20201028102749564-9082-DC8CD2722/{verb}")).send(),
                "USER.0001",
            );
        }
    });
}

#[test]
fn c11_a_deleted_user_leaves_nothing_behind() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        define(gateway, extension("card", AttributeKind::Number).unique(true).unwrap());
        let mut seed = fixture_json("seeds/tenant-ciam.create.request.json");
        seed["extension"]["card"] = json!(7);
        let id = client.made(&seed);
        let tables = [
            "tenant_users",
            "tenant_user_pictures",
            "tenant_user_extensions",
            "tenant_unique_values",
            "tenant_password_history",
        ];
        let left = || tables.map(|table| rows(gateway, &format!("{table} WHERE user_id = '{id}'")));
        assert_eq!(left(), [1, 1, 2, 4, 1]);
        let deleted = client.call("DELETE", &format!("/{id}")).send().expect(200);
        assert_eq!(deleted.text, "");
        assert_eq!(left(), [0; 5]);
        for gone in [
            client.read(&id),
            client.update(&id, &json!({"name": "x"})),
            client.call("DELETE", &format!("/{id}")).send(),
            client.call("PUT", &format!("/{id}/enable")).send(),
            client.look_up("username", &json!({"user_name": "zhangsan"})),
        ] {
            has_code(gone, "USER.0001");
        }
        // All his values are free.
        assert_ne!(client.made(&seed), id);
        let entry = format!(
            "store_journal WHERE subject = '{id}' AND verb = 'delete' AND principal = 'client:demo-client'"
        );
        assert_eq!(rows(gateway, &entry), 1);
        assert_eq!(rows(gateway, "store_journal_values WHERE before_json LIKE '%argon2%'"), 0);
    });
}

#[test]
fn c11_of_32_deletions_one_finds_him() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"name": "x"}));
        let replies = race(32, |n| match n % 2 {
            0 => client.call("DELETE", &format!("/{id}")).send().status,
            _ => 1000 + client.update(&id, &json!({"name": format!("n{n}")})).status,
        });
        assert_eq!(replies.iter().filter(|status| **status == 200).count(), 1, "{replies:?}");
        assert!(replies.iter().all(|status| [200, 400, 1200, 1400].contains(status)), "{replies:?}");
        has_code(client.read(&id), "USER.0001");
    });
}

#[test]
fn c12_a_change_is_recorded_with_its_values() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let tenant = TenantId::parse("demo").unwrap();
        block_on(store(gateway).put_password_policy(&change(), &tenant, PasswordPolicy::VENDOR)).unwrap();
        let id = client.made(&json!({"name": "before", "zip_code": "1"}));
        client
            .update(&id, &json!({"name": "after", "zip_code": "1", "head_img": "https://x.org/picture"}))
            .expect(200);
        let of = "store_journal JOIN store_journal_values ON entry_id = id WHERE verb = 'update'";
        let entry = format!(
            "{of} AND subject = '{id}' AND fields = '[\"name\",\"head_img\"]' \
             AND before_json = '{{\"name\":\"before\"}}' AND after_json LIKE '%\"after\"%sha256%'"
        );
        assert_eq!(rows(gateway, &entry), 1);
        assert_eq!(rows(gateway, &format!("{of} AND after_json LIKE '%x.org%'")), 0, "no picture");
    });
}

/// A change that lost the race is retried for as long as a request may take; the store stays ready.
#[test]
fn c12_clients_are_served_however_often_definitions_change() {
    on_each_gateway(|gateway| {
        let client = Client::demo(gateway);
        let id = client.made(&json!({"user_name": "busy"}));
        let (store, tenant) = (store(gateway), TenantId::parse("demo").unwrap());
        let served = AtomicUsize::new(0);
        let statuses = race(5, |n| {
            if n < 4 {
                let update = |i| client.update(&id, &json!({"name": format!("n{n}-{i}")})).status;
                let statuses: Vec<u16> = (0..10).map(update).collect();
                served.fetch_add(1, Ordering::SeqCst);
                return statuses;
            }
            // Changes one after the other, until all clients are done.
            for kind in [AttributeKind::Number, AttributeKind::Text].into_iter().cycle() {
                if served.load(Ordering::SeqCst) == 4 {
                    break;
                }
                let _ = block_on(store.put_attribute(&change(), &tenant, extension("flip", kind)));
            }
            Vec::new()
        });
        assert!(statuses.concat().iter().all(|status| *status == 200), "{statuses:?}");
    });
}
