//! What becomes of failures of the database, each provoked for real, on a server that speaks German where
//! the machine can make that locale.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_kernel::{OsRandom, PortError, SystemClock};
use roster_migrations::PERSISTENCE;
use roster_persistence::testing::{Cluster, TestDatabase, block_on};
use roster_persistence::{AnyConn, DatabaseUrl, Db, DbSettings, PostgresSettings, StoreError, each_backend};

fn run(conn: &mut AnyConn, sql: &str) -> Result<(), StoreError> {
    Ok(each_backend!(conn, |conn| conn.batch_execute(sql))?)
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

fn word(conn: &mut AnyConn, sql: &str) -> Result<String, StoreError> {
    Ok(diesel::sql_query(format!("SELECT ({sql})::text AS word")).get_result::<Word>(conn)?.word)
}

fn open(url: &str, postgres: PostgresSettings) -> Db {
    let settings = DbSettings { pool_size: 4, postgres, ..DbSettings::default() };
    let url: DatabaseUrl = url.parse().unwrap();
    Db::open(&url, settings, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap()
}

/// A server with strange defaults, that speaks German if it can.
fn server() -> Option<Cluster> {
    let settings = ["default_transaction_isolation=serializable"];
    let german = Cluster::german(&settings).or_else(|reason| {
        let _ = writeln!(std::io::stderr(), "*** NOT IN GERMAN: {reason} ***");
        Cluster::start(&settings)
    });
    match german {
        Ok(cluster) => Some(cluster),
        Err(reason) => {
            assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{reason}");
            None
        }
    }
}

#[track_caller]
fn is_unavailable<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    match result.map_err(PortError::from) {
        Err(PortError::Busy { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn is_internal<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    match result.map_err(PortError::from) {
        Err(PortError::Failed(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_passes_is_unavailable_and_what_is_ours_is_internal() {
    let Some(cluster) = server() else { return };
    let limits = PostgresSettings {
        statement_timeout: Duration::from_millis(300),
        idle_transaction_timeout: Duration::from_millis(100),
        ..PostgresSettings::default()
    };
    let (db, other) = (open(&cluster.url(), limits), open(&cluster.url(), PostgresSettings::default()));
    block_on(async {
        other
            .bookkeep(|conn| run(conn, "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (n < 9))"))
            .await
            .unwrap();
        other.bookkeep(|conn| run(conn, "INSERT INTO t VALUES (1, 1), (2, 1)")).await.unwrap();

        let ours = db.read(|conn| run(conn, "SELECT * FROM nowhere")).await;
        let message = format!("{ours:?}");
        if std::env::var("REQUIRE_POSTGRES").as_deref() == Ok("1") || message.contains("existiert") {
            assert!(message.contains("existiert nicht"), "it speaks German: {message}");
        }
        is_internal(ours);
        is_internal(db.bookkeep(|conn| run(conn, "INSERT INTO t VALUES (3, NULL)")).await);
        is_internal(db.bookkeep(|conn| run(conn, "INSERT INTO t VALUES (3, 9)")).await);
        let taken = db.bookkeep(|conn| run(conn, "INSERT INTO t VALUES (1, 1)")).await;
        assert!(matches!(taken, Err(StoreError::Unique(_))), "{taken:?}");

        // 57014, by the limit of a statement; 25P03, by that of a transaction.
        is_unavailable(db.read(|conn| run(conn, "SELECT pg_sleep(60)")).await);
        let slow = other.clone();
        let idle = db.bookkeep(move |conn| {
            run(conn, "SELECT 1")?;
            block_on(slow.read(|conn| run(conn, "SELECT pg_sleep(0.5)")))?;
            run(conn, "SELECT 1")
        });
        is_unavailable(idle.await);
        // 55P03
        let held = db.clone();
        let locked = other.bookkeep(move |conn| {
            run(conn, "SELECT * FROM t WHERE id = 1 FOR UPDATE")?;
            is_unavailable(block_on(held.bookkeep(|conn| run(conn, "SELECT * FROM t FOR UPDATE NOWAIT"))));
            Ok(())
        });
        locked.await.unwrap();
        // 25006, 57P01, 53400, 53100
        is_unavailable(db.bookkeep(|conn| run(conn, "SET TRANSACTION READ ONLY; DELETE FROM t")).await);
        is_unavailable(db.read(|conn| run(conn, "SELECT pg_terminate_backend(pg_backend_pid())")).await);
        let large = "SET LOCAL temp_file_limit = '64kB'; SET LOCAL work_mem = '64kB'; \
                     SELECT count(*) FROM generate_series(1, 100000)";
        is_unavailable(db.bookkeep(move |conn| run(conn, large)).await);
        let full = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$";
        is_unavailable(db.bookkeep(move |conn| run(conn, full)).await);
        // None of them left anything behind.
        let begun = db.bookkeep(|conn| word(conn, "current_setting('transaction_isolation')")).await;
        assert_eq!(begun.unwrap(), "read committed", "named, whatever the server's default");
        assert_eq!(db.read(|conn| word(conn, "SELECT sum(n) FROM t")).await.unwrap(), "2");
    });
}

#[test]
fn two_that_wait_for_each_other_are_both_done() {
    let Some(cluster) = server() else { return };
    let db = open(&cluster.url(), PostgresSettings::default());
    block_on(db.bookkeep(|conn| run(conn, "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL)"))).unwrap();
    block_on(db.bookkeep(|conn| run(conn, "INSERT INTO t VALUES (1, 0), (2, 0)"))).unwrap();
    let (both, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
    let raise = |first: i32, second: i32| {
        let (both, runs, met) = (both.clone(), runs.clone(), Arc::new(AtomicBool::new(false)));
        db.bookkeep(move |conn| {
            runs.fetch_add(1, Ordering::SeqCst);
            run(conn, &format!("UPDATE t SET n = n + 1 WHERE id = {first}"))?;
            if !met.swap(true, Ordering::SeqCst) {
                both.wait();
            }
            run(conn, &format!("UPDATE t SET n = n + 1 WHERE id = {second}"))
        })
    };
    std::thread::scope(|scope| {
        let (one, other) = (raise(1, 2), raise(2, 1));
        let one = scope.spawn(|| block_on(one));
        let other = scope.spawn(|| block_on(other));
        one.join().unwrap().unwrap();
        other.join().unwrap().unwrap();
    });
    assert_eq!(runs.load(Ordering::SeqCst), 3, "one of them was done again");
    assert_eq!(block_on(db.read(|conn| word(conn, "SELECT sum(n) FROM t"))).unwrap(), "4");
}

#[test]
fn what_cannot_be_serialized_is_done_again() {
    let Some(cluster) = server() else { return };
    let (db, other) = (
        open(&cluster.url(), PostgresSettings::default()),
        open(&cluster.url(), PostgresSettings::default()),
    );
    block_on(db.bookkeep(|conn| run(conn, "CREATE TABLE t (n int NOT NULL); INSERT INTO t VALUES (0)")))
        .unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let seen = runs.clone();
    let raised = db.bookkeep(move |conn| {
        run(conn, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t")?;
        if seen.fetch_add(1, Ordering::SeqCst) == 0 {
            block_on(other.bookkeep(|conn| run(conn, "UPDATE t SET n = n + 1")))?;
        }
        run(conn, "UPDATE t SET n = n + 1")
    });
    block_on(raised).unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(block_on(db.read(|conn| word(conn, "SELECT n FROM t"))).unwrap(), "2");
}

/// Inserts a row into a new table, at whose commit the server does what `at_commit` says. Returns the
/// result, and how many times the transaction ran.
fn insert_with(at_commit: &str) -> Option<(Result<(), StoreError>, u32, String)> {
    let cluster = server()?;
    let db = open(&cluster.url(), PostgresSettings::default());
    let setup = format!(
        "CREATE TABLE t (n int NOT NULL); CREATE SEQUENCE attempts; \
         CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN {at_commit}; RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION at_commit()"
    );
    block_on(db.bookkeep(move |conn| run(conn, &setup))).unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let inserted = block_on(db.bookkeep(move |conn| {
        counted.fetch_add(1, Ordering::SeqCst);
        run(conn, "INSERT INTO t VALUES (1)")
    }));
    let rows = block_on(db.read(|conn| word(conn, "SELECT count(*) FROM t"))).unwrap();
    Some((inserted, runs.load(Ordering::SeqCst), rows))
}

/// Its outcome is unknown: a second run might store the write twice.
#[test]
fn a_connection_lost_during_a_commit_is_unavailable_and_not_retried() {
    let lose = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60)";
    let Some((inserted, runs, _)) = insert_with(lose) else { return };
    is_unavailable(inserted);
    assert_eq!(runs, 1);
}

#[test]
fn a_commit_that_the_server_refuses_to_serialize_is_retried() {
    let refuse = "IF nextval('attempts') = 1 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF";
    let Some((inserted, runs, rows)) = insert_with(refuse) else { return };
    inserted.unwrap();
    assert_eq!((runs, rows.as_str()), (2, "1"));
}

#[test]
fn a_full_or_read_only_sqlite_file_is_unavailable() {
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    block_on(async {
        let full = db.bookkeep(|conn| {
            run(conn, "PRAGMA max_page_count = 1; CREATE TABLE t (b BLOB); INSERT INTO t VALUES (zeroblob(1000000))")
        });
        is_unavailable(full.await);
        is_unavailable(
            db.bookkeep(|conn| run(conn, "PRAGMA query_only = ON; DELETE FROM store_marks")).await,
        );
        is_internal(db.bookkeep(|conn| run(conn, "DELETE FROM nowhere")).await);
    });
}
