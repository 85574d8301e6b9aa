//! Writes that share a transaction, on SQLite, which has one writer.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use futures_lite::FutureExt as _;
use futures_lite::future::{block_on, poll_once};
use roster_kernel::{Change, Origin, OsRandom, PortError, SystemClock};
use roster_migrations::PERSISTENCE;
use roster_persistence::testing::TestDatabase;
use roster_persistence::{AnyConn, Closed, Db, DbSettings, Entry, Outcome, StoreError};

fn put_mark(conn: &mut AnyConn, name: &str) -> Result<(), StoreError> {
    diesel::sql_query("INSERT INTO store_marks (name, value, at_ms) VALUES ($1, 'v', 0)")
        .bind::<Text, _>(name)
        .execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The marks that are there, in their order.
fn marks(db: &Db) -> Vec<String> {
    let marks = db
        .read(|conn| Ok(diesel::sql_query("SELECT name FROM store_marks ORDER BY name").load::<Name>(conn)?));
    block_on(marks).unwrap().into_iter().map(|mark| mark.name).collect()
}

/// A write that begins and then holds the writer until something is sent.
fn held(db: &Db) -> (mpsc::Sender<()>, impl Future<Output = Result<(), StoreError>>) {
    let (release, released) = mpsc::channel();
    let released = Arc::new(Mutex::new(released));
    let db = db.clone();
    let write = async move {
        db.bookkeep(move |conn| {
            put_mark(conn, "held")?;
            let _ = released.lock().unwrap().recv();
            Ok(())
        })
        .await
    };
    (release, write)
}

#[test]
fn writes_that_wait_share_a_transaction_and_keep_answers_of_their_own() {
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    let recording = db.record();
    block_on(async {
        let (release, first) = held(&db);
        let mut first = Box::pin(first);
        assert!(poll_once(&mut first).await.is_none());
        let change = Change { principal: "tester".into(), origin: Origin::default(), at_ms: 1 };
        let entry = |name: &str| Entry::event("test", "", name, "make", &["mark"]);
        let mut kept = Box::pin(db.write(&change, move |conn| {
            put_mark(conn, "kept")?;
            Ok(Outcome::Commit(1, entry("kept")))
        }));
        let mut refused = Box::pin(db.write(&change, |conn| {
            put_mark(conn, "refused")?;
            Ok(Outcome::Refuse(2))
        }));
        let mut taken = Box::pin(db.bookkeep(|conn| {
            put_mark(conn, "half")?;
            put_mark(conn, "kept")
        }));
        let panics = db.bookkeep(|conn| -> Result<(), StoreError> {
            put_mark(conn, "panicked")?;
            panic!("on purpose")
        });
        let mut panics = Box::pin(AssertUnwindSafe(panics).catch_unwind());
        let mut last = Box::pin(db.bookkeep(|conn| put_mark(conn, "last")));
        assert!(poll_once(&mut kept).await.is_none());
        assert!(poll_once(&mut refused).await.is_none());
        assert!(poll_once(&mut taken).await.is_none());
        assert!(poll_once(&mut panics).await.is_none());
        assert!(poll_once(&mut last).await.is_none());
        release.send(()).unwrap();
        first.await.unwrap();
        assert_eq!(kept.await.unwrap(), 1);
        assert_eq!(refused.await.unwrap(), 2);
        assert!(matches!(taken.await, Err(StoreError::Unique(_))));
        assert!(panics.await.is_err());
        last.await.unwrap();
    });
    let statements = recording.finish();
    let begun = statements.iter().filter(|statement| statement.sql() == "BEGIN IMMEDIATE").count();
    assert!(begun <= 2, "{begun} transactions for six writes");
    assert_eq!(marks(&db), ["held", "kept", "last"]);
}

#[test]
fn who_goes_before_his_write_has_begun_takes_it_with_him() {
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    block_on(async {
        let (release, first) = held(&db);
        let mut first = Box::pin(first);
        assert!(poll_once(&mut first).await.is_none());
        let mut gone = Box::pin(db.bookkeep(|conn| put_mark(conn, "gone")));
        assert!(poll_once(&mut gone).await.is_none());
        drop(gone);
        release.send(()).unwrap();
        first.await.unwrap();
        db.bookkeep(|conn| put_mark(conn, "next")).await.unwrap();
    });
    assert_eq!(marks(&db), ["held", "next"]);
}

#[test]
fn who_goes_after_his_write_has_begun_leaves_it_done() {
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    block_on(async {
        let (begin, begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let released = Arc::new(Mutex::new(released));
        let mut write = Box::pin(db.bookkeep(move |conn| {
            begin.send(()).unwrap();
            let _ = released.lock().unwrap().recv();
            put_mark(conn, "begun")
        }));
        assert!(poll_once(&mut write).await.is_none());
        begun.recv().unwrap();
        drop(write);
        drop(release);
        db.bookkeep(|conn| put_mark(conn, "next")).await.unwrap();
    });
    assert_eq!(marks(&db), ["begun", "next"]);
}

#[test]
fn who_has_waited_too_long_is_told_so_and_nothing_was_begun() {
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    let settings = DbSettings { patience: Duration::from_nanos(1), ..DbSettings::default() };
    let impatient = Db::open(database.url(), settings, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap();
    let refused = block_on(impatient.bookkeep(|conn| put_mark(conn, "late")));
    assert!(matches!(refused, Err(StoreError::Port(PortError::Busy { .. }))), "{refused:?}");
    assert_eq!(marks(&db), [""; 0]);
}

/// A check that only the commit makes, so that it is nobody's own failure.
#[test]
fn a_commit_that_fails_is_told_to_all_who_were_in_it() {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    block_on(async {
        let (release, first) = held(&db);
        let mut first = Box::pin(first);
        assert!(poll_once(&mut first).await.is_none());
        let mut broken = Box::pin(db.bookkeep(|conn| {
            diesel::sql_query("PRAGMA defer_foreign_keys = ON").execute(conn)?;
            let orphan = "INSERT INTO store_journal_values (entry_id, after_json) VALUES ('nobody', '{}')";
            diesel::sql_query(orphan).execute(conn)?;
            Ok(())
        }));
        let mut beside = Box::pin(db.bookkeep(|conn| put_mark(conn, "beside")));
        assert!(poll_once(&mut broken).await.is_none());
        assert!(poll_once(&mut beside).await.is_none());
        release.send(()).unwrap();
        let answers = [first.await.is_ok(), broken.await.is_ok(), beside.await.is_ok()];
        // The first had a transaction of its own if it was over before the others came into it.
        assert!(answers == [false; 3] || answers == [true, false, false], "{answers:?}");
        let there = if answers[0] { vec!["held"] } else { vec![] };
        assert_eq!(marks(&db), there);
        db.bookkeep(|conn| put_mark(conn, "next")).await.unwrap();
        let orphans = db.read(|conn| {
            Ok(diesel::sql_query("SELECT count(*) AS n FROM store_journal_values")
                .get_result::<Count>(conn)?
                .n)
        });
        assert_eq!(orphans.await.unwrap(), 0);
    });
}

/// A write that finds the queue full waits before it enters, and is refused in time.
#[test]
fn the_queue_is_bounded_before_it_is_entered() {
    let database = TestDatabase::sqlite();
    database.open(&[PERSISTENCE]);
    let settings = DbSettings { patience: Duration::from_millis(200), ..DbSettings::default() };
    let db = Db::open(database.url(), settings, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap();
    block_on(async {
        let (release, first) = held(&db);
        let mut first = Box::pin(first);
        assert!(poll_once(&mut first).await.is_none());
        let body = Arc::new(());
        let mut waiting: Vec<_> = (0..2_000)
            .map(|_| {
                let (db, body) = (db.clone(), body.clone());
                Box::pin(async move {
                    db.bookkeep(move |_| {
                        drop(body);
                        Ok(())
                    })
                    .await
                })
            })
            .collect();
        for write in &mut waiting {
            assert!(poll_once(write).await.is_none());
        }
        // Those that have been given up leave nothing outside the queue, which holds no more than it may.
        drop(waiting);
        let queued = Arc::strong_count(&body) - 1;
        assert!(queued <= 512, "{queued}");
        release.send(()).unwrap();
        first.await.unwrap();
    });
}

/// What the file holds by itself, without its log.
fn alone(path: &std::path::Path) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.sqlite");
    std::fs::copy(path, &copy).unwrap();
    let url = roster_persistence::DatabaseUrl::sqlite(&copy);
    marks(&Db::open(&url, DbSettings::default(), Arc::new(SystemClock), Arc::new(OsRandom)).unwrap())
}

#[test]
fn a_closed_file_is_whole_by_itself_unless_another_process_reads_it() {
    let database = TestDatabase::sqlite();
    let roster_persistence::DatabaseUrl::Sqlite(path) = database.url() else { panic!() };
    let db = database.open(&[PERSISTENCE]);
    // Others still have handles, as a server's routes do.
    let _kept = db.clone();
    for name in ["a", "b", "c"] {
        block_on(db.bookkeep(move |conn| put_mark(conn, name))).unwrap();
    }
    assert_eq!(marks(&db).len(), 3);
    assert_eq!(db.close(Duration::ZERO).unwrap(), Closed::Whole);
    assert_eq!(alone(path), ["a", "b", "c"]);
    block_on(db.bookkeep(|conn| put_mark(conn, "late"))).unwrap_err();

    let db = database.open(&[PERSISTENCE]);
    let reader = database.open(&[]);
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let released = Arc::new(Mutex::new(released));
    let pinned = std::thread::spawn(move || {
        block_on(reader.snapshot(move |conn| {
            diesel::sql_query("SELECT name FROM store_marks").load::<Name>(conn)?;
            begin.send(()).unwrap();
            let _ = released.lock().unwrap().recv();
            Ok(())
        }))
    });
    begun.recv().unwrap();
    block_on(db.bookkeep(|conn| put_mark(conn, "d"))).unwrap();
    assert_eq!(db.close(Duration::from_millis(50)).unwrap(), Closed::LogRemains);
    drop(release);
    pinned.join().unwrap().unwrap();
}

/// A look on the caller's own thread that finds the file locked goes where it may wait.
#[test]
fn a_look_at_a_locked_file_is_handed_over() {
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    block_on(db.bookkeep(|conn| put_mark(conn, "there"))).unwrap();
    let threads = Arc::new(Mutex::new(Vec::new()));
    let look = |fail: bool| {
        let threads = threads.clone();
        db.look_up(move |conn| {
            let mut seen = threads.lock().unwrap();
            seen.push(std::thread::current().id());
            if fail && seen.len() == 2 {
                return Err(StoreError::Locked);
            }
            Ok(diesel::sql_query("SELECT name FROM store_marks").load::<Name>(conn)?.len())
        })
    };
    // The first look opens a connection, elsewhere; the second finds it idle.
    assert_eq!(block_on(look(false)).unwrap(), 1);
    assert_eq!(block_on(look(true)).unwrap(), 1);
    let seen = threads.lock().unwrap();
    let here = std::thread::current().id();
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(seen[0] != here && seen[1] == here && seen[2] != here, "{seen:?}");
}
