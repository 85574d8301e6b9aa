//! `roster init`: a first start without serving.

use std::os::unix::fs::PermissionsExt as _;

use roster_persistence::DatabaseUrl;
use roster_testkit::{TestDatabase, block_on, race};
use serde_json::Value;

use super::{Serving, names, printed, refused, roster, url_of};

fn serve(folder: &std::path::Path, url: &str) -> Serving {
    let mut command = roster(folder);
    command.args(["serve", "--listen", "127.0.0.1:0", "--database-url", url]);
    Serving::start(command)
}

#[test]
fn a_store_is_made_with_its_first_credentials_and_served_afterwards() {
    for database in TestDatabase::each() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, url) = (folder.path(), url_of(&database));
        let told = printed(&roster(folder).args(["init", "--database-url", &url]).output().unwrap());
        let beside = match database.url() {
            DatabaseUrl::Sqlite(path) => path.parent().unwrap().to_owned(),
            DatabaseUrl::Postgres(_) => folder.to_owned(),
        };
        let file = beside.join("first-start.txt");
        assert!(
            told.contains("first-start.txt, once\n") && told.contains("`roster serve` serves it"),
            "{told}"
        );
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&file).unwrap();
        let secret = |label: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(label))
                .unwrap()
                .trim_start_matches(": ")
                .to_owned()
        };
        assert_eq!(text.matches("curl -s http://127.0.0.1:8080").count(), 4 + 3, "{text}");
        let serving = serve(folder, &url);
        let token = format!("Bearer {}", secret("operator token (admin API)"));
        assert_eq!(serving.status("/admin/v1/operator", &token), 200);
        let key = secret("enterprise users, key of 'admin' of enterprise 'default'");
        assert_eq!(serving.status("/openapi/v1/currentuser", &key), 200);
        let log = serving.end();
        assert!(!log.contains("a new store"), "it was begun before: {log}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        // Again it refuses, and the secrets are not written anew.
        std::fs::remove_file(&file).unwrap();
        let told = refused(&roster(folder).args(["init", "--database-url", &url]).output().unwrap());
        assert!(told.contains("was begun before, and nothing was changed"), "{told}");
        assert!(told.contains("`roster operator create NAME`") && !file.exists(), "{told}");
    }
}

#[test]
fn machines_get_the_secrets_on_standard_output_alone() {
    for database in TestDatabase::each() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, url) = (folder.path(), url_of(&database));
        let made =
            printed(&roster(folder).args(["init", "--json", "--database-url", &url]).output().unwrap());
        let made: Value = serde_json::from_str(&made).unwrap();
        assert_eq!(names(folder), [""; 0], "no file holds them");
        let serving = serve(folder, &url);
        let operator = format!("Bearer {}", made["operator"]["token"].as_str().unwrap());
        assert_eq!(serving.status("/admin/v1/operator", &operator), 200);
        let key = made["enterprise_users"]["key"].as_str().unwrap();
        assert_eq!(serving.status("/openapi/v1/users", key), 200);
        for (dialect, field) in
            [("device_users", "password"), ("tenant_ciam", "client_secret"), ("iot_roles", "password")]
        {
            assert_eq!(made[dialect][field].as_str().unwrap().len(), 64, "{dialect}");
        }
        serving.end();
    }
}

#[test]
fn secrets_that_could_not_be_shown_are_made_anew() {
    for database in TestDatabase::each() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, url) = (folder.path(), url_of(&database));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let lost =
            roster(folder).args(["init", "--json", "--database-url", &url]).stdout(writer).output().unwrap();
        assert!(refused(&lost).contains("standard output was closed"));
        let listed = roster(folder).args(["operator", "list", "--database-url", &url]).output().unwrap();
        assert!(refused(&listed).contains("no gateway has begun the store"), "the half of it is no store");
        let made =
            printed(&roster(folder).args(["init", "--json", "--database-url", &url]).output().unwrap());
        assert!(made.contains("\"operator\""), "{made}");
    }
}

#[test]
fn of_two_at_once_one_begins_the_store() {
    for database in TestDatabase::each() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, url) = (folder.path(), url_of(&database));
        let outputs =
            race(4, |_| roster(folder).args(["init", "--json", "--database-url", &url]).output().unwrap());
        let (made, late): (Vec<_>, Vec<_>) = outputs.iter().partition(|output| output.status.success());
        assert_eq!(made.len(), 1, "{outputs:?}");
        assert!(late.iter().all(|output| refused(output).contains("was begun before")), "{late:?}");
        let made: Value = serde_json::from_str(&printed(made[0])).unwrap();
        let serving = serve(folder, &url);
        let operator = format!("Bearer {}", made["operator"]["token"].as_str().unwrap());
        assert_eq!(serving.status("/admin/v1/operator", &operator), 200);
        serving.end();
    }
}

#[test]
fn a_store_in_use_is_not_even_migrated() {
    for database in TestDatabase::each() {
        let folder = tempfile::tempdir().unwrap();
        let url = url_of(&database);
        let db = database.open(&[roster_migrations::PERSISTENCE]);
        block_on(db.set_mark("begun", "demo")).unwrap();
        let before = block_on(db.versions(roster_migrations::ALL)).unwrap();
        drop(db);
        let told = refused(&roster(folder.path()).args(["init", "--database-url", &url]).output().unwrap());
        assert!(told.contains("was begun before"), "{told}");
        let db = database.open(&[]);
        assert_eq!(block_on(db.versions(roster_migrations::ALL)).unwrap(), before);
    }
}
