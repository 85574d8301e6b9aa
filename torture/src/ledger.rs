//! What a client attempted, what was acknowledged, and in which states each of its subjects may be.

use serde_json::Value;

/// A subject's content as its dialect reads it, with its password where it has one; nothing if there is none.
pub(crate) type State = Option<Value>;

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was not answered yet.
    Pending,
    /// The gateway said that it was done.
    Acknowledged,
    /// It was not sent, or refused for a reason that leaves no doubt.
    NotDone,
    /// Unanswered, or answered with 5xx: it may have been done.
    Unknown,
    /// It was unknown, and the content says whether it was done.
    Resolved(bool),
}

/// One write.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Its `X-Request-Id`, which its journal entry has too.
    pub(crate) request_id: String,
    /// What was attempted, for messages.
    pub(crate) what: String,
    pub(crate) outcome: Outcome,
}

/// Something that one client alone writes.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The name, or the id where the client chooses it.
    pub(crate) key: String,
    /// The id that the gateway gave it.
    pub(crate) id: Option<String>,
    /// The state that was acknowledged last, and what an attempt may have made of it.
    pub(crate) allowed: Vec<State>,
    /// The attempt of which that is not known.
    pub(crate) unknown: Option<usize>,
    /// Whether there was an attempt since it was verified.
    pub(crate) touched: bool,
}

impl Subject {
    /// One that does not exist yet.
    pub(crate) fn new(key: String) -> Self {
        Self { key, id: None, allowed: vec![None], unknown: None, touched: false }
    }

    /// Its content, if it is known and exists.
    pub(crate) fn content(&self) -> Option<&Value> {
        match self.allowed.as_slice() {
            [Some(content)] => Some(content),
            _ => None,
        }
    }

    /// Whether it is known not to exist.
    pub(crate) fn is_gone(&self) -> bool {
        self.allowed == [None]
    }
}

/// All of one client.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Those since the last verification.
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) subjects: Vec<Subject>,
    /// Deleted ones: their keys, and their ids if they had any.
    pub(crate) gone: Vec<(String, Option<String>)>,
}

impl Ledger {
    /// Notes an attempt before it is sent.
    pub(crate) fn attempt(&mut self, subject: usize, request_id: String, what: String) -> usize {
        self.subjects[subject].touched = true;
        self.attempts.push(Attempt { request_id, what, outcome: Outcome::Pending });
        self.attempts.len() - 1
    }

    /// Notes that it was done, and made `after` of the subject.
    pub(crate) fn acknowledged(&mut self, attempt: usize, subject: usize, after: State) {
        self.attempts[attempt].outcome = Outcome::Acknowledged;
        self.subjects[subject].allowed = vec![after];
    }

    /// Notes that it may have been done.
    pub(crate) fn unknown(&mut self, attempt: usize, subject: usize, after: State) {
        self.attempts[attempt].outcome = Outcome::Unknown;
        let subject = &mut self.subjects[subject];
        subject.allowed.push(after);
        subject.unknown = Some(attempt);
    }

    /// Notes that it was not done.
    pub(crate) fn not_done(&mut self, attempt: usize) {
        self.attempts[attempt].outcome = Outcome::NotDone;
    }

    /// Notes which of the allowed states was found.
    pub(crate) fn found(&mut self, subject: usize, which: usize, id: Option<String>) {
        let subject = &mut self.subjects[subject];
        if let Some(attempt) = subject.unknown.take() {
            self.attempts[attempt].outcome = Outcome::Resolved(which > 0);
        }
        let state = subject.allowed.swap_remove(which);
        subject.allowed = vec![state];
        subject.touched = false;
        if id.is_some() {
            subject.id = id;
        }
    }

    /// Moves those that do not exist any more aside.
    pub(crate) fn bury(&mut self) {
        let (gone, subjects) =
            std::mem::take(&mut self.subjects).into_iter().partition(|subject| subject.is_gone());
        self.subjects = subjects;
        let gone: Vec<Subject> = gone;
        self.gone.extend(gone.into_iter().map(|subject| (subject.key, subject.id)));
    }
}
