//! Threads of their own for hashing, one a core, that let everybody else go first.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use roster_kernel::{Gate, GateSettings, PortError};

type Work = Box<dyn FnOnce() + Send>;

/// A hash takes a core for some milliseconds, a read for some microseconds: so the threads that hash
/// have a low priority (nice 10), and a storm of sign-ups leaves everything else as quick as it was.
/// They end with this.
pub(crate) struct HashThreads {
    gate: Gate,
    queue: mpsc::Sender<Work>,
}

impl HashThreads {
    /// Starts `count` threads. Who finds none free waits for `patience` at the most.
    pub(crate) fn start(count: usize, patience: Duration) -> std::io::Result<Self> {
        let (queue, works) = mpsc::channel::<Work>();
        let works = Arc::new(Mutex::new(works));
        for number in 0..count {
            let works = works.clone();
            let thread = std::thread::Builder::new().name(format!("roster-hash-{number}"));
            thread.spawn(move || {
                step_back();
                // The lock is held for as long as it takes to get work, not to do it.
                while let Ok(work) = { works.lock().unwrap_or_else(PoisonError::into_inner).recv() } {
                    work();
                }
            })?;
        }
        let gate = Gate::new(GateSettings { name: "hashing", permits: count, patience });
        Ok(Self { gate, queue })
    }

    /// Runs `work` on one of them.
    ///
    /// # Errors
    /// [`PortError::Busy`] if none became free in time; then it was not begun.
    ///
    /// # Panics
    /// If `work` does.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let permit = self.gate.enter().await?;
        let (answer, answered) = async_channel::bounded::<Result<T, Box<dyn Any + Send>>>(1);
        let work = move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            drop(permit);
            // Who asked may have gone.
            let _ = answer.try_send(done);
        };
        let _ = self.queue.send(Box::new(work));
        match answered.recv().await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(PortError::failed("the threads that hash are gone")),
        }
    }
}

/// Gives this thread a low priority, where a system lets it: where not, it hashes all the same. Not the
/// lowest: a busy neighbour must not keep everybody from signing in.
fn step_back() {
    // Linux alone means the thread where others mean the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctest_block_on as block_on;

    #[test]
    fn work_is_done_elsewhere_and_answers() {
        let threads = HashThreads::start(2, Duration::from_secs(60)).unwrap();
        let name = block_on(threads.run(|| std::thread::current().name().map(str::to_owned))).unwrap();
        assert!(name.unwrap().starts_with("roster-hash-"));
    }

    #[test]
    fn a_panic_is_the_callers_and_the_thread_lives_on() {
        let threads = HashThreads::start(1, Duration::from_secs(60)).unwrap();
        let panics = || block_on(threads.run(|| -> () { panic!("on purpose") }));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(block_on(threads.run(|| 7)).unwrap(), 7);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn they_let_everybody_else_go_first() {
        let threads = HashThreads::start(1, Duration::from_secs(60)).unwrap();
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        assert_eq!(block_on(threads.run(priority)).unwrap(), before.max(10));
        assert_eq!(priority(), before, "the caller's own thread stays as it is");
    }
}
