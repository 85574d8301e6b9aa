//! A store that is moved, removed or replaced while it is used, and who may do so.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use roster_kernel::{OsRandom, PortError, SystemClock};
use roster_migrations::{ALL, PERSISTENCE};
use roster_persistence::testing::{TestDatabase, block_on, settings};
use roster_persistence::{
    AnyConn, Closed, DatabaseUrl, Db, Displaced, Opening, StoreError, each_backend, lock_of,
};

fn open_as(url: &DatabaseUrl, opening: Opening) -> Result<Db, PortError> {
    let mut settings = settings();
    settings.patience = Duration::from_secs(1);
    Db::open_as(url, settings, Arc::new(SystemClock), Arc::new(OsRandom), opening)
}

fn refused(url: &DatabaseUrl, opening: Opening) -> String {
    open_as(url, opening).map(drop).unwrap_err().to_string()
}

/// A store that was begun and is known by its id.
fn begin(url: &DatabaseUrl, opening: Opening) -> Db {
    let db = open_as(url, opening).unwrap();
    let lock = db.lock_start().unwrap();
    db.migrate(&lock, &[PERSISTENCE]).unwrap();
    block_on(db.set_mark("begun", "serve")).unwrap();
    block_on(db.identify(&lock)).unwrap();
    drop(lock);
    db
}

fn file(database: &TestDatabase) -> PathBuf {
    let DatabaseUrl::Sqlite(path) = database.url() else { panic!("a file") };
    path.clone()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

fn run(conn: &mut AnyConn, sql: &str) -> Result<(), StoreError> {
    Ok(each_backend!(conn, |conn| conn.batch_execute(sql))?)
}

/// Whether it was done; if not it must be "come again", never a failure.
fn is_done<T>(result: Result<T, StoreError>) -> bool {
    match result.map_err(PortError::from) {
        Ok(_) => true,
        Err(PortError::Busy { .. }) => false,
        Err(other) => panic!("{other:?}"),
    }
}

fn write(db: &Db, name: &'static str) -> bool {
    is_done(block_on(db.set_mark(name, "written")))
}

fn read(db: &Db) -> bool {
    is_done(block_on(db.mark("begun")))
}

fn is_written(db: &Db, name: &'static str) -> bool {
    block_on(db.mark(name)).unwrap().is_some()
}

fn ready(db: &Db) -> Result<(), String> {
    block_on(db.ready()).map_err(|error| error.to_string())
}

/// How a file loses its place, and gets it back.
type Move = fn(&Path);

const MOVES: [(Displaced, Move, Move); 3] = [
    (
        Displaced::FileGone,
        |file| std::fs::rename(file, beside(file, ".away")).unwrap(),
        |file| std::fs::rename(beside(file, ".away"), file).unwrap(),
    ),
    (
        Displaced::FileGone,
        // Removed, and linked again as what still has it open could.
        |file| {
            std::fs::hard_link(file, beside(file, ".link")).unwrap();
            std::fs::remove_file(file).unwrap();
        },
        |file| std::fs::rename(beside(file, ".link"), file).unwrap(),
    ),
    (
        Displaced::FileReplaced,
        |file| {
            std::fs::rename(file, beside(file, ".away")).unwrap();
            std::fs::copy(beside(file, ".away"), file).unwrap();
        },
        |file| std::fs::rename(beside(file, ".away"), file).unwrap(),
    ),
];

#[test]
fn a_file_that_is_not_in_its_place_takes_no_writes_until_it_is_back() {
    for (displaced, away, back) in MOVES {
        let database = TestDatabase::sqlite();
        let (file, db) = (file(&database), begin(database.url(), Opening::Serve));
        assert!(write(&db, "before") && ready(&db).is_ok() && db.displaced().is_none());
        away(&file);
        assert!(!write(&db, "displaced"));
        assert_eq!(db.displaced(), Some(displaced));
        assert_eq!(ready(&db), Err(displaced.to_string()), "at once");
        assert!(read(&db), "what is open is read");
        assert_eq!(file.exists(), displaced == Displaced::FileReplaced, "no file is made");
        assert!(db.whole().is_err() && db.close(Duration::ZERO).is_err());
        back(&file);
        assert!(db.displaced().is_none());
        drop(db);
        let db = begin(database.url(), Opening::Serve);
        assert!(ready(&db).is_ok() && write(&db, "after"));
        assert!(is_written(&db, "before") && !is_written(&db, "displaced"));
    }
}

#[test]
fn a_file_that_comes_back_is_served_from_without_a_restart() {
    for (_, away, back) in MOVES {
        let database = TestDatabase::sqlite();
        let (file, db) = (file(&database), begin(database.url(), Opening::Serve));
        for name in ["one", "two"] {
            away(&file);
            assert!(!write(&db, "displaced") && ready(&db).is_err());
            back(&file);
            assert!(write(&db, name) && ready(&db).is_ok(), "{name}");
        }
        assert_eq!(db.close(Duration::ZERO).unwrap(), Closed::Whole);
        drop(db);
        let copy = TestDatabase::sqlite();
        std::fs::copy(&file, self::file(&copy)).unwrap();
        let copied = begin(copy.url(), Opening::Serve);
        assert!(is_written(&copied, "one") && is_written(&copied, "two"), "the file alone is whole");
    }
}

#[test]
fn what_is_committed_into_a_file_that_lost_its_place_is_not_acknowledged() {
    for (displaced, away, back) in MOVES {
        let database = TestDatabase::sqlite();
        let (file, db) = (file(&database), begin(database.url(), Opening::Serve));
        let moved = file.clone();
        let late = block_on(db.bookkeep(move |_| {
            away(&moved);
            Ok(())
        }));
        let late = late.unwrap_err().to_string();
        assert!(late.contains(&displaced.to_string()), "{late}");
        back(&file);
        // The same of a long transaction.
        let (inside, whole) = db.whole().unwrap();
        assert!(write(&inside, "whole"));
        away(&file);
        let late = block_on(whole.commit()).unwrap_err().to_string();
        assert!(late.contains(&displaced.to_string()), "{late}");
        back(&file);
        assert!(write(&db, "after") && ready(&db).is_ok());
    }
}

#[test]
fn a_log_that_is_removed_takes_nothing_with_it_after_a_clean_end() {
    let database = TestDatabase::sqlite();
    let (file, db) = (file(&database), begin(database.url(), Opening::Serve));
    assert!(write(&db, "before"));
    std::fs::remove_file(beside(&file, "-wal")).unwrap();
    assert!(!write(&db, "displaced"));
    assert_eq!(ready(&db), Err(Displaced::LogGone.to_string()));
    let _ = db.close(Duration::ZERO);
    drop(db);
    let db = begin(database.url(), Opening::Serve);
    assert!(is_written(&db, "before") && write(&db, "after") && ready(&db).is_ok());
}

#[test]
fn a_store_is_replaced_by_one_that_has_it_alone() {
    let database = TestDatabase::sqlite();
    let (one, two) = (begin(database.url(), Opening::Serve), begin(database.url(), Opening::Serve));
    assert!(write(&one, "one") && write(&two, "two"), "they share it");
    let lock = beside(&file(&database), ".lock");
    for _ in 0..2 {
        let told = refused(database.url(), Opening::Replace);
        assert!(told.contains("the store is in use") && told.contains("test.sqlite.lock"), "{told}");
        assert!(write(&one, "three") && write(&two, "four"));
    }
    drop(one);
    refused(database.url(), Opening::Replace);
    drop(two);
    let alone = open_as(database.url(), Opening::Replace).unwrap();
    for other in [Opening::Serve, Opening::New, Opening::Replace] {
        let told = refused(database.url(), other);
        assert!(told.contains("test.sqlite.lock"), "{told}");
    }
    drop(alone);
    assert!(lock.is_file(), "it stays");
    assert!(write(&open_as(database.url(), Opening::Serve).unwrap(), "five"));
}

#[test]
fn a_backup_is_not_restored_beside_others() {
    let origin = TestDatabase::sqlite();
    let mut backup = Vec::new();
    origin.open(ALL).backup(ALL, &mut backup).unwrap();
    let database = TestDatabase::sqlite();
    let (db, other) = (database.open(&[]), database.open(&[]));
    let restore = || {
        let lock = db.lock_start().unwrap();
        db.restore(&lock, ALL, std::io::Cursor::new(&backup)).map(drop)
    };
    let told = restore().unwrap_err().to_string();
    assert!(told.contains("the store is in use"), "{told}");
    drop(other);
    restore().unwrap();
    // Others may use it again.
    drop(database.open(ALL));
}

#[test]
fn a_link_to_a_store_leads_to_its_own_lock() {
    let database = TestDatabase::sqlite();
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link.sqlite");
    std::os::unix::fs::symlink(file(&database), &link).unwrap();
    let by_link = DatabaseUrl::sqlite(&link);
    // The first one makes the file behind the link.
    let db = begin(&by_link, Opening::Serve);
    assert!(file(&database).is_file());
    refused(database.url(), Opening::Replace);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is beside the link");
    assert_eq!(lock_of(&by_link), lock_of(database.url()));
    let other = TestDatabase::sqlite();
    drop(begin(other.url(), Opening::Serve));
    std::fs::remove_file(&link).unwrap();
    assert!(!write(&db, "gone"));
    std::os::unix::fs::symlink(file(&other), &link).unwrap();
    assert!(!write(&db, "elsewhere"));
    assert_eq!(db.displaced(), Some(Displaced::FileReplaced));
}

#[test]
fn a_store_that_is_missing_is_not_begun_anew_by_chance() {
    let database = TestDatabase::sqlite();
    let (file, url) = (file(&database), database.url());
    let log = beside(&file, "-wal");
    drop(begin(url, Opening::Serve));
    std::fs::remove_file(&file).unwrap();
    let told = refused(url, Opening::Serve);
    assert!(told.contains("is missing: its lock file") && told.contains("--new") && !file.exists(), "{told}");
    std::fs::write(&file, "").unwrap();
    assert!(refused(url, Opening::Serve).contains("is missing"), "an empty file is none");
    std::fs::remove_file(&file).unwrap();
    // The log alone tells it, and is kept.
    std::fs::remove_file(beside(&file, ".lock")).unwrap();
    std::fs::write(&log, "its last writes").unwrap();
    let told = refused(url, Opening::Serve);
    assert!(told.contains("its log") && told.contains("test.sqlite-wal remains"), "{told}");
    let db = begin(url, Opening::New);
    assert_eq!(std::fs::read_to_string(beside(&log, ".1")).unwrap(), "its last writes");
    assert!(write(&db, "new") && write(&begin(url, Opening::Serve), "beside"), "it is shared");
    // While it is served from, no other one is begun in its place.
    std::fs::rename(&file, beside(&file, ".away")).unwrap();
    assert!(refused(url, Opening::New).contains("the store is in use"));
    std::fs::rename(beside(&file, ".away"), &file).unwrap();
    assert!(write(&db, "again"));
    drop(db);
    // Without any trace it is a first start.
    for name in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(beside(&file, name));
    }
    assert!(write(&begin(url, Opening::Serve), "first"));
}

#[test]
fn a_restore_that_fails_leaves_what_was_there() {
    let database = TestDatabase::sqlite();
    let (file, url) = (file(&database), database.url());
    drop(begin(url, Opening::Serve));
    std::fs::remove_file(&file).unwrap();
    std::fs::write(beside(&file, "-wal"), "its last writes").unwrap();
    let db = open_as(url, Opening::Replace).unwrap();
    let lock = db.lock_start().unwrap();
    db.restore(&lock, ALL, std::io::Cursor::new(b"none")).unwrap_err();
    drop(lock);
    db.discard_made().unwrap();
    drop(db);
    let mut left: Vec<_> =
        std::fs::read_dir(file.parent().unwrap()).unwrap().map(|one| one.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["test.sqlite-wal", "test.sqlite.lock"]);
    assert_eq!(std::fs::read_to_string(beside(&file, "-wal")).unwrap(), "its last writes");
    assert!(refused(url, Opening::Serve).contains("is missing"));
}

/// Runs `sql` on the server at the database `name`.
fn at_server(url: &DatabaseUrl, sql: &[&str]) {
    let DatabaseUrl::Postgres(url) = url else { panic!("a server") };
    let mut conn = <diesel::PgConnection as diesel::Connection>::establish(url).unwrap();
    for sql in sql {
        conn.batch_execute(sql).unwrap();
    }
}

/// Asks until `wanted` is answered; each question has a bound of its own.
fn until(what: &str, wanted: bool, ask: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while ask() != wanted {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
    }
}

#[test]
fn another_store_in_the_database_is_told_by_its_id() {
    let Some(database) = TestDatabase::postgres() else { return };
    let db = begin(database.url(), Opening::Serve);
    let id = block_on(db.store_id()).unwrap().unwrap();
    assert!(write(&db, "before") && read(&db) && ready(&db).is_ok());
    // Its connections stay.
    at_server(database.url(), &["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"]);
    assert!(!write(&db, "gone") && !read(&db));
    assert_eq!(db.displaced(), Some(Displaced::StoreGone));
    assert_eq!(ready(&db), Err(Displaced::StoreGone.to_string()));
    let other = begin(database.url(), Opening::Serve);
    until("it is another one", true, || db.displaced() == Some(Displaced::StoreReplaced));
    assert!(!write(&db, "elsewhere") && !read(&db) && db.whole().is_err());
    assert!(ready(&db).is_err() && write(&other, "there"));
    assert!(!is_written(&other, "elsewhere"));
    // The right one is back.
    let back = format!("UPDATE store_marks SET value = '{id}' WHERE name = 'store_id'");
    assert!(is_done(block_on(other.bookkeep(move |conn| run(conn, &back)))));
    until("ready", true, || ready(&db).is_ok());
    assert!(write(&db, "after") && read(&db));
}

#[test]
fn a_database_that_was_made_anew_is_told_by_its_lack_of_a_store() {
    let Some(database) = TestDatabase::postgres() else { return };
    let DatabaseUrl::Postgres(url) = database.url() else { return };
    let name = url.split('?').next().unwrap().rsplit('/').next().unwrap();
    let beside = TestDatabase::postgres().unwrap();
    let server = beside.url();
    let db = begin(database.url(), Opening::Serve);
    let drop_it = format!("DROP DATABASE {name} WITH (FORCE)");
    let make_it = format!("CREATE DATABASE {name} TEMPLATE template0");
    at_server(server, &[&drop_it]);
    assert!(!write(&db, "gone") && !read(&db));
    at_server(server, &[&make_it]);
    until("told", true, || {
        assert!(!write(&db, "gone") && !read(&db) && ready(&db).is_err());
        db.displaced() == Some(Displaced::StoreGone)
    });
    // Another gateway begins a store in it.
    let other = begin(database.url(), Opening::Serve);
    until("it is another one", true, || db.displaced() == Some(Displaced::StoreReplaced));
    assert!(!write(&db, "elsewhere") && write(&other, "there") && !is_written(&other, "elsewhere"));
}
