use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, ConnectionError, QueryResult, RunQueryDsl as _};

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
    pub(crate) fn open(url: &DatabaseUrl) -> Result<Self, ConnectionError> {
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
                let mut conn = diesel::SqliteConnection::establish(&path.to_string_lossy())?;
                // FULL: what was acknowledged survives a power cut.
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
                     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
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
    pub fn queue(&mut self, what: i64) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                let lock = diesel::sql_query("SELECT pg_advisory_xact_lock($1)");
                lock.bind::<diesel::sql_types::BigInt, _>(what).execute(conn).map(drop)
            }
        }
    }

    /// Begins a savepoint within a transaction; [`AnyConn::commit`] and [`AnyConn::rollback`] end it.
    pub(crate) fn begin_nested(&mut self) -> QueryResult<()> {
        each_backend!(self, |conn| AnsiTransactionManager::begin_transaction(conn))
    }

    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        each_backend!(self, |conn| AnsiTransactionManager::commit_transaction(conn))
    }

    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        each_backend!(self, |conn| AnsiTransactionManager::rollback_transaction(conn))
    }
}

/// Opens connections for the pool, by the URL's scheme alone: `AnyConn::establish` would try one
/// database after the other, and SQLite takes any text for a file name.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) url: DatabaseUrl,
    pub(crate) slow_query: Duration,
    #[cfg(feature = "testing")]
    pub(crate) recorder: crate::testing::Recorder,
}

impl ManageConnection for Manager {
    type Connection = AnyConn;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConn, Self::Error> {
        let mut conn = AnyConn::open(&self.url).map_err(diesel::r2d2::Error::ConnectionError)?;
        let watch = Watch {
            slow: self.slow_query,
            begun: None,
            #[cfg(feature = "testing")]
            recorder: self.recorder.clone(),
        };
        watch.over(&mut conn);
        Ok(conn)
    }

    fn is_valid(&self, conn: &mut AnyConn) -> Result<(), Self::Error> {
        conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut AnyConn) -> bool {
        conn.is_broken()
    }
}
