//! Reservations and their outcomes. Every function but `look` runs in a write
//! transaction.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use roster_persistence::{AnyConn, StoreError, each_backend};

use super::Subjects;
use super::counters::{
    ACCOUNT, ADDRESS, ANY_REALM, PAIR, correct, count_account, count_address, count_known, limits_of,
    longest, open, pair, refused_for,
};
use super::limits::{self, Budget};
use crate::schema::{auth_known_addresses, auth_reservations, auth_throttle};

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is reserved.
    Granted { known: bool },
    /// It may come again after so many milliseconds.
    Refused(i64),
    /// Earlier ones, whose outcome is open, hold what is left.
    Wait,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Succeeded,
    Failed,
    Released,
}

/// Whether the account signed in from the address before.
fn is_known(conn: &mut AnyConn, subjects: &Subjects, now: i64) -> Result<bool, StoreError> {
    let (Some(account), Some(address)) = (&subjects.account, &subjects.address) else { return Ok(false) };
    let known = auth_known_addresses::table
        .find((subjects.realm, account, address))
        .filter(auth_known_addresses::expires_ms.gt(now));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn)?)
}

/// Whether the attempt comes from a known address, and for how many milliseconds it is refused, if it
/// is for certain. A flood of refused attempts reads this and writes nothing.
pub(super) fn look(
    conn: &mut AnyConn,
    subjects: &Subjects,
    now: i64,
) -> Result<(bool, Option<i64>), StoreError> {
    let known = is_known(conn, subjects, now)?;
    let refused = refused_for(&limits_of(conn, subjects, known, now)?);
    let Some(ms) = refused.filter(|_| known) else { return Ok((known, refused)) };
    let fallback = refused_for(&limits_of(conn, subjects, false, now)?);
    Ok((known, fallback.map(|other| ms.min(other))))
}

/// Reserves an attempt if its limits leave one.
pub(super) fn reserve(
    conn: &mut AnyConn,
    subjects: &Subjects,
    id: &str,
    now: i64,
) -> Result<Decision, StoreError> {
    lock(conn, subjects)?;
    let known = is_known(conn, subjects, now)?;
    let decision = match left(conn, subjects, known, now)? {
        // The allowance of the known address is used up: what strangers have left is the owner's too.
        Decision::Refused(ms) if known => match left(conn, subjects, false, now)? {
            Decision::Refused(other) => Decision::Refused(ms.min(other)),
            decision => decision,
        },
        decision => decision,
    };
    let Decision::Granted { known } = decision else { return Ok(decision) };
    diesel::insert_into(auth_reservations::table)
        .values((
            auth_reservations::id.eq(id),
            auth_reservations::realm.eq(subjects.realm),
            auth_reservations::account.eq(&subjects.account),
            auth_reservations::address.eq(&subjects.address),
            auth_reservations::known.eq(known),
            auth_reservations::expires_ms.eq(now + limits::RESERVATION_MS),
        ))
        .execute(conn)?;
    // Last: it locks rows of others, and nothing may be waited for after that.
    sweep(conn, now)?;
    Ok(decision)
}

/// Whether the limits of an attempt leave one.
fn left(conn: &mut AnyConn, subjects: &Subjects, known: bool, now: i64) -> Result<Decision, StoreError> {
    let limits = limits_of(conn, subjects, known, now)?;
    correct(conn, subjects, &limits, now)?;
    if let Some(ms) = longest(&limits) {
        return Ok(Decision::Refused(ms));
    }
    for limit in &limits {
        if let Budget::Attempts(left) = limit.budget
            && open(conn, subjects, limit, now)? >= left
        {
            return Ok(Decision::Wait);
        }
    }
    Ok(Decision::Granted { known })
}

/// Ends a reservation and counts its outcome. Returns how many more attempts may fail.
pub(super) fn settle(
    conn: &mut AnyConn,
    subjects: &Subjects,
    id: &str,
    known: bool,
    verdict: Verdict,
    now: i64,
) -> Result<Option<u32>, StoreError> {
    lock(conn, subjects)?;
    diesel::delete(auth_reservations::table.find(id)).execute(conn)?;
    match verdict {
        Verdict::Released => Ok(None),
        Verdict::Succeeded => {
            if let Some(account) = &subjects.account {
                remember(conn, subjects, account, now)?;
            }
            Ok(None)
        }
        Verdict::Failed if known => count_known(conn, subjects, now).map(Some),
        Verdict::Failed => {
            if let Some(address) = &subjects.address {
                count_address(conn, address, now)?;
            }
            match &subjects.account {
                Some(account) => count_account(conn, subjects, account, now).map(Some),
                None => Ok(None),
            }
        }
    }
}

/// Counts a failure for the address, if it has any left; else for how long it is refused.
pub(super) fn charge(conn: &mut AnyConn, subjects: &Subjects, now: i64) -> Result<Option<i64>, StoreError> {
    lock(conn, subjects)?;
    let refused = match left(conn, subjects, false, now)? {
        Decision::Refused(ms) => Some(ms),
        // What is left is held by attempts whose outcome is open.
        Decision::Wait => Some(1_000),
        Decision::Granted { .. } => {
            if let Some(address) = &subjects.address {
                count_address(conn, address, now)?;
            }
            None
        }
    };
    // Last: it locks rows of others, and nothing may be waited for after that.
    sweep(conn, now)?;
    Ok(refused)
}

/// Forgets the failures of an account at every address, or those of an address.
pub(super) fn unlock(conn: &mut AnyConn, subjects: &Subjects) -> Result<bool, StoreError> {
    lock(conn, subjects)?;
    let mut rows = 0;
    if let Some(account) = &subjects.account {
        let pairs = auth_throttle::table
            .filter(auth_throttle::realm.eq(subjects.realm))
            .filter(auth_throttle::kind.eq(PAIR))
            .filter(auth_throttle::subject.like(format!("{account} %")));
        rows +=
            diesel::delete(auth_throttle::table.find((subjects.realm, ACCOUNT, account))).execute(conn)?;
        rows += diesel::delete(pairs).execute(conn)?;
        let open = auth_reservations::table
            .filter(auth_reservations::realm.eq(subjects.realm))
            .filter(auth_reservations::account.eq(account));
        rows += diesel::delete(open).execute(conn)?;
    } else if let Some(address) = &subjects.address {
        rows += diesel::delete(auth_throttle::table.find((ANY_REALM, ADDRESS, address))).execute(conn)?;
    }
    Ok(rows > 0)
}

/// Makes transactions about the same account, then about the same address, wait for each other.
/// SQLite has one writer at a time anyway.
fn lock(conn: &mut AnyConn, subjects: &Subjects) -> Result<(), StoreError> {
    let AnyConn::Postgres(conn) = conn else { return Ok(()) };
    let keys = [
        subjects.account.as_ref().map(|account| format!("throttle {} {account}", subjects.realm)),
        subjects.address.as_ref().map(|address| format!("throttle {ADDRESS} {address}")),
    ];
    for key in keys.into_iter().flatten() {
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<Text, _>(key)
            .execute(conn)?;
    }
    Ok(())
}

/// Deletes expired rows, but none that another transaction is just counting in; and reservations that end
/// later than any can.
fn sweep(conn: &mut AnyConn, now: i64) -> Result<(), StoreError> {
    let impossible = now + limits::IMPOSSIBLE_MS;
    for (table, over) in [
        ("auth_throttle", "expires_ms <= $1 AND $2 > $1"),
        ("auth_known_addresses", "expires_ms <= $1 AND $2 > $1"),
        ("auth_reservations", "(expires_ms <= $1 OR expires_ms > $2)"),
    ] {
        let delete = match conn {
            AnyConn::Sqlite(_) => format!("DELETE FROM {table} WHERE {over}"),
            AnyConn::Postgres(_) => format!(
                "DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} \
                 WHERE {over} FOR UPDATE SKIP LOCKED)"
            ),
        };
        diesel::sql_query(delete).bind::<BigInt, _>(now).bind::<BigInt, _>(impossible).execute(conn)?;
    }
    Ok(())
}

/// Remembers the address of a sign-in. Failures in a row end with it, unless the address was known:
/// strangers must not get ten more whenever the account's owner signs in.
fn remember(conn: &mut AnyConn, subjects: &Subjects, account: &str, now: i64) -> Result<(), StoreError> {
    if !is_known(conn, subjects, now)? {
        let rows = [(ACCOUNT, account.to_owned()), (PAIR, pair(subjects))];
        for (kind, subject) in rows {
            diesel::delete(auth_throttle::table.find((subjects.realm, kind, subject))).execute(conn)?;
        }
    }
    let Some(address) = &subjects.address else { return Ok(()) };
    let found = auth_known_addresses::table.find((subjects.realm, account, address));
    let until: Option<i64> = found.select(auth_known_addresses::expires_ms).get_result(conn).optional()?;
    let (soon, longest) = (now + limits::KNOWN_ADDRESS_MS / 2, now + limits::KNOWN_ADDRESS_MS);
    if until.is_some_and(|until| (soon..=longest).contains(&until)) {
        return Ok(());
    }
    let row = (
        auth_known_addresses::realm.eq(subjects.realm),
        auth_known_addresses::account.eq(account),
        auth_known_addresses::address.eq(address),
        auth_known_addresses::expires_ms.eq(longest),
    );
    each_backend!(conn, |conn| diesel::insert_into(auth_known_addresses::table)
        .values(row)
        .on_conflict((
            auth_known_addresses::realm,
            auth_known_addresses::account,
            auth_known_addresses::address
        ))
        .do_update()
        .set(auth_known_addresses::expires_ms.eq(longest))
        .execute(conn))?;
    Ok(())
}
