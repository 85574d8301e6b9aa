//! Reads every subject back and compares it with what it may be.

use std::time::Duration;

use serde_json::Value;

use crate::client::Client;
use crate::dialects::Found;
use crate::http::{Answer, Connection, Request};
use crate::ledger::State;
use crate::record::Record;
use crate::wait::until;

/// How long a gateway may take to answer a verifying read.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which of the deleted subjects are read again at the end: one in so many of those beyond this number.
const GONE_READ_AGAIN: usize = 200;

impl Client {
    /// Verifies all subjects; those that exist and are not touched any more are verified too.
    pub(crate) fn verify(&mut self, bases: &[String], record: &Record) {
        let mut connection = Connection::to(bases, self.number);
        let mut reported = Vec::new();
        for at in 0..self.ledger.subjects.len() {
            if let Err(reason) = self.verify_subject(at, &mut connection, record) {
                let subject = &self.ledger.subjects[at];
                let what = subject.unknown.map(|attempt| self.ledger.attempts[attempt].what.clone());
                record.count(|figures| figures.lost += 1);
                record.broken(format!(
                    "{} {}: {reason}; allowed {:?}; unknown {what:?}",
                    self.dialect.name(),
                    subject.key,
                    subject.allowed,
                ));
                reported.push(at);
            }
        }
        // Each is reported once.
        for at in reported.into_iter().rev() {
            self.ledger.subjects.remove(at);
        }
        self.ledger.bury();
    }

    /// Verifies that deleted subjects are still gone.
    pub(crate) fn verify_gone(&mut self, bases: &[String], record: &Record) {
        let mut connection = Connection::to(bases, self.number);
        let step = (self.ledger.gone.len() / GONE_READ_AGAIN).max(1);
        let gone: Vec<(String, Option<String>)> = self.ledger.gone.iter().step_by(step).cloned().collect();
        for (key, id) in gone {
            record.count(|figures| figures.verified += 1);
            match self.read(&key, id.as_deref(), &mut connection, record) {
                Ok(None) => {}
                other => {
                    record.count(|figures| figures.lost += 1);
                    record.broken(format!("{} {key}: deleted, and read as {other:?}", self.dialect.name()));
                }
            }
        }
    }

    fn verify_subject(
        &mut self,
        at: usize,
        connection: &mut Connection,
        record: &Record,
    ) -> Result<(), String> {
        record.count(|figures| figures.verified += 1);
        let (key, id) = (self.ledger.subjects[at].key.clone(), self.ledger.subjects[at].id.clone());
        let found = self.read(&key, id.as_deref(), connection, record)?;
        let content = found.as_ref().map(|(_, content)| content);
        let allowed = self.ledger.subjects[at].allowed.clone();
        let mut which: Vec<usize> = (0..allowed.len())
            .filter(|&which| without_password(&allowed[which]).as_ref() == content)
            .collect();
        if let Some(content) = content {
            let mut right = Vec::new();
            for which in which {
                if self.has_password(&key, content, &allowed[which], connection)? {
                    right.push(which);
                }
            }
            which = right;
        }
        match which.as_slice() {
            [which] => {
                self.ledger.found(at, *which, found.and_then(|(id, _)| id));
                Ok(())
            }
            [] => Err(format!("read as {found:?}, or with another password")),
            _ => Err("both states look the same".to_owned()),
        }
    }

    fn read(
        &mut self,
        key: &str,
        id: Option<&str>,
        connection: &mut Connection,
        record: &Record,
    ) -> Result<Found, String> {
        let mut last = String::new();
        let read = until("a verifying read", PATIENCE, || {
            let token = self.sign_in(connection, record)?;
            let requests = self.dialect.read(key, id).into_iter();
            let answers: Vec<Answer> = requests
                .map(|request| connection.send(&request.header("Authorization", token.clone())))
                .collect();
            if answers.iter().any(Answer::is_unauthorized) {
                self.token = None;
                return None;
            }
            if let Some(answer) = answers.iter().find(|answer| answer.is_temporary()) {
                last = format!("{answer}");
                connection.next_gateway();
                return None;
            }
            if answers.iter().any(|answer| answer.status() == 500) {
                record.count(|figures| figures.internal_errors += 1);
            }
            Some(self.dialect.found(key, &answers))
        });
        read.map_err(|error| format!("{error}: {last}"))?.0
    }

    fn has_password(
        &self,
        key: &str,
        content: &Value,
        allowed: &State,
        connection: &mut Connection,
    ) -> Result<bool, String> {
        let password = allowed.as_ref().and_then(|allowed| allowed["password"].as_str());
        let Some(request) = password.and_then(|password| self.dialect.password_check(key, content, password))
        else {
            return Ok(true);
        };
        let request = request.header("X-Forwarded-For", own_address());
        self.is_right(&request, connection)
    }

    fn is_right(&self, request: &Request, connection: &mut Connection) -> Result<bool, String> {
        let mut last = String::new();
        let right = until("a password's check", PATIENCE, || {
            let answer = connection.send(request);
            if answer.is_temporary() {
                last = format!("{answer}");
                connection.next_gateway();
                return None;
            }
            Some(self.dialect.is_right(&answer))
        });
        right.map_err(|error| format!("{error}: {last}"))?.0
    }
}

/// An address that no other check comes from, so that none is slowed for the wrong passwords of others.
fn own_address() -> String {
    format!("10.{}.{}.{}", fastrand::u8(..), fastrand::u8(..), fastrand::u8(1..255))
}

fn without_password(state: &State) -> State {
    let mut state = state.clone();
    if let Some(object) = state.as_mut().and_then(Value::as_object_mut) {
        object.remove("password");
    }
    state
}
