//! Throw-away databases, so that the law of every port is tested on SQLite **and** PostgreSQL.
//!
//! PostgreSQL comes from `TEST_DATABASE_URL` (a server on which databases may be created), else
//! from a cluster of its own, made from the machine's binaries and gone with the process. Where
//! neither is to be had the test says so loudly and goes on with SQLite alone; with
//! `REQUIRE_POSTGRES=1` that is a failure.

mod statements;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use diesel::connection::SimpleConnection;
pub use futures_lite::future::block_on;
use roster_kernel::{Clock, OsRandom, SystemClock};
use roster_migrations::MigrationSet;

use crate::connection::{Access, AnyConn};
use crate::db::{Db, DbSettings};
use crate::url::{Backend, DatabaseUrl};

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
            AnyConn::open(&DatabaseUrl::Postgres(server.clone()), Access::Serve).expect("the server answers");
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
        let db = Db::open(&self.url, DbSettings::default(), clock, Arc::new(OsRandom)).expect("opens");
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

/// The server's URL, made once a process.
fn server() -> Option<String> {
    static SERVER: OnceLock<Result<String, String>> = OnceLock::new();
    let found = SERVER.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => Ok(url),
        Err(_) => start_cluster(),
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

/// Makes a cluster and keeps it running as long as this process holds its standard input.
fn start_cluster() -> Result<String, String> {
    let bin = binaries()
        .ok_or("no PostgreSQL server: set TEST_DATABASE_URL, or install its binaries (initdb, postgres)")?;
    let folder = tempfile::Builder::new().prefix("roster-pg-").tempdir().map_err(|e| e.to_string())?.keep();
    let data = folder.join("data");
    let user = unprivileged_user();
    if let Some((uid, gid)) = user {
        std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).map_err(|e| e.to_string())?;
    }
    let as_user = |program: &Path| {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        command.current_dir(&folder).stdout(Stdio::null());
        command
    };
    let initdb = as_user(&bin.join("initdb"))
        .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"])
        .arg("--pgdata")
        .arg(&data)
        .stderr(Stdio::piped())
        .output()
        .map_err(|e| e.to_string())?;
    if !initdb.status.success() {
        return Err(format!("initdb: {}", String::from_utf8_lossy(&initdb.stderr)));
    }
    // The shell ends the server when our end of the pipe closes, however this process ends.
    let script = "\"$1/postgres\" -D \"$2\" -k \"$3\" -c listen_addresses= -c fsync=off \
                  -c max_connections=400 >\"$3/log\" 2>&1 & server=$!; \
                  read -r _; kill -INT $server; wait $server; rm -rf \"$3\"";
    let mut keeper = as_user(Path::new("/bin/sh"));
    keeper.args(["-c", script, "keeper"]).arg(&bin).arg(&data).arg(&folder);
    let mut child = keeper.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
    std::mem::forget(child.stdin.take());
    let url = format!("postgres://postgres@/postgres?host={}", folder.display());
    let wait = Command::new(bin.join("pg_isready"));
    wait_until_ready(wait, &folder)?;
    Ok(url)
}

/// Asks until the server answers; each question waits for itself, so there is nothing to sleep.
fn wait_until_ready(mut ask: Command, folder: &Path) -> Result<(), String> {
    ask.arg("--host").arg(folder).args(["--username=postgres", "--timeout=1"]).stdout(Stdio::null());
    for _ in 0..2_000 {
        if ask.status().map_err(|e| e.to_string())?.success() {
            return Ok(());
        }
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    Err(format!("the cluster did not start: {log}"))
}

fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let mut found: Vec<PathBuf> =
        versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    found
        .into_iter()
        .rev()
        .chain(on_path)
        .find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
}

/// PostgreSQL refuses to run as root: then another user of the machine does.
fn unprivileged_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].into_iter().find_map(|name| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}
