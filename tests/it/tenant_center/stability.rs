//! Whatever is done to the definitions: whoever is stored can be read.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use roster_testkit::on_each_gateway;
use serde_json::{Value, json};

use super::{Center, Client};

/// A change of the definitions, or a user who comes.
#[derive(Debug, Clone)]
enum Deed {
    Put { key: &'static str, body: Value, accept: bool },
    Remove(&'static str),
    Order(bool),
    Codes(&'static str),
    User(Value),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let rule = (
        prop::option::of(0..3u32),
        prop::option::of(3..6u32),
        prop::option::of(prop::sample::select(vec!["[a-z]+", r"\d*", "(a|b)*"])),
        prop::sample::subsequence(vec!["a", "1", "true", "2020-02-02"], 0..3),
    );
    let kind = prop::sample::select(vec!["text", "number", "boolean", "date", "dictionary"]);
    let definition = (kind, any::<bool>(), any::<bool>(), rule).prop_map(|(kind, required, unique, rule)| {
        let (min_chars, max_chars, pattern, allowed) = rule;
        json!({
            "kind": kind, "required": required, "unique": unique,
            "rule": {"min_chars": min_chars, "max_chars": max_chars, "pattern": pattern, "allowed": allowed},
        })
    });
    let extension = prop::sample::select(vec!["one", "two"]);
    let builtin = prop::sample::select(vec!["name", "zip_code", "mobile", "external_id", "attr_birthday"]);
    let of_builtin = (builtin, definition.clone()).prop_map(|(key, mut body)| {
        body.as_object_mut().unwrap().shift_remove("kind");
        (key, body)
    });
    let put = prop_oneof![(extension.clone(), definition), of_builtin];
    let put = (put, any::<bool>()).prop_map(|((key, body), accept)| Deed::Put { key, body, accept });
    let value = prop::sample::select(vec![
        json!("a"),
        json!("abcd"),
        json!("1"),
        json!(2.5),
        json!(true),
        json!("2020-02-02"),
    ]);
    let extension_of_user = prop_oneof![
        2 => (value.clone(), value.clone()).prop_map(|(one, two)| json!({"one": one, "two": two})),
        1 => value.clone().prop_map(|one| json!({"one": one})),
        1 => value.clone().prop_map(|two| json!({"two": two})),
        2 => Just(json!({})),
    ];
    let user = (value, extension_of_user, any::<u16>()).prop_map(|(name, extension, n)| {
        let name = name.as_str().unwrap_or("湖北");
        Deed::User(json!({
            "name": name, "zip_code": "430000", "mobile": format!("152{n:08}"), "external_id": n.to_string(),
            "attr_birthday": "2020-02-02", "extension": extension,
        }))
    });
    let deed = prop_oneof![
        3 => put,
        1 => extension.prop_map(Deed::Remove),
        1 => any::<bool>().prop_map(Deed::Order),
        1 => prop::sample::select(vec!["86", "852"]).prop_map(Deed::Codes),
        4 => user,
    ];
    prop::collection::vec(deed, 1..25)
}

#[test]
fn c4_no_change_of_definitions_makes_a_stored_user_unreadable() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
        let tenants = std::cell::Cell::new(0);
        let run = TestRunner::new(config).run(&deeds(), |deeds| {
            tenants.set(tenants.get() + 1);
            let tenant = format!("t{}", tenants.get());
            center.post("", &json!({"id": tenant})).expect(201);
            let secret =
                center.post(&format!("/{tenant}/clients"), &json!({"client_id": tenant})).expect(201);
            let secret = secret.json()["client_secret"].as_str().unwrap().to_owned();
            let token = super::token(gateway, &tenant, &secret).expect(200).json();
            let client = Client { gateway, token: token["access_token"].as_str().unwrap().to_owned() };
            for key in ["one", "two"] {
                center.text(&tenant, key, &json!({})).expect(201);
            }
            let first =
                json!({"name": "湖北", "mobile": "15200000000", "extension": {"one": "a", "two": "1"}});
            let mut users = vec![client.created(&first)];
            for deed in deeds {
                let reply = match &deed {
                    Deed::Put { key, body, accept } => {
                        center.put(&format!("/{tenant}/attributes/{key}?accept_broken={accept}"), body)
                    }
                    Deed::Remove(key) => center.delete(&format!("/{tenant}/attributes/{key}")),
                    Deed::Order(forth) => {
                        let order = if *forth { ["one", "two"] } else { ["two", "one"] };
                        center.put(&format!("/{tenant}/attributes"), &json!({"order": order}))
                    }
                    Deed::Codes(code) => {
                        let entry = json!({"region": "X", "code": code, "pattern": r"\d+"});
                        let body = json!({"default": code, "codes": [entry]});
                        center.put(&format!("/{tenant}/area-codes"), &body)
                    }
                    Deed::User(body) => {
                        let reply = client.create(body);
                        if reply.status == 200 {
                            users.push(reply.json()["user_id"].as_str().unwrap().to_owned());
                        }
                        reply
                    }
                };
                prop_assert!(reply.status < 500, "{:?}: {:?}", deed, reply);
                center.get(&format!("/{tenant}/attributes")).expect(200);
                for user in &users {
                    prop_assert_eq!(client.read(user).status, 200, "{:?}", deed);
                }
            }
            Ok(())
        });
        run.unwrap();
    });
}
