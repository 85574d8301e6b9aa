use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use roster_kernel::{Change, Clock, PortError, Random};

use crate::aside::Aside;
use crate::connection::{Access, AnyConn};
use crate::error::StoreError;
use crate::identity::{Displaced, Identity};
use crate::journal::{self, Entry, Ids};
use crate::manager::Manager;
use crate::opening::Prepared;
use crate::pool::Connections;
use crate::readiness::Readiness;
use crate::settings::{DbSettings, PostgresSettings};
use crate::store_lock::StoreLock;
use crate::transaction;
use crate::url::{Backend, DatabaseUrl};
use crate::writer::{Verdict, Writer};

/// A look on a web server's thread that takes so long holds up others.
const STALL: Duration = Duration::from_millis(10);

/// What a write came to.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Commit, with this record of it.
    Commit(T, Entry),
    /// Commit, with several records.
    CommitAll(T, Vec<Entry>),
    /// Roll back, and answer this: nothing was changed.
    Refuse(T),
}

/// A store. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    /// Where everything happens instead, if this is such a store.
    aside: Option<Aside>,
}

struct Inner {
    url: DatabaseUrl,
    access: Access,
    identity: Arc<Identity>,
    /// Of a SQLite file that is used, and held until all who use it here are gone.
    prepared: Option<Prepared>,
    settings: DbSettings,
    connections: Arc<Connections>,
    /// SQLite has one writer at a time. Waiting for it here is fair and costs no thread; its own
    /// busy handler is neither.
    writer: Option<Arc<Writer>>,
    /// Of a store that is served from.
    readiness: Option<Readiness>,
    /// How often this process has committed a write.
    commits: Arc<AtomicU64>,
    /// Of the journal's entries.
    ids: Arc<Ids>,
    random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "testing")]
    recorder: crate::testing::Recorder,
}

impl Drop for Inner {
    /// The thread that watches over the connections may outlive this: they end here and now.
    fn drop(&mut self) {
        self.connections.drain();
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Db({})", self.inner.url)
    }
}

impl Db {
    /// Puts together what [`Db::open`] and its like have prepared, and tries one connection.
    pub(crate) fn assemble(
        url: &DatabaseUrl,
        settings: DbSettings,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        access: Access,
        identity: Identity,
        prepared: Option<Prepared>,
    ) -> Result<Self, PortError> {
        // Outside the pool first: it would retry until its time-out and hide the reason.
        drop(AnyConn::open(url, access, &settings.postgres).map_err(PortError::failed)?);
        #[cfg(feature = "testing")]
        let recorder = crate::testing::Recorder::default();
        let manager = Manager {
            url: url.clone(),
            access,
            slow_query: settings.slow_query,
            postgres: settings.postgres,
            identity: Arc::new(identity),
            #[cfg(feature = "testing")]
            recorder: recorder.clone(),
        };
        let commits = Arc::new(AtomicU64::new(0));
        let writer = (url.backend() == Backend::Sqlite)
            .then(|| Writer::start(manager.clone(), settings.patience, commits.clone()).map(Arc::new))
            .transpose()
            .map_err(PortError::failed)?;
        let identity = manager.identity.clone();
        let connections = Arc::new(Connections::new(manager, &settings));
        let readiness = (access == Access::Serve)
            .then(|| Readiness::start(connections.clone(), writer.as_ref()))
            .transpose()
            .map_err(PortError::failed)?;
        Ok(Self {
            inner: Arc::new(Inner {
                url: url.clone(),
                access,
                identity,
                prepared,
                settings,
                connections,
                writer,
                readiness,
                commits,
                ids: Arc::default(),
                random,
                clock,
                #[cfg(feature = "testing")]
                recorder,
            }),
            aside: None,
        })
    }

    /// The same store on a connection of its own.
    pub(crate) fn beside(&self, aside: Aside) -> Self {
        Self { inner: self.inner.clone(), aside: Some(aside) }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn recorder(&self) -> &crate::testing::Recorder {
        &self.inner.recorder
    }

    /// The kind of database.
    pub fn backend(&self) -> Backend {
        self.inner.url.backend()
    }

    /// Where the store is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.inner.url
    }

    /// The time of the store's clock, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// Randomness, as the store was given it.
    pub fn random(&self) -> &dyn Random {
        self.inner.random.as_ref()
    }

    /// Milliseconds since some moment of this process, for how long something is cached.
    pub(crate) fn monotonic_ms(&self) -> i64 {
        self.inner.clock.monotonic_ms()
    }

    /// Runs a reading closure; on SQLite again from its start, if the file was locked.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        if let Some(aside) = &self.aside {
            return aside.read(work).await;
        }
        // Within a transaction PostgreSQL refuses what is not for looking.
        self.at_pool(self.inner.access == Access::Look && self.backend() == Backend::Postgres, work).await
    }

    /// Reads on a connection of the pool, in a transaction that sees one moment if `whole`.
    async fn at_pool<T, F>(&self, whole: bool, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        let work = move |conn: &mut AnyConn| if whole { at_one_moment(conn, work) } else { work(conn) };
        self.inner.connections.run(move |lease| lease.read(work)).await
    }

    /// Whether a write would succeed now. Answers within a second, whatever the database does; an answer
    /// may be a second old.
    ///
    /// # Errors
    /// [`PortError::Failed`] with the reason, for the log.
    pub async fn ready(&self) -> Result<(), PortError> {
        match &self.inner.readiness {
            Some(readiness) => readiness.ask().await,
            None => Err(PortError::failed("the store is only looked at")),
        }
    }

    /// Looks at a few rows by their keys. On SQLite that takes less time than handing it to another
    /// thread would, so it is done on the caller's own if a connection is idle and the file not locked;
    /// not for anything that may take long, such as lists.
    pub async fn look_up<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        if self.aside.is_none()
            && self.backend() == Backend::Sqlite
            && let Some((_permit, mut pooled)) = self.inner.connections.idle()
        {
            // It never waits here: its time limit for locks is 0.
            match inline(|| work.clone()(&mut pooled.conn)) {
                Err(StoreError::Locked) => {
                    metrics::counter!("roster_inline_reads_handed_over_total").increment(1);
                }
                result => return result.map_err(|error| error.judged(Backend::Sqlite)),
            }
        }
        self.read(work).await
    }

    /// The same, where several queries must see the same moment.
    pub async fn look_up_whole<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        match &self.aside {
            Some(aside) => aside.read(work).await,
            None if self.backend() == Backend::Postgres => self.at_pool(true, work).await,
            None => self.look_up(move |conn| at_one_moment(conn, work)).await,
        }
    }

    /// How long a credential that was looked up is believed, in milliseconds.
    pub(crate) fn believe_ms(&self) -> i64 {
        i64::try_from(self.inner.settings.believe.as_millis()).unwrap_or(i64::MAX)
    }

    /// A number that differs from an earlier one if this process has committed a write since.
    pub(crate) fn commits(&self) -> u64 {
        self.inner.commits.load(Ordering::Acquire)
    }

    /// Runs a closure of several queries that all see one moment of the store, whoever writes
    /// meanwhile.
    pub async fn snapshot<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        match &self.aside {
            Some(aside) => aside.read(work).await,
            None => self.at_pool(true, work).await,
        }
    }

    /// Runs `work` in a write transaction and records it in the journal, in that transaction.
    /// `change` says who, from where and when; the closure's [`Outcome`] says what.
    pub async fn write<T, F>(&self, change: &Change, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<Outcome<T>, StoreError> + Clone + Send + 'static,
    {
        let (change, ids, random) = (change.clone(), self.inner.ids.clone(), self.inner.random.clone());
        self.transact(move |conn| {
            let (value, entries) = match work(conn)? {
                Outcome::Commit(value, entry) => (value, vec![entry]),
                Outcome::CommitAll(value, entries) => (value, entries),
                Outcome::Refuse(value) => return Ok((value, Verdict::Undo)),
            };
            journal::append(conn, &change, &entries, &ids, random.as_ref())?;
            Ok((value, Verdict::Keep))
        })
        .await
    }

    /// Runs `work` in a write transaction that nobody's history records: for rows that are no
    /// one's data and soon gone, such as throttles and issued tokens.
    pub async fn bookkeep<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        self.transact(move |conn| work(conn).map(|value| (value, Verdict::Keep))).await
    }

    /// Lets others go first, of whom one has won: a few milliseconds in the first `round`, more in later
    /// ones, 100 at the most, and by chance.
    pub async fn pause(&self, round: u32) {
        let mut jitter = [0];
        self.inner.random.fill(&mut jitter);
        let most = Duration::from_millis(5 << round.min(4)).min(Duration::from_millis(100));
        futures_timer::Delay::new(most / 4 + most * u32::from(jitter[0]) / 340).await;
    }

    async fn transact<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError> + Clone + Send + 'static,
    {
        if let Some(aside) = &self.aside {
            return aside.write(work).await;
        }
        if let Some(writer) = &self.inner.writer {
            return writer.run(work).await;
        }
        let (commits, random) = (self.inner.commits.clone(), self.inner.random.clone());
        self.inner.connections.run(move |lease| transaction::run(lease, work, &commits, &*random)).await
    }

    /// A connection outside the pool, for long work: no limit of its statements is set.
    pub(crate) fn dedicated(&self) -> Result<AnyConn, StoreError> {
        let postgres = PostgresSettings {
            statement_timeout: Duration::ZERO,
            idle_transaction_timeout: Duration::ZERO,
            ..self.inner.settings.postgres
        };
        let manager = &self.inner.connections.manager;
        manager.connect_with(&postgres).map_err(|error| match self.displaced() {
            Some(displaced) => displaced.into(),
            None => StoreError::Port(PortError::failed(error)),
        })
    }

    /// Why the store that was opened takes no writes any more, if it is not in its place.
    pub fn displaced(&self) -> Option<Displaced> {
        self.inner.identity.check().err()
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.inner.identity
    }

    pub(crate) fn store_lock(&self) -> Option<&StoreLock> {
        self.prepared().map(|prepared| &prepared.lock)
    }

    pub(crate) fn prepared(&self) -> Option<&Prepared> {
        self.inner.prepared.as_ref()
    }

    /// Ends the writer, and the connections that no one uses.
    pub(crate) fn end_connections(&self) {
        if let Some(writer) = &self.inner.writer {
            writer.close();
        }
        self.inner.connections.drain();
    }

    /// Whether several processes may share one session of the server.
    pub(crate) fn shares_sessions(&self) -> bool {
        self.backend() == Backend::Postgres && !self.inner.settings.postgres.prepared_statements
    }
}

/// Does `read` on the caller's own thread, and counts those that held it up.
fn inline<T>(read: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = read();
    if begun.elapsed() >= STALL {
        metrics::counter!("roster_inline_read_stalls_total").increment(1);
    }
    result
}

fn at_one_moment<T>(
    conn: &mut AnyConn,
    work: impl FnOnce(&mut AnyConn) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    conn.begin_snapshot()?;
    // It has written nothing: its end is the same either way.
    let result = work(conn);
    let ended = conn.rollback();
    // The first error is the cause.
    let value = result?;
    ended?;
    Ok(value)
}
