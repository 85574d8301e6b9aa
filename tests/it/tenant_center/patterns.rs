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

/// Linear is not cheap: a large pattern costs every byte its size. A tenant's patterns share one
/// budget, since a request may have a value for each.
#[test]
fn c4_patterns_that_would_cost_too_much_together_are_refused() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        let dear = "[ab]*a[ab]{12800}";
        for n in 0..5 {
            center.text("demo", &format!("motto{n}"), &json!({})).expect(201);
        }
        let put = |n: i32, max_chars: Option<u32>, query: &str| {
            let rule = json!({"rule": {"pattern": dear, "max_chars": max_chars}});
            center.change("demo", &format!("motto{n}"), &rule, query)
        };
        problem(put(0, None, ""), 409, "max_chars");
        problem(put(0, None, "?dry_run=true"), 409, "max_chars");
        for n in 0..4 {
            put(n, Some(64), "").expect(200);
        }
        problem(put(4, Some(64), ""), 409, "together");
        put(3, Some(32), "").expect(200);
        center.change("demo", "motto3", &json!({"rule": {}}), "").expect(200);
        put(4, Some(64), "").expect(200);
        // What it costs is its size, not its text.
        let cheap = json!({"rule": {"pattern": "[0-9A-Za-z_]{1,20}"}});
        center.change("demo", "motto3", &cheap, "").expect(409);
        center.change("demo", "motto2", &json!({"rule": {}}), "").expect(200);
        center.change("demo", "motto3", &cheap, "").expect(200);
    });
}
