//! Whether a write would succeed now, and whether the server is still there at all.
//!
//! One thread waits for nothing but messages, so that its time limits hold whatever the database does;
//! two others ask the database, each on a connection of its own. A server that answers, but does not
//! finish a write (its synchronous standby is gone), is not silent: reads go on, writes are refused until
//! the write of the probe is finished, and no further session is left waiting on the server.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use roster_kernel::PortError;

use crate::pool::Connections;
use crate::probe::{Probed, Prober, Question};
use crate::url::Backend;
use crate::writer::Writer;

/// An answer is good for so long.
const FRESH: Duration = Duration::from_secs(1);

/// Who asks waits so long at the most.
const LIMIT: Duration = Duration::from_millis(800);

/// How often the name of a SQLite file is looked at, asked or not.
const FILE_LOOKS: Duration = Duration::from_millis(900);

/// What runs for longer makes one ask whether the server is there.
const SUSPICIOUS: Duration = Duration::from_secs(1);

type Answer = Result<(), String>;

/// Answers whether the store is ready.
pub(crate) struct Readiness {
    events: Sender<Event>,
}

enum Event {
    Asked(async_channel::Sender<Answer>),
    Probed(Probed),
    Stop,
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
            write: Prober::new(Question::Write),
            presence: Prober::new(Question::Presence),
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
    write: Prober,
    presence: Prober,
}

impl Watcher {
    fn run(mut self) {
        loop {
            match self.inbox.recv_timeout(self.pause()) {
                Ok(Event::Asked(asker)) => self.asked(asker),
                Ok(Event::Probed(probed)) => self.probed(probed),
                Err(RecvTimeoutError::Timeout) => {}
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
        if let Err(displaced) = self.connections.manager.identity.check() {
            self.last = None;
            return drop(asker.try_send(Err(displaced.to_string())));
        }
        match &self.last {
            Some((at, answer)) if at.elapsed() < FRESH => drop(asker.try_send(answer.clone())),
            _ => {
                self.waiting.push((Instant::now(), asker));
                self.ask(Question::Write);
            }
        }
    }

    fn probed(&mut self, probed: Probed) {
        let is_current = match probed.question {
            Question::Write => self.write.answered(&probed),
            Question::Presence => self.presence.answered(&probed),
        };
        if !is_current {
            return;
        }
        if probed.renewed {
            self.connections.retire();
        }
        if !probed.there && self.is_stuck() {
            self.give_up();
        }
        match probed.question {
            Question::Write => {
                self.connections.let_writes_in(true);
                self.answer(&probed.answer);
                self.last = Some((Instant::now(), probed.answer));
            }
            Question::Presence if probed.there => self.server_is_there(),
            Question::Presence => {}
        }
    }

    /// The server answers. What then takes long, and is no write, is left alone.
    fn server_is_there(&mut self) {
        if self.write.waiting().is_some_and(|waiting| waiting >= self.silence) {
            if self.connections.let_writes_in(false) {
                tracing::warn!(
                    "the server answers, but finishes no write (is a synchronous standby away?): writes are \
                     refused until it does"
                );
                self.connections.give_up();
            }
        } else if self.is_stuck() {
            self.ask(Question::Write);
        }
    }

    fn is_stuck(&self) -> bool {
        self.backend == Backend::Postgres && self.connections.oldest().is_some_and(|age| age >= self.silence)
    }

    fn give_up(&mut self) {
        self.write.abandon();
        self.presence.abandon();
        self.connections.let_writes_in(true);
        tracing::warn!("the store does not answer: giving up its connections");
        self.connections.give_up();
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
        let is_displaced = self.connections.manager.identity.check().is_err();
        if self.backend == Backend::Sqlite {
            return;
        }
        let is_late = |age: Option<Duration>, limit| age.is_some_and(|age| age >= limit);
        if is_late(self.presence.waiting(), self.silence) {
            self.give_up();
        } else if is_displaced
            || is_late(self.write.waiting(), LIMIT)
            || is_late(self.connections.oldest(), SUSPICIOUS)
        {
            self.ask(Question::Presence);
        }
    }

    fn ask(&mut self, question: Question) {
        let outbox = self.outbox.clone();
        let report = move |probed| outbox.send(Event::Probed(probed)).is_ok();
        let prober = match question {
            Question::Write => &mut self.write,
            Question::Presence => &mut self.presence,
        };
        prober.ask(&self.connections.manager, self.writer.as_ref(), report);
    }
}
