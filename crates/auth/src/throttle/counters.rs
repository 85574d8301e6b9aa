//! What is counted: the failures of an account, of an address, and of an account at one address.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use roster_persistence::{AnyConn, StoreError};

use super::Subjects;
use super::limits::{self, Budget};
use crate::schema::auth_throttle;

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

pub(super) fn account_budget(
    conn: &mut AnyConn,
    subjects: &Subjects,
    account: &str,
    now: i64,
) -> Result<Budget, StoreError> {
    let row = auth_throttle::table.find((subjects.realm, ACCOUNT, account));
    let columns = (auth_throttle::failures, auth_throttle::last_failure_ms);
    let found = row.select(columns).get_result::<(i32, i64)>(conn).optional()?;
    let Some((failures, last_failure_ms)) = found else { return Ok(limits::account(0, 0, false, now)) };
    if last_failure_ms > now {
        // The clock was ahead: the time runs from now on.
        diesel::update(row)
            .set((
                auth_throttle::last_failure_ms.eq(now),
                auth_throttle::expires_ms.eq(now + limits::ACCOUNT_MEMORY_MS),
            ))
            .execute(conn)?;
    }
    let failed_here = auth_throttle::table
        .find((subjects.realm, PAIR, pair(subjects)))
        .filter(auth_throttle::expires_ms.gt(now));
    // Without an address there is no new one.
    let failed_here =
        subjects.address.is_none() || diesel::select(diesel::dsl::exists(failed_here)).get_result(conn)?;
    Ok(limits::account(failures, last_failure_ms, failed_here, now))
}

pub(super) fn known_budget(conn: &mut AnyConn, subjects: &Subjects, now: i64) -> Result<Budget, StoreError> {
    let spent_until_ms = spent_until(conn, subjects, now)?;
    Ok(limits::known(spent_until_ms, now))
}

fn spent_until(conn: &mut AnyConn, subjects: &Subjects, now: i64) -> Result<i64, StoreError> {
    let pair = pair(subjects);
    let row = auth_throttle::table.find((subjects.realm, PAIR, &pair));
    let stored = row.select(auth_throttle::spent_until_ms).get_result::<i64>(conn).optional()?.unwrap_or(0);
    let clamped = limits::clamped(stored, now);
    if clamped != stored {
        let set = (auth_throttle::spent_until_ms.eq(clamped), auth_throttle::expires_ms.eq(clamped));
        diesel::update(row).set(set).execute(conn)?;
    }
    Ok(clamped)
}

pub(super) fn address_budget(conn: &mut AnyConn, address: &str, now: i64) -> Result<Budget, StoreError> {
    let (failures, window_ms) = address_window(conn, address, now)?;
    if window_ms > now {
        // The clock was ahead: the window runs from now on.
        let set =
            (auth_throttle::window_ms.eq(now), auth_throttle::expires_ms.eq(now + limits::ADDRESS_WINDOW_MS));
        diesel::update(auth_throttle::table.find((ANY_REALM, ADDRESS, address))).set(set).execute(conn)?;
    }
    Ok(limits::address(failures, window_ms, now))
}

/// The failures of an address and when their window began.
pub(super) fn address_window(conn: &mut AnyConn, address: &str, now: i64) -> Result<(i32, i64), StoreError> {
    let row = auth_throttle::table.find((ANY_REALM, ADDRESS, address));
    let columns = (auth_throttle::failures, auth_throttle::window_ms);
    Ok(row.select(columns).get_result(conn).optional()?.unwrap_or((0, now)))
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
        put_pair(conn, subjects, 0, now + limits::PAIR_MEMORY_MS)?;
    }
    Ok(u32::try_from(limits::ACCOUNT_FAILURES - counted.failures).unwrap_or(0))
}

/// Returns how many more attempts may fail at this address.
pub(super) fn count_known(conn: &mut AnyConn, subjects: &Subjects, now: i64) -> Result<u32, StoreError> {
    let spent_until_ms = limits::spent(spent_until(conn, subjects, now)?, now);
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
