//! `roster operator`.

use roster_testkit::{TestDatabase, TestGateway};
use serde_json::Value;

use super::{printed, refused, roster, url_of};

#[test]
fn operators_are_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |_| {});
        let url = url_of(gateway.database());
        let run = |arguments: &[&str]| {
            roster(folder.path())
                .arg("operator")
                .args(arguments)
                .args(["--database-url", &url])
                .output()
                .unwrap()
        };
        let may = |token: &str| {
            let bearer = format!("Bearer {}", token.trim());
            gateway.get("/admin/v1/operator").header("Authorization", &bearer).send().status
        };
        let ada = printed(&run(&["create", "ada", "--expires-in", "90"]));
        let eve = printed(&run(&["create", "eve", "--expires", "2031-01-31"]));
        assert_eq!((ada.trim().len(), may(&ada), may(&eve)), (64, 200, 200));

        let listed = printed(&run(&["list"]));
        let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), ["ada", "demo", "eve"]);
        assert_eq!((rows[1][2], rows[2][2]), ("never", "2031-01-31T00:00:00Z"));
        assert!(!listed.contains(ada.trim()) && !listed.contains("demo-operator-token"), "{listed}");
        let json: Value = serde_json::from_str(&printed(&run(&["list", "--json"]))).unwrap();
        assert_eq!(json["items"][2]["expires_ms"], 1_927_584_000_000_i64);
        assert_eq!(
            (&json["items"][1]["expires_ms"], &json["items"][1]["expired"]),
            (&Value::Null, &false.into())
        );
        let (made, end) = (&json["items"][0]["created_ms"], &json["items"][0]["expires_ms"]);
        assert_eq!(end.as_i64().unwrap() - made.as_i64().unwrap(), 90 * 24 * 60 * 60 * 1000);

        // A new token ends the one before, and its end.
        let again = printed(&run(&["create", "ada"]));
        assert_eq!((may(&ada), may(&again)), (401, 200));
        printed(&run(&["revoke", "ada"]));
        printed(&run(&["revoke", "eve"]));
        assert_eq!((may(&again), may(&eve)), (401, 401));
        let last = refused(&run(&["revoke", "demo"]));
        assert!(
            last.contains("the last operator whose token has not expired") && last.contains("--force"),
            "{last}"
        );
        assert_eq!(may("demo-operator-token"), 200);
        printed(&run(&["revoke", "demo", "--force"]));
        assert_eq!(may("demo-operator-token"), 401);
        assert_eq!(printed(&run(&["list"])), "");
    }
}

#[test]
fn names_and_times_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    printed(&roster(folder).args(["init", "--json"]).output().unwrap());
    for (arguments, why) in [
        (vec!["create", "a b"], "1 to 64 of A-Z a-z 0-9"),
        (vec!["create", "ada", "--expires-in", "0"], "1 to 3650 days, not 0"),
        (vec!["create", "ada", "--expires-in", "3651"], "1 to 3650 days, not 3651"),
        (vec!["create", "ada", "--expires", "2020-01-01"], "expired already"),
        (vec!["create", "ada", "--expires", "2200-01-01"], "within 3650 days"),
        (vec!["create", "ada", "--expires", "soon"], "'soon' is no date"),
        (vec!["revoke", "ada"], "there is no operator 'ada'"),
    ] {
        let told = refused(&roster(folder).arg("operator").args(&arguments).output().unwrap());
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}
