//! Asks the database one question at a time, on a thread and a connection of its own.

use std::sync::Weak;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use roster_kernel::PortError;

use crate::connection::{Access, AnyConn};
use crate::each_backend;
use crate::error::StoreError;
use crate::manager::Manager;
use crate::url::Backend;
use crate::writer::{Verdict, Writer};

/// A write that touches what writes need, and leaves nothing: the log, a table, and, through a sort area
/// that is too small, new space on the disk. One message, so that no lock waits for a client.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 700; \
    SET LOCAL work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 8192); \
    UPDATE store_marks SET at_ms = at_ms WHERE name = 'begun'; COMMIT";

/// The same of SQLite, whose writer begins and commits.
const WRITE_SQLITE: &str = "UPDATE store_marks SET at_ms = at_ms WHERE name = 'begun'";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Would a write succeed?
    Write,
    /// Does the server answer at all?
    Presence,
}

/// What the database answered.
pub(crate) struct Probed {
    pub(crate) question: Question,
    /// Which prober asked.
    pub(crate) number: u64,
    pub(crate) answer: Result<(), String>,
    /// Whether it said anything at all.
    pub(crate) there: bool,
    /// Whether an earlier connection had ended.
    pub(crate) renewed: bool,
}

/// Asks one question again and again; replaced when it is stuck.
pub(crate) struct Prober {
    question: Question,
    number: u64,
    asks: Option<Sender<()>>,
    since: Option<Instant>,
}

impl Prober {
    pub(crate) fn new(question: Question) -> Self {
        Self { question, number: 0, asks: None, since: None }
    }

    /// How long the question has been waiting for its answer.
    pub(crate) fn waiting(&self) -> Option<Duration> {
        self.since.map(|since| since.elapsed())
    }

    /// Asks, unless an answer is still to come. `report` gets the answer.
    pub(crate) fn ask(
        &mut self,
        manager: &Manager,
        writer: Option<&Weak<Writer>>,
        report: impl Fn(Probed) -> bool + Send + 'static,
    ) {
        if self.since.is_some() {
            return;
        }
        self.since = Some(Instant::now());
        let sent = self.asks.as_ref().is_some_and(|asks| asks.send(()).is_ok());
        if !sent {
            self.number += 1;
            self.asks = self.start(manager.clone(), writer.cloned(), report).ok();
            let _ = self.asks.as_ref().map(|asks| asks.send(()));
        }
    }

    /// Takes note of an answer. `false` if it is of a prober that was replaced.
    pub(crate) fn answered(&mut self, probed: &Probed) -> bool {
        let is_current = probed.number == self.number;
        if is_current {
            self.since = None;
        }
        is_current
    }

    /// Waits no longer; the thread ends when its connection does.
    pub(crate) fn abandon(&mut self) {
        (self.asks, self.since) = (None, None);
        self.number += 1;
    }

    fn start(
        &self,
        manager: Manager,
        writer: Option<Weak<Writer>>,
        report: impl Fn(Probed) -> bool + Send + 'static,
    ) -> std::io::Result<Sender<()>> {
        let (asks, asked) = channel();
        let (question, number) = (self.question, self.number);
        std::thread::Builder::new().name("roster-probe".into()).spawn(move || {
            let mut conn = None;
            while asked.recv().is_ok() {
                let mut probed = match &writer {
                    Some(writer) => ask_writer(writer),
                    None => ask_server(&mut conn, &manager, question),
                };
                (probed.question, probed.number) = (question, number);
                if !report(probed) {
                    return;
                }
            }
        })?;
        Ok(asks)
    }
}

fn probed(answer: Result<(), String>, there: bool) -> Probed {
    Probed { question: Question::Write, number: 0, answer, there, renewed: false }
}

fn ask_writer(writer: &Weak<Writer>) -> Probed {
    let answer = match writer.upgrade() {
        Some(writer) => writer.run_blocking(|conn| {
            each_backend!(conn, |conn| conn.batch_execute(WRITE_SQLITE))?;
            Ok(((), Verdict::Keep))
        }),
        None => Err(StoreError::Port(PortError::failed("the store is closed"))),
    };
    probed(answer.map_err(|error| error.judged(Backend::Sqlite).to_string()), true)
}

fn ask_server(conn: &mut Option<AnyConn>, manager: &Manager, question: Question) -> Probed {
    let had = conn.is_some();
    let mut probed = ask_once(conn, manager, question);
    if had && !probed.there {
        // It may have been this connection's end alone.
        probed = ask_once(conn, manager, question);
        probed.renewed = true;
    }
    probed
}

fn ask_once(slot: &mut Option<AnyConn>, manager: &Manager, question: Question) -> Probed {
    let mut conn = match slot.take() {
        Some(conn) => conn,
        None => match AnyConn::open(&manager.url, Access::Serve, &manager.postgres) {
            Ok(conn) => conn,
            Err(error) => return probed(Err(error.to_string()), false),
        },
    };
    match manager.identity.confirm(&mut conn) {
        Ok(Ok(())) => {}
        Ok(Err(displaced)) => {
            *slot = Some(conn);
            return probed(Err(displaced.to_string()), true);
        }
        Err(error) => return probed(Err(error.to_string()), is_answer(&error)),
    }
    let sql = match question {
        Question::Write => WRITE,
        Question::Presence => "SELECT 1",
    };
    if let Err(error) = each_backend!(&mut conn, |conn| conn.batch_execute(sql)) {
        return probed(Err(error.to_string()), is_answer(&error));
    }
    *slot = Some(conn);
    probed(Ok(()), true)
}

/// Whether the server said this itself, on a connection that goes on.
fn is_answer(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind as Kind, Error};
    !matches!(error, Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _))
}
