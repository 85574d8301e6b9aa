use roster_testkit::on_each_gateway;
use serde_json::{Value, json};

use super::{Center, Client, problem};

#[test]
fn c5_area_codes_are_replaced_whole() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let path = "/demo/area-codes";
        let before = center.get(path).expect(200).json();
        let china = json!({"region": "CN", "code": "86", "pattern": r"1\d{10}"});
        assert_eq!(before, json!({"default": "86", "codes": [china]}));
        let held = client.created(&json!({"mobile": "15200000000"}));
        let hong_kong = json!({"region": "HK", "code": "852", "pattern": r"[5-9]\d{7}"});
        let after = json!({"default": "852", "codes": [hong_kong]});
        assert_eq!(center.put(path, &after).expect(200).json(), after);
        assert_eq!(center.get(path).expect(200).json(), after);
        client.refused(&json!({"mobile": "+86-15200000001"}), "MOBILE.0002");
        client.refused(&json!({"mobile": "15200000001"}), "USER.0020");
        client.create(&json!({"mobile": "91234567"})).expect(200);
        // Numbers of before are still there, and still taken.
        assert_eq!(client.read(&held).expect(200).json()["mobile"], "+86-15200000000");
        // Another tenant has its own.
        Client::of(gateway, "other").create(&json!({"mobile": "15200000001"})).expect(200);

        // One number, two codes that it could have: it is one user's, however it is written.
        let code = |code: &str, pattern: &str| json!({"region": "X", "code": code, "pattern": pattern});
        let shared = json!({"default": "1", "codes": [code("1", r"\d{10}"), code("1242", r"\d{7}")]});
        center.put(path, &shared).expect(200);
        client.create(&json!({"mobile": "+1-2425551234"})).expect(200);
        for twin in ["+1242-5551234", "+12425551234", "2425551234", "+1-2425551234"] {
            client.refused(&json!({"mobile": twin}), "USER.0035");
        }
        // Patterns are small, one by one and together.
        let dear: Vec<Value> = (1000..1300).map(|n| code(&n.to_string(), r"\d{300}")).collect();
        problem(center.put(path, &json!({"default": "1000", "codes": dear})), 400, "codes.pattern");
        let large = json!({"default": "1", "codes": [code("1", r"\d{3000}")]});
        problem(center.put(path, &large), 400, "codes.pattern");
        center.put(path, &after).expect(200);

        let many: Vec<Value> =
            (1..=301).map(|n| json!({"region": "X", "code": n.to_string(), "pattern": "1"})).collect();
        for (body, named) in [
            (json!({"codes": []}), "default is required"),
            (json!({"default": "1"}), "codes is required"),
            (json!({"default": "86", "codes": []}), "default: must be one of codes"),
            (json!({"default": "86", "codes": [hong_kong]}), "default: must be one of codes"),
            (json!({"default": "852", "codes": [hong_kong, hong_kong]}), "852 stands there twice"),
            (json!({"default": "1", "codes": [1]}), "codes must be of type array of objects"),
            (json!({"default": "1", "codes": [{"region": "X", "code": "1"}]}), "codes.pattern is required"),
            (
                json!({"default": "1", "codes": [{"region": "?", "code": "1", "pattern": "1"}]}),
                "codes.region",
            ),
            (json!({"default": "1", "codes": [{"region": "X", "code": "01", "pattern": "1"}]}), "codes.code"),
            (
                json!({"default": "1", "codes": [{"region": "X", "code": "1", "pattern": "("}]}),
                "codes.pattern",
            ),
            (json!({"default": "1", "codes": many}), "codes has at most 300 items, not 301"),
            (json!({"default": "1", "codes": [], "x": 1}), "x"),
        ] {
            problem(center.put(path, &body), 400, named);
        }
        assert_eq!(center.get(path).expect(200).json(), after, "refused means unchanged");
        problem(center.put("/nobody/area-codes", &after), 404, "no such tenant");
        problem(center.get("/nobody/area-codes"), 404, "no such tenant");
        center.put(path, &json!({"default": "300", "codes": many[..300]})).expect(200);
    });
}

#[test]
fn c6_the_password_policy_and_its_presets() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let path = "/demo/password-policy";
        let vendor = center.get(path).expect(200).json();
        assert_eq!(
            vendor,
            json!({
                "preset": "vendor", "min_chars": 8, "max_chars": 18, "min_classes": 2, "max_run": 3,
                "weak_list": true, "user_information": true, "history_depth": 3,
            })
        );
        let nist = center.put(path, &json!({"preset": "nist"})).expect(200).json();
        assert_eq!((&nist["min_chars"], &nist["max_run"]), (&json!(15), &json!(null)));
        client.refused(&json!({"pwd": "qwe123!@#"}), "PWD.0007");
        client.create(&json!({"pwd": "correct horse battery"})).expect(200);
        Client::of(gateway, "other").create(&json!({"pwd": "qwe123!@#"})).expect(200);

        let own = json!({
            "min_chars": 4, "max_chars": 4, "min_classes": 0, "max_run": null, "weak_list": false,
            "user_information": false, "history_depth": 0,
        });
        let put = center.put(path, &own).expect(200).json();
        assert_eq!((&put["preset"], &put["min_chars"]), (&json!("custom"), &json!(4)));
        assert_eq!(center.put(path, &put).expect(200).json(), put, "what is shown can be put");
        client.create(&json!({"pwd": "1111"})).expect(200);
        client.refused(&json!({"pwd": "11111"}), "PWD.0007");

        let but = |name: &str, value: Value| {
            let mut body = own.clone();
            body[name] = value;
            body
        };
        for (body, named) in [
            (json!({}), "min_chars is required"),
            (json!({"preset": "strict"}), "preset: vendor, nist or custom"),
            (json!({"preset": "nist", "min_chars": 8}), "min_chars"),
            (json!({"preset": 7}), "preset must be of type string"),
            (but("min_chars", json!(0)), "max_chars"),
            (but("min_chars", json!(5)), "max_chars"),
            (but("max_chars", json!(129)), "max_chars"),
            (but("min_classes", json!(5)), "min_classes"),
            (but("max_run", json!(0)), "max_run"),
            (but("max_run", json!(-1)), "max_run"),
            (but("history_depth", json!(101)), "history_depth"),
            (but("weak_list", json!("on")), "weak_list must be of type boolean"),
            (but("other", json!(1)), "other"),
        ] {
            problem(center.put(path, &body), 400, named);
        }
        let mut without = own.clone();
        without.as_object_mut().unwrap().shift_remove("max_run");
        problem(center.put(path, &without), 400, "max_run is required");
        assert_eq!(center.get(path).expect(200).json(), put);
        problem(center.put("/nobody/password-policy", &own), 404, "no such tenant");
        assert_eq!(center.put(path, &json!({"preset": "vendor"})).expect(200).json(), vendor);
    });
}

#[test]
fn c6_weak_passwords_of_a_tenants_own() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let path = "/demo/weak-passwords";
        assert_eq!(center.get(path).expect(200).json(), json!({"items": []}));
        let edit = |body: Value| center.post(path, &body);
        let added = edit(json!({"add": ["Welcome2Shop", "ＷELCOME2SHOP", "湖北1234"]})).expect(200);
        assert_eq!(added.json(), json!({"count": 2}), "case and width do not count");
        client.refused(&json!({"pwd": "wELCOME2sHOP"}), "PWD.0005");
        Client::of(gateway, "other").create(&json!({"pwd": "wELCOME2sHOP"})).expect(200);
        assert_eq!(center.get(path).expect(200).json(), json!({"items": ["welcome2shop", "湖北1234"]}));
        let edited = edit(json!({"add": ["another1"], "remove": ["WELCOME2SHOP", "unknown"]}));
        assert_eq!(edited.expect(200).json(), json!({"count": 2}));
        client.create(&json!({"pwd": "wELCOME2sHOP"})).expect(200);
        center.delete(path).expect(204);
        assert_eq!(center.get(path).expect(200).json(), json!({"items": []}));

        for (body, named) in [
            (json!({"add": "x"}), "add must be of type array"),
            (json!({"add": [7]}), "add must be of type array of strings"),
            (json!({"add": [""]}), "add must not be blank"),
            (json!({"remove": ["x".repeat(129)]}), "remove has at most 128 characters"),
            (json!({"passwords": []}), "passwords"),
        ] {
            problem(edit(body), 400, named);
        }
        let some =
            |from: usize, to: usize| -> Vec<String> { (from..to).map(|n| format!("weak {n}")).collect() };
        problem(edit(json!({"add": some(0, 10_001)})), 400, "add has at most 10000 items, not 10001");
        assert_eq!(edit(json!({"add": some(0, 10_000)})).expect(200).json(), json!({"count": 10_000}));
        problem(edit(json!({"add": ["one more"]})), 409, "10001");
        edit(json!({"add": ["one more"], "remove": ["weak 7"]})).expect(200);
        problem(center.post("/nobody/weak-passwords", &json!({"add": ["x"]})), 404, "no such tenant");
        problem(center.delete("/nobody/weak-passwords"), 404, "no such tenant");
    });
}
