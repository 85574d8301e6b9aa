//! Whether a write would succeed now, and whether the server is still there at all.
//!
//! One thread waits for nothing but messages, so that its time limits hold whatever the database does;
//! another one asks the database, on a connection of its own, and is replaced when it is stuck.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use roster_kernel::PortError;

use crate::connection::{Access, AnyConn};
use crate::each_backend;
use crate::error::StoreError;
use crate::manager::Manager;
use crate::pool::Connections;
use crate::url::Backend;
use crate::writer::{Verdict, Writer};

/// An answer is good for so long.
const FRESH: Duration = Duration::from_secs(1);

/// Who asks waits so long at the most.
const LIMIT: Duration = Duration::from_millis(900);

/// How often the name of a SQLite file is looked at, asked or not.
const FILE_LOOKS: Duration = Duration::from_millis(900);

/// What runs for longer makes one ask whether the server is there.
const SUSPICIOUS: Duration = Duration::from_secs(1);

/// A write that touches what writes need, and leaves nothing: the log, a table, and, through a sort area
/// that is too small, new space on the disk. One message, so that no lock waits for a client.
const PROBE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 800; \
    SET LOCAL work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 8192); \
    UPDATE store_marks SET at_ms = at_ms WHERE name = 'begun'; COMMIT";

/// The same of SQLite, whose writer begins and commits.
const PROBE_SQLITE: &str = "UPDATE store_marks SET at_ms = at_ms WHERE name = 'begun'";

type Answer = Result<(), String>;

/// Answers whether the store is ready.
pub(crate) struct Readiness {
    events: Sender<Event>,
}

enum Event {
    Asked(async_channel::Sender<Answer>),
    Probed { prober: u64, probed: Probed },
    Stop,
}

/// What the database said.
struct Probed {
    /// Whether it was asked for a write.
    wrote: bool,
    answer: Answer,
    /// Whether it said anything at all.
    there: bool,
    /// Whether an earlier connection had ended.
    renewed: bool,
}

impl Readiness {
    /// Starts the thread. It looks after the connections of PostgreSQL, too.
    pub(crate) fn start(
        connections: Arc<Connections>,
        writer: Option<&Arc<Writer>>,
    ) -> std::io::Result<Self> {
        let (events, inbox) = channel();
        let watcher = Watcher {
            inbox,
            outbox: events.clone(),
            backend: connections.manager.url.backend(),
            silence: connections.manager.postgres.silence,
            connections,
            writer: writer.map(Arc::downgrade),
            waiting: Vec::new(),
            last: None,
            prober: None,
            number: 0,
            probing: None,
        };
        std::thread::Builder::new().name("roster-ready".into()).spawn(move || watcher.run())?;
        Ok(Self { events })
    }

    /// Whether a write would succeed, as of a second ago at the most. Answers within a second.
    ///
    /// # Errors
    /// [`PortError::Failed`] with the reason, for the log.
    pub(crate) async fn ask(&self) -> Result<(), PortError> {
        let (asker, answer) = async_channel::bounded(1);
        let _ = self.events.send(Event::Asked(asker));
        match answer.recv().await {
            Ok(answer) => answer.map_err(PortError::failed),
            Err(_) => Err(PortError::failed("the store is closed")),
        }
    }
}

impl Drop for Readiness {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Stop);
    }
}

struct Watcher {
    inbox: Receiver<Event>,
    outbox: Sender<Event>,
    connections: Arc<Connections>,
    writer: Option<Weak<Writer>>,
    backend: Backend,
    silence: Duration,
    waiting: Vec<(Instant, async_channel::Sender<Answer>)>,
    last: Option<(Instant, Answer)>,
    /// Takes whether it shall ask for a write.
    prober: Option<Sender<bool>>,
    /// Which of the probers one listens to.
    number: u64,
    probing: Option<Instant>,
}

impl Watcher {
    fn run(mut self) {
        loop {
            match self.inbox.recv_timeout(self.pause()) {
                Ok(Event::Asked(asker)) => self.asked(asker),
                Ok(Event::Probed { prober, probed }) if prober == self.number => self.probed(probed),
                Ok(Event::Probed { .. }) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            self.look();
        }
    }

    /// Until something is due.
    fn pause(&self) -> Duration {
        let overdue = self.waiting.first().map(|(since, _)| LIMIT.saturating_sub(since.elapsed()));
        let idle = match self.backend {
            Backend::Sqlite => FILE_LOOKS,
            Backend::Postgres => SUSPICIOUS,
        };
        overdue.unwrap_or(idle).min(idle)
    }

    fn asked(&mut self, asker: async_channel::Sender<Answer>) {
        // What takes no time is asked each time.
        if let Err(displaced) = self.connections.manager.presence.check() {
            self.last = None;
            return drop(asker.try_send(Err(displaced.to_string())));
        }
        match &self.last {
            Some((at, answer)) if at.elapsed() < FRESH => drop(asker.try_send(answer.clone())),
            _ => {
                self.waiting.push((Instant::now(), asker));
                self.probe(true);
            }
        }
    }

    fn probed(&mut self, probed: Probed) {
        self.probing = None;
        if probed.renewed {
            self.connections.retire();
        }
        if !probed.there && self.is_stuck() {
            self.connections.give_up();
        }
        if probed.wrote {
            self.answer(&probed.answer);
            self.last = Some((Instant::now(), probed.answer));
        } else if !self.waiting.is_empty() {
            self.probe(true);
        }
    }

    fn is_stuck(&self) -> bool {
        self.backend == Backend::Postgres && self.connections.oldest().is_some_and(|age| age >= self.silence)
    }

    fn answer(&mut self, answer: &Answer) {
        for (_, asker) in self.waiting.drain(..) {
            let _ = asker.try_send(answer.clone());
        }
    }

    /// What time has brought.
    fn look(&mut self) {
        if self.waiting.first().is_some_and(|(since, _)| since.elapsed() >= LIMIT) {
            self.answer(&Err("the store does not answer".to_owned()));
        }
        // Of a file this logs what has changed; of a server it is what the last question found.
        let is_displaced = self.connections.manager.presence.check().is_err();
        if self.backend == Backend::Sqlite {
            return;
        }
        match self.probing {
            Some(since) if since.elapsed() >= self.silence => {
                // Its thread ends when its connection does.
                (self.prober, self.probing) = (None, None);
                self.connections.give_up();
            }
            None if is_displaced => self.probe(false),
            None if self.connections.oldest().is_some_and(|age| age >= SUSPICIOUS) => self.probe(false),
            _ => {}
        }
    }

    fn probe(&mut self, write: bool) {
        if self.probing.is_some() {
            return;
        }
        self.probing = Some(Instant::now());
        let sent = self.prober.as_ref().is_some_and(|prober| prober.send(write).is_ok());
        if !sent {
            self.number += 1;
            self.prober = self.start_prober().ok();
            let _ = self.prober.as_ref().map(|prober| prober.send(write));
        }
    }

    fn start_prober(&self) -> std::io::Result<Sender<bool>> {
        let (asks, asked) = channel();
        let (outbox, number) = (self.outbox.clone(), self.number);
        let (manager, writer) = (self.connections.manager.clone(), self.writer.clone());
        std::thread::Builder::new().name("roster-probe".into()).spawn(move || {
            let mut conn = None;
            while let Ok(write) = asked.recv() {
                let probed = match &writer {
                    Some(writer) => ask_writer(writer),
                    None => ask_server(&mut conn, &manager, write),
                };
                if outbox.send(Event::Probed { prober: number, probed }).is_err() {
                    return;
                }
            }
        })?;
        Ok(asks)
    }
}

fn ask_writer(writer: &Weak<Writer>) -> Probed {
    let answer = match writer.upgrade() {
        Some(writer) => writer.run_blocking(|conn| {
            each_backend!(conn, |conn| conn.batch_execute(PROBE_SQLITE))?;
            Ok(((), Verdict::Keep))
        }),
        None => Err(StoreError::Port(PortError::failed("the store is closed"))),
    };
    let answer = answer.map_err(|error| error.judged(Backend::Sqlite).to_string());
    Probed { wrote: true, answer, there: true, renewed: false }
}

fn ask_server(conn: &mut Option<AnyConn>, manager: &Manager, write: bool) -> Probed {
    let had = conn.is_some();
    let mut probed = ask_once(conn, manager, write);
    if had && !probed.there {
        // It may have been this connection's end alone.
        probed = ask_once(conn, manager, write);
        probed.renewed = true;
    }
    probed
}

fn ask_once(slot: &mut Option<AnyConn>, manager: &Manager, write: bool) -> Probed {
    let failed = |error: String, there| Probed { wrote: write, answer: Err(error), there, renewed: false };
    let mut conn = match slot.take() {
        Some(conn) => conn,
        None => match AnyConn::open(&manager.url, Access::Serve, &manager.postgres) {
            Ok(conn) => conn,
            Err(error) => return failed(error.to_string(), false),
        },
    };
    match manager.presence.confirm(&mut conn) {
        Ok(Ok(())) => {}
        Ok(Err(displaced)) => {
            *slot = Some(conn);
            return failed(displaced.to_string(), true);
        }
        Err(error) => return failed(error.to_string(), is_answer(&error)),
    }
    let sql = if write { PROBE } else { "SELECT 1" };
    if let Err(error) = each_backend!(&mut conn, |conn| conn.batch_execute(sql)) {
        return failed(error.to_string(), is_answer(&error));
    }
    *slot = Some(conn);
    Probed { wrote: write, answer: Ok(()), there: true, renewed: false }
}

/// Whether the server said this itself, on a connection that goes on.
fn is_answer(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind as Kind, Error};
    !matches!(error, Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _))
}
