use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// A body that brings less than [`PROGRESS`] in this time stands still: it loses its room when another
/// needs it.
const STALLED: Duration = Duration::from_secs(2);

/// After this time it does so even if its owner has no more than an equal share.
const STALLED_LONG: Duration = Duration::from_secs(6);

/// What counts as progress, in bytes.
pub(crate) const PROGRESS: u64 = 64 * 1024;

/// How often one that waits for room looks whether another stands still.
const LOOK: Duration = Duration::from_secs(1);

/// How often that is looked for in a room at the most, however many wait.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How many of those that wait are tried each time.
const ATTEMPTS: usize = 16;

/// Of the room for bodies of callers that are known, callers that are not have this part beside it.
const STRANGERS: u64 = 8;

/// Whose body it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// A principal, by a hash of its name.
    Principal(u64),
    /// An address that presented no credential yet.
    Address(IpAddr),
}

/// Room for bodies: how many bytes of them a process holds at a time. It is taken as the bytes arrive, and
/// only as long as all bodies that have begun can still end, so that none waits for another without end.
///
/// Principals share one room; addresses whose callers are not known have another, an eighth as large.
/// Where it is too small, a body that stands still makes way for others, if its owner has more than an
/// equal share.
#[derive(Debug, Clone)]
pub struct BodyRoom {
    principals: Arc<Mutex<Room>>,
    strangers: Arc<Mutex<Room>>,
}

#[derive(Debug)]
struct Room {
    whole: u64,
    /// Whether a body takes all that it needs at once, so that none waits while it holds something.
    at_once: bool,
    free: u64,
    bodies: HashMap<u64, Body>,
    next: u64,
    waiting: Vec<Waiting>,
    last_look: Option<Instant>,
}

#[derive(Debug)]
struct Body {
    owner: Owner,
    held: u64,
    /// How much it may come to hold.
    need: u64,
    progress: Instant,
    /// Whether it is complete: then it neither needs more nor stands still.
    complete: bool,
    cut: Arc<Cut>,
}

#[derive(Debug)]
struct Waiting {
    body: u64,
    wanted: u64,
    granted: oneshot::Sender<()>,
}

/// Whether a body has lost its room.
#[derive(Debug, Default)]
struct Cut {
    is_cut: AtomicBool,
    waker: AtomicWaker,
}

/// The room of one body, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    room: Arc<Mutex<Room>>,
    id: u64,
    cut: Arc<Cut>,
}

fn lock(room: &Mutex<Room>) -> MutexGuard<'_, Room> {
    room.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BodyRoom {
    /// Room for `mebibytes` of principals' bodies, and an eighth of it for others.
    pub fn of(mebibytes: u32) -> Self {
        let whole = u64::from(mebibytes) << 20;
        let strangers = (whole / STRANGERS).max(1 << 20);
        Self { principals: Room::new(whole, false), strangers: Room::new(strangers, true) }
    }

    /// A body that will come to `need` bytes at the most. It has no room yet. One that is larger than all
    /// of it counts as large as that.
    pub(crate) fn enter(&self, owner: Owner, need: usize) -> Share {
        let room = match owner {
            Owner::Principal(_) => &self.principals,
            Owner::Address(_) => &self.strangers,
        };
        let mut state = lock(room);
        let id = state.next;
        state.next += 1;
        let cut = Arc::new(Cut::default());
        let body = Body {
            owner,
            held: 0,
            need: (need as u64).min(state.whole),
            progress: Instant::now(),
            complete: false,
            cut: cut.clone(),
        };
        state.bodies.insert(id, body);
        Share { room: room.clone(), id, cut }
    }
}

impl Share {
    /// Takes room for `bytes` more, as soon as there is some.
    pub(crate) async fn grow(&self, bytes: u64) {
        let mut granted = {
            let mut room = lock(&self.room);
            let has_all = room.bodies.get(&self.id).is_none_or(|body| body.held == body.need);
            if has_all || (room.waiting.is_empty() && room.grant(self.id, bytes)) {
                return;
            }
            let (sender, receiver) = oneshot::channel();
            room.waiting.push(Waiting { body: self.id, wanted: bytes, granted: sender });
            room.serve();
            receiver
        };
        while timeout(LOOK, &mut granted).await.is_err() {
            lock(&self.room).make_way();
        }
    }

    /// Notes that [`PROGRESS`] more bytes have arrived.
    pub(crate) fn progress(&self) {
        if let Some(body) = lock(&self.room).bodies.get_mut(&self.id) {
            body.progress = Instant::now();
        }
    }

    /// Notes that the body is complete.
    pub(crate) fn complete(&self) {
        let mut room = lock(&self.room);
        if let Some(body) = room.bodies.get_mut(&self.id) {
            body.complete = true;
            body.need = body.held;
        }
        room.serve();
    }

    /// Whether it has lost its room; if not, `waker` is woken when it does.
    pub(crate) fn is_cut(&self, waker: &Waker) -> bool {
        self.cut.waker.register(waker);
        self.cut.is_cut.load(Ordering::Acquire)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut room = lock(&self.room);
        room.waiting.retain(|waiting| waiting.body != self.id);
        if let Some(body) = room.bodies.remove(&self.id) {
            room.free += body.held;
        }
        room.serve();
    }
}

impl Room {
    fn new(whole: u64, at_once: bool) -> Arc<Mutex<Self>> {
        let (bodies, waiting) = (HashMap::new(), Vec::new());
        Arc::new(Mutex::new(Self { whole, at_once, free: whole, bodies, next: 0, waiting, last_look: None }))
    }

    /// Gives `body` so much more, if all that have begun can still end afterwards.
    fn grant(&mut self, body: u64, bytes: u64) -> bool {
        let Some(of) = self.bodies.get(&body) else { return true };
        let missing = of.need - of.held;
        // What is beyond the need is that of a body larger than the whole room.
        let bytes = if self.at_once { missing } else { bytes.min(missing) };
        if bytes > self.free || !(self.at_once || self.is_safe(body, bytes)) {
            return false;
        }
        self.free -= bytes;
        if let Some(of) = self.bodies.get_mut(&body) {
            of.held += bytes;
        }
        true
    }

    /// Whether all bodies that have room could end one after the other if `body` had `bytes` more: the
    /// banker's algorithm for one resource.
    fn is_safe(&self, body: u64, bytes: u64) -> bool {
        let mut begun: Vec<(u64, u64)> = Vec::new();
        let mut missing = 0;
        for (id, other) in &self.bodies {
            let held = other.held + if *id == body { bytes } else { 0 };
            if held > 0 {
                begun.push((other.need - held, held));
                missing += other.need - held;
            }
        }
        let mut free = self.free - bytes;
        if missing <= free {
            return true;
        }
        begun.sort_unstable();
        begun.iter().all(|(missing, held)| {
            let ends = *missing <= free;
            free += held;
            ends
        })
    }

    /// Gives room to those that wait: first to owners that have less of it, then to those that need less.
    fn serve(&mut self) {
        if self.waiting.is_empty() || self.free == 0 {
            return;
        }
        let mut held: HashMap<Owner, u64> = HashMap::new();
        for body in self.bodies.values() {
            *held.entry(body.owner).or_default() += body.held;
        }
        let bodies = &self.bodies;
        self.waiting.sort_by_cached_key(|waiting| {
            let body = bodies.get(&waiting.body);
            body.map(|body| (held.get(&body.owner).copied(), body.need - body.held))
        });
        // Where the first ones do not fit, the rest hardly do; and there may be many.
        let mut refused = 0;
        let mut at = 0;
        while refused < ATTEMPTS && at < self.waiting.len() && self.free > 0 {
            let Waiting { body, wanted, .. } = self.waiting[at];
            if self.grant(body, wanted) {
                // It may have gone since.
                let _ = self.waiting.remove(at).granted.send(());
            } else {
                refused += 1;
                at += 1;
            }
        }
    }

    /// For those who wait: takes the room of the largest body of another owner that stands still, if
    /// that owner has more than an equal share, or the body has stood still for long.
    fn make_way(&mut self) {
        if self.last_look.is_some_and(|last| last.elapsed() < LOOK_EVERY) {
            return;
        }
        self.last_look = Some(Instant::now());
        let waiting: HashSet<u64> = self.waiting.iter().map(|waiting| waiting.body).collect();
        let (mut held, mut waiters) = (HashMap::<Owner, u64>::new(), HashSet::new());
        for (id, body) in &self.bodies {
            if waiting.contains(id) {
                waiters.insert(body.owner);
            }
            if body.held > 0 || waiting.contains(id) {
                *held.entry(body.owner).or_default() += body.held;
            }
        }
        let share = self.whole / held.len().max(1) as u64;
        let is_wanted = |owner: Owner| waiters.iter().any(|waiter| *waiter != owner);
        let victim = self.bodies.iter().filter(|(id, body)| {
            let still = body.progress.elapsed();
            let is_greedy = held.get(&body.owner).is_some_and(|held| *held > share);
            body.held > 0
                && !body.complete
                && !waiting.contains(id)
                && (still >= STALLED_LONG || (still >= STALLED && is_greedy))
                && is_wanted(body.owner)
        });
        if let Some((_, victim)) = victim.max_by_key(|(_, body)| body.held) {
            victim.cut.is_cut.store(true, Ordering::Release);
            victim.cut.waker.wake();
            metrics::counter!("roster_bodies_cut_total").increment(1);
        }
    }
}

#[cfg(test)]
mod tests;
