//! One clock for all gateways of a store.

use std::sync::Arc;
#[cfg(feature = "postgres")]
use std::{
    sync::atomic::{AtomicI64, Ordering},
    sync::mpsc,
    time::{Duration, Instant},
};

use roster_kernel::{Clock, PortError};

#[cfg(feature = "postgres")]
use crate::connection::{Access, AnyConn};
use crate::settings::PostgresSettings;
use crate::url::DatabaseUrl;

/// How often the clock is set by the server's.
#[cfg(feature = "postgres")]
const SYNC_INTERVAL: Duration = Duration::from_secs(5);

/// The time of a PostgreSQL server, which all gateways of one store share, so that no machine's own
/// clock decides anything.
///
/// It is read at the start and every five seconds by a thread of its own; in between, and while the
/// server is away, this machine's monotonic clock runs on from the last reading. Asking for the time
/// never waits.
#[cfg(feature = "postgres")]
pub struct DatabaseClock {
    time: Arc<Time>,
    /// Its end is the end of the thread.
    _running: mpsc::Sender<()>,
}

/// Opens the clock by which the gateways of the store at `url` decide: of PostgreSQL the server's
/// ([`DatabaseClock`], whose connection has the pool's `settings`), of SQLite `wall`, since one machine
/// has the file.
///
/// # Errors
/// [`PortError::Failed`] if the server cannot be asked. Blocks the thread until it answers.
#[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "they are PostgreSQL's"))]
pub fn store_clock(
    url: &DatabaseUrl,
    settings: &PostgresSettings,
    wall: Arc<dyn Clock>,
) -> Result<Arc<dyn Clock>, PortError> {
    match url {
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => Ok(Arc::new(DatabaseClock::open(url, settings)?)),
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(_) => Ok(wall),
        // `Db::open` says that this build has no support for it.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(wall),
    }
}

#[cfg(feature = "postgres")]
impl DatabaseClock {
    /// Reads the time of the server at `url`, and keeps to it from then on over one connection with these
    /// `settings`.
    ///
    /// # Errors
    /// [`PortError::Failed`] if the server cannot be asked. Blocks the thread until it answers.
    pub fn open(url: &DatabaseUrl, settings: &PostgresSettings) -> Result<Self, PortError> {
        let mut conn = AnyConn::open(url, Access::Serve, settings).map_err(PortError::failed)?;
        let first = Reading::of(&mut conn).map_err(PortError::failed)?;
        let time = Arc::new(Time::new(&first));
        let (running, ended) = mpsc::channel::<()>();
        let (url, settings, shared) = (url.clone(), *settings, time.clone());
        let thread = std::thread::Builder::new().name("roster-clock".into());
        let run = move || {
            let mut conn = Some(conn);
            while ended.recv_timeout(SYNC_INTERVAL) == Err(mpsc::RecvTimeoutError::Timeout) {
                conn = sync(&shared, &url, &settings, conn.take());
            }
        };
        thread.spawn(run).map_err(PortError::failed)?;
        Ok(Self { time, _running: running })
    }
}

#[cfg(feature = "postgres")]
impl Clock for DatabaseClock {
    fn now_ms(&self) -> i64 {
        self.time.now_us().div_euclid(1000)
    }
}

/// Sets `time` by the server's clock. Answers the connection, if it is still good.
#[cfg(feature = "postgres")]
fn sync(
    time: &Time,
    url: &DatabaseUrl,
    settings: &PostgresSettings,
    conn: Option<AnyConn>,
) -> Option<AnyConn> {
    let mut conn = match conn {
        Some(conn) => conn,
        None => AnyConn::open(url, Access::Serve, settings).inspect_err(|error| not_read(error)).ok()?,
    };
    let reading = Reading::of(&mut conn).inspect_err(|error| not_read(error)).ok()?;
    time.set_by(&reading);
    Some(conn)
}

#[cfg(feature = "postgres")]
fn not_read(error: &dyn std::fmt::Display) {
    tracing::debug!(%error, "the server's time could not be read; the last reading runs on");
}

/// One reading of the server's clock.
#[cfg(feature = "postgres")]
struct Reading {
    asked: Instant,
    answered: Instant,
    /// What the server showed at some moment between the two, in microseconds since the epoch.
    shown_us: i64,
}

#[cfg(feature = "postgres")]
impl Reading {
    fn of(conn: &mut AnyConn) -> diesel::QueryResult<Self> {
        use diesel::RunQueryDsl as _;

        #[derive(diesel::QueryableByName)]
        struct Shown {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            us: i64,
        }
        let query = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint AS us";
        let asked = Instant::now();
        let shown: Shown = diesel::sql_query(query).get_result(conn)?;
        Ok(Self { asked, answered: Instant::now(), shown_us: shown.us })
    }
}

/// The server's time, from this machine's monotonic clock.
#[cfg(feature = "postgres")]
struct Time {
    origin: Instant,
    /// What the server's clock showed at `origin`, in microseconds since the epoch.
    origin_us: AtomicI64,
}

#[cfg(feature = "postgres")]
impl Time {
    fn new(first: &Reading) -> Self {
        let time = Self { origin: first.asked, origin_us: AtomicI64::new(0) };
        let middle = (first.answered - first.asked) / 2;
        time.origin_us.store(first.shown_us - micros(middle), Ordering::Release);
        time
    }

    fn now_us(&self) -> i64 {
        self.origin_us.load(Ordering::Acquire).saturating_add(micros(self.origin.elapsed()))
    }

    /// Goes no further than the reading proves: a slow answer moves nothing.
    fn set_by(&self, reading: &Reading) {
        let least = reading.shown_us - micros(reading.answered - self.origin);
        let most = reading.shown_us - micros(reading.asked - self.origin);
        let before = self.origin_us.load(Ordering::Acquire);
        let after = before.clamp(least, most);
        if after.abs_diff(before) > 1_000_000 {
            tracing::warn!(ms = (after - before) / 1000, "the database server's clock was set");
        }
        self.origin_us.store(after, Ordering::Release);
    }
}

#[cfg(feature = "postgres")]
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn reading(origin: Instant, asked_ms: u64, answered_ms: u64, shown_us: i64) -> Reading {
        let at = |ms| origin + Duration::from_millis(ms);
        Reading { asked: at(asked_ms), answered: at(answered_ms), shown_us }
    }

    #[test]
    fn a_reading_moves_the_time_as_far_as_it_proves() {
        let origin = Instant::now();
        let time = Time::new(&reading(origin, 0, 10, 1_000 * SECOND));
        let shows = || time.origin_us.load(Ordering::Acquire) - 1_000 * SECOND;
        assert_eq!(shows(), -5_000, "read in the middle of the round trip");
        // Took a second, and agrees with any offset within it.
        time.set_by(&reading(origin, 5_000, 6_000, 1_005 * SECOND + 400_000));
        assert_eq!(shows(), -5_000);
        // The server's clock is put right, by a minute back.
        time.set_by(&reading(origin, 10_000, 10_002, 950 * SECOND));
        assert_eq!(shows(), -60 * SECOND);
        time.set_by(&reading(origin, 20_000, 20_002, 1_020 * SECOND));
        assert_eq!(shows(), -2_000);
    }
}
