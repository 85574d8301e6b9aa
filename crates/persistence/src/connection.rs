use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, ConnectionError, QueryResult};

use crate::url::DatabaseUrl;
use crate::watch::Watch;

/// A connection to either database, against which every query is written once.
#[derive(diesel::MultiConnection)]
pub enum AnyConn {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

/// Runs one text of a query on the connection's own type, for what [`AnyConn`] cannot type:
/// `returning`, `on_conflict`, multi-row inserts.
///
/// `each_backend!(conn, |c| diesel::insert_into(…).returning(…).get_result(c))`
#[cfg(all(feature = "sqlite", feature = "postgres"))]
#[macro_export]
macro_rules! each_backend {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::AnyConn::Sqlite($c) => $body,
            $crate::AnyConn::Postgres($c) => $body,
        }
    };
}

/// Runs one text of a query on the connection's own type.
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
#[macro_export]
macro_rules! each_backend {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::AnyConn::Sqlite($c) => $body,
        }
    };
}

/// Runs one text of a query on the connection's own type.
#[cfg(all(feature = "postgres", not(feature = "sqlite")))]
#[macro_export]
macro_rules! each_backend {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::AnyConn::Postgres($c) => $body,
        }
    };
}

impl AnyConn {
    /// Opens a connection and sets it up.
    pub(crate) fn open(url: &DatabaseUrl, access: Access) -> Result<Self, ConnectionError> {
        if access == Access::Look {
            return Self::open_to_look(url);
        }
        match url {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                if folder.is_some_and(|folder| !folder.is_dir()) {
                    return Err(ConnectionError::BadConnection(format!(
                        "the folder of {} does not exist",
                        path.display()
                    )));
                }
                make_for_its_owner(path);
                let mut conn = diesel::SqliteConnection::establish(&path.to_string_lossy())?;
                // FULL: what was acknowledged survives a power cut. The log is brought into the file
                // every 32 MiB, not every 4, and is no larger afterwards; what a savepoint would take
                // back is kept in memory.
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
                     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                     PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 33554432; \
                     PRAGMA temp_store = MEMORY;",
                )
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(conn))
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => {
                let mut conn = diesel::PgConnection::establish(url)?;
                // Notices ("relation already exists, skipping") are not for standard error.
                conn.batch_execute("SET client_min_messages = warning")
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Postgres(conn))
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            other => Err(ConnectionError::BadConnection(format!(
                "this build of Roster has no support for {other}"
            ))),
        }
    }

    /// Opens a connection on which the database refuses to write, and makes no file.
    fn open_to_look(url: &DatabaseUrl) -> Result<Self, ConnectionError> {
        match url {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => {
                let mut conn = diesel::SqliteConnection::establish(&existing(path))?;
                conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(conn))
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(_) => {
                let mut conn = Self::open(url, Access::Serve)?;
                conn.batch_execute("SET default_transaction_read_only = on")
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(conn)
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            other => Err(ConnectionError::BadConnection(format!(
                "this build of Roster has no support for {other}"
            ))),
        }
    }

    /// The kind of database.
    #[cfg(feature = "archive")]
    pub(crate) fn backend(&self) -> crate::url::Backend {
        use crate::url::Backend;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once: one that
    /// reads first and writes later fails with "database is locked" whatever its busy timeout.
    pub(crate) fn begin_write(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
        }
    }

    /// Begins a part of the running transaction that can be taken back by itself: the next
    /// [`AnyConn::commit`] or [`AnyConn::rollback`] ends it.
    pub(crate) fn begin_savepoint(&mut self) -> QueryResult<()> {
        each_backend!(self, |conn| AnsiTransactionManager::begin_transaction(conn))
    }

    /// Begins a transaction that only reads, and sees one moment throughout.
    pub(crate) fn begin_snapshot(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(
                conn,
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
        }
    }

    /// Lets one transaction at a time go on from here, of all that name the same `what`; the others
    /// wait for its end. On SQLite a transaction that writes is the only one anyway.
    ///
    /// # Errors
    /// If the database fails.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite has one writer"))]
    pub fn queue(&mut self, what: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                use diesel::RunQueryDsl as _;
                let lock = diesel::sql_query("SELECT pg_advisory_xact_lock($1)");
                lock.bind::<diesel::sql_types::BigInt, _>(what).execute(conn).map(drop)
            }
        }
    }

    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        each_backend!(self, |conn| AnsiTransactionManager::commit_transaction(conn))
    }

    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        each_backend!(self, |conn| AnsiTransactionManager::rollback_transaction(conn))
    }
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To read and to write.
    Serve,
    /// To look, and change nothing.
    Look,
}

/// The name by which SQLite opens the file only if it is there.
#[cfg(feature = "sqlite")]
fn existing(path: &std::path::Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?mode=rw")
}

/// Makes the file where there is none, so that nobody but its owner reads it; SQLite itself would let
/// everybody. Its two companions get the same mode and owner from SQLite.
#[cfg(feature = "sqlite")]
fn make_for_its_owner(path: &std::path::Path) {
    // There already, or not to be made: SQLite opens it, or says why not.
    #[cfg(unix)]
    let _ = crate::owner::create_private(path, Some(crate::owner::folder_of(path)));
    #[cfg(not(unix))]
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
}

/// Opens connections for the pool, by the URL's scheme alone: `AnyConn::establish` would try one
/// database after the other, and SQLite takes any text for a file name.
#[derive(Debug, Clone)]
pub(crate) struct Manager {
    pub(crate) url: DatabaseUrl,
    pub(crate) access: Access,
    pub(crate) slow_query: Duration,
    #[cfg(feature = "testing")]
    pub(crate) recorder: crate::testing::Recorder,
}

impl Manager {
    /// A connection that is watched.
    pub(crate) fn open(&self) -> Result<AnyConn, ConnectionError> {
        Ok(self.watched(AnyConn::open(&self.url, self.access)?))
    }

    /// One for whoever writes all the time: it keeps more pages in its memory, 16 MiB at the most, so that
    /// it need neither read them again nor write them before the commit.
    pub(crate) fn open_to_write(&self) -> Result<AnyConn, ConnectionError> {
        let mut conn = AnyConn::open(&self.url, self.access)?;
        match &mut conn {
            #[cfg(feature = "sqlite")]
            AnyConn::Sqlite(conn) => conn
                .batch_execute("PRAGMA cache_size = -16384")
                .map_err(ConnectionError::CouldntSetupConfiguration)?,
            // It has many who write, and its own memory.
            #[cfg(feature = "postgres")]
            AnyConn::Postgres(_) => {}
        }
        Ok(self.watched(conn))
    }

    fn watched(&self, mut conn: AnyConn) -> AnyConn {
        let watch = Watch {
            slow: self.slow_query,
            begun: None,
            #[cfg(feature = "testing")]
            recorder: self.recorder.clone(),
        };
        watch.over(&mut conn);
        conn
    }
}

/// A connection that was used this short a time ago is taken to be alive: asking would cost every
/// statement a second round trip.
const ALIVE: Duration = Duration::from_millis(500);

/// A connection of the pool.
pub(crate) struct Pooled {
    pub(crate) conn: AnyConn,
    /// When it was opened, or given back to the pool.
    used: Instant,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        let conn = self.open().map_err(diesel::r2d2::Error::ConnectionError)?;
        Ok(Pooled { conn, used: Instant::now() })
    }

    /// A server may have been restarted.
    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        if pooled.used.elapsed() < ALIVE {
            return Ok(());
        }
        pooled.conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.used = Instant::now();
        pooled.conn.is_broken()
    }
}
