//! A client that writes, and notes what it wrote.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::dialects::{Dialect, Operation};
use crate::http::{Answer, Connection, Request};
use crate::ledger::{Ledger, Subject};
use crate::record::Record;
use crate::wait::pause;

/// How many subjects a client keeps.
const KEPT: usize = 16;

/// How long it pauses after an answer that promises nothing.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// A client of one dialect, with subjects that nothing else writes.
pub(crate) struct Client {
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) number: usize,
    pub(crate) ledger: Ledger,
    pub(crate) token: Option<String>,
    rng: fastrand::Rng,
    /// The number of its last write. No two clients share one, and they stay small: device users' ids end at 999998.
    counter: u64,
    step: u64,
}

impl Client {
    /// Client `number` of `clients` in a run with this seed.
    pub(crate) fn new(dialect: &'static dyn Dialect, number: usize, clients: usize, seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed.wrapping_add(number as u64));
        let (counter, step) = (number as u64, clients as u64);
        Self { dialect, number, ledger: Ledger::default(), token: None, rng, counter, step }
    }

    /// Writes until it is stopped.
    pub(crate) fn write(&mut self, bases: &[String], cycle: usize, stop: &AtomicBool, record: &Record) {
        let mut connection = Connection::to(bases, self.number);
        while !stop.load(Ordering::SeqCst) {
            let Some(token) = self.sign_in(&mut connection, record) else {
                pause(AFTER_FAILURE);
                continue;
            };
            let (subject, operation) = self.choose();
            self.attempt(&mut connection, &token, cycle, subject, operation, record);
        }
    }

    /// The credential, if a gateway gives one.
    pub(crate) fn sign_in(&mut self, connection: &mut Connection, record: &Record) -> Option<String> {
        if self.token.is_none() {
            match self.dialect.sign_in(connection) {
                Ok(token) => self.token = Some(token),
                Err(answer) => {
                    connection.next_gateway();
                    if !answer.is_temporary() {
                        self.report(&answer, "sign-in", "", record);
                    }
                }
            }
        }
        self.token.clone()
    }

    fn choose(&mut self) -> (usize, Operation) {
        self.counter += self.step;
        let number = self.counter;
        let subjects = &self.ledger.subjects;
        let known: Vec<usize> = (0..subjects.len()).filter(|&at| subjects[at].content().is_some()).collect();
        if known.len() < 2 || (known.len() < KEPT && self.rng.u8(..4) == 0) {
            let key = self.dialect.key(number);
            let operation = self.dialect.create(&key, number);
            self.ledger.subjects.push(Subject::new(key));
            return (self.ledger.subjects.len() - 1, operation);
        }
        let at = known[self.rng.usize(..known.len())];
        let subject = &subjects[at];
        let operation = match subject.content() {
            Some(content) if self.rng.u8(..6) > 0 => {
                self.dialect.change(subject, content, &mut self.rng, number)
            }
            _ => self.dialect.delete(subject),
        };
        (at, operation)
    }

    fn attempt(
        &mut self,
        connection: &mut Connection,
        token: &str,
        cycle: usize,
        subject: usize,
        operation: Operation,
        record: &Record,
    ) {
        let Operation { request, after } = operation;
        let request_id = format!("c{cycle}.{}.{}", self.number, self.counter);
        let what = describe(&request);
        let request = request.header("Authorization", token).header("X-Request-Id", request_id.clone());
        let attempt = self.ledger.attempt(subject, request_id.clone(), what.clone());
        let answer = connection.send(&request);
        match &answer {
            Answer::NotSent => {
                self.ledger.not_done(attempt);
                pause(AFTER_FAILURE);
                return;
            }
            Answer::Reply(200..300, body) => {
                if let Some(id) = self.dialect.id(body) {
                    self.ledger.subjects[subject].id = Some(id);
                }
                self.ledger.acknowledged(attempt, subject, after);
                record.acknowledged();
            }
            refused if refused.is_unauthorized() => {
                // Tokens expire, the sooner the more a clock jumps.
                self.ledger.not_done(attempt);
                self.token = None;
            }
            Answer::Reply(400..500, _) => {
                self.ledger.not_done(attempt);
                self.report(&answer, &what, &request_id, record);
                pause(AFTER_FAILURE);
            }
            Answer::Reply(..) | Answer::Unanswered(_) => {
                self.ledger.unknown(attempt, subject, after);
                record.count(|figures| figures.unknown += 1);
                if !answer.is_temporary() {
                    self.report(&answer, &what, &request_id, record);
                }
                connection.next_gateway();
                pause(AFTER_FAILURE);
            }
        }
        record.count(|figures| figures.attempts += 1);
    }

    fn report(&self, answer: &Answer, what: &str, request_id: &str, record: &Record) {
        if answer.status() == 500 {
            record.count(|figures| figures.internal_errors += 1);
        }
        record.broken(format!("{}: {what} ({request_id}): {answer}", self.dialect.name()));
    }
}

fn describe(request: &Request) -> String {
    let body = request.body.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} {} {body}", request.method, request.path)
}
