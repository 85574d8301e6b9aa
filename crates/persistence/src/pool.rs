//! The pool, and the way into it: a gate that is sized to the pool and taken before a thread is.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use diesel::r2d2::{Pool, PooledConnection};
use roster_kernel::{Gate, GateSettings, Permit, PortError};

use crate::connection::AnyConn;
use crate::error::StoreError;
use crate::manager::Manager;
use crate::settings::DbSettings;
use crate::url::Backend;

/// While there is no connection to be had, one is tried for so often at the least: r2d2 waits for half
/// of its time limit between two attempts.
const ATTEMPTS: Duration = Duration::from_millis(200);

/// Idle connections are closed so often at the most.
const RETIRED: Duration = Duration::from_secs(1);

/// The connections of a store.
pub(crate) struct Connections {
    pub(crate) manager: Manager,
    size: u32,
    patience: Duration,
    current: RwLock<Arc<Generation>>,
    retired: Mutex<Option<Instant>>,
    /// Whether the server finishes no write, though it answers.
    writes_hang: AtomicBool,
}

/// Connections that came from one server, as far as one knows.
pub(crate) struct Generation {
    pool: Pool<Manager>,
    entrance: Arc<Entrance>,
}

/// Who may use connections, and does.
struct Entrance {
    gate: Gate,
    /// Closed when all who are inside are given up.
    open: async_channel::Sender<()>,
    closed: async_channel::Receiver<()>,
    running: Mutex<Running>,
}

/// When what runs began, by the order of its beginning.
#[derive(Default)]
struct Running {
    next: u64,
    begun: BTreeMap<u64, Instant>,
}

/// A piece of work on its thread: it may take connections.
pub(crate) struct Lease {
    connections: Arc<Connections>,
    entrance: Arc<Entrance>,
    number: u64,
    _permit: Permit,
}

impl Connections {
    pub(crate) fn new(manager: Manager, settings: &DbSettings) -> Self {
        let size = settings.pool_size.max(1);
        let entrance = Entrance::new(size, settings.patience);
        let generation = Generation { pool: pool(&manager, size), entrance: Arc::new(entrance) };
        Self {
            manager,
            size,
            patience: settings.patience,
            current: RwLock::new(Arc::new(generation)),
            retired: Mutex::default(),
            writes_hang: AtomicBool::new(false),
        }
    }

    /// Lets writes begin, or refuses them. Returns whether that was different before.
    pub(crate) fn let_writes_in(&self, allowed: bool) -> bool {
        self.writes_hang.swap(!allowed, Ordering::SeqCst) == allowed
    }

    /// A connection, as soon as there is one.
    ///
    /// # Errors
    /// [`PortError::Busy`] if there is none in time.
    fn connection(&self) -> Result<PooledConnection<Manager>, PortError> {
        let end = Instant::now() + self.patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            // Not all of it at once: who waits at a pool that others have left, or whose connections were
            // dropped because they are broken, is not woken.
            match self.current().pool.get_timeout(left.min(ATTEMPTS)) {
                Ok(pooled) => return Ok(pooled),
                Err(error) if left <= ATTEMPTS => {
                    tracing::warn!(%error, "no connection to the store");
                    return Err(PortError::busy());
                }
                Err(_) => {}
            }
        }
    }

    fn current(&self) -> Arc<Generation> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs `work` on a thread of its own when a connection is to be had.
    ///
    /// # Errors
    /// [`PortError::Busy`] if there is no permit in time, or all who were inside were given up.
    pub(crate) async fn run<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Lease) -> Result<T, StoreError> + Send + 'static,
    {
        let (entrance, permit) = loop {
            let entrance = self.current().entrance.clone();
            let closed = entrance.closed.clone();
            // Who waits where all were given up goes to the next entrance.
            if let Some(permit) = until(entrance.gate.enter(), closed.recv()).await {
                break (entrance, permit?);
            }
        };
        let closed = entrance.closed.clone();
        let lease = Lease::new(self.clone(), entrance, permit);
        let working = blocking::unblock(move || {
            let result = work(&lease);
            drop(lease);
            result
        });
        match until(working, closed.recv()).await {
            Some(result) => result,
            None => Err(PortError::busy().into()),
        }
    }

    /// An idle connection for work on the caller's own thread, if there are one and a permit at once.
    pub(crate) fn idle(&self) -> Option<(Permit, PooledConnection<Manager>)> {
        let current = self.current();
        let permit = current.entrance.gate.try_enter()?;
        Some((permit, current.pool.try_get()?))
    }

    /// Closes idle connections; those in use are closed when they are given back.
    pub(crate) fn retire(&self) {
        {
            let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
            if retired.is_some_and(|at| at.elapsed() < RETIRED) {
                return;
            }
            *retired = Some(Instant::now());
        }
        tracing::warn!("closing the idle connections to the store");
        self.drain();
    }

    /// Closes the connections that are idle, for good if no one comes any more.
    pub(crate) fn drain(&self) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let entrance = current.entrance.clone();
        *current = Arc::new(Generation { pool: pool(&self.manager, self.size), entrance });
    }

    /// Gives up all who use connections: they are answered "busy", and what they held is free. Their
    /// threads end when their connections do.
    pub(crate) fn give_up(&self) {
        metrics::counter!("roster_store_given_up_total").increment(1);
        let entrance = Arc::new(Entrance::new(self.size, self.patience));
        let new = Arc::new(Generation { pool: pool(&self.manager, self.size), entrance });
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, new);
        drop(current);
        old.entrance.open.close();
    }

    /// How long the oldest piece of work has been running.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        let entrance = self.current().entrance.clone();
        let running = entrance.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.begun.values().next().map(Instant::elapsed)
    }
}

impl Entrance {
    fn new(size: u32, patience: Duration) -> Self {
        let settings = GateSettings { name: "connections", permits: size as usize, patience };
        let (open, closed) = async_channel::bounded(1);
        Self { gate: Gate::new(settings), open, closed, running: Mutex::default() }
    }
}

impl Lease {
    fn new(connections: Arc<Connections>, entrance: Arc<Entrance>, permit: Permit) -> Self {
        let number = {
            let mut running = entrance.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.next += 1;
            let number = running.next;
            running.begun.insert(number, Instant::now());
            number
        };
        Self { connections, entrance, number, _permit: permit }
    }

    /// Whether the caller was answered already, by [`Connections::give_up`].
    pub(crate) fn is_abandoned(&self) -> bool {
        self.entrance.closed.is_closed()
    }

    /// Refuses a write that the server would not finish: it would hold a connection there for as long.
    ///
    /// # Errors
    /// [`PortError::Busy`].
    pub(crate) fn check_writes(&self) -> Result<(), PortError> {
        match self.connections.writes_hang.load(Ordering::SeqCst) {
            true => Err(PortError::busy()),
            false => Ok(()),
        }
    }

    pub(crate) fn backend(&self) -> Backend {
        self.connections.manager.url.backend()
    }

    pub(crate) fn manager(&self) -> &Manager {
        &self.connections.manager
    }

    /// Runs `work` on a connection.
    ///
    /// # Errors
    /// [`PortError::Busy`] if there is none in time: a server that is away comes back.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&mut AnyConn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connections = &self.connections;
        let identity = &connections.manager.identity;
        // Of another store nothing is read, either. SQLite's connections have the right file open.
        if self.backend() == Backend::Postgres {
            identity.check()?;
        }
        let mut pooled = connections.connection()?;
        let result = work(&mut pooled.conn).map_err(|error| error.judged(self.backend()));
        if pooled.seen.condemns_idle() {
            connections.retire();
        }
        match result {
            // A statement that the server does not understand: the tables may not be ours.
            Err(StoreError::Database(error)) if identity.is_known() => {
                Err(match identity.confirm(&mut pooled.conn) {
                    Ok(Err(displaced)) => displaced.into(),
                    _ => StoreError::Database(error),
                })
            }
            result => result,
        }
    }

    /// Runs `work`, which only reads. If SQLite's file is locked it runs again from its start and waits
    /// for the lock, which may block this thread but no caller's.
    ///
    /// # Errors
    /// As [`Lease::with`].
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&mut AnyConn) -> Result<T, StoreError> + Clone,
    ) -> Result<T, StoreError> {
        let limit = self.connections.patience;
        self.with(|conn| match work.clone()(conn) {
            Err(StoreError::Locked) => {
                // Connections of the pool have the limit 0.
                conn.wait_for_locks(limit)?;
                let result = work(conn);
                conn.wait_for_locks(Duration::ZERO)?;
                result
            }
            result => result,
        })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut running = self.entrance.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.begun.remove(&self.number);
    }
}

fn pool(manager: &Manager, size: u32) -> Pool<Manager> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .connection_timeout(2 * ATTEMPTS)
        // A file does not go away; a server may have been restarted.
        .test_on_check_out(manager.url.backend() == Backend::Postgres)
        .build_unchecked(manager.clone())
}

/// What `work` comes to, unless `end` comes first.
async fn until<T, E>(work: impl Future<Output = T>, end: impl Future<Output = E>) -> Option<T> {
    let (mut work, mut end) = (pin!(work), pin!(end));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => end.as_mut().poll(cx).map(|_| None),
    })
    .await
}
