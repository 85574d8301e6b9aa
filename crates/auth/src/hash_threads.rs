//! Threads of their own for hashing, one for each core, at a low priority.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use futures_util::future::{Either, select};
use roster_kernel::PortError;
use roster_kernel::ports::Flow;
use tokio::sync::oneshot;

use crate::fair_queue::FairQueue;

/// How many pieces of work wait at a time; beyond that the longest flow loses its newest one.
const MAX_WAITING: usize = 10_000;

/// The label of this queue's metrics: `roster_gate_wait_seconds` and `roster_gate_refused_total`.
const GATE: &str = "hashing";

/// Runs hashes, in turn for their flows. A hash takes a core for some milliseconds, a read some
/// microseconds: so the threads have a low priority (nice 10). They end with this.
pub(crate) struct HashThreads {
    shared: Arc<Shared>,
    patience: Duration,
}

struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    queue: FairQueue<Box<dyn Job>>,
    closed: bool,
}

/// Work whose caller waits for its result.
trait Job: Send {
    /// Whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool;
    fn run(self: Box<Self>);
    fn refuse(self: Box<Self>);
}

type Answer<T> = Result<Result<T, Box<dyn Any + Send>>, PortError>;

struct Work<F, T> {
    work: F,
    answer: oneshot::Sender<Answer<T>>,
    since: Instant,
}

impl<T: Send, F: FnOnce() -> T + Send> Job for Work<F, T> {
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(self: Box<Self>) {
        metrics::histogram!("roster_gate_wait_seconds", "gate" => GATE).record(self.since.elapsed());
        let done = catch_unwind(AssertUnwindSafe(self.work));
        // The caller may have gone.
        let _ = self.answer.send(Ok(done));
    }

    fn refuse(self: Box<Self>) {
        let _ = self.answer.send(Err(PortError::busy()));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece of work whose caller still waits; `None` when the queue is closed.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut state = self.lock();
        loop {
            while let Some(job) = state.queue.pop() {
                if !job.is_abandoned() {
                    return Some(job);
                }
            }
            if state.closed {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl HashThreads {
    /// Starts `count` threads. A caller waits for its turn for `patience` at most.
    pub(crate) fn start(count: usize, patience: Duration) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), arrived: Condvar::new() });
        // Made first, so that the threads end if one of them does not start.
        let threads = Self { shared, patience };
        for number in 0..count {
            let shared = threads.shared.clone();
            let thread = std::thread::Builder::new().name(format!("roster-hash-{number}"));
            thread.spawn(move || {
                lower_priority();
                while let Some(job) = shared.next() {
                    job.run();
                }
            })?;
        }
        Ok(threads)
    }

    /// Runs `work` on one of them, in turn for `flow`.
    ///
    /// # Errors
    /// [`PortError::Busy`] if its turn did not come in time, or too much waits; then it was not begun.
    ///
    /// # Panics
    /// If `work` does.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        flow: &Flow,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let (answer, mut answered) = oneshot::channel();
        self.push(flow, Box::new(Work { work, answer, since: Instant::now() }));
        let answer: Answer<T> = match select(&mut answered, Delay::new(self.patience)).await {
            Either::Left((answer, _)) => answer.unwrap_or_else(|_| Err(gone())),
            Either::Right(_) => {
                answered.close();
                // Begun in the last moment: then its result is on the way.
                answered.try_recv().unwrap_or_else(|_| Err(PortError::busy()))
            }
        };
        if answer.is_err() {
            metrics::counter!("roster_gate_refused_total", "gate" => GATE).increment(1);
        }
        answer?.map_err(|panic| resume_unwind(panic))
    }

    fn push(&self, flow: &Flow, job: Box<dyn Job>) {
        let mut state = self.shared.lock();
        state.queue.push(flow, job);
        let evicted = if state.queue.len() > MAX_WAITING { state.queue.evict() } else { None };
        drop(state);
        self.shared.arrived.notify_one();
        if let Some(job) = evicted {
            job.refuse();
        }
    }
}

fn gone() -> PortError {
    PortError::failed("the hashing threads are gone")
}

impl Drop for HashThreads {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.arrived.notify_all();
    }
}

/// Lowers the priority of this thread where the system permits it. Not to the lowest: a busy
/// neighbour on the machine must not keep everybody from signing in.
fn lower_priority() {
    // Linux alone means the thread where others mean the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::doctest_block_on as block_on;

    fn threads(count: usize) -> HashThreads {
        HashThreads::start(count, Duration::from_secs(60)).unwrap()
    }

    #[test]
    fn work_is_done_elsewhere_and_answers() {
        let name = || std::thread::current().name().map(str::to_owned);
        let name = block_on(threads(2).run(&Flow::default(), name)).unwrap();
        assert!(name.unwrap().starts_with("roster-hash-"));
    }

    #[test]
    fn a_panic_is_the_callers_and_the_thread_lives_on() {
        let threads = threads(1);
        let panics = || block_on(threads.run(&Flow::default(), || -> () { panic!("on purpose") }));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(block_on(threads.run(&Flow::default(), || 7)).unwrap(), 7);
    }

    #[test]
    fn work_whose_caller_is_gone_is_not_begun() {
        let threads = threads(1);
        let (begun, has_begun) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let ran = Arc::new(Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                block_on(threads.run(&Flow::default(), move || {
                    begun.send(()).unwrap();
                    wait.recv().unwrap();
                }))
            });
            has_begun.recv().unwrap();
            let note = ran.clone();
            // Polled once, so that it is queued, then dropped.
            let flow = Flow::default();
            let mut abandoned = Box::pin(threads.run(&flow, move || note.lock().unwrap().push("abandoned")));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(abandoned.as_mut().poll(&mut context).is_pending());
            drop(abandoned);
            go.send(()).unwrap();
            first.join().unwrap().unwrap();
        });
        let note = ran.clone();
        block_on(threads.run(&Flow::default(), move || note.lock().unwrap().push("next"))).unwrap();
        assert_eq!(*ran.lock().unwrap(), ["next"]);
    }

    #[test]
    fn a_flood_from_one_address_delays_others_by_one_hash() {
        use std::future::Future as _;
        let flow = |address: u8| Flow { address: Some([192, 0, 2, address].into()), account: None };
        let (flood, owner) = (flow(1), flow(2));
        let threads = threads(1);
        let (begun, has_begun) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |who: &'static str| {
            let order = order.clone();
            move || order.lock().unwrap().push(who)
        };
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        std::thread::scope(|scope| {
            // The only thread is at work while the others come.
            let first = scope.spawn(|| {
                block_on(threads.run(&Flow::default(), move || {
                    begun.send(()).unwrap();
                    wait.recv().unwrap();
                }))
            });
            has_begun.recv().unwrap();
            let mut waiting: Vec<_> =
                (0..300).map(|_| Box::pin(threads.run(&flood, note("flood")))).collect();
            let mut sign_in = Box::pin(threads.run(&owner, note("owner")));
            for queued in &mut waiting {
                assert!(queued.as_mut().poll(&mut context).is_pending());
            }
            assert!(sign_in.as_mut().poll(&mut context).is_pending());
            go.send(()).unwrap();
            first.join().unwrap().unwrap();
            block_on(sign_in).unwrap();
            for queued in waiting {
                block_on(queued).unwrap();
            }
        });
        let order = order.lock().unwrap();
        assert_eq!((order.len(), order.iter().position(|who| *who == "owner")), (301, Some(1)));
    }

    #[test]
    fn a_turn_that_does_not_come_in_time_is_busy() {
        let threads = HashThreads::start(0, Duration::from_millis(1)).unwrap();
        let refused = block_on(threads.run(&Flow::default(), || ()));
        assert!(matches!(refused, Err(PortError::Busy { .. })), "{refused:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn they_let_everybody_else_go_first() {
        let threads = threads(1);
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        assert_eq!(block_on(threads.run(&Flow::default(), priority)).unwrap(), before.max(10));
        assert_eq!(priority(), before, "the caller's own thread stays as it is");
    }
}
