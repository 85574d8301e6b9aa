//! What has ended is taken away by a running gateway.

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl as _};
use roster_gateway::sweep;
use roster_kernel::{Clock as _, OsRandom, SystemClock};
use roster_persistence::{Backend, Db, Swept};
use roster_testkit::{TestDatabase, TestGateway, block_on};
use std::time::Duration;

const DAY: i64 = 24 * 3_600_000;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(db: &Db, from: &str) -> i64 {
    let sql = format!("SELECT count(*) AS n FROM {from}");
    block_on(db.read(move |conn| Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n))).unwrap()
}

fn run(db: &Db, sql: String) {
    block_on(db.bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?))).unwrap();
}

/// Of every kind one that has ended and one that lives, whose name is `live`.
fn fill(db: &Db) {
    let now = SystemClock.now_ms();
    run(db, "INSERT INTO iot_users (id, username, role, status, password_hash, password_version, created_ms, updated_ms) \
             VALUES ('u', 'u', 'AREA', 'active', '', 1, 0, 0)".into());
    let no = if db.backend() == Backend::Sqlite { "0" } else { "FALSE" };
    for (name, end) in [("dead", now), ("live", now + DAY)] {
        for insert in [
            format!(
                "auth_tokens (token_hash, realm, subject, issued_ms, expires_ms) VALUES ('{name}', 'r', 's', 0, {end})"
            ),
            format!(
                "auth_throttle (realm, kind, subject, failures, window_ms, expires_ms) \
                 VALUES ('r', 'account', '{name}', 1, 0, {end})"
            ),
            format!("auth_reservations VALUES ('{name}', 'r', NULL, NULL, {no}, {end})"),
            format!("auth_known_addresses VALUES ('r', 'a', '{name}', {end})"),
            format!(
                "iot_logins (id, user_id, created_ms, access_expires_ms, refresh_expires_ms, expires_ms, last_ms) \
                 VALUES ('{name}', 'u', 0, 0, 0, {end}, 0)"
            ),
            format!(
                "iot_sessions (id, user_id, kind, created_ms, expires_ms) VALUES ('{name}', 'u', 'access', 0, {end})"
            ),
        ] {
            run(db, format!("INSERT INTO {insert}"));
        }
    }
    run(
        db,
        "INSERT INTO auth_tokens (token_hash, realm, subject, issued_ms) VALUES ('lasting', 'r', 's', 0)"
            .into(),
    );
    // Followed by one of three days ago; followed by one of an hour ago; revoked long ago and just now;
    // and the only one of its realm, however old.
    for (kid, realm, created, retired) in [
        ("dead", "x", 10 * DAY, None),
        ("live-1", "x", 3 * DAY, None),
        ("live-2", "x", DAY / 24, None),
        ("dead-2", "y", 9 * DAY, Some(8 * DAY)),
        ("live-3", "y", DAY, Some(0)),
        ("live-4", "z", 900 * DAY, None),
    ] {
        let retired = retired.map_or("NULL".to_owned(), |ago: i64| (now - ago).to_string());
        let (text, created) =
            (if db.backend() == Backend::Sqlite { "x'00'" } else { "'\\x00'" }, now - created);
        run(
            db,
            format!(
                "INSERT INTO auth_signing_keys VALUES ('{kid}', '{realm}', {text}, {created}, {retired})"
            ),
        );
    }
}

const TABLES: [(&str, &str, i64); 7] = [
    ("auth_tokens", "token_hash", 2),
    ("auth_throttle", "subject", 1),
    ("auth_reservations", "id", 1),
    ("auth_known_addresses", "address", 1),
    ("auth_signing_keys", "kid", 4),
    ("iot_sessions", "id", 1),
    ("iot_logins", "id", 1),
];

#[test]
fn of_every_kind_what_has_ended_goes_and_what_lives_stays() {
    for database in TestDatabase::each() {
        let db = database.open(roster_migrations::ALL);
        fill(&db);
        let recording = db.record();
        let swept = block_on(sweep::sweeper(db.clone(), &OsRandom).sweep(Duration::ZERO)).unwrap();
        let statements = recording.finish();
        let Swept::Rows(swept) = swept else { panic!("nobody else sweeps") };
        assert_eq!(
            swept.iter().map(|(table, _)| *table).collect::<Vec<_>>(),
            TABLES.map(|(table, ..)| table)
        );
        for ((table, key, live), (_, gone)) in TABLES.into_iter().zip(&swept) {
            assert_eq!(count(&db, &format!("{table} WHERE {key} LIKE 'dead%'")), 0, "{table}");
            assert_eq!(count(&db, table), live, "{table}");
            assert_eq!(*gone, if table == "auth_signing_keys" { 2 } else { 1 }, "{table}");
        }
        // What grows with the traffic is found by an index; signing keys are a handful.
        let deletes = statements.iter().filter(|statement| statement.sql().starts_with("DELETE FROM"));
        for delete in deletes.filter(|delete| !delete.sql().contains("auth_signing_keys")) {
            let plan = block_on(delete.plan(&db));
            assert!(plan.scans().is_empty(), "{}\n{plan}", delete.sql());
        }
    }
}

#[test]
fn a_gateway_sweeps_when_it_starts_unless_it_is_told_not_to() {
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |config| config.sweep_minutes = 0);
        let db = gateway.database().open(&[]);
        fill(&db);
        let beside = gateway.beside(|config| config.sweep_minutes = 1);
        // It does so beside its calls: asked until it has, or the test is told that it never does.
        let swept = (0..100_000).any(|_| count(&db, "store_leases WHERE done_ms > 0") == 1);
        assert!(swept, "it never swept");
        assert_eq!(count(&db, "iot_sessions"), 1);
        let figures = beside.get("/metrics").send().expect(200).text;
        assert!(figures.contains("roster_swept_rows_total{table=\"iot_sessions\"} "), "{figures}");
    }
}
