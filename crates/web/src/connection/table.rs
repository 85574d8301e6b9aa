use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::state::{Connection, End, Phase};
use crate::TrustedProxies;

/// How often the connections are looked at, and how exact their times are.
const LOOK: Duration = Duration::from_millis(250);

/// Of the connections that there may be, this part is closed at once when there are too many.
const BATCH: usize = 64;

/// What connections may cost.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Connections of one address (of IPv6 a /64) at a time; 0 for any number. Trusted proxies are not
    /// counted.
    pub per_address: usize,
    /// Connections at a time, of all addresses. From seven eighths of it on, those that have waited for
    /// their client longest are closed for new ones.
    pub total: usize,
    /// How long a head may take to arrive.
    pub head: Duration,
    /// How long a connection without a request is kept.
    pub idle: Duration,
    /// How long an answer may wait for a client that reads none of it.
    pub answer: Duration,
    /// Whose connections are not counted by address.
    pub proxies: TrustedProxies,
}

/// Milliseconds since the table was made, as of the last look; 1 at least.
#[derive(Debug)]
pub(super) struct Clock {
    begun: Instant,
    now: AtomicU64,
}

impl Clock {
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    fn look(&self) -> u64 {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        self.now.store(now, Ordering::Relaxed);
        now
    }
}

/// The connections of one listener.
#[derive(Debug)]
pub struct Connections {
    limits: ConnectionLimits,
    clock: Arc<Clock>,
    table: Mutex<Table>,
    stopping: Arc<AtomicBool>,
    /// Notified when the last connection has ended.
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Table {
    by_address: HashMap<IpAddr, Vec<Arc<Connection>>>,
    /// Those that were not told to end.
    alive: usize,
    /// Whether connections end when they are idle.
    ends_idle: bool,
}

/// A connection that is registered until this is dropped.
#[derive(Debug)]
pub struct OpenConnection {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Deref for OpenConnection {
    type Target = Arc<Connection>;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let is_last = {
            let mut table = self.connections.table();
            table.remove(&self.connection);
            table.by_address.is_empty()
        };
        if is_last {
            self.connections.emptied.notify_waiters();
        }
        self.connection.forget_task();
    }
}

impl Connections {
    /// A table with these limits. [`Connections::watch`] has to run for them to hold.
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        let clock = Arc::new(Clock { begun: Instant::now(), now: AtomicU64::new(1) });
        let (stopping, emptied) = (Arc::default(), Notify::new());
        Arc::new(Self { limits, clock, table: Mutex::default(), stopping, emptied })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a connection that was accepted. Where its address has as many as it may, the one of them
    /// that has waited longest for a request is closed; `None` if none waits: the new one is to be closed.
    pub fn open(self: &Arc<Self>, peer: SocketAddr) -> Option<OpenConnection> {
        let connection = Arc::new(Connection::new(peer, self.clock.clone(), self.stopping.clone()));
        let owner = connection.owner();
        let mut table = self.table();
        let cap = self.limits.per_address;
        let is_counted = cap > 0 && !self.limits.proxies.contain(peer.ip().to_canonical());
        if is_counted && table.alive_of(owner) >= cap {
            let Some(oldest) = table.oldest_idle_of(owner) else {
                drop(table);
                count("address_refused");
                return None;
            };
            table.end(&oldest, End::Closing, "address_limit");
        }
        // Above seven eighths of the total there is still room for a burst.
        if table.alive >= self.limits.total - self.limits.total / 8 {
            table.make_room((self.limits.total / BATCH).max(1));
        }
        table.by_address.entry(owner).or_default().push(connection.clone());
        table.alive += 1;
        if table.ends_idle {
            connection.end_when_idle();
        }
        Some(OpenConnection { connections: self.clone(), connection })
    }

    /// From now on every answer says `Connection: close`, and its connection ends after it.
    pub fn announce_end(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Ends every connection as soon as it waits for a request and none has arrived.
    pub fn end_idle(&self) {
        let mut table = self.table();
        table.ends_idle = true;
        for connection in table.by_address.values().flatten() {
            connection.end_when_idle();
        }
    }

    /// Resolves when there is no connection.
    pub async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.table().by_address.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// Closes connections whose time is over, again and again.
    pub async fn watch(self: Arc<Self>) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            self.look();
        }
    }

    fn look(&self) {
        let now = self.clock.look();
        let mut table = self.table();
        let late: Vec<_> = table
            .by_address
            .values()
            .flatten()
            .filter_map(|connection| Some((connection.clone(), self.verdict(connection, now)?)))
            .collect();
        for (connection, (end, reason)) in late {
            table.end(&connection, end, reason);
        }
    }

    /// How the connection has to end now and for what reason, if it has to.
    fn verdict(&self, connection: &Connection, now: u64) -> Option<(End, &'static str)> {
        let is_over = |since: u64, limit: Duration| {
            // What was noted between two looks bears the time of the first.
            u128::from(now.saturating_sub(since)) > (limit + LOOK).as_millis()
        };
        if let Some(since) = connection.blocked_since() {
            return is_over(since, self.limits.answer).then_some((End::Broken, "answer"));
        }
        match (connection.phase(), connection.head_since()) {
            // The HTTP server answers 408 to a first head that is late, if it can; this is a little later.
            ((Phase::Waiting, since), Some(head)) => {
                let limit = self.limits.head + 2 * LOOK;
                is_over(since.max(head), limit).then_some((End::Closing, "head"))
            }
            ((Phase::Waiting, since), None) => {
                is_over(since, self.limits.idle).then_some((End::Closing, "idle"))
            }
            _ => None,
        }
    }
}

impl Table {
    fn alive_of(&self, owner: IpAddr) -> usize {
        let all = self.by_address.get(&owner);
        all.map_or(0, |all| all.iter().filter(|connection| !connection.has_ended()).count())
    }

    fn oldest_idle_of(&self, owner: IpAddr) -> Option<Arc<Connection>> {
        let idle = self.by_address.get(&owner)?.iter().filter(|connection| !connection.has_ended());
        let idle = idle.filter_map(|connection| match connection.waits_for_client() {
            Some((false, since)) => Some((since, connection)),
            _ => None,
        });
        idle.min_by_key(|(since, _)| *since).map(|(_, connection)| connection.clone())
    }

    /// Ends the `wanted` connections that have waited longest for their clients: idle ones before those
    /// in the middle of a request.
    fn make_room(&mut self, wanted: usize) {
        let all = self.by_address.values().flatten().filter(|connection| !connection.has_ended());
        let mut waiting: Vec<_> =
            all.filter_map(|connection| Some((connection.waits_for_client()?, connection.clone()))).collect();
        if waiting.len() > wanted {
            waiting.select_nth_unstable_by_key(wanted - 1, |(since, _)| *since);
            waiting.truncate(wanted);
        }
        for ((in_request, _), connection) in waiting {
            self.end(&connection, if in_request { End::Broken } else { End::Closing }, "descriptors");
        }
    }

    fn end(&mut self, connection: &Connection, end: End, reason: &'static str) {
        let was_alive = !connection.has_ended();
        connection.end(end);
        if was_alive {
            self.alive -= 1;
            count(reason);
            tracing::debug!(peer = %connection.peer(), reason, "connection closed");
        }
    }

    fn remove(&mut self, connection: &Arc<Connection>) {
        let owner = connection.owner();
        let Some(all) = self.by_address.get_mut(&owner) else { return };
        let Some(at) = all.iter().position(|other| Arc::ptr_eq(other, connection)) else { return };
        all.swap_remove(at);
        if all.is_empty() {
            self.by_address.remove(&owner);
        }
        if !connection.has_ended() {
            self.alive -= 1;
        }
    }
}

fn count(reason: &'static str) {
    metrics::counter!("roster_connections_closed_total", "reason" => reason).increment(1);
}
