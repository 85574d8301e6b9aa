//! Throw-away databases, so that the law of every port is tested on SQLite **and** PostgreSQL.
//!
//! PostgreSQL comes from `TEST_DATABASE_URL` (a server on which databases may be created), else
//! from a cluster of its own, made from the machine's binaries and gone with the process. Where
//! neither is to be had the test says so loudly and goes on with SQLite alone; with
//! `REQUIRE_POSTGRES=1` that is a failure. `TEST_POOLER=1` puts PgBouncer before that cluster.

mod cluster;
mod pooler;
mod proxy;
mod statements;

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use diesel::connection::SimpleConnection;
pub use futures_lite::future::block_on;
use roster_kernel::{Clock, OsRandom, SystemClock};
use roster_migrations::MigrationSet;

use crate::connection::{Access, AnyConn};
use crate::db::Db;
use crate::settings::{DbSettings, PostgresSettings};
use crate::url::{Backend, DatabaseUrl};

pub use cluster::{Cluster, free_port, server_binaries, server_processes, server_user};
pub use pooler::Pooler;
pub use proxy::Proxy;
pub(crate) use statements::Recorder;
pub use statements::{Plan, Recording, Statement};

/// A database of its own for one test.
pub struct TestDatabase {
    url: DatabaseUrl,
    _folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// A fresh SQLite file.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { url: DatabaseUrl::sqlite(folder.path().join("test.sqlite")), _folder: Some(folder) }
    }

    /// A fresh PostgreSQL database, where there is a server.
    pub fn postgres() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = server()?;
        let name = format!("roster_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let mut conn =
            AnyConn::open(&DatabaseUrl::Postgres(server.clone()), Access::Serve, &settings().postgres)
                .expect("the server answers");
        conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).expect("a new database");
        Some(Self { url: DatabaseUrl::Postgres(with_database(&server, &name)), _folder: None })
    }

    /// One of each kind that there is.
    pub fn each() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }

    /// One of the given kind, if there is.
    pub fn of(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => Some(Self::sqlite()),
            Backend::Postgres => Self::postgres(),
        }
    }

    /// A database that the test has made itself.
    pub fn at(url: DatabaseUrl) -> Self {
        Self { url, _folder: None }
    }

    /// Where it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Opens it with the tables of `sets`.
    pub fn open(&self, sets: &[MigrationSet]) -> Db {
        self.open_at(sets, Arc::new(SystemClock))
    }

    /// The same under a clock of the test's own.
    pub fn open_at(&self, sets: &[MigrationSet], clock: Arc<dyn Clock>) -> Db {
        let db = Db::open(&self.url, settings(), clock, Arc::new(OsRandom)).expect("opens");
        let lock = db.lock_start().expect("the start lock");
        db.migrate(&lock, sets).expect("migrates");
        db
    }
}

/// Runs `test` on every database that there is, each fresh and with the tables of `sets`.
pub fn on_each_database<F>(sets: &[MigrationSet], test: impl Fn(Db) -> F)
where
    F: Future<Output = ()>,
{
    for database in TestDatabase::each() {
        block_on(test(database.open(sets)));
    }
}

/// Runs `work` on `threads` threads at once and gathers the answers.
pub fn race<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let (work, start) = (&work, &start);
        let racers: Vec<_> = (0..threads)
            .map(|n| {
                scope.spawn(move || {
                    start.wait();
                    work(n)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
    })
}

fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    match query {
        Some(query) => format!("{}/{name}?{query}", &base[..end]),
        None => format!("{}/{name}", &base[..end]),
    }
}

/// Whether `TEST_POOLER=1` puts PgBouncer before the server.
pub fn is_pooled() -> bool {
    std::env::var("TEST_POOLER").as_deref() == Ok("1")
}

/// What stores are opened with.
pub fn settings() -> DbSettings {
    let postgres = PostgresSettings { prepared_statements: !is_pooled(), ..PostgresSettings::default() };
    DbSettings { postgres, ..DbSettings::default() }
}

/// The server's URL, made once a process.
fn server() -> Option<String> {
    static SERVER: OnceLock<Result<String, String>> = OnceLock::new();
    let found = SERVER.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => Ok(url),
        Err(_) if is_pooled() => Cluster::start(&[]).and_then(|cluster| {
            let url = Pooler::before(&cluster)?.keep();
            cluster.keep();
            Ok(url)
        }),
        Err(_) => Cluster::start(&[]).map(Cluster::keep),
    });
    match found {
        Ok(url) => Some(url.clone()),
        Err(reason) => {
            assert!(
                std::env::var("REQUIRE_POSTGRES").as_deref() != Ok("1"),
                "REQUIRE_POSTGRES=1, but: {reason}"
            );
            let _ = writeln!(std::io::stderr(), "*** SKIPPED ON POSTGRESQL: {reason} ***");
            None
        }
    }
}
