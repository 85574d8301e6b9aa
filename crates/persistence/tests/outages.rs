//! A server that crashes, freezes, turns read-only, or sits behind a network that swallows.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use roster_kernel::{OsRandom, PortError, SystemClock};
use roster_migrations::PERSISTENCE;
use roster_persistence::testing::{Cluster, Proxy, TestDatabase, block_on};
use roster_persistence::{AnyConn, DatabaseUrl, Db, DbSettings, PostgresSettings, StoreError, each_backend};

/// `/readyz` has a second.
const BOUND: Duration = Duration::from_secs(1);

fn cluster() -> Option<Cluster> {
    match Cluster::start(&[]) {
        Ok(cluster) => Some(cluster),
        Err(reason) => {
            assert!(std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"), "{reason}");
            None
        }
    }
}

fn open(url: &str) -> Db {
    let postgres = PostgresSettings {
        connect_timeout: Duration::from_secs(2),
        silence: Duration::from_secs(1),
        ..PostgresSettings::default()
    };
    let settings =
        DbSettings { pool_size: 2, patience: Duration::from_secs(1), postgres, ..DbSettings::default() };
    let url: DatabaseUrl = url.parse().unwrap();
    let db = Db::open(&url, settings, Arc::new(SystemClock), Arc::new(OsRandom)).unwrap();
    let lock = db.lock_start().unwrap();
    db.migrate(&lock, &[PERSISTENCE]).unwrap();
    block_on(db.set_mark("begun", "serve")).unwrap();
    db
}

fn run(conn: &mut AnyConn, sql: &str) -> Result<(), StoreError> {
    Ok(each_backend!(conn, |conn| conn.batch_execute(sql))?)
}

/// Whether it was done; if not it must be "come again".
fn is_done(result: Result<(), StoreError>) -> bool {
    match result.map_err(PortError::from) {
        Ok(()) => true,
        Err(PortError::Busy { .. }) => false,
        Err(other) => panic!("{other:?}"),
    }
}

fn read(db: &Db) -> bool {
    is_done(block_on(db.mark("begun")).map(drop))
}

fn write(db: &Db) -> bool {
    let raise = "UPDATE store_marks SET at_ms = at_ms + 1 WHERE name = 'begun'";
    is_done(block_on(db.bookkeep(move |conn| run(conn, raise))))
}

/// Whether it is ready, which it says in time.
fn ready(db: &Db) -> bool {
    let begun = Instant::now();
    let ready = block_on(db.ready()).is_ok();
    assert!(begun.elapsed() <= BOUND, "{:?}", begun.elapsed());
    ready
}

/// Asks until the answer is `wanted`; each question has a bound of its own.
fn until(what: &str, wanted: bool, ask: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while ask() != wanted {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
    }
    begun.elapsed()
}

#[test]
fn a_crashed_server_is_used_again_as_soon_as_it_is_back() {
    let Some(mut cluster) = cluster() else { return };
    let db = open(&cluster.url());
    assert!(read(&db) && write(&db) && ready(&db));
    cluster.crash();
    for _ in 0..5 {
        assert!(!read(&db) && !write(&db));
    }
    until("not ready", false, || ready(&db));
    // A client that never pauses.
    let (stop, away) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                let done = read(&db);
                away.lock().unwrap().push(done);
            }
        });
        cluster.restart().unwrap();
        let took = until("reads", true, || read(&db)) + until("writes", true, || write(&db));
        assert!(took < Duration::from_secs(1), "{took:?}");
        until("ready", true, || ready(&db));
        away.lock().unwrap().clear();
        for _ in 0..50 {
            assert!(read(&db) && write(&db));
        }
        stop.store(true, Ordering::SeqCst);
    });
    assert!(away.lock().unwrap().iter().all(|done| *done), "no dead connection is used again");
}

#[test]
fn a_lost_backend_costs_its_own_request() {
    let Some(cluster) = cluster() else { return };
    let db = open(&cluster.url());
    for _ in 0..3 {
        assert!(!is_done(block_on(
            db.read(|conn| run(conn, "SELECT pg_terminate_backend(pg_backend_pid())"))
        )));
        let begun = Instant::now();
        assert!(read(&db) && write(&db));
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}

#[test]
fn a_frozen_server_delays_requests_only_for_a_bounded_time() {
    let Some(cluster) = cluster() else { return };
    let db = open(&cluster.url());
    assert!(read(&db) && ready(&db));
    cluster.freeze();
    until("not ready", false, || ready(&db));
    for _ in 0..3 {
        let begun = Instant::now();
        assert!(!read(&db));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    cluster.thaw();
    until("reads", true, || read(&db));
    until("ready", true, || ready(&db));
}

#[test]
fn a_server_that_turns_read_only_is_left_for_the_one_that_takes_writes() {
    let Some(old) = cluster() else { return };
    let both = |new: &Cluster| {
        format!("postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres", old.port(), new.port())
    };
    let alone = open(&old.url());
    let new = old.standby().unwrap();
    let db = open(&both(&new));
    assert!(write(&db) && ready(&db) && write(&alone));
    let turn = "ALTER SYSTEM SET default_transaction_read_only = on";
    let admin = alone.read(move |conn| run(conn, turn).and_then(|()| run(conn, "SELECT pg_reload_conf()")));
    block_on(admin).unwrap();
    until("not ready", false, || ready(&alone));
    until("writes refused", false, || write(&alone));
    assert!(read(&alone), "it is still read from");
    until("writes refused", false, || write(&db));
    new.promote().unwrap();
    until("writes", true, || write(&db));
    until("ready", true, || ready(&db));
    assert!(!write(&alone), "the old one has not changed");
}

/// Answers the sessions of the database that wait for a synchronous standby.
fn waiting_sessions(db: &Db) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let count = "SELECT count(*) AS count FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let counted = block_on(db.read(move |conn| {
        use diesel::RunQueryDsl as _;
        Ok(each_backend!(conn, |conn| diesel::sql_query(count).get_result::<Count>(conn))?)
    }));
    counted.unwrap().count
}

#[test]
fn a_server_that_finishes_no_write_is_read_from_and_not_crowded() {
    let Some(cluster) = cluster() else { return };
    let db = open(&cluster.url());
    assert!(read(&db) && write(&db) && ready(&db));
    let wait_for = |standby: &str| {
        // It is a setting of the server, written without a commit.
        let change = format!("ALTER SYSTEM SET synchronous_standby_names = '{standby}'");
        let reload = "SELECT pg_reload_conf()";
        block_on(db.read(move |conn| run(conn, &change).and_then(|()| run(conn, reload)))).unwrap();
    };
    wait_for("nowhere");
    until("not ready", false, || ready(&db));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(!write(&db)));
        }
    });
    // As long as it lasts, reads go on and the server gets no more sessions that wait.
    until("reads", true, || read(&db));
    let waiting = waiting_sessions(&db);
    assert!(waiting <= 3, "those of the pool and the probe, not {waiting}");
    for _ in 0..4 {
        let begun = Instant::now();
        assert!(read(&db) && !write(&db) && !ready(&db));
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
    assert_eq!(waiting_sessions(&db), waiting);
    wait_for("");
    let took = until("writes", true, || write(&db));
    assert!(took < Duration::from_secs(2), "{took:?}");
    until("ready", true, || ready(&db));
    assert_eq!(waiting_sessions(&db), 0);
}

#[test]
fn connections_that_are_swallowed_are_given_up() {
    let Some(cluster) = cluster() else { return };
    let proxy = Proxy::to(cluster.port()).unwrap();
    let db = open(&format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(read(&db) && write(&db)));
        }
    });
    assert!(ready(&db));
    proxy.swallow();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(!read(&db) && !write(&db)));
        }
        until("not ready", false, || ready(&db));
    });
    assert!(!ready(&db));
    proxy.take_new_ones();
    let took = until("reads", true, || read(&db)) + until("writes", true, || write(&db));
    assert!(took < Duration::from_secs(10), "{took:?}");
    until("ready", true, || ready(&db));
    // What was idle while they were swallowed, and is used after the network's return, is given up too.
    proxy.swallow();
    proxy.take_new_ones();
    let took = until("reads", true, || read(&db)) + until("writes", true, || write(&db));
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_locked_sqlite_file_is_not_ready_and_is_again() {
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE]);
    block_on(db.set_mark("begun", "serve")).unwrap();
    assert!(ready(&db));
    let (_other, whole) = db.whole().unwrap();
    until("not ready", false, || ready(&db));
    assert!(read(&db), "reading goes on");
    drop(whole);
    until("ready", true, || ready(&db));
}
