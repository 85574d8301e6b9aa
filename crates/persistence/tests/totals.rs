//! The totals that triggers keep are the numbers of rows, whatever happened to them.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Cursor;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use roster_migrations::ALL;
use roster_persistence::testing::{TestDatabase, block_on, race};
use roster_persistence::{AnyConn, Backend, Db, StoreError};

/// Each table that is counted: its totals, and by which column (or text, for all together).
const COUNTED: [(&str, &str, &str); 5] = [
    ("device_users", "device_totals", "'users'"),
    ("iot_users", "iot_totals", "'users'"),
    ("enterprise_users", "enterprise_totals", "''"),
    ("enterprise_users", "enterprise_totals", "enterprise_id"),
    ("tenant_users", "tenant_totals", "tenant_id"),
];

#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Line {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn lines(db: &Db, sql: String) -> Vec<Line> {
    block_on(db.read(move |conn| Ok(diesel::sql_query(sql).load(conn)?))).unwrap()
}

fn run(db: &Db, sql: impl Into<String>) -> Result<(), StoreError> {
    let sql = sql.into();
    block_on(db.bookkeep(move |conn| batch(conn, &sql)))
}

fn batch(conn: &mut AnyConn, sql: &str) -> Result<(), StoreError> {
    match conn {
        AnyConn::Sqlite(conn) => conn.batch_execute(sql)?,
        AnyConn::Postgres(conn) => conn.batch_execute(sql)?,
    }
    Ok(())
}

/// Every total is what counting says; and how many users there are in all.
fn right(db: &Db) -> i64 {
    for (table, totals, by) in COUNTED {
        let counted = lines(
            db,
            format!(
                "SELECT {by} AS what, count(*) AS n FROM {table} GROUP BY 1 HAVING count(*) > 0 ORDER BY 1"
            ),
        );
        let which = if by.starts_with('\'') { format!("what = {by}") } else { "what <> ''".to_owned() };
        let kept = lines(
            db,
            format!(
                "SELECT what, CAST(sum(n) AS BIGINT) AS n FROM {totals} WHERE {which} \
                 GROUP BY what HAVING sum(n) <> 0 ORDER BY what"
            ),
        );
        assert_eq!(kept, counted, "{totals} of {db:?}");
    }
    let all = lines(db, "SELECT '' AS what, count(*) AS n FROM enterprise_users".to_owned());
    all[0].n
}

fn enterprise(enterprise: &str, name: &str) -> String {
    format!("('{enterprise}', '{name}', true, '', 1, 2)")
}

fn insert(users: &[String]) -> String {
    format!(
        "INSERT INTO enterprise_users (enterprise_id, nick_name, is_active, password_hash, created_ms, \
         updated_ms) VALUES {}",
        users.join(", ")
    )
}

fn device(id: i32) -> String {
    format!(
        "INSERT INTO device_users (user_id, name, user_type, is_admin, ic_number, id_number, job_number, remark, \
         guest_time_start_ms, guest_time_end_ms, created_ms, updated_ms) \
         VALUES ({id}, '', 1, false, '', '', '', '', 0, 0, 1, 1)"
    )
}

/// Users of every dialect, one by one and many at once.
fn fill(db: &Db) {
    for id in 1..=3 {
        run(db, device(id)).unwrap();
    }
    run(
        db,
        "INSERT INTO iot_users (id, username, role, status, password_hash, password_version, created_ms, \
         updated_ms) VALUES ('a', 'a', 'SYSTEM', 'enable', '', 1, 1, 1), ('b', 'b', 'AREA', 'enable', '', 1, 1, 1)",
    )
    .unwrap();
    run(db, insert(&[enterprise("e", "a"), enterprise("e", "b"), enterprise("f", "a")])).unwrap();
    run(db, insert(&[enterprise("e", "c")])).unwrap();
    for tenant in ["t", "u"] {
        run(
            db,
            format!(
                "INSERT INTO tenant_tenants (id, name, rules_version, created_ms, updated_ms) \
                 VALUES ('{tenant}', '', 1, 1, 1); \
                 INSERT INTO tenant_users (user_id, tenant_id, user_name, user_name_key, must_modify_password, \
                 disabled, created_ms, updated_ms) VALUES ('{tenant}1', '{tenant}', 'a', 'a', false, false, 1, 1), \
                 ('{tenant}2', '{tenant}', 'b', 'b', false, false, 1, 1)"
            ),
        )
        .unwrap();
    }
}

#[test]
fn totals_follow_every_change() {
    for database in TestDatabase::each() {
        let db = database.open(ALL);
        assert_eq!(right(&db), 0);
        fill(&db);
        assert_eq!(right(&db), 4);
        // What is refused is not counted, nor is what is passed over.
        run(&db, insert(&[enterprise("g", "new"), enterprise("e", "a")])).unwrap_err();
        right(&db);
        run(&db, format!("{} ON CONFLICT DO NOTHING", device(1))).unwrap();
        right(&db);
        run(&db, format!("{} ON CONFLICT DO NOTHING", insert(&[enterprise("e", "a"), enterprise("g", "b")])))
            .unwrap();
        assert_eq!(right(&db), 5);
        run(
            &db,
            "UPDATE enterprise_users SET enterprise_id = 'h' WHERE enterprise_id = 'e' AND nick_name = 'b'",
        )
        .unwrap();
        run(&db, "UPDATE enterprise_users SET enterprise_id = enterprise_id, nick_name = nick_name || 'x'")
            .unwrap();
        run(&db, "UPDATE tenant_users SET tenant_id = 'u' WHERE user_id = 't1'").unwrap();
        assert_eq!(right(&db), 5);
        // With the tenant go his users, whom no statement names.
        run(&db, "DELETE FROM tenant_tenants WHERE id = 'u'").unwrap();
        right(&db);
        run(&db, "DELETE FROM enterprise_users WHERE enterprise_id = 'e'").unwrap();
        run(&db, "DELETE FROM device_users WHERE user_id = 2").unwrap();
        run(&db, "DELETE FROM device_users WHERE user_id = 2").unwrap();
        run(&db, "DELETE FROM iot_users").unwrap();
        assert_eq!(right(&db), 3);
        let undone: Result<(), StoreError> = block_on(db.bookkeep(|conn| {
            batch(conn, &insert(&[enterprise("e", "undone")]))?;
            Err(diesel::result::Error::RollbackTransaction.into())
        }));
        undone.unwrap_err();
        assert_eq!(right(&db), 3);
    }
}

#[test]
fn writers_side_by_side_are_counted_each_and_leave_few_rows() {
    for database in TestDatabase::each() {
        let db = database.open(ALL);
        race(16, |writer| {
            for n in 0..20 {
                run(&db, insert(&[enterprise(&format!("e{}", writer % 2), &format!("{writer}-{n}"))]))
                    .unwrap();
                if n % 4 == 0 {
                    run(&db, format!("DELETE FROM enterprise_users WHERE nick_name = '{writer}-{n}'"))
                        .unwrap();
                }
            }
        });
        assert_eq!(right(&db), 16 * 15);
        let rows = lines(&db, "SELECT '' AS what, count(*) AS n FROM enterprise_totals".to_owned())[0].n;
        match db.backend() {
            Backend::Sqlite => assert_eq!(rows, 3),
            // Of 800: those since the last gathering, and those that another one was just at.
            Backend::Postgres => assert!(rows < 400, "{rows}"),
        }
    }
}

#[test]
fn a_restore_counts_once() {
    for origin in TestDatabase::each() {
        let db = origin.open(ALL);
        fill(&db);
        let mut file = Vec::new();
        db.backup(ALL, &mut file).unwrap();
        for target in TestDatabase::each() {
            let restored = target.open(ALL);
            let lock = restored.lock_start().unwrap();
            restored.restore(&lock, ALL, Cursor::new(&file)).unwrap();
            assert_eq!(right(&restored), 4);
            run(&restored, insert(&[enterprise("e", "next")])).unwrap();
            assert_eq!(right(&restored), 5);
        }
    }
}

macro_rules! migrations {
    ($database:literal, $file:literal) => {
        [
            include_str!(concat!(
                "../../../migrations/device-users/",
                $database,
                "/2026-11-22-160000_totals_and_search/",
                $file
            )),
            include_str!(concat!(
                "../../../migrations/enterprise-users/",
                $database,
                "/2026-11-22-161000_totals_and_search/",
                $file
            )),
            include_str!(concat!(
                "../../../migrations/tenant-ciam/",
                $database,
                "/2026-11-22-162000_totals_and_changes/",
                $file
            )),
            include_str!(concat!(
                "../../../migrations/iot-roles/",
                $database,
                "/2026-11-22-163000_totals/",
                $file
            )),
        ]
    };
}

#[test]
fn who_was_there_before_is_counted() {
    for database in TestDatabase::each() {
        let db = database.open(ALL);
        let (up, down) = match db.backend() {
            Backend::Sqlite => (migrations!("sqlite", "up.sql"), migrations!("sqlite", "down.sql")),
            Backend::Postgres => (migrations!("postgres", "up.sql"), migrations!("postgres", "down.sql")),
        };
        run(&db, down.concat()).unwrap();
        fill(&db);
        run(&db, up.concat()).unwrap();
        assert_eq!(right(&db), 4);
        run(&db, "DELETE FROM enterprise_users WHERE enterprise_id = 'e'").unwrap();
        assert_eq!(right(&db), 1);
    }
}
