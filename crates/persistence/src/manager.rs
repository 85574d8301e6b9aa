//! How connections of the pool are opened, and when one is not used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use diesel::ConnectionError;
#[cfg(feature = "sqlite")]
use diesel::connection::SimpleConnection as _;
use diesel::r2d2::{ManageConnection, R2D2Connection as _};

use crate::connection::{Access, AnyConn};
use crate::fault::Close;
use crate::identity::{Displaced, Identity};
use crate::settings::{BEGIN_WRITE, PostgresSettings};
use crate::url::DatabaseUrl;
use crate::watch::Watch;

/// Opens connections for the pool, by the URL's scheme alone: `AnyConn::establish` would try one
/// database after the other, and SQLite takes any text for a file name.
#[derive(Debug, Clone)]
pub(crate) struct Manager {
    pub(crate) url: DatabaseUrl,
    pub(crate) access: Access,
    pub(crate) slow_query: Duration,
    pub(crate) postgres: PostgresSettings,
    pub(crate) identity: Arc<Identity>,
    #[cfg(feature = "testing")]
    pub(crate) recorder: crate::testing::Recorder,
}

/// What the statements of a connection came to, as its watch saw it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<AtomicU8>);

impl Seen {
    /// Remembers the worst.
    pub(crate) fn note(&self, close: Close) {
        self.0.fetch_max(close as u8, Ordering::Relaxed);
    }

    /// Whether the connection is not to be used again.
    pub(crate) fn failed(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= Close::This as u8
    }

    /// Whether those that are idle are not, either.
    pub(crate) fn condemns_idle(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= Close::Idle as u8
    }
}

impl Manager {
    /// A connection to the store that was opened first, and to no other in its place.
    pub(crate) fn connect_with(&self, settings: &PostgresSettings) -> Result<AnyConn, ConnectionError> {
        let displaced = |displaced: Displaced| ConnectionError::BadConnection(displaced.to_string());
        self.identity.check_file().map_err(displaced)?;
        let mut conn = AnyConn::open(&self.url, self.access, settings)?;
        // Again: the right file may have come back in place of the one that was just opened.
        self.identity.check_file().map_err(displaced)?;
        let confirmed = self.identity.confirm(&mut conn);
        confirmed.map_err(ConnectionError::CouldntSetupConfiguration)?.map_err(displaced)?;
        Ok(conn)
    }

    /// A connection that is watched, and what its watch sees.
    pub(crate) fn open(&self) -> Result<(AnyConn, Seen), ConnectionError> {
        Ok(self.watched(self.connect_with(&self.postgres)?))
    }

    /// One for the writer: it keeps more pages in its memory, 16 MiB at the most, so that
    /// it need neither read them again nor write them before the commit.
    pub(crate) fn open_to_write(&self) -> Result<(AnyConn, Seen), ConnectionError> {
        let mut conn = self.connect_with(&self.postgres)?;
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

    /// How a transaction begins that writes.
    pub(crate) fn begin_write(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(_) => String::new(),
            DatabaseUrl::Postgres(_) if self.access == Access::Look => format!("{BEGIN_WRITE} READ ONLY"),
            DatabaseUrl::Postgres(url) => self.postgres.begin_write(url),
        }
    }

    fn watched(&self, mut conn: AnyConn) -> (AnyConn, Seen) {
        let seen = Seen::default();
        let watch = Watch {
            slow: self.slow_query,
            begun: None,
            backend: self.url.backend(),
            seen: seen.clone(),
            #[cfg(feature = "testing")]
            recorder: self.recorder.clone(),
        };
        watch.over(&mut conn);
        (conn, seen)
    }
}

/// A connection that was used this short a time ago is taken to be alive: asking would cost every
/// statement a second round trip.
const ALIVE: Duration = Duration::from_millis(500);

/// A connection of the pool.
pub(crate) struct Pooled {
    pub(crate) conn: AnyConn,
    pub(crate) seen: Seen,
    /// When it was opened, or given back to the pool.
    used: Instant,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        let (mut conn, seen) = self.open().map_err(diesel::r2d2::Error::ConnectionError)?;
        conn.wait_for_locks(Duration::ZERO).map_err(diesel::r2d2::Error::QueryError)?;
        Ok(Pooled { conn, seen, used: Instant::now() })
    }

    /// A server may have been restarted, and its store replaced.
    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        if pooled.used.elapsed() < ALIVE {
            return Ok(());
        }
        if !self.identity.is_known() {
            return pooled.conn.ping().map_err(diesel::r2d2::Error::QueryError);
        }
        let confirmed = self.identity.confirm(&mut pooled.conn).map_err(diesel::r2d2::Error::QueryError)?;
        confirmed.map_err(|displaced| {
            diesel::r2d2::Error::ConnectionError(ConnectionError::BadConnection(displaced.to_string()))
        })
    }

    /// One that failed once is not used again, whatever diesel makes of it: of a statement that could not
    /// be prepared it makes nothing.
    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.used = Instant::now();
        pooled.seen.failed() || pooled.conn.is_broken()
    }
}
