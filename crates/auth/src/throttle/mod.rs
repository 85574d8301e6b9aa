//! Attempts to sign in are reserved in the store before a password is checked; see ADR 0010.

mod counters;
mod limits;
mod lines;
mod rows;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_timer::Delay;
use futures_util::future::{Either, select};
use roster_kernel::ports::{
    AccountKey, Admission, Attempt, Lock, PortError, RequestLimit, Requester, Reservation, Reserved, Throttle,
};
use roster_kernel::{Change, Clock, OsRandom, Realm, digest, hex_token};
use roster_persistence::{Db, Entry, Outcome};

use self::lines::{Lines, Place};
use self::rows::{Decision, Verdict};
use crate::address::address_key;

/// How often the outcomes of other gateways are looked for.
const POLL: Duration = Duration::from_millis(100);

/// Reservations and failures, shared by all gateways of a store.
///
/// Rows are bounded: each expires, and an address can make at most 100 in five minutes before it is
/// refused without another.
pub struct ThrottleStore {
    inner: Arc<Inner>,
    requests: Option<Arc<dyn RequestLimit>>,
    patience: Duration,
}

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    lines: Lines,
}

impl ThrottleStore {
    /// The throttle of `db`. An attempt waits for the outcome of earlier ones for 20 seconds at most.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        let inner = Arc::new(Inner { db, clock, lines: Lines::default() });
        Self { inner, requests: None, patience: Duration::from_secs(20) }
    }

    /// The same, with a limit on how often a principal calls.
    #[must_use]
    pub fn with_request_limit(self, limit: Arc<dyn RequestLimit>) -> Self {
        Self { requests: Some(limit), ..self }
    }

    /// The same, where an attempt waits for the outcome of earlier ones for `patience` at most.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Waits in line for a decision.
    async fn decide(&self, attempt: &Subjects, id: &str) -> Result<Decision, PortError> {
        let inner = &self.inner;
        let (known, refused) = inner.look(attempt).await?;
        if let Some(ms) = refused {
            return Ok(Decision::Refused(ms));
        }
        let Some(place) = attempt.line(known).map(|key| inner.lines.join(key)) else {
            return inner.try_reserve(attempt, id).await;
        };
        let _first = place.first().await;
        loop {
            match inner.try_reserve(attempt, id).await? {
                Decision::Wait => wait_for_outcome(&place).await,
                decision => return Ok(decision),
            }
        }
    }
}

async fn wait_for_outcome(place: &Place<'_>) {
    let outcome = std::pin::pin!(place.outcome());
    select(outcome, Delay::new(POLL)).await;
}

/// What an attempt counts for, as it stands in the tables.
#[derive(Debug, Clone)]
struct Subjects {
    realm: &'static str,
    /// A digest bounds the length, and keeps mistyped passwords out of the table.
    account: Option<String>,
    address: Option<String>,
}

impl Subjects {
    fn of(realm: Realm, account: Option<AccountKey<'_>>, address: Option<IpAddr>) -> Self {
        let digest_of = |AccountKey { kind, name }| digest(&format!("{kind} {name}"));
        Self { realm: realm.name(), account: account.map(digest_of), address: address.map(address_key) }
    }

    /// The line of the account; at a known address, which has an allowance of its own, a line of its
    /// own too.
    fn line(&self, known: bool) -> Option<String> {
        let Self { realm, account, address } = self;
        let account = account.as_ref()?;
        Some(match address {
            Some(address) if known => format!("{realm} {account} {address}"),
            _ => format!("{realm} {account}"),
        })
    }
}

impl Inner {
    async fn look(&self, attempt: &Subjects) -> Result<(bool, Option<i64>), PortError> {
        let (attempt, now) = (attempt.clone(), self.clock.now_ms());
        Ok(self.db.look_up(move |conn| rows::look(conn, &attempt, now)).await?)
    }

    async fn try_reserve(&self, attempt: &Subjects, id: &str) -> Result<Decision, PortError> {
        let (attempt, id, now) = (attempt.clone(), id.to_owned(), self.clock.now_ms());
        Ok(self.db.bookkeep(move |conn| rows::reserve(conn, &attempt, &id, now)).await?)
    }
}

#[async_trait]
impl Throttle for ThrottleStore {
    async fn reserve(&self, attempt: Attempt<'_>) -> Result<Reserved, PortError> {
        let subjects = Subjects::of(attempt.realm, attempt.account, attempt.address);
        let id = hex_token(&OsRandom, 16);
        let decision = {
            let decided = std::pin::pin!(self.decide(&subjects, &id));
            match select(decided, Delay::new(self.patience)).await {
                Either::Left((decision, _)) => decision?,
                Either::Right(_) => Decision::Wait,
            }
        };
        Ok(match decision {
            Decision::Granted { known } => {
                let ticket = Ticket { inner: self.inner.clone(), id, subjects, known };
                Reserved::Granted(Box::new(Held(Some(ticket))))
            }
            Decision::Refused(ms) => Reserved::Refused { retry_after: millis(ms) },
            // What was reserved in the last moment expires.
            Decision::Wait => Reserved::Refused { retry_after: Duration::from_secs(1) },
        })
    }

    async fn charge(&self, realm: Realm, address: Option<IpAddr>) -> Result<Admission, PortError> {
        let (subjects, now) = (Subjects::of(realm, None, address), self.inner.clock.now_ms());
        if address.is_none() {
            return Ok(Admission::Free);
        }
        let refused = match self.inner.look(&subjects).await? {
            (_, Some(ms)) => Some(ms),
            _ => self.inner.db.bookkeep(move |conn| rows::charge(conn, &subjects, now)).await?,
        };
        if let Some(ms) = refused {
            return Ok(Admission::Refused { retry_after: millis(ms) });
        }
        count_failure(realm.name(), "token");
        Ok(Admission::Free)
    }

    async fn unlock(&self, change: &Change, lock: Lock<'_>) -> Result<bool, PortError> {
        let (subjects, entry) = match lock {
            Lock::Account(realm, account) => (
                Subjects::of(realm, Some(account), None),
                Entry::event("auth", realm.name(), account.name, "unlock", &["failures"]),
            ),
            Lock::Address(address) => {
                let subjects = Subjects { realm: "", account: None, address: Some(address_key(address)) };
                let entry = Entry::event("auth", "", &address.to_string(), "unlock", &["failures"]);
                (subjects, entry)
            }
        };
        let unlocked = self.inner.db.write(change, move |conn| {
            let any = rows::unlock(conn, &subjects)?;
            Ok(if any { Outcome::Commit(true, entry) } else { Outcome::Refuse(false) })
        });
        Ok(unlocked.await?)
    }

    fn request(&self, realm: Realm, principal: &str) -> Admission {
        let limit = self.requests.as_ref();
        limit.map_or(Admission::Free, |limit| limit.count(Requester::Principal(realm, principal)))
    }
}

/// A reservation in the store, until its outcome is reported.
struct Held(Option<Ticket>);

struct Ticket {
    inner: Arc<Inner>,
    id: String,
    subjects: Subjects,
    known: bool,
}

impl Ticket {
    async fn settle(self, verdict: Verdict) -> Result<Option<u32>, PortError> {
        let Self { inner, id, subjects, known } = self;
        let (line, now) = (subjects.line(known), inner.clock.now_ms());
        if verdict == Verdict::Failed {
            count_failure(subjects.realm, "password");
        }
        let settled = inner.db.bookkeep(move |conn| rows::settle(conn, &subjects, &id, known, verdict, now));
        let left = settled.await?;
        if let Some(line) = line {
            inner.lines.outcome(&line);
        }
        Ok(left)
    }
}

impl Held {
    async fn settle(mut self: Box<Self>, verdict: Verdict) -> Result<Option<u32>, PortError> {
        match self.0.take() {
            Some(ticket) => ticket.settle(verdict).await,
            None => Ok(None),
        }
    }
}

impl Drop for Held {
    /// Counts an attempt whose client has gone as failed: its password may have been checked, and a
    /// reservation that stays open keeps others waiting.
    fn drop(&mut self) {
        let Some(ticket) = self.0.take() else { return };
        // Without a runtime it expires.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let _ = ticket.settle(Verdict::Failed).await;
        });
    }
}

#[async_trait]
impl Reservation for Held {
    async fn succeeded(self: Box<Self>) -> Result<(), PortError> {
        self.settle(Verdict::Succeeded).await.map(drop)
    }

    async fn failed(self: Box<Self>) -> Result<Option<u32>, PortError> {
        self.settle(Verdict::Failed).await
    }

    async fn released(self: Box<Self>) -> Result<(), PortError> {
        self.settle(Verdict::Released).await.map(drop)
    }
}

fn count_failure(realm: &'static str, credential: &'static str) {
    let labels = [("realm", realm), ("credential", credential)];
    metrics::counter!("roster_authentication_failures_total", &labels).increment(1);
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
