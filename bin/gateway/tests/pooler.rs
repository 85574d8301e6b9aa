//! Behind a pooler in transaction mode: the binary itself, whose sessions are shared.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use roster_kernel::{OsRandom, SystemClock};
use roster_persistence::{DatabaseUrl, Db, DbSettings, PostgresSettings};
use roster_testkit::{Cluster, Pooler, TestDatabase, race};

fn roster(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
    command
        .env("DATABASE_URL", url)
        .env("ROSTER_HASHING__MEMORY_KIB", "8")
        .env("ROSTER_HASHING__ITERATIONS", "1")
        .env("ROSTER_DATABASE__PREPARED_STATEMENTS", "false")
        .stdin(Stdio::null());
    command
}

fn behind_a_pooler() -> Option<(Cluster, Pooler)> {
    let both = Cluster::start(&[]).and_then(|cluster| {
        let pooler = Pooler::before(&cluster)?;
        Ok((cluster, pooler))
    });
    match both {
        Ok(both) => Some(both),
        Err(reason) => {
            assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{reason}");
            None
        }
    }
}

/// A gateway that serves, ended with its test.
struct Serving {
    child: Child,
    base: String,
}

impl Serving {
    fn start(url: &str) -> Self {
        let mut command = roster(url);
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").expect("it serves").to_owned();
        Self { child, base }
    }

    fn create(&self, name: &str) -> u16 {
        let body = format!(r#"{{"nick_name":"{name}","password":"password","enterprise_id":"demo"}}"#);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let sent = agent
            .post(format!("{}/openapi/v1/users", self.base))
            .header("Authorization", "demo-enterprise-key")
            .header("Content-Type", "application/json")
            .send(body);
        sent.unwrap().status().as_u16()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn gateways_and_the_command_line_share_sessions() {
    let Some((_cluster, pooler)) = behind_a_pooler() else { return };
    let url = pooler.url();
    // Both start at once on an empty database.
    let gateways = race(2, |_| Serving::start(&url));
    let statuses =
        race(8, |n| (0..20).map(|i| gateways[n % 2].create(&format!("u{n}-{i}"))).collect::<Vec<_>>());
    assert!(statuses.concat().iter().all(|status| *status == 201), "{statuses:?}");
    for _ in 0..3 {
        let doctor = roster(&url).arg("doctor").output().unwrap();
        let text = String::from_utf8(doctor.stdout).unwrap();
        assert!(!text.contains("cannot be read") && text.contains("the server takes writes"), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    let rows: String = (0..50).map(|n| format!("imported-{n},password,demo\n")).collect();
    std::fs::write(&file, format!("nick_name,password,enterprise_id\n{rows}")).unwrap();
    for arguments in [&["--dry-run"][..], &[], &["--strict", "--if-exists", "skip"]] {
        let import =
            roster(&url).args(["import", "enterprise-users"]).arg(&file).args(arguments).output().unwrap();
        assert!(import.status.success(), "{arguments:?}: {import:?}");
    }
    // No session was left read-only, or with a lock.
    let statuses =
        race(8, |n| (0..20).map(|i| gateways[n % 2].create(&format!("v{n}-{i}"))).collect::<Vec<_>>());
    assert!(statuses.concat().iter().all(|status| *status == 201), "{statuses:?}");
    Serving::start(&url);
}

fn open(url: &DatabaseUrl) -> Db {
    let postgres = PostgresSettings { prepared_statements: false, ..PostgresSettings::default() };
    let settings = DbSettings { postgres, ..DbSettings::default() };
    Db::open(url, settings, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap()
}

/// A process that waits for the start lock logs that, and its holder.
#[test]
fn waiting_for_the_start_lock_is_logged_with_its_holder() {
    let mut urls: Vec<(DatabaseUrl, String, String)> = Vec::new();
    let sqlite = TestDatabase::sqlite();
    if let DatabaseUrl::Sqlite(path) = sqlite.url() {
        let holder = format!("process {}", std::process::id());
        urls.push((sqlite.url().clone(), format!("sqlite:{}", path.display()), holder));
    }
    let pooled = behind_a_pooler();
    if let Some((_, pooler)) = &pooled {
        let holder = "application roster, from 127.0.0.1".to_owned();
        urls.push((pooler.url().parse().unwrap(), pooler.url(), holder));
    }
    for (url, text, holder) in urls {
        let db = open(&url);
        let lock = db.lock_start().unwrap();
        let mut waiting =
            roster(&text).arg("migrate").stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let log = BufReader::new(waiting.stderr.take().unwrap());
        let mut lines = log.lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("waiting for another process")).expect("it says so");
        assert!(line.contains(&holder), "{line}");
        drop(lock);
        let rest: Vec<String> = lines.collect();
        assert!(waiting.wait().unwrap().success(), "{rest:?}");
    }
}
