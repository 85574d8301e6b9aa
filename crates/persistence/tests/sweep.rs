//! What has ended goes, what lives stays, and one sweeper at a time is at it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::Duration;

use diesel::RunQueryDsl as _;
use diesel::prelude::QueryableByName;
use diesel::sql_types::BigInt;
use roster_kernel::{ManualClock, OsRandom};
use roster_migrations::PERSISTENCE;
use roster_persistence::testing::{TestDatabase, block_on, race};
use roster_persistence::{Db, Expiring, Sweeper, Swept};

const NOW: i64 = 1_700_000_000_000;
const MINUTE: i64 = 60_000;
const EVERY: Duration = Duration::from_secs(600);

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn each(test: impl Fn(Db, &ManualClock)) {
    for database in TestDatabase::each() {
        let clock = Arc::new(ManualClock::at(NOW));
        test(database.open_at(&[PERSISTENCE], clock.clone()), &clock);
    }
}

fn run(db: &Db, sql: String) {
    block_on(db.bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?))).unwrap();
}

/// Marks, of which so many have ended.
fn marks(db: &Db, ended: i64, live: i64) {
    for n in 0..ended + live {
        let at = NOW + if n < ended { -n } else { 1 + n };
        run(db, format!("INSERT INTO store_marks (name, value, at_ms) VALUES ('{n}', 'v', {at})"));
    }
}

fn left(db: &Db, from: &'static str) -> i64 {
    let sql = format!("SELECT count(*) AS n FROM {from}");
    block_on(db.read(move |conn| Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n))).unwrap()
}

fn sweeper(db: &Db) -> Sweeper {
    let rows = vec![Expiring::when("store_marks", "at_ms <= $1".into())];
    Sweeper::new(db.clone(), &OsRandom, rows)
}

fn sweep(sweeper: &Sweeper) -> Swept {
    block_on(sweeper.sweep(EVERY)).unwrap()
}

fn rows(n: u64) -> Swept {
    Swept::Rows(vec![("store_marks", n)])
}

#[test]
fn what_has_ended_goes_and_what_lives_stays() {
    each(|db, clock| {
        marks(&db, 1_203, 20);
        assert_eq!(sweep(&sweeper(&db)), rows(1_203));
        assert_eq!(left(&db, "store_marks"), 20);
        clock.advance(EVERY.as_millis() as i64);
        assert_eq!(sweep(&sweeper(&db)), rows(20), "their time has come");
    });
}

#[test]
fn of_many_at_once_one_sweeps() {
    each(|db, _| {
        marks(&db, 700, 5);
        let swept = race(16, |_| sweep(&sweeper(&db)));
        let worked: Vec<_> = swept.iter().filter(|swept| **swept != Swept::NotNow).collect();
        assert_eq!(worked, [&rows(700)]);
        assert_eq!(left(&db, "store_marks"), 5);
    });
}

#[test]
fn all_of_them_together_sweep_once_in_a_while() {
    each(|db, clock| {
        let (one, other) = (sweeper(&db), sweeper(&db));
        assert_eq!(sweep(&one), rows(0));
        clock.advance(EVERY.as_millis() as i64 - 1);
        assert_eq!((sweep(&one), sweep(&other)), (Swept::NotNow, Swept::NotNow));
        clock.advance(1);
        assert_eq!((sweep(&other), sweep(&one)), (rows(0), Swept::NotNow));
        // Who asks for it gets it at once.
        assert_eq!(block_on(one.sweep(Duration::ZERO)).unwrap(), rows(0));
    });
}

#[test]
fn one_that_died_is_not_waited_for() {
    each(|db, clock| {
        marks(&db, 3, 0);
        let until = NOW + MINUTE;
        run(
            &db,
            format!(
                "INSERT INTO store_leases (name, owner, until_ms, done_ms) VALUES ('sweep', 'dead', {until}, 0)"
            ),
        );
        assert_eq!(sweep(&sweeper(&db)), Swept::NotNow, "it may still be at work");
        clock.advance(MINUTE);
        assert_eq!(sweep(&sweeper(&db)), rows(3));
    });
}

#[test]
fn a_clock_that_went_wrong_stops_nobody() {
    each(|db, _| {
        marks(&db, 3, 0);
        let far = NOW * 2;
        run(
            &db,
            format!(
                "INSERT INTO store_leases (name, owner, until_ms, done_ms) VALUES ('sweep', 'x', {far}, {far})"
            ),
        );
        assert_eq!(sweep(&sweeper(&db)), rows(3));
    });
}
