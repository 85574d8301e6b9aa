//! What is counted: the failures of an account, of an address, and of an account at one address.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use roster_persistence::{AnyConn, StoreError};

use super::Subjects;
use super::limits::{self, Budget};
use crate::schema::{auth_reservations, auth_throttle};

/// Addresses count for all dialects together.
pub(super) const ANY_REALM: &str = "*";

pub(super) const ACCOUNT: &str = "account";
pub(super) const ADDRESS: &str = "address";
/// An account at one address.
pub(super) const PAIR: &str = "pair";

pub(super) fn pair(subjects: &Subjects) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("{} {}", text(&subjects.account), text(&subjects.address))
}

/// What limits an attempt.
pub(super) struct Limit {
    pub(super) budget: Budget,
    counter: Counter,
    /// Whether the store holds a time in the future: then a clock was ahead.
    ahead: bool,
}

#[derive(Clone, Copy)]
enum Counter {
    Account,
    Known,
    Address,
}

/// The limits that hold for an attempt. Only reads.
pub(super) fn limits_of(
    conn: &mut AnyConn,
    subjects: &Subjects,
    known: bool,
    now: i64,
) -> Result<Vec<Limit>, StoreError> {
    let mut limits = Vec::with_capacity(2);
    if let Some(account) = &subjects.account {
        limits.push(if known {
            of_pair(conn, subjects, now)?
        } else {
            of_account(conn, subjects, account, now)?
        });
    }
    if let (Some(address), false) = (&subjects.address, known) {
        limits.push(of_address(conn, address, now)?);
    }
    Ok(limits)
}

fn of_account(conn: &mut AnyConn, subjects: &Subjects, account: &str, now: i64) -> Result<Limit, StoreError> {
    let row = auth_throttle::table
        .find((subjects.realm, ACCOUNT, account))
        .filter(auth_throttle::expires_ms.gt(now));
    let columns = (auth_throttle::failures, auth_throttle::last_failure_ms);
    let found = row.select(columns).get_result::<(i32, i64)>(conn).optional()?;
    let (failures, last_failure_ms) = found.unwrap_or((0, 0));
    // Without an address there is no new one.
    let failed_here = failures < limits::ACCOUNT_FAILURES || subjects.address.is_none() || {
        let pair = auth_throttle::table
            .find((subjects.realm, PAIR, pair(subjects)))
            .filter(auth_throttle::expires_ms.gt(now));
        diesel::select(diesel::dsl::exists(pair)).get_result(conn)?
    };
    let budget = limits::account(failures, last_failure_ms, failed_here, now);
    Ok(Limit { budget, counter: Counter::Account, ahead: last_failure_ms > now })
}

fn of_pair(conn: &mut AnyConn, subjects: &Subjects, now: i64) -> Result<Limit, StoreError> {
    let spent_until_ms = spent_until(conn, subjects)?;
    let ahead = limits::clamped(spent_until_ms, now) < spent_until_ms;
    Ok(Limit { budget: limits::known(spent_until_ms, now), counter: Counter::Known, ahead })
}

fn spent_until(conn: &mut AnyConn, subjects: &Subjects) -> Result<i64, StoreError> {
    let row = auth_throttle::table.find((subjects.realm, PAIR, pair(subjects)));
    Ok(row.select(auth_throttle::spent_until_ms).get_result(conn).optional()?.unwrap_or(0))
}

fn of_address(conn: &mut AnyConn, address: &str, now: i64) -> Result<Limit, StoreError> {
    let row = auth_throttle::table.find((ANY_REALM, ADDRESS, address));
    let columns = (auth_throttle::failures, auth_throttle::window_ms);
    let (failures, window_ms) = row.select(columns).get_result(conn).optional()?.unwrap_or((0, now));
    let budget = limits::address(failures, window_ms, now);
    Ok(Limit { budget, counter: Counter::Address, ahead: window_ms > now })
}

/// For how long the attempt is refused, if it is for certain: a time in the future must be corrected
/// first.
pub(super) fn refused_for(limits: &[Limit]) -> Option<i64> {
    if limits.iter().any(|limit| limit.ahead) { None } else { longest(limits) }
}

/// The longest time for which one of the limits refuses.
pub(super) fn longest(limits: &[Limit]) -> Option<i64> {
    let refused = limits.iter().filter_map(|limit| match limit.budget {
        Budget::Refused(ms) => Some(ms),
        Budget::Attempts(_) => None,
    });
    refused.max()
}

/// Lets the times that a clock set while it was ahead run from now on.
pub(super) fn correct(
    conn: &mut AnyConn,
    subjects: &Subjects,
    limits: &[Limit],
    now: i64,
) -> Result<(), StoreError> {
    for limit in limits.iter().filter(|limit| limit.ahead) {
        let (realm, kind, subject) = match limit.counter {
            Counter::Account => (subjects.realm, ACCOUNT, subjects.account.clone().unwrap_or_default()),
            Counter::Known => (subjects.realm, PAIR, pair(subjects)),
            Counter::Address => (ANY_REALM, ADDRESS, subjects.address.clone().unwrap_or_default()),
        };
        let row = auth_throttle::table.find((realm, kind, subject));
        match limit.counter {
            Counter::Account => {
                let expires = auth_throttle::expires_ms.eq(now + limits::ACCOUNT_MEMORY_MS);
                diesel::update(row).set((auth_throttle::last_failure_ms.eq(now), expires)).execute(conn)?;
            }
            Counter::Known => {
                let until = limits::clamped(i64::MAX, now);
                let set = (auth_throttle::spent_until_ms.eq(until), auth_throttle::expires_ms.eq(until));
                diesel::update(row).set(set).execute(conn)?;
            }
            Counter::Address => {
                let expires = auth_throttle::expires_ms.eq(now + limits::ADDRESS_WINDOW_MS);
                diesel::update(row).set((auth_throttle::window_ms.eq(now), expires)).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// The reservations that count for the same limit and are open.
pub(super) fn open(
    conn: &mut AnyConn,
    subjects: &Subjects,
    limit: &Limit,
    now: i64,
) -> Result<i64, StoreError> {
    let known = matches!(limit.counter, Counter::Known);
    let open = auth_reservations::table
        .filter(auth_reservations::expires_ms.gt(now))
        // One that ends later than any can was made while a clock was ahead: nothing waits for its outcome.
        .filter(auth_reservations::expires_ms.le(now + limits::IMPOSSIBLE_MS))
        .filter(auth_reservations::known.eq(known))
        .count()
        .into_boxed();
    let open = match limit.counter {
        Counter::Address => open.filter(auth_reservations::address.eq(&subjects.address)),
        Counter::Account | Counter::Known => {
            let of_account = open
                .filter(auth_reservations::realm.eq(subjects.realm))
                .filter(auth_reservations::account.eq(&subjects.account));
            if known {
                of_account.filter(auth_reservations::address.eq(&subjects.address))
            } else {
                of_account
            }
        }
    };
    Ok(open.get_result(conn)?)
}

/// Returns how many more attempts may fail before the account is slowed down.
pub(super) fn count_account(
    conn: &mut AnyConn,
    subjects: &Subjects,
    account: &str,
    now: i64,
) -> Result<u32, StoreError> {
    let counted: Failures = diesel::sql_query(
        "INSERT INTO auth_throttle \
         (realm, kind, subject, failures, window_ms, last_failure_ms, expires_ms) \
         VALUES ($1, 'account', $2, 1, 0, $3, $4) \
         ON CONFLICT (realm, kind, subject) DO UPDATE SET \
         failures = CASE WHEN auth_throttle.expires_ms <= excluded.last_failure_ms \
         THEN 1 ELSE auth_throttle.failures + 1 END, \
         last_failure_ms = excluded.last_failure_ms, expires_ms = excluded.expires_ms \
         RETURNING failures",
    )
    .bind::<Text, _>(subjects.realm)
    .bind::<Text, _>(account)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now + limits::ACCOUNT_MEMORY_MS)
    .get_result(conn)?;
    if subjects.address.is_some() {
        let spent_until_ms = spent_until(conn, subjects)?;
        put_pair(conn, subjects, spent_until_ms, (now + limits::PAIR_MEMORY_MS).max(spent_until_ms))?;
    }
    Ok(u32::try_from(limits::ACCOUNT_FAILURES - counted.failures).unwrap_or(0))
}

/// Returns how many more attempts may fail at this address.
pub(super) fn count_known(conn: &mut AnyConn, subjects: &Subjects, now: i64) -> Result<u32, StoreError> {
    let spent_until_ms = limits::spent(spent_until(conn, subjects)?, now);
    put_pair(conn, subjects, spent_until_ms, spent_until_ms)?;
    Ok(match limits::known(spent_until_ms, now) {
        Budget::Attempts(left) => u32::try_from(left).unwrap_or(0),
        Budget::Refused(_) => 0,
    })
}

fn put_pair(
    conn: &mut AnyConn,
    subjects: &Subjects,
    spent_until_ms: i64,
    expires_ms: i64,
) -> Result<(), StoreError> {
    diesel::sql_query(
        "INSERT INTO auth_throttle \
         (realm, kind, subject, failures, window_ms, spent_until_ms, expires_ms) \
         VALUES ($1, 'pair', $2, 1, 0, $3, $4) \
         ON CONFLICT (realm, kind, subject) DO UPDATE SET \
         spent_until_ms = excluded.spent_until_ms, expires_ms = excluded.expires_ms",
    )
    .bind::<Text, _>(subjects.realm)
    .bind::<Text, _>(pair(subjects))
    .bind::<BigInt, _>(spent_until_ms)
    .bind::<BigInt, _>(expires_ms)
    .execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Failures {
    #[diesel(sql_type = Integer)]
    failures: i32,
}

/// The row expires with its window; then the next failure begins another.
pub(super) fn count_address(conn: &mut AnyConn, address: &str, now: i64) -> Result<(), StoreError> {
    diesel::sql_query(
        "INSERT INTO auth_throttle (realm, kind, subject, failures, window_ms, expires_ms) \
         VALUES ($1, 'address', $2, 1, $3, $4) \
         ON CONFLICT (realm, kind, subject) DO UPDATE SET \
         failures = CASE WHEN auth_throttle.expires_ms <= excluded.window_ms \
         THEN 1 ELSE auth_throttle.failures + 1 END, \
         window_ms = CASE WHEN auth_throttle.expires_ms <= excluded.window_ms \
         THEN excluded.window_ms ELSE auth_throttle.window_ms END, \
         expires_ms = CASE WHEN auth_throttle.expires_ms <= excluded.window_ms \
         THEN excluded.expires_ms ELSE auth_throttle.expires_ms END",
    )
    .bind::<Text, _>(ANY_REALM)
    .bind::<Text, _>(address)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now + limits::ADDRESS_WINDOW_MS)
    .execute(conn)?;
    Ok(())
}
