use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, ConnectionError, QueryResult};

use crate::settings::{BEGIN_WRITE, NO_LIMITS, PostgresSettings};
use crate::url::DatabaseUrl;

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

/// The later one of a column's time and `$at`, both in milliseconds since the epoch: what a change writes as
/// its subject's time, so that it never goes back where a clock was ahead and was set right.
///
/// `.set(users::updated_ms.eq(later!(users::updated_ms, at_ms)))`
#[macro_export]
macro_rules! later {
    ($column:expr, $at:expr) => {
        diesel::dsl::case_when($column.gt($at), $column).otherwise($at)
    };
}

impl AnyConn {
    /// Opens a connection and sets it up.
    pub(crate) fn open(
        url: &DatabaseUrl,
        access: Access,
        settings: &PostgresSettings,
    ) -> Result<Self, ConnectionError> {
        if access == Access::Look {
            return Self::open_to_look(url, settings);
        }
        match url {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => {
                // It was made when the store was opened: one that is gone is not made anew.
                let mut conn = diesel::SqliteConnection::establish(&existing(path))?;
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
                let mut conn = diesel::PgConnection::establish(&settings.complete(url))?;
                let limits = settings.at_connect(url);
                if !limits.is_empty() {
                    conn.batch_execute(&limits).map_err(ConnectionError::CouldntSetupConfiguration)?;
                }
                if !settings.prepared_statements {
                    conn.set_prepared_statement_cache_size(diesel::connection::CacheSize::Disabled);
                }
                Ok(Self::Postgres(conn))
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            other => Err(ConnectionError::BadConnection(format!(
                "this build of Roster has no support for {other}"
            ))),
        }
    }

    /// Opens a connection on which SQLite refuses to write, and makes no file. PostgreSQL refuses within
    /// the transactions of [`AnyConn::begin_snapshot`]: a session may be shared by others.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "they are PostgreSQL's"))]
    fn open_to_look(url: &DatabaseUrl, settings: &PostgresSettings) -> Result<Self, ConnectionError> {
        match url {
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(path) => {
                let mut conn = diesel::SqliteConnection::establish(&existing(path))?;
                conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(conn))
            }
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(_) => Self::open(url, Access::Serve, settings),
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            other => Err(ConnectionError::BadConnection(format!(
                "this build of Roster has no support for {other}"
            ))),
        }
    }

    /// Opens a SQLite file to read what is in it without its log, if it can be read.
    #[cfg_attr(not(feature = "sqlite"), expect(unused_variables, reason = "it is SQLite's"))]
    pub(crate) fn open_without_log(path: &std::path::Path) -> Option<Self> {
        #[cfg(feature = "sqlite")]
        let conn = diesel::SqliteConnection::establish(&format!("{}&immutable=1", existing(path))).ok();
        #[cfg(feature = "sqlite")]
        return conn.map(Self::Sqlite);
        #[cfg(not(feature = "sqlite"))]
        None
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

    /// How long SQLite waits for another's lock. PostgreSQL has its own limits.
    #[cfg_attr(not(feature = "sqlite"), expect(unused_variables, reason = "it is SQLite's"))]
    pub(crate) fn wait_for_locks(&mut self, limit: std::time::Duration) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => conn.batch_execute(&format!("PRAGMA busy_timeout = {}", limit.as_millis())),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once: one that
    /// reads first and writes later fails with "database is locked" whatever its busy timeout.
    /// On PostgreSQL it begins with `postgres`.
    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite has one way"))]
    pub(crate) fn begin_write(&mut self, postgres: &str) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, postgres),
        }
    }

    /// The same for one that may last, and wait between its statements: no limit of the server ends it.
    pub(crate) fn begin_long_write(&mut self) -> QueryResult<()> {
        self.begin_write(&format!("{BEGIN_WRITE}{NO_LIMITS}"))
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
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, BEGIN_SNAPSHOT),
        }
    }

    /// The same for one that may last: no limit of the server ends it.
    #[cfg(feature = "archive")]
    pub(crate) fn begin_long_snapshot(&mut self) -> QueryResult<()> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => self.begin_snapshot(),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                AnsiTransactionManager::begin_transaction_sql(conn, &format!("{BEGIN_SNAPSHOT}{NO_LIMITS}"))
            }
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

#[cfg(feature = "postgres")]
const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

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
