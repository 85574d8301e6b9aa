//! Patterns that are made to hang or to burst whoever runs them: refused, or harmless.

use roster_testkit::on_each_gateway;
use serde_json::json;

use super::{Center, Client, problem};

#[test]
fn c4_hostile_patterns_are_refused_or_run_in_linear_time() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        center.text("demo", "motto", &json!({})).expect(201);
        let put = |pattern: &str| center.change("demo", "motto", &json!({"rule": {"pattern": pattern}}), "");
        for (refused, why) in [
            ("a{100000}{1000}".to_owned(), "size limit"),
            (r"\w{1000}{1000}".into(), "size limit"),
            (r"(?:\p{L}{200}){200}".into(), "size limit"),
            ("(".repeat(999), "rule.pattern"),
            ("a".repeat(1001), "1000"),
            (r"(a)\1".into(), "rule.pattern"),
            ("(?=a)".into(), "rule.pattern"),
            ("a)|(?:b".into(), "rule.pattern"),
        ] {
            problem(put(&refused), 400, why);
        }
        // What hangs a backtracking engine: 4096 bytes that almost match.
        let value = "a".repeat(4095) + "!";
        let alternatives: Vec<String> = (0..400).map(|n| format!("{:x}", n % 16)).collect();
        for harmless in [
            "(a+)+",
            "(a|a)*",
            "(a|aa)+",
            "(.*a){10}",
            "([a-z]+)*",
            &format!("({})*", alternatives.join("|")),
        ] {
            put(harmless).expect(200);
            client.refused(&json!({"extension": {"motto": value}}), "USER.0033");
        }
        put("(a+)+!").expect(200);
        client.create(&json!({"extension": {"motto": value}})).expect(200);
        // A thousand alternatives of one pattern: as many as its characters hold.
        let thousand = "a|".repeat(499) + "a";
        put(&format!("({})*!", &thousand[..990])).expect(200);
        client.create(&json!({"extension": {"motto": "a".repeat(4000) + "!"}})).expect(200);
    });
}
