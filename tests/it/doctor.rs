//! Every check of the doctor can fail, and says so then.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};
use roster_gateway::Config;
use roster_gateway::doctor::{Level, Report, examine};
use roster_kernel::WeakPasswords;
use roster_persistence::{Backend, DatabaseUrl, Db};
use roster_testkit::{TestDatabase, TestGateway, block_on};

/// An installation as it should be, with no gateway running.
struct House {
    config: Config,
    database: TestDatabase,
}

impl House {
    fn on(database: TestDatabase) -> Self {
        let database = std::sync::Arc::new(database);
        let gateway = TestGateway::start_shared(database.clone(), |_| {});
        // A key for each signing realm, and the mark of a store that is no demonstration.
        gateway
            .post("/v1/auth/login", r#"{"username":"admin","password":"demo-password"}"#)
            .send()
            .expect(200);
        drop(gateway);
        let database = std::sync::Arc::into_inner(database).expect("the gateway has ended");
        let mut config = Config { database_url: url_of(&database), ..Config::default() };
        config.enterprise_users.weak_passwords = WeakPasswords::Refuse;
        config.iot_roles.weak_passwords = WeakPasswords::Refuse;
        let house = Self { config, database };
        house.run("UPDATE store_marks SET value = 'serve' WHERE name = 'begun'");
        house
    }

    fn each() -> Vec<Self> {
        TestDatabase::each().into_iter().map(Self::on).collect()
    }

    fn db(&self) -> Db {
        self.database.open(&[])
    }

    fn run(&self, sql: &'static str) {
        block_on(self.db().bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?))).unwrap();
    }

    /// Outside Roster's own connections.
    fn raw(&self, sql: &str) {
        match self.database.url() {
            DatabaseUrl::Sqlite(path) => {
                SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
            }
            DatabaseUrl::Postgres(url) => PgConnection::establish(url).unwrap().batch_execute(sql).unwrap(),
        }
    }

    fn file(&self) -> &Path {
        match self.database.url() {
            DatabaseUrl::Sqlite(path) => path,
            DatabaseUrl::Postgres(_) => panic!("no file"),
        }
    }

    fn report(&self) -> Report {
        report(self.config.clone())
    }

    #[track_caller]
    fn finds(&self, check: &str, level: Level) {
        finds(&self.report(), check, level);
    }
}

fn report(config: Config) -> Report {
    block_on(examine(Ok(config), None))
}

/// The worst that a check says.
fn worst(report: &Report) -> BTreeMap<&'static str, Level> {
    let mut worst = BTreeMap::new();
    for finding in &report.findings {
        let level = worst.entry(finding.check).or_insert(finding.level);
        *level = (*level).max(finding.level);
    }
    worst
}

#[track_caller]
fn finds(report: &Report, check: &str, level: Level) {
    assert_eq!(worst(report).get(check), Some(&level), "{check}: {}", report.text());
    for finding in &report.findings {
        assert_eq!(finding.mend.is_some(), finding.level != Level::Ok, "{finding:?}");
        assert!(!finding.what.contains('\n') && !finding.what.is_empty(), "{finding:?}");
    }
}

fn url_of(database: &TestDatabase) -> String {
    match database.url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_good_installation_has_nothing_to_mend() {
    for house in House::each() {
        let mut worst = worst(&house.report());
        // The machine's own, and what the test's server is told for speed.
        for own in ["disk", "hash-time", "durability"] {
            worst.remove(own);
        }
        assert!(worst.len() >= 12 && worst.values().all(|level| *level == Level::Ok), "{worst:?}");
    }
}

#[test]
fn settings_that_load_and_are_not_wise_are_told() {
    let house = House::on(TestDatabase::sqlite());
    let with = |check: &str, level: Level, change: &dyn Fn(&mut Config)| {
        let mut config = house.config.clone();
        change(&mut config);
        finds(&report(config), check, level);
    };
    with("listen", Level::Warning, &|config| config.listen = ([0, 0, 0, 0], 8080).into());
    with("listen", Level::Ok, &|config| {
        config.listen = ([0, 0, 0, 0], 8080).into();
        config.trusted_proxies = vec!["10.0.0.7/32".parse().unwrap()];
    });
    for all in ["0.0.0.0/0", "::/0", "128.0.0.0/1"] {
        with("trusted-proxies", Level::Error, &|config| config.trusted_proxies = vec![all.parse().unwrap()]);
    }
    with("hashing", Level::Warning, &|config| config.hashing.memory_kib = 12_287);
    with("hashing", Level::Ok, &|config| {
        config.hashing.memory_kib = 19_456;
        config.hashing.iterations = 2;
    });
    with("hashing", Level::Error, &|config| config.hashing.memory_kib = 1);
    with("hash-time", Level::Warning, &|config| {
        // A pass over 12 MiB takes some milliseconds on the fastest machine.
        config.hashing.iterations = 600;
    });
    with("configuration", Level::Error, &|config| config.log.filter = "roster=loud".into());
    with("hashing", Level::Error, &|config| config.hashing.memory_kib = u32::MAX);
    with("configuration", Level::Error, &|config| config.admin_listen = Some(config.listen));
    with("sweep", Level::Warning, &|config| config.sweep_minutes = 0);
    for (enterprise, iot, level) in [
        (WeakPasswords::Accept, WeakPasswords::Refuse, Level::Warning),
        (WeakPasswords::Refuse, WeakPasswords::Accept, Level::Warning),
        (WeakPasswords::Refuse, WeakPasswords::Refuse, Level::Ok),
    ] {
        with("weak-passwords", level, &|config| {
            config.enterprise_users.weak_passwords = enterprise;
            config.iot_roles.weak_passwords = iot;
        });
    }
    with("dialects", Level::Warning, &|config| {
        config.enterprise_users.enabled = false;
        config.device_users.enabled = false;
        config.tenant_ciam.enabled = false;
        config.iot_roles.enabled = false;
    });
}

#[test]
fn a_configuration_that_does_not_load_is_all_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster.toml");
    let examined = || block_on(examine(Config::load(Some(&path), None, None), Some(&path)));
    std::fs::write(&path, "lisen = 'x'").unwrap();
    let report = examined();
    finds(&report, "configuration", Level::Error);
    assert!(report.findings.len() == 1 && report.findings[0].what.contains("lisen"), "{}", report.text());

    let url = "database_url = 'postgres://me:hunter2@127.0.0.1:1/none'";
    std::fs::write(&path, url).unwrap();
    for (mode, level) in [(0o644, Level::Warning), (0o660, Level::Error), (0o640, Level::Ok)] {
        chmod(&path, mode);
        let report = examined();
        finds(&report, "config-file", level);
        finds(&report, "database", Level::Error);
        assert!(!report.text().contains("hunter2"), "{}", report.text());
    }
}

#[test]
fn the_files_of_a_store_are_looked_at() {
    let house = House::on(TestDatabase::sqlite());
    for (mode, level) in [(0o644, Level::Warning), (0o622, Level::Error), (0o600, Level::Ok)] {
        chmod(house.file(), mode);
        house.finds("store-file", level);
    }
    let folder = house.file().parent().unwrap();
    for (mode, level) in [(0o777, Level::Error), (0o1777, Level::Ok), (0o700, Level::Ok)] {
        chmod(folder, mode);
        house.finds("store-folder", level);
    }
    let first = folder.join("first-start.txt");
    std::fs::write(&first, "operator token: x").unwrap();
    house.finds("first-start", Level::Warning);
    std::fs::remove_file(first).unwrap();
    house.finds("first-start", Level::Ok);
    let wal = PathBuf::from(format!("{}-wal", house.file().display()));
    std::fs::File::create(&wal).unwrap().set_len(257 << 20).unwrap();
    house.finds("wal", Level::Warning);
}

#[test]
fn a_file_that_is_damaged_or_was_written_by_others_is_told() {
    let house = House::on(TestDatabase::sqlite());
    house.raw("PRAGMA journal_mode = DELETE");
    house.finds("journal-mode", Level::Warning);
    house.raw("PRAGMA journal_mode = WAL");
    house.raw("PRAGMA foreign_keys = OFF; INSERT INTO device_user_pictures VALUES (77, '')");
    house.finds("foreign-keys", Level::Error);
    house.raw("DELETE FROM device_user_pictures");
    house.finds("foreign-keys", Level::Ok);

    // A page in the midst of it is overwritten; none is free, of which nobody would notice.
    house.raw("VACUUM");
    let mut octets = std::fs::read(house.file()).unwrap();
    let page = octets.len() / 2 / 4096 * 4096;
    octets[page..page + 4096].fill(0x5a);
    std::fs::write(house.file(), octets).unwrap();
    let report = house.report();
    let worst = worst(&report);
    let told = worst.get("integrity") == Some(&Level::Error) || worst["database"] == Level::Error;
    assert!(told, "{}", report.text());
    // Text instead of a database.
    std::fs::write(house.file(), "no database at all").unwrap();
    house.finds("database", Level::Error);
}

#[test]
fn how_a_store_was_begun_and_its_version_are_told() {
    for house in House::each() {
        for (sql, level) in [
            ("UPDATE store_marks SET value = 'demo' WHERE name = 'begun'", Level::Error),
            ("UPDATE store_marks SET value = 'beginning' WHERE name = 'begun'", Level::Warning),
            ("DELETE FROM store_marks", Level::Warning),
        ] {
            house.run(sql);
            house.finds("demonstration", level);
        }
        house.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
        house.finds("migrations", Level::Error);
        assert!(house.report().text().contains("29990101000000"));
    }
    for database in TestDatabase::each() {
        let config = Config { database_url: url_of(&database), ..Config::default() };
        let pending = || block_on(database.open(&[]).pending(&[roster_migrations::AUTH])).unwrap();
        let before = pending();
        finds(&report(config.clone()), "migrations", Level::Warning);
        assert!(!before.is_empty() && pending() == before, "it made none");
        drop(database.open(&[roster_migrations::PERSISTENCE]));
        let report = report(config);
        finds(&report, "migrations", Level::Warning);
        assert!(report.text().contains("are pending: 2026"), "{}", report.text());
    }
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none.sqlite");
    let config = Config { database_url: format!("sqlite:{}", none.display()), ..Config::default() };
    finds(&report(config), "database", Level::Error);
    assert!(!none.exists(), "the doctor makes no store");
}

#[test]
fn a_dialect_that_nobody_can_call_is_told() {
    for house in House::each() {
        for (sql, dialect) in [
            ("UPDATE enterprise_access_keys SET expires_ms = 1", "enterprise-users"),
            ("UPDATE auth_accounts SET disabled = true WHERE realm = 'device-users'", "device-users"),
            ("DELETE FROM auth_accounts WHERE realm = 'tenant-ciam'", "tenant-ciam"),
            ("UPDATE iot_users SET status = 'pending'", "iot-roles"),
        ] {
            house.finds("operators", Level::Ok);
            house.run(sql);
            let report = house.report();
            finds(&report, "credentials", Level::Warning);
            let told = format!("{dialect} is switched on, and nobody has a credential");
            assert!(report.text().contains(&told), "{}", report.text());
        }
        house.run("UPDATE auth_tokens SET expires_ms = 1 WHERE realm = 'admin'");
        house.finds("operators", Level::Error);
        house.run("DELETE FROM auth_tokens WHERE realm = 'admin'");
        house.finds("operators", Level::Error);
        house.run(
            "INSERT INTO iot_user_areas SELECT id, 7, 'nowhere', 'site' FROM iot_users WHERE role = 'SYSTEM'",
        );
        let report = house.report();
        finds(&report, "orphans", Level::Error);
        assert!(report.text().contains("iot_user_areas.area_id (1 rows)"), "{}", report.text());
        assert!(report.text().contains("device-users has one"), "{}", report.text());
        assert!(report.text().contains("iot-roles gets one with its first token"), "{}", report.text());
    }
}

#[test]
fn operators_whose_tokens_end_soon_are_named() {
    for house in House::each() {
        let now = house.db().now_ms();
        let operator = |name: &str, end_ms: i64| {
            let insert = format!(
                "INSERT INTO auth_tokens (token_hash, realm, subject, issued_ms, expires_ms) \
                 VALUES ('{name}', 'admin', '{name}', 0, {end_ms})"
            );
            let work = move |conn: &mut _| Ok(diesel::sql_query(insert).execute(conn)?);
            block_on(house.db().bookkeep(work)).unwrap();
        };
        let days = |days: i64| now + days * 24 * 60 * 60 * 1000;
        operator("far", days(16));
        assert_eq!(worst(&house.report()).get("operator-expiry"), None);
        operator("near", days(13));
        operator("over", days(-1));
        let report = house.report();
        finds(&report, "operator-expiry", Level::Warning);
        finds(&report, "operators", Level::Ok);
        let text = report.text();
        assert!(
            text.contains("operator near expires at") && text.contains("operator over expired at"),
            "{text}"
        );
        assert!(!text.contains("operator far"), "{text}");
    }
}

#[test]
fn a_server_that_loses_or_refuses_writes_is_told() {
    let Some(database) = TestDatabase::of(Backend::Postgres) else { return };
    let house = House::on(database);
    let alter = |what: &str| {
        house.raw(&format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {what}', current_database()); END $$"
        ));
    };
    alter("SET synchronous_commit = off");
    house.finds("durability", Level::Warning);
    assert!(house.report().text().contains("synchronous_commit"));
    alter("CONNECTION LIMIT 12");
    house.finds("connections", Level::Warning);
    alter("CONNECTION LIMIT 3");
    house.finds("connections", Level::Error);
    house.finds("writable", Level::Ok);
    alter("SET default_transaction_read_only = on");
    house.finds("writable", Level::Error);
}

#[test]
fn what_sessions_of_a_server_wait_for_is_seen() {
    let Some(database) = TestDatabase::of(Backend::Postgres) else { return };
    let house = House::on(database);
    house.finds("waits", Level::Ok);
    house.finds("disk", Level::Ok);
    let db = house.db();
    let connect = || PgConnection::establish(&url_of(&house.database)).unwrap();
    let (mut holder, mut waiter) = (connect(), connect());
    holder.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(4711)").unwrap();
    let seen = std::thread::scope(|scope| {
        scope.spawn(move || waiter.batch_execute("SELECT pg_advisory_xact_lock(4711)").unwrap());
        let seen = loop {
            let activity = block_on(db.activity()).unwrap();
            if !activity.blocked.is_empty() {
                break activity;
            }
        };
        holder.batch_execute("ROLLBACK").unwrap();
        seen
    });
    let (blocked, idle) = (&seen.blocked[0], &seen.idle[0]);
    assert_eq!(blocked.holders, idle.pid.to_string(), "{seen:?}");
    assert_eq!((seen.commits.len(), seen.temporary), (0, None));
}

#[test]
fn what_was_written_while_a_clock_was_ahead_is_told() {
    for house in House::each() {
        house.finds("times", Level::Ok);
        house.run("UPDATE store_journal SET at_ms = at_ms + 3600000");
        house.finds("times", Level::Warning);
    }
}
