//! SQLite's one writer: a thread that puts the writes which wait into one transaction.
//!
//! What a durable commit costs is the disk's flush, so writes that came while another was flushed
//! share the next flush. Each has a savepoint and an answer of its own, and none is answered before
//! the transaction that holds it is committed.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use roster_kernel::{Gate, GateSettings, Permit, PortError};

use crate::checkpoint::Checkpointer;
use crate::connection::AnyConn;
use crate::error::StoreError;
use crate::fault::Remedy;
use crate::identity::Displaced;
use crate::manager::{Manager, Seen};
use crate::savepoint;
use crate::url::Backend;

/// The name under which waiting times and refusals are counted, like a gate's.
const GATE: &str = "writer";

/// Writes in one transaction at the most: if it breaks, all of them fail.
const LARGEST: usize = 256;

/// How long a transaction waits for the next write while it holds fewer than lately wrote at the same
/// time: less than the flush takes that they then share.
const LINGER: Duration = Duration::from_micros(150);

/// How long a transaction takes in further writes: who came first should not wait for all.
const LONGEST: Duration = Duration::from_millis(25);

/// Writes that wait at the most, each with what it writes in memory; others wait before they enter.
const WAITING: usize = 2 * LARGEST;

/// The writer of one SQLite file.
pub(crate) struct Writer {
    /// Taken when the writer goes, which ends its thread.
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    entrance: Gate,
}

/// Whether a piece of work wants its changes kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are part of the store once the transaction is committed.
    Keep,
    /// They are taken back.
    Undo,
}

impl Writer {
    /// Starts the thread, which opens its connection when the first write comes. Whoever waited for
    /// longer than `patience` is told to come again. `commits` grows with every commit, before
    /// anybody is told of it.
    pub(crate) fn start(
        manager: Manager,
        patience: Duration,
        commits: Arc<AtomicU64>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel();
        let checkpointer = Checkpointer::start(manager.clone())?;
        let mut room = Room { jobs, manager, conn: None, checkpointer, patience, commits, crowd: 1 };
        let thread = std::thread::Builder::new().name("roster-writer".into());
        let thread = thread.spawn(move || {
            while let Ok(first) = room.jobs.recv() {
                room.serve(first);
            }
        })?;
        let entrance = GateSettings { name: "writer_queue", permits: WAITING, patience };
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            entrance: Gate::new(entrance),
        })
    }

    /// Runs `work` in a transaction, which others may share. A caller that goes away before it has
    /// begun takes it with him; later it is done without him.
    ///
    /// # Errors
    /// [`PortError::Busy`] if its turn did not come in time; then it was not begun.
    ///
    /// # Panics
    /// If `work` does; its changes are taken back.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        let permit = self.entrance.enter().await?;
        answer_of(self.submit(work, Some(permit)).recv().await)
    }

    /// As [`Writer::run`], for a thread that may wait.
    pub(crate) fn run_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        answer_of(self.submit(work, None).recv_blocking())
    }

    fn submit<T, F>(&self, work: F, permit: Option<Permit>) -> async_channel::Receiver<Answer<T>>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError> + Send + 'static,
    {
        let (answer, answered) = async_channel::bounded(1);
        let write = Write { work: Some(work), done: None, answer, came: Instant::now(), _permit: permit };
        if let Some(queue) = &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            // A thread that is gone drops the write, and with it the other end of `answered`.
            let _ = queue.send(Box::new(write));
        }
        answered
    }

    /// Ends it, when what it was given is done: its connections are closed.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A write may have held the last handle of its own store.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn answer_of<T>(answered: Result<Answer<T>, async_channel::RecvError>) -> Result<T, StoreError> {
    match answered {
        Ok(Ok(answer)) => answer.map_err(|error| error.judged(Backend::Sqlite)),
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(PortError::failed("the writer is gone").into()),
    }
}

/// What is wrong with a transaction that holds several writes.
enum Broken {
    /// Another process holds the file for too long, or the disk is full: the same may succeed later.
    Unavailable(String),
    Failed(String),
}

impl From<&StoreError> for Broken {
    fn from(error: &StoreError) -> Self {
        match error.remedy(Backend::Sqlite) {
            Remedy::Internal => Self::Failed(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<&Broken> for StoreError {
    fn from(broken: &Broken) -> Self {
        match broken {
            Broken::Unavailable(why) => Self::Port(PortError::unavailable(why)),
            Broken::Failed(why) => Self::Port(PortError::failed(why.as_str())),
        }
    }
}

/// One write, whatever it answers.
trait Job: Send {
    /// Whether it is to be done: somebody waits for it, and not for too long.
    fn begin(&mut self, patience: Duration) -> bool;
    fn work(&mut self, conn: &mut AnyConn) -> Verdict;
    /// Tells what came of it: its own failure, or that of the transaction, or its value.
    fn answer(self: Box<Self>, broken: Option<&Broken>);
}

type Answer<T> = Result<Result<T, StoreError>, Box<dyn Any + Send>>;

struct Write<T, F> {
    work: Option<F>,
    done: Option<Answer<T>>,
    answer: async_channel::Sender<Answer<T>>,
    came: Instant,
    /// Given back when this is answered, or found abandoned.
    _permit: Option<Permit>,
}

impl<T, F> Job for Write<T, F>
where
    T: Send,
    F: FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError> + Send,
{
    fn begin(&mut self, patience: Duration) -> bool {
        let waited = self.came.elapsed();
        if waited > patience {
            metrics::counter!("roster_gate_refused_total", "gate" => GATE).increment(1);
            let _ = self.answer.try_send(Ok(Err(PortError::busy().into())));
            return false;
        }
        metrics::histogram!("roster_gate_wait_seconds", "gate" => GATE).record(waited);
        !self.answer.is_closed()
    }

    fn work(&mut self, conn: &mut AnyConn) -> Verdict {
        let Some(work) = self.work.take() else { return Verdict::Undo };
        // The panic of one is not the others' fault.
        let (done, verdict) = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
            Ok(Ok((value, verdict))) => (Ok(Ok(value)), verdict),
            Ok(Err(error)) => (Ok(Err(error)), Verdict::Undo),
            Err(panic) => (Err(panic), Verdict::Undo),
        };
        self.done = Some(done);
        verdict
    }

    fn answer(self: Box<Self>, broken: Option<&Broken>) {
        let answer = match (self.done, broken) {
            (Some(Ok(Ok(_))) | None, Some(broken)) => Ok(Err(broken.into())),
            (Some(done), _) => done,
            (None, None) => Ok(Err(PortError::failed("the write was not done").into())),
        };
        // Who asked may have gone.
        let _ = self.answer.try_send(answer);
    }
}

/// The file cannot be opened: it may be there again later.
fn unavailable(error: diesel::ConnectionError) -> StoreError {
    tracing::warn!(%error, "no connection to the store");
    PortError::unavailable(error).into()
}

/// What the thread has.
struct Room {
    jobs: mpsc::Receiver<Box<dyn Job>>,
    manager: Manager,
    conn: Option<(AnyConn, Seen)>,
    checkpointer: Checkpointer,
    patience: Duration,
    commits: Arc<AtomicU64>,
    /// How many write at the same time, as far as one knows: as many as were in a transaction lately. One
    /// who writes alone is never made to wait.
    crowd: usize,
}

/// The next write of a transaction, if one waits. If there are not `enough` in it one is waited for, while
/// others work.
fn next(jobs: &mpsc::Receiver<Box<dyn Job>>, patience: Duration, enough: bool) -> Option<Box<dyn Job>> {
    let begun = Instant::now();
    loop {
        let mut job = match enough {
            true => jobs.try_recv().ok()?,
            false => jobs.recv_timeout(LINGER.saturating_sub(begun.elapsed())).ok()?,
        };
        if job.begin(patience) {
            return Some(job);
        }
    }
}

impl Room {
    /// One transaction: `first`, and those who wait behind it.
    fn serve(&mut self, mut first: Box<dyn Job>) {
        if !first.begin(self.patience) {
            return;
        }
        let mut held = vec![first];
        let begun = Instant::now();
        // Into a file that is not in its place nothing is written; its connection keeps what it holds.
        if let Err(displaced) = self.manager.identity.check() {
            let broken = Broken::Unavailable(displaced.to_string());
            return held.into_iter().for_each(|job| job.answer(Some(&broken)));
        }
        let result = self.transact(&mut held);
        // A full disk ends the transaction under the savepoints, whose errors say nothing of it.
        let failed = self.conn.as_ref().is_some_and(|(_, seen)| seen.failed());
        let is_clean = result.is_ok() && !failed;
        let broken = match result {
            Ok(in_place) => {
                self.commits.fetch_add(1, Ordering::Release);
                // What was committed into a file that has lost its place is not acknowledged.
                in_place.err().map(|displaced| Broken::Unavailable(displaced.to_string()))
            }
            Err(error) => {
                tracing::warn!(%error, writes = held.len(), "a transaction was not committed");
                Some(if failed { Broken::Unavailable(error.to_string()) } else { Broken::from(&error) })
            }
        };
        if !is_clean {
            // Whatever state it is in: the next one begins on a new connection.
            self.manager.identity.keep_log(false);
            self.conn = None;
        }
        for job in held {
            job.answer(broken.as_ref());
        }
        self.checkpointer.wrote(begun.elapsed());
    }

    /// Answers whether the file was in its place after the commit.
    fn transact(&mut self, held: &mut Vec<Box<dyn Job>>) -> Result<Result<(), Displaced>, StoreError> {
        let begun = Instant::now();
        let (conn, _) = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(self.manager.open_to_write().map_err(unavailable)?),
        };
        conn.begin_write("")?;
        self.manager.identity.keep_log(true);
        let mut done = 0;
        while let Some(job) = held.get_mut(done) {
            savepoint::begin(conn)?;
            match job.work(conn) {
                Verdict::Keep => savepoint::keep(conn)?,
                Verdict::Undo => savepoint::undo(conn)?,
            }
            done += 1;
            if done < LARGEST && begun.elapsed() < LONGEST {
                let enough = done >= self.crowd;
                held.extend(next(&self.jobs, self.patience, enough));
            }
        }
        self.crowd = done.max(self.crowd - self.crowd.div_ceil(4));
        conn.commit()?;
        Ok(self.manager.identity.check())
    }
}
