//! What an operator does from the command line with a store that gateways run on: the binary itself.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use roster_persistence::DatabaseUrl;
use roster_testkit::{TestDatabase, TestGateway};

fn roster(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
    command
        .env_remove("DATABASE_URL")
        .env("ROSTER_HASHING__MEMORY_KIB", "8")
        .env("ROSTER_HASHING__ITERATIONS", "1")
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

fn url_of(database: &TestDatabase) -> String {
    match database.url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

/// What it printed.
#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it says went wrong.
#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_running_store_is_backed_up_and_restored_into_either_kind() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for origin in TestDatabase::each() {
        let gateway = TestGateway::start(origin, |_| {});
        let body = r#"{"nick_name":"kept","password":"password","enterprise_id":"demo"}"#;
        gateway.post("/openapi/v1/users", body).key("demo-enterprise-key").send().expect(201);
        let url = url_of(gateway.database());
        let file = folder.join("roster.backup");
        std::fs::write(&file, "an older one").unwrap();
        let at = |arguments: &[&str]| roster(folder).args(arguments).output().unwrap();
        let told = printed(&at(&["backup", "-o", "roster.backup", "--database-url", &url]));
        assert!(told.starts_with("roster.backup: ") && told.contains(" rows of "), "{told}");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        // The same through a pipe, and under a name of its own.
        let piped = roster(folder).args(["backup", "-o", "-", "--database-url", &url]).output().unwrap();
        assert!(piped.status.success() && piped.stdout.starts_with(&[0x1f, 0x8b]), "{:?}", piped.stderr);
        let told = printed(&at(&["backup", "--database-url", &url]));
        let named = folder.join(told.split(':').next().unwrap());
        assert!(told.starts_with("roster-20") && named.is_file(), "{told}");
        std::fs::remove_file(named).unwrap();
        assert_eq!(names(folder), ["roster.backup"], "nothing is left beside it");

        for target in TestDatabase::each() {
            let to = url_of(&target);
            let told = if target.url().backend() == gateway.backend() {
                printed(&at(&["restore", "roster.backup", "--database-url", &to]))
            } else {
                let mut child = roster(folder)
                    .args(["restore", "-", "--database-url", &to])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap();
                child.stdin.take().unwrap().write_all(&piped.stdout).unwrap();
                printed(&child.wait_with_output().unwrap())
            };
            assert!(told.contains(" by Roster "), "{told}");
            if let DatabaseUrl::Sqlite(path) = target.url() {
                assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
            }
            let again = refused(&at(&["restore", "roster.backup", "--database-url", &to]));
            assert!(again.contains("the store is not empty"), "{again}");
            let restored = TestGateway::start(target, |_| {});
            let read = |gateway: &TestGateway| {
                gateway.get("/openapi/v1/users/kept").key("demo-enterprise-key").send().expect(200).text
            };
            assert_eq!(read(&restored), read(&gateway));
        }
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn a_backup_that_fails_leaves_nothing_and_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let at = |arguments: &[&str]| roster(folder).args(arguments).output().unwrap();
    let error = refused(&at(&["backup", "--database-url", "sqlite:none.sqlite"]));
    let none = "there is no store at sqlite:none.sqlite: there is no such file";
    assert_eq!(error, format!("roster: {none}; `roster init` or `roster serve` makes one\n"));
    assert_eq!(names(folder), [""; 0], "none was made");

    for database in TestDatabase::each() {
        let url = url_of(&database);
        std::fs::write(folder.join("roster.backup"), "an older one").unwrap();
        let error = refused(&at(&["backup", "-o", "roster.backup", "--database-url", &url]));
        assert!(error.contains("there is no store at"), "{error}");
        printed(&at(&["migrate", "--database-url", &url]));
        let error = refused(&at(&["backup", "-o", "roster.backup", "--database-url", &url]));
        assert!(error.contains("no gateway has begun the store"), "{error}");
        assert_eq!(std::fs::read_to_string(folder.join("roster.backup")).unwrap(), "an older one");

        for (file, why) in [("roster.backup", "not a whole backup"), ("none", "cannot read none")] {
            let error = refused(&at(&["restore", file, "--database-url", &url]));
            assert!(error.contains(why), "{error}");
        }
        let gateway = TestGateway::start(database, |_| {});
        let error = refused(&at(&["backup", "-o", "no/such/folder/x", "--database-url", &url]));
        assert!(error.contains("cannot write no/such/folder/x"), "{error}");
        assert!(refused(&at(&["backup", "-o", ".", "--database-url", &url])).contains("no name of a file"));
        drop(gateway);
        std::fs::remove_file(folder.join("roster.backup")).unwrap();
        assert_eq!(names(folder), [""; 0]);
    }
}

#[test]
fn the_doctor_fails_where_there_is_an_error_and_tells_it_to_machines_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let at = |arguments: &[&str]| roster(folder).args(arguments).output().unwrap();
    let none = at(&["doctor", "--database-url", "sqlite:none.sqlite"]);
    assert_eq!(refused(&none), "roster: one error was found\n");
    let told = String::from_utf8(none.stdout).unwrap();
    assert!(
        told.contains("ERROR    database: cannot open sqlite:none.sqlite") && told.contains("mend: "),
        "{told}"
    );
    assert_eq!(names(folder), [""; 0], "it makes no store");
    for database in TestDatabase::each() {
        let url = url_of(&database);
        printed(&at(&["init", "--json", "--database-url", &url]));
        printed(&at(&["operator", "create", "ada", "--database-url", &url]));
        // Hashing is cheap, and weak passwords are taken: warnings, and no error.
        let told = printed(&at(&["doctor", "--json", "--database-url", &url]));
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let of = |check: &str| {
            let findings = told["findings"].as_array().unwrap();
            findings.iter().find(|finding| finding["check"] == check).cloned().unwrap()
        };
        assert_eq!(
            (&of("demonstration")["level"], &of("hashing")["level"], &of("weak-passwords")["level"]),
            (&"ok".into(), &"warning".into(), &"warning".into())
        );
        assert_eq!(of("operators")["level"], "ok");
        assert!(of("hashing")["mend"].as_str().unwrap().contains("memory_kib = 12288"));
        let swept = printed(&at(&["sweep", "--database-url", &url]));
        assert!(swept.contains("auth_tokens\t0\n") && swept.contains("iot_sessions\t0\n"), "{swept}");
    }
}
