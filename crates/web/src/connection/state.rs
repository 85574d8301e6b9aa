use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use actix_web::HttpRequest;
use futures_util::task::AtomicWaker;

use super::table::Clock;

/// So much of a body that was not read is let in when its request is answered.
const LEFT_OVER: u64 = 64 * 1024;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its client's next request.
    Waiting,
    /// This server: a request is in progress.
    Working,
    /// Its client's body.
    Receiving,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What was written is still sent; nothing more is read.
    Closing = 1,
    /// At once.
    Broken = 2,
}

/// One connection of a server: what it waits for and since when, and how many bytes of a body may be
/// read. Shared by its stream, its requests and the table of connections.
#[derive(Debug)]
pub struct Connection {
    peer: SocketAddr,
    clock: Arc<Clock>,
    /// The phase in the two low bits, and since when above them.
    phase: AtomicU64,
    /// Since when a head is incomplete; 0 for not.
    head_since: AtomicU64,
    /// Since when nothing could be written; 0 for not.
    blocked_since: AtomicU64,
    /// How many bytes of a body may be read before more is asked for.
    credit: AtomicU64,
    /// Whether a body could go on if it had more of it.
    starved: AtomicBool,
    end: AtomicU8,
    /// Whether it ends where it waits for a request and none has arrived.
    ends_when_idle: AtomicBool,
    /// Whether its server is stopping: answers announce the connection's end.
    stopping: Arc<AtomicBool>,
    waker: AtomicWaker,
}

impl Connection {
    pub(super) fn new(peer: SocketAddr, clock: Arc<Clock>, stopping: Arc<AtomicBool>) -> Self {
        let now = clock.now();
        Self {
            peer,
            phase: AtomicU64::new(pack(Phase::Waiting, now)),
            head_since: AtomicU64::new(now),
            blocked_since: AtomicU64::new(0),
            credit: AtomicU64::new(0),
            starved: AtomicBool::new(false),
            end: AtomicU8::new(0),
            ends_when_idle: AtomicBool::new(false),
            stopping,
            waker: AtomicWaker::new(),
            clock,
        }
    }

    /// The client's address and port.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The address that its connections are counted for: of IPv6 the /64.
    pub(super) fn owner(&self) -> IpAddr {
        network(self.peer.ip())
    }

    fn enter(&self, phase: Phase) {
        self.phase.store(pack(phase, self.clock.now()), Ordering::Relaxed);
    }

    /// A request's work begins.
    pub(super) fn begin(&self) {
        self.enter(Phase::Working);
    }

    /// A request is answered.
    pub(super) fn finish(&self) {
        self.enter(Phase::Waiting);
        // A little of what is left of its body is read and thrown away before the connection ends, so that
        // a client that is still sending sees the answer.
        self.grant(LEFT_OVER);
    }

    /// Permits reading `bytes` more of the body.
    pub(crate) fn grant(&self, bytes: u64) {
        let credit = self.credit.load(Ordering::Relaxed).saturating_add(bytes);
        self.credit.store(credit, Ordering::Relaxed);
        if self.starved.swap(false, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Whether the body could go on if [`Connection::grant`] permitted more.
    pub(crate) fn is_starved(&self) -> bool {
        self.starved.load(Ordering::Acquire)
    }

    /// A body begins, of which nothing may be read yet.
    pub(super) fn body_begins(&self) {
        self.credit.store(0, Ordering::Relaxed);
    }

    /// So many bytes of the body were read.
    pub(super) fn spend(&self, bytes: usize) {
        let credit = self.credit.load(Ordering::Relaxed);
        self.credit.store(credit.saturating_sub(bytes as u64), Ordering::Relaxed);
    }

    /// Whether nothing more of the body may be read; then it is asked for more.
    pub(super) fn must_wait(&self, waker: &Waker) -> bool {
        if self.credit.load(Ordering::Relaxed) > 0 {
            return false;
        }
        self.waker.register(waker);
        if !self.starved.swap(true, Ordering::AcqRel) {
            // The request is part of the same task and must look.
            waker.wake_by_ref();
        }
        true
    }

    /// Whether a head is incomplete.
    pub(super) fn head_is(&self, incomplete: bool) {
        if incomplete != (self.head_since.load(Ordering::Relaxed) != 0) {
            self.head_since.store(if incomplete { self.clock.now() } else { 0 }, Ordering::Relaxed);
        }
    }

    /// Whether the client lets nothing more be written.
    pub(super) fn blocked_is(&self, blocked: bool) {
        if blocked != (self.blocked_since.load(Ordering::Relaxed) != 0) {
            self.blocked_since.store(if blocked { self.clock.now() } else { 0 }, Ordering::Relaxed);
        }
    }

    pub(super) fn phase(&self) -> (Phase, u64) {
        let packed = self.phase.load(Ordering::Relaxed);
        let phase = match packed & 3 {
            0 => Phase::Waiting,
            1 => Phase::Working,
            _ => Phase::Receiving,
        };
        (phase, packed >> 2)
    }

    pub(super) fn head_since(&self) -> Option<u64> {
        Some(self.head_since.load(Ordering::Relaxed)).filter(|since| *since != 0)
    }

    pub(super) fn blocked_since(&self) -> Option<u64> {
        Some(self.blocked_since.load(Ordering::Relaxed)).filter(|since| *since != 0)
    }

    /// Since when the connection waits for its client, if it does. An idle one comes before one in the
    /// middle of a request.
    pub(super) fn waits_for_client(&self) -> Option<(bool, u64)> {
        match (self.blocked_since(), self.phase()) {
            (Some(since), _) | (None, (Phase::Receiving, since)) => Some((true, since)),
            (None, (Phase::Waiting, since)) => Some((false, since)),
            (None, (Phase::Working, _)) => None,
        }
    }

    /// Ends the connection.
    pub(super) fn end(&self, end: End) {
        self.end.fetch_max(end as u8, Ordering::AcqRel);
        self.waker.wake();
    }

    /// Whether its server is stopping.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Ends the connection as soon as it waits for a request and none has arrived.
    pub(super) fn end_when_idle(&self) {
        self.ends_when_idle.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(super) fn ends_when_idle(&self) -> bool {
        self.ends_when_idle.load(Ordering::Acquire)
    }

    /// Lets go of the task, whose memory a waker keeps.
    pub(super) fn forget_task(&self) {
        drop(self.waker.take());
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.load(Ordering::Acquire) != 0
    }

    /// What reading answers when the connection has ended.
    pub(super) fn read_end(&self) -> Option<io::Result<()>> {
        match self.end.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Ok(())),
            _ => Some(Err(io::ErrorKind::ConnectionAborted.into())),
        }
    }

    /// Whether nothing more may be written.
    pub(super) fn is_broken(&self) -> bool {
        self.end.load(Ordering::Acquire) == End::Broken as u8
    }

    pub(super) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Resolves when the connection is to end: for what comes before its first request.
    pub async fn ended(&self) {
        std::future::poll_fn(|cx: &mut Context<'_>| {
            self.register(cx.waker());
            if self.has_ended() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

fn pack(phase: Phase, since: u64) -> u64 {
    let phase = match phase {
        Phase::Waiting => 0,
        Phase::Working => 1,
        Phase::Receiving => 2,
    };
    since << 2 | phase
}

/// The network that an address' owner has: of IPv6 a /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & (!0 << 64);
            IpAddr::V6(network.into())
        }
        address => address,
    }
}

/// The connection of `request`, if its server registers them.
pub(crate) fn of_request(request: &HttpRequest) -> Option<&Arc<Connection>> {
    request.conn_data::<Arc<Connection>>()
}

/// While it lives, the connection counts as waiting for its client's body.
pub(crate) struct Receiving(Option<Arc<Connection>>);

/// The connection of `request` waits for a body from here on.
pub(crate) fn receiving(request: &HttpRequest) -> Receiving {
    let connection = of_request(request).cloned();
    if let Some(connection) = &connection {
        connection.enter(Phase::Receiving);
    }
    Receiving(connection)
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.enter(Phase::Working);
        }
    }
}
