//! The clock by which the gateways of one store decide.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Instant;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use roster_kernel::ManualClock;
use roster_persistence::testing::{TestDatabase, block_on};
use roster_persistence::{Backend, Db, PostgresSettings, store_clock};

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = BigInt)]
    us: i64,
}

fn servers_time_us(db: &Db) -> i64 {
    let query = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint AS us";
    let asked = db.read(move |conn| Ok(diesel::sql_query(query).get_result::<Shown>(conn)?.us));
    block_on(asked).unwrap()
}

#[test]
fn on_postgres_the_servers_clock_decides_and_on_sqlite_the_machines() {
    for database in TestDatabase::each() {
        let wrong = ManualClock::at(1_000);
        let opened = Instant::now();
        let clock = store_clock(database.url(), &PostgresSettings::default(), Arc::new(wrong)).unwrap();
        match database.url().backend() {
            Backend::Sqlite => assert_eq!(clock.now_ms(), 1_000),
            Backend::Postgres => {
                // It may be wrong by half of the round trip in which it was read.
                let error = i64::try_from(opened.elapsed().as_millis()).unwrap() / 2 + 1;
                let db = database.open(&[]);
                let before = servers_time_us(&db) / 1000;
                let shown = clock.now_ms();
                let after = servers_time_us(&db) / 1000;
                assert!((before - error..=after + error).contains(&shown), "{before} {shown} {after}");
            }
        }
    }
}

#[test]
fn the_clock_runs_on_while_the_server_is_away() {
    let Some(database) = TestDatabase::postgres() else { return };
    let clock =
        store_clock(database.url(), &PostgresSettings::default(), Arc::new(ManualClock::at(0))).unwrap();
    let before = clock.now_ms();
    let db = database.open(&[]);
    let end = "SELECT count(pg_terminate_backend(pid)) AS us FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let ended = db.read(move |conn| Ok(diesel::sql_query(end).get_result::<Shown>(conn)?.us));
    assert!(block_on(ended).unwrap() >= 1, "the clock's own connection");
    assert!((before..before + 60_000).contains(&clock.now_ms()));
}
