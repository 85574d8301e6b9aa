use roster_testkit::{TestGateway, on_each_gateway};
use serde_json::{Value, json};

use super::{Center, Client, problem};

fn keys(center: Center<'_>, tenant: &str) -> Vec<String> {
    let all = center.get(&format!("/{tenant}/attributes")).expect(200).json();
    let key = |a: &Value| a["key"].as_str().unwrap().to_owned();
    all["items"].as_array().unwrap().iter().filter(|a| a["builtin"] == false).map(key).collect()
}

#[test]
fn c4_built_in_attributes_are_changed_and_stay() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let all = center.get("/demo/attributes").expect(200).json();
        let all = all["items"].as_array().unwrap();
        assert_eq!(all.len(), 16);
        assert_eq!(
            all[0],
            json!({
                "key": "user_name", "builtin": true, "kind": "text", "required": false, "unique": true,
                "display": {"zh": "用户名", "en": "Username"},
                "rule": {"min_chars": null, "max_chars": 64, "pattern": null, "allowed": []},
            })
        );
        assert_eq!((&all[15]["key"], &all[15]["builtin"]), (&json!("age"), &json!(false)));

        let to = json!({"required": true, "display": {"zh": "邮件", "en": "Mail"}});
        let put = center.change("demo", "email", &to, "").expect(200).json();
        assert_eq!((&put["dry_run"], &put["broken"]), (&json!(false), &json!({})));
        assert_eq!(put["attribute"]["display"], json!({"zh": "邮件", "en": "Mail"}));
        client.refused(&json!({}), "USER.0005");
        client.create(&json!({"email": "a@example.com"})).expect(200);
        // Side by side: the same request, another answer.
        Client::of(gateway, "other").create(&json!({})).expect(200);

        problem(center.delete("/demo/attributes/email"), 409, "built-in");
        for (key, to, named) in [
            ("email", json!({"kind": "number"}), "kind: of this built-in attribute is text"),
            ("pwd", json!({"unique": true}), "pwd"),
            ("pwd", json!({"rule": {"min_chars": 3}}), "pwd"),
            ("name", json!({"rule": {"min_chars": 3, "max_chars": 2}}), "rule: lengths"),
            ("name", json!({"rule": {"max_chars": 4097}}), "rule.max_chars is 0 to 4096, not 4097"),
            ("name", json!({"rule": {"patern": "x"}}), "rule.patern"),
            ("name", json!({"required": "yes"}), "required must be of type boolean"),
            ("name", json!({"required": null}), "required is required"),
            ("name", json!({"unique": null}), "unique is required"),
            ("name", json!({"display": {"zh": "湖".repeat(129)}}), "display"),
            ("name", json!({"display": {"fr": "Nom"}}), "display.fr"),
            ("name", json!({"display": []}), "display must be of type object, got array"),
            ("attr_gender", json!({"rule": {}}), "rule.allowed"),
            ("attr_gender", json!({"rule": {"allowed": ["a", "a"]}}), "rule.allowed: holds a value twice"),
            ("attr_gender", json!({"rule": {"allowed": [""]}}), "rule.allowed must not be blank"),
            ("attr_gender", json!({"rule": {"allowed": vec!["x"; 1001]}}), "at most 1000 items, not 1001"),
            ("attr_gender", json!({"rule": {"allowed": ["x".repeat(257)]}}), "at most 256 characters"),
            ("attr_gender", json!({"rule": {"allowed": [1]}}), "array of strings, got integer"),
        ] {
            problem(center.change("demo", key, &to, ""), 400, named);
        }
        let words = json!({"rule": {"allowed": ["unknow", "male", "female", "diverse"]}});
        center.change("demo", "attr_gender", &words, "").expect(200);
        client.create(&json!({"email": "b@example.com", "attr_gender": "diverse"})).expect(200);
        Client::of(gateway, "other").refused(&json!({"attr_gender": "diverse"}), "USER.0023");
    });
}

#[test]
fn c4_extension_attributes_come_change_and_go_with_their_values() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let other = Client::of(gateway, "other");
        client.refused(&json!({"extension": {"level": 3}}), "USER.0033");
        let level = json!({"kind": "number", "required": false, "unique": false});
        let made = center.put("/demo/attributes/level", &level).expect(201).json();
        assert_eq!(made["attribute"]["display"], json!({"zh": "level", "en": "level"}));
        center.put("/demo/attributes/level", &level).expect(200);
        center
            .put("/other/attributes/level", &json!({"kind": "boolean", "required": false, "unique": false}))
            .expect(201);
        let user = client.created(&json!({"extension": {"level": 3, "age": "30"}}));
        client.refused(&json!({"extension": {"level": true}}), "USER.0033");
        other.create(&json!({"extension": {"level": true}})).expect(200);
        other.refused(&json!({"extension": {"level": 3}}), "USER.0033");

        assert_eq!(keys(center, "demo"), ["age", "level"]);
        center.put("/demo/attributes", &json!({"order": ["level", "age"]})).expect(204);
        assert_eq!(keys(center, "demo"), ["level", "age"]);
        assert_eq!(keys(center, "other"), ["level"]);

        let counted = center.delete("/demo/attributes/level?dry_run=true").expect(200).json();
        assert_eq!(counted, json!({"dry_run": true, "values": 1}));
        assert_eq!(client.read(&user).expect(200).json()["extension"], json!({"level": 3, "age": "30"}));
        let gone = center.delete("/demo/attributes/level").expect(200).json();
        assert_eq!(gone, json!({"dry_run": false, "values": 1}));
        assert_eq!(client.read(&user).expect(200).json()["extension"], json!({"age": "30"}));
        client.refused(&json!({"extension": {"level": 3}}), "USER.0033");
        problem(center.delete("/demo/attributes/level"), 404, "no such extension attribute");
        // Made anew it is another one: nobody has a value of it.
        center.put("/demo/attributes/level", &level).expect(201);
        assert_eq!(client.read(&user).expect(200).json()["extension"], json!({"age": "30"}));
        other.refused(&json!({"extension": {"level": 3}}), "USER.0033");
    });
}

#[test]
fn c4_what_cannot_be_an_attribute_is_refused() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        for key in ["User_Name", "e-mail", "userName", "HEAD.IMG", "extension", "password"] {
            problem(center.text("demo", key, &json!({})), 400, "is too like");
        }
        problem(center.text("demo", "a%20b", &json!({})), 400, "key: 1 to 64");
        problem(center.text("demo", "A_ge", &json!({})), 409, "too like that of the attribute 'age'");
        problem(center.text("nobody", "age", &json!({})), 404, "no such tenant");
        problem(center.text("demo", "x", &json!({"kind": "date_time"})), 400, "kind: text, number");
        problem(center.text("demo", "x", &json!({"kind": null})), 400, "kind is required");
        problem(center.text("demo", "x", &json!({"kind": "dictionary"})), 400, "rule.allowed");
        problem(center.text("demo", "x", &json!({"unknown": 1})), 400, "unknown");
        let plain = json!({"kind": "text", "required": false, "unique": false});
        problem(center.put("/demo/attributes/x?dryrun=true", &plain), 400, "dry_run, accept_broken");
        problem(center.put("/demo/attributes/x?dry_run=1", &plain), 400, "dry_run must be true or false");
        for order in [json!([]), json!(["age", "age"]), json!(["age", "size"])] {
            problem(center.put("/demo/attributes", &json!({"order": order})), 409, "each of the tenant's");
        }
        problem(center.put("/demo/attributes", &json!({"order": ["email", "age"]})), 400, "order");
        problem(center.put("/demo/attributes", &json!({"order": "age"})), 400, "order must be of type array");
        problem(center.put("/demo/attributes", &json!({})), 400, "order is required");
        problem(center.put("/nobody/attributes", &json!({"order": []})), 404, "no such tenant");
        problem(center.delete("/nobody/attributes/age"), 404, "no such tenant");
        problem(center.get("/nobody/attributes"), 404, "no such tenant");
        center.put("/demo/attributes?dry_run=true", &json!({"order": ["age"]})).expect(204);
        assert_eq!(keys(center, "demo"), ["age"]);
    });
}

#[test]
fn c4_a_tenant_has_two_hundred_extension_attributes_at_most() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        for n in 0..200 {
            center.text("other", &format!("k{n}"), &json!({})).expect(201);
        }
        problem(center.text("other", "k200", &json!({})), 409, "200 extension attributes");
        center.text("other", "k7", &json!({"required": true})).expect(200);
        center.text("demo", "k200", &json!({})).expect(201);
    });
}

/// Twelve users without, twelve with a short, twelve with a right name.
fn people(gateway: &TestGateway) -> (Client<'_>, Vec<String>) {
    let client = Client::of(gateway, "demo");
    let mut nameless = Vec::new();
    for n in 0..12 {
        nameless.push(client.created(&json!({})));
        client.created(&json!({"name": "x", "industry": format!("{}", n / 2)}));
        client.created(&json!({"name": format!("name{n}"), "extension": {"age": format!("{n}")}}));
    }
    (client, nameless)
}

fn broken(reply: roster_testkit::Reply) -> Value {
    let refused = reply.expect(409);
    assert_eq!(refused.keys(), ["type", "title", "status", "detail", "broken"]);
    refused.json()["broken"].clone()
}

#[test]
fn c4_a_rule_that_users_break_is_reported_before_it_is_accepted() {
    on_each_gateway(|gateway| {
        let (client, nameless) = people(gateway);
        let center = Center::of(gateway);
        let to = json!({"required": true, "rule": {"min_chars": 2, "max_chars": 5, "pattern": "[a-z]+"}});
        let before = center.attribute("demo", "name");
        let dry = center.change("demo", "name", &to, "?dry_run=true").expect(200).json();
        assert_eq!(dry["dry_run"], true);
        let reported = broken(center.change("demo", "name", &to, ""));
        assert_eq!(dry["broken"], reported);
        let counts: Vec<_> = ["required", "min_chars", "max_chars", "pattern"]
            .into_iter()
            .map(|rule| reported[rule]["count"].as_u64().unwrap())
            .collect();
        // name10 and name11 have six characters; all twelve have a digit.
        assert_eq!(counts, [12, 12, 2, 12], "{reported}");
        assert_eq!(reported.as_object().unwrap().len(), 4);
        let examples = reported["required"]["examples"].as_array().unwrap();
        assert_eq!(examples.len(), 10);
        assert!(examples.iter().all(|id| nameless.iter().any(|known| id == known)), "{examples:?}");
        assert_eq!(center.attribute("demo", "name"), before, "refused means unchanged");
        client.create(&json!({})).expect(200);

        let accepted = center.change("demo", "name", &to, "?accept_broken=true").expect(200).json();
        assert_eq!(accepted["broken"]["required"]["count"], 13);
        client.refused(&json!({}), "USER.0003");
        client.read(&nameless[0]).expect(200);
        // What was accepted is not asked again; what is new is.
        let display = json!({"display": {"zh": "名", "en": "N"}});
        assert_eq!(center.change("demo", "name", &display, "").expect(200).json()["broken"], json!({}));
        let shorter = json!({"rule": {"min_chars": 2, "max_chars": 4, "pattern": "[a-z]+"}});
        let broken = broken(center.change("demo", "name", &shorter, ""));
        assert_eq!(broken.as_object().unwrap().keys().collect::<Vec<_>>(), ["max_chars"]);

        let words = json!({"rule": {"allowed": ["0", "1", "2"]}});
        let report = center.change("demo", "age", &words, "?dry_run=true").expect(200).json();
        assert_eq!(report["broken"]["allowed"]["count"], 9);
        // Of a new attribute nobody has a value.
        let new = json!({"kind": "text", "required": true, "unique": false});
        let refused = center.put("/demo/attributes/size", &new).expect(409).json();
        assert_eq!(refused["broken"]["required"]["count"], 37);
        center.put("/demo/attributes/size?accept_broken=true", &new).expect(201);
        // The password has no text, but users have one or not.
        let required = json!({"required": true});
        let report = center.change("demo", "pwd", &required, "?dry_run=true").expect(200).json();
        assert_eq!(report["broken"]["required"]["count"], 37);
    });
}

#[test]
fn c4_a_mobile_number_is_judged_in_its_international_form() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        client.create(&json!({"mobile": "15200000000"})).expect(200);
        let rule = json!({"rule": {"pattern": r"\+86-1[35]\d{9}"}});
        assert_eq!(center.change("demo", "mobile", &rule, "").expect(200).json()["broken"], json!({}));
        client.create(&json!({"mobile": "15200000001"})).expect(200);
        client.refused(&json!({"mobile": "18200000001"}), "USER.0020");
        client.refused(&json!({"mobile": "+86-18200000001"}), "USER.0020");
        client.refused(&json!({"mobile": "+852-91234567"}), "MOBILE.0002");
    });
}

#[test]
fn c4_an_attribute_becomes_unique_unless_users_share_values() {
    on_each_gateway(|gateway| {
        let (client, _) = people(gateway);
        let center = Center::of(gateway);
        let unique = json!({"unique": true});
        for query in ["", "?accept_broken=true"] {
            let shared = broken(center.change("demo", "industry", &unique, query));
            assert_eq!(shared["unique"]["count"], 6, "{shared}");
            assert_eq!(shared["unique"]["examples"].as_array().unwrap().len(), 10);
        }
        let dry = center.change("demo", "industry", &unique, "?dry_run=true").expect(200).json();
        assert_eq!(dry["broken"]["unique"]["count"], 6);
        client.create(&json!({"industry": "0"})).expect(200);

        // Nobody shares an age: those who are there have theirs for themselves.
        center.change("demo", "age", &unique, "").expect(200);
        client.refused(&json!({"extension": {"age": "7"}}), "USER.0037");
        client.create(&json!({"extension": {"age": "70"}})).expect(200);
        client.refused(&json!({"extension": {"age": "70"}}), "USER.0037");
        // And no longer.
        center.change("demo", "age", &json!({"unique": false}), "").expect(200);
        client.create(&json!({"extension": {"age": "7"}})).expect(200);
        let shared = broken(center.change("demo", "age", &unique, ""));
        assert_eq!(shared["unique"]["count"], 1);
    });
}

#[test]
fn c4_uniqueness_folds_what_requests_fold() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        center.change("demo", "email", &json!({"unique": false}), "").expect(200);
        client.created(&json!({"email": "Ada@example.com"}));
        let second = client.created(&json!({"email": "ada@EXAMPLE.com"}));
        let unique = json!({"unique": true});
        let shared = broken(center.change("demo", "email", &unique, ""));
        assert_eq!(
            (&shared["unique"]["count"], shared["unique"]["examples"].as_array().unwrap().len()),
            (&json!(1), 2)
        );
        client.delete(&second).expect(200);
        center.change("demo", "email", &unique, "").expect(200);
        client.refused(&json!({"email": "ADA@example.com"}), "USER.0036");
    });
}

#[test]
fn c4_the_type_of_an_attribute_with_values_stays() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        center.text("demo", "size", &json!({})).expect(201);
        let user = client.created(&json!({"extension": {"size": "42"}}));
        let number = json!({"kind": "number"});
        for query in ["", "?accept_broken=true"] {
            let kept = broken(center.change("demo", "size", &number, query));
            assert_eq!(kept, json!({"kind": {"count": 1, "examples": [user]}}));
        }
        client.delete(&user).expect(200);
        center.change("demo", "size", &number, "").expect(200);
        client.create(&json!({"extension": {"size": 42}})).expect(200);
    });
}

#[test]
fn c4_users_are_found_by_an_extension_value() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let level = json!({"kind": "number", "required": false, "unique": false});
        center.put("/demo/attributes/level", &level).expect(201);
        center.put("/other/attributes/level", &level).expect(201);
        let mut thirty: Vec<String> =
            (0..5).map(|n| client.created(&json!({"extension": {"age": "30", "level": n}}))).collect();
        thirty.sort();
        Client::of(gateway, "other").create(&json!({"extension": {"level": 1}})).expect(200);
        let find = |body: Value| center.post("/demo/users/search", &body).expect(200).json();
        let all = find(json!({"key": "age", "value": "30"}));
        assert_eq!(all, json!({"items": thirty, "next": null}));
        let first = find(json!({"key": "age", "value": "30", "limit": 2}));
        assert_eq!(first, json!({"items": thirty[..2], "next": thirty[1]}));
        let rest = find(json!({"key": "age", "value": "30", "limit": 3, "after": thirty[1]}));
        assert_eq!(rest, json!({"items": thirty[2..], "next": null}));
        assert_eq!(find(json!({"key": "age", "value": "3"})), json!({"items": [], "next": null}));
        // The value as it is kept: 1, 1.0 and "1" are one, of this tenant's users alone.
        for one in [json!(1), json!(1.0), json!("1")] {
            assert_eq!(find(json!({"key": "level", "value": one}))["items"].as_array().unwrap().len(), 1);
        }
        // Beyond what the index holds.
        let long = |end: &str| "湖".repeat(300) + end;
        let user = client.created(&json!({"extension": {"age": long("a")}}));
        client.create(&json!({"extension": {"age": long("b")}})).expect(200);
        assert_eq!(find(json!({"key": "age", "value": long("a")}))["items"], json!([user]));

        for (body, status, named) in [
            (json!({"key": "size", "value": 1}), 404, "no such extension attribute"),
            (json!({"key": "email", "value": "x"}), 404, "no such extension attribute"),
            (json!({"key": "level", "value": "x"}), 400, "value: must be a number"),
            (json!({"key": "level"}), 400, "value is required"),
            (json!({"value": 1}), 400, "key is required"),
            (json!({"key": "level", "value": 1, "limit": 0}), 400, "limit is 1 to 100"),
            (json!({"key": "level", "value": 1, "limit": 101}), 400, "limit is 0 to 100"),
            (json!({"key": "level", "value": 1, "after": "x"}), 400, "after: a user id"),
            (json!({"key": "level", "value": 1, "offset": 0}), 400, "offset"),
        ] {
            problem(center.post("/demo/users/search", &body), status, named);
        }
        problem(center.post("/nobody/users/search", &json!({"key": "a", "value": 1})), 404, "no such tenant");
    });
}
