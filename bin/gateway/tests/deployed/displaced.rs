//! A store that is removed, moved or replaced under a gateway, by the command line or by hand.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use roster_persistence::DatabaseUrl;
use roster_testkit::TestDatabase;
use serde_json::{Value, json};

use crate::running::{Running, roster};

/// A folder with a SQLite store in it, and the binary run there.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = roster();
        command.current_dir(self.0.path()).env("DATABASE_URL", "sqlite:r.sqlite").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &str) -> Output {
        self.command().args(arguments.split(' ')).output().unwrap()
    }

    fn serve(&self, arguments: &[&str]) -> Running {
        Running::start_by(self.command(), arguments, &[])
    }

    #[track_caller]
    fn done(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// A finding of the doctor: its level, and what it says.
    fn doctor(&self, check: &str) -> Option<(String, String)> {
        let report: Value = serde_json::from_slice(&self.run("doctor --json").stdout).unwrap();
        let finding = report["findings"].as_array()?.iter().find(|finding| finding["check"] == check)?;
        let text = |field: &str| finding[field].as_str().unwrap().to_owned();
        Some((text("level"), text("what")))
    }

    fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.at(from), self.at(to)).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.at(name)).unwrap();
    }

    /// The key of the first start.
    fn key(&self) -> String {
        let text = std::fs::read_to_string(self.at("first-start.txt")).unwrap();
        let label = "enterprise users, key of 'admin' of enterprise 'default': ";
        text.lines().find_map(|line| line.strip_prefix(label)).unwrap().to_owned()
    }
}

fn create(gateway: &Running, key: &str, name: &str) -> u16 {
    let body = json!({"nick_name": name, "password": "password", "enterprise_id": "default"}).to_string();
    gateway.json("POST", "/openapi/v1/users", key, &body).unwrap().0
}

fn is_there(gateway: &Running, key: &str, name: &str) -> bool {
    gateway.call("GET", &format!("/openapi/v1/users/{name}"), &[("Authorization", key)], "").unwrap().0 == 200
}

fn ready(gateway: &Running) -> (u16, Value) {
    gateway.call("GET", "/readyz", &[], "").unwrap()
}

#[test]
fn a_served_store_is_neither_replaced_nor_begun_anew() {
    let place = Place::new();
    let one = place.serve(&[]);
    let key = place.key();
    let two = place.serve(&[]);
    assert_eq!((create(&one, &key, "one"), create(&two, &key, "two")), (201, 201), "both serve it");
    place.done("backup -o kept.backup");
    // The command line writes beside them.
    place.done("operator create ada");
    place.done("migrate");
    let told = place.refused("restore kept.backup");
    let holders = [one.id().min(two.id()), one.id().max(two.id())];
    let held = format!("r.sqlite.lock is held by processes {}, {}", holders[0], holders[1]);
    assert!(told.contains("the store is in use") && told.contains(&held), "{told}");
    assert!(told.contains("stop every gateway"), "{told}");
    place.rename("r.sqlite", "away");
    for command in ["restore kept.backup", "serve --new --listen 127.0.0.1:0", "init --new", "migrate --new"]
    {
        let told = place.refused(command);
        assert!(told.contains("the store is in use"), "{command}: {told}");
        assert!(!place.at("r.sqlite").exists(), "{command}");
    }
    place.rename("away", "r.sqlite");
    assert_eq!((create(&one, &key, "three"), create(&two, &key, "four")), (201, 201));
    // A process that is killed holds nothing.
    one.signal("-KILL");
    two.signal("-KILL");
    drop((one, two));
    for name in ["r.sqlite", "r.sqlite-wal"] {
        place.remove(name);
    }
    place.done("restore kept.backup");
    let restored = place.serve(&[]);
    assert!(is_there(&restored, &key, "one") && !is_there(&restored, &key, "three"));
    restored.signal("-TERM");
    restored.ends_well();
}

#[test]
fn no_process_starts_while_the_store_is_replaced() {
    let place = Place::new();
    place.done("init");
    let lock = File::options().write(true).open(place.at("r.sqlite.lock")).unwrap();
    lock.try_lock().unwrap();
    for command in ["serve --listen 127.0.0.1:0", "migrate", "operator create ada"] {
        let told = place.refused(command);
        let held = format!("r.sqlite.lock by process {}", std::process::id());
        assert!(told.contains("another process replaces the store") && told.contains(&held), "{told}");
    }
    place.done("operator list");
    drop(lock);
    place.done("operator create ada");
}

#[test]
fn what_is_not_in_its_place_is_not_ready_and_serves_again_when_it_is_back() {
    type Move = fn(&Place);
    let moves: [(&str, Move, Move); 3] = [
        (
            "the store's file is gone",
            |place| place.rename("r.sqlite", "away"),
            |place| place.rename("away", "r.sqlite"),
        ),
        (
            "the store's file is gone",
            |place| {
                std::fs::hard_link(place.at("r.sqlite"), place.at("link")).unwrap();
                place.remove("r.sqlite");
            },
            |place| place.rename("link", "r.sqlite"),
        ),
        (
            "another file is in the place of the store's file",
            |place| {
                place.rename("r.sqlite", "away");
                std::fs::copy(place.at("away"), place.at("r.sqlite")).unwrap();
            },
            |place| place.rename("away", "r.sqlite"),
        ),
    ];
    for (cause, away, back) in moves {
        let place = Place::new();
        let gateway = place.serve(&[]);
        let key = place.key();
        assert_eq!(create(&gateway, &key, "before"), 201);
        away(&place);
        assert_eq!(create(&gateway, &key, "displaced"), 503);
        assert_eq!(ready(&gateway), (503, json!({"status": "not ready", "cause": cause})));
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let sent = agent.post(format!("{}/openapi/v1/users", gateway.base)).header("Authorization", &key);
        let body = r#"{"nick_name":"displaced","password":"password","enterprise_id":"default"}"#;
        let sent = sent.header("Content-Type", "application/json").send(body).unwrap();
        assert_eq!((sent.status().as_u16(), sent.headers()["Retry-After"].to_str().unwrap()), (503, "1"));
        let log = gateway.wait_for("writes are refused");
        assert!(log.contains("ERROR") && log.contains("r.sqlite"), "{log}");
        back(&place);
        gateway.wait_for("the store is back in its place");
        assert_eq!(ready(&gateway).0, 200);
        assert_eq!(create(&gateway, &key, "after"), 201);
        gateway.signal("-TERM");
        gateway.ends_well();
        let gateway = place.serve(&[]);
        let there = ["before", "after", "displaced"].map(|name| is_there(&gateway, &key, name));
        assert_eq!(there, [true, true, false]);
    }
}

#[test]
fn a_start_that_misses_its_store_says_so() {
    // What remains, and what the message says of it.
    for (remains, named) in [
        (vec!["r.sqlite.lock"], "its lock file"),
        (vec!["r.sqlite-wal"], "its log"),
        (vec!["first-start.txt"], "its first-start.txt remains"),
        (vec!["r.sqlite.lock", "r.sqlite-wal", "first-start.txt"], " and "),
    ] {
        let place = Place::new();
        let gateway = place.serve(&[]);
        let key = place.key();
        assert_eq!(create(&gateway, &key, "lost"), 201);
        assert!(gateway.id() > 0 && std::fs::metadata(place.at("r.sqlite-wal")).unwrap().len() > 0);
        gateway.signal("-KILL");
        drop(gateway);
        place.rename("r.sqlite", "away");
        let beside = ["r.sqlite.lock", "r.sqlite-wal", "first-start.txt"];
        beside.iter().filter(|name| !remains.contains(name)).for_each(|name| place.remove(name));
        let remaining = |place: &Place| remains.iter().all(|name| place.at(name).exists());
        let serve = "serve --listen 127.0.0.1:0";
        for command in [serve, "init", "migrate", "migrate --check", "operator list", "config check"] {
            let told = place.refused(command);
            assert!(told.contains("the store at sqlite:r.sqlite is missing: "), "{command}: {told}");
            assert!(told.contains(named), "{command}: {told}");
            assert!(told.contains("`roster restore`") && told.contains("--new"), "{command}: {told}");
            assert!(!place.at("r.sqlite").exists() && remaining(&place), "{command}");
        }
        let (level, what) = place.doctor("store-missing").unwrap();
        assert!(level == "error" && what.contains(named), "{what}");
        if remains == ["r.sqlite-wal"] {
            // Put back, it is there with its last writes.
            place.rename("away", "r.sqlite");
            let gateway = place.serve(&[]);
            assert!(is_there(&gateway, &key, "lost"));
            continue;
        }
        let gateway = place.serve(&["--new"]);
        assert_eq!(ready(&gateway).0, 200);
        let new = place.key();
        assert!(new != key && !is_there(&gateway, &new, "lost"));
        assert_eq!(place.at("r.sqlite-wal.1").exists(), remains.contains(&"r.sqlite-wal"));
        assert_eq!(place.doctor("store-missing"), None);
        gateway.signal("-TERM");
        gateway.ends_well();
        place.serve(&[]).signal("-TERM");
    }
}

#[test]
fn an_empty_file_in_the_place_of_a_store_is_not_begun_by_chance() {
    for command in ["init --new", "migrate --new"] {
        let place = Place::new();
        place.done("init");
        place.remove("r.sqlite");
        std::fs::write(place.at("r.sqlite"), "").unwrap();
        assert!(place.refused("serve --listen 127.0.0.1:0").contains("is missing"));
        // One that SQLite has written to, and that has no tables.
        drop(TestDatabase::at(DatabaseUrl::sqlite(place.at("other.sqlite"))).open(&[]));
        place.rename("other.sqlite", "r.sqlite");
        place.remove("first-start.txt");
        for command in ["serve --listen 127.0.0.1:0", "init", "migrate", "operator list"] {
            let told = place.refused(command);
            assert!(told.contains("none of Roster's tables") && told.contains("--new"), "{command}: {told}");
        }
        assert_eq!(place.doctor("store-missing").unwrap().0, "error");
        place.done(command);
    }
}

#[test]
fn the_store_of_another_gateway_in_the_same_folder_is_no_trace() {
    let place = Place::new();
    place.done("init");
    place.done("init --database-url sqlite:second.sqlite");
    assert!(place.at("first-start.1.txt").exists());
    place.serve(&["--database-url", "sqlite:second.sqlite"]).signal("-TERM");
}

#[test]
fn the_doctor_sees_who_holds_a_store_and_that_it_was_replaced() {
    let place = Place::new();
    let gateway = place.serve(&[]);
    let (level, what) = place.doctor("store-lock").unwrap();
    assert_eq!(level, "ok");
    assert!(what.contains(&format!("is held by process {}", gateway.id())), "{what}");
    assert_eq!(place.doctor("store-replaced"), None);
    place.done("init --database-url sqlite:other.sqlite");
    place.rename("r.sqlite", "away");
    place.rename("other.sqlite", "r.sqlite");
    let (level, what) = place.doctor("store-replaced").unwrap();
    assert!(level == "error" && what.contains("r.sqlite-wal"), "{what}");
    gateway.signal("-KILL");
    drop(gateway);
    // SQLite would write the log of the one into the other.
    for command in ["serve --listen 127.0.0.1:0", "operator create ada", "migrate"] {
        let told = place.refused(command);
        assert!(told.contains("r.sqlite-wal") && told.contains("of another store"), "{told}");
    }
    place.rename("r.sqlite-wal", "away-wal");
    place.done("operator create ada");
    assert_eq!(place.doctor("store-replaced"), None);
}

#[test]
fn a_database_that_was_made_anew_is_told_and_not_begun_by_chance() {
    let Some(database) = TestDatabase::postgres() else { return };
    let DatabaseUrl::Postgres(url) = database.url() else { return };
    let place = Place::new();
    let at = ["--database-url", url.as_str()];
    let gateway = place.serve(&at);
    let key = place.key();
    assert_eq!((create(&gateway, &key, "before"), ready(&gateway).0), (201, 200));
    let run = |sql: &str| {
        let psql = <diesel::PgConnection as diesel::Connection>::establish(url);
        diesel::connection::SimpleConnection::batch_execute(&mut psql.unwrap(), sql).unwrap();
    };
    run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    assert_eq!(create(&gateway, &key, "displaced"), 503);
    let gone = json!({"status": "not ready", "cause": "the store is gone from the database"});
    assert_eq!(ready(&gateway), (503, gone));
    let told = place.refused(&format!("serve --listen 127.0.0.1:0 --database-url {url}"));
    assert!(told.contains("is missing: its first-start.txt remains"), "{told}");
    assert!(!told.contains(url.as_str()) || Path::new(url).is_absolute(), "{told}");
    // Another gateway begins a new store: the first one does not serve from it.
    let other = place.serve(&[&at[..], &["--new"]].concat());
    let new = place.key();
    assert_eq!((create(&other, &new, "there"), ready(&other).0), (201, 200));
    gateway.wait_for("the database holds another store");
    assert_eq!((create(&gateway, &new, "displaced"), ready(&gateway).0), (503, 503));
    assert!(!is_there(&other, &new, "displaced"));
}
