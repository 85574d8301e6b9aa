use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use roster_kernel::ports::{Admission, Attempt, PortError, Throttle};
use roster_kernel::{Clock, digest};
use roster_persistence::{AnyConn, Db, StoreError};

use crate::schema::{auth_known_addresses, auth_throttle};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Failures in a row after which an account is slowed.
const ACCOUNT_FAILURES: i32 = 10;
/// The longest that an account is slowed.
const ACCOUNT_MAX_BLOCK_MS: i64 = 5 * MINUTE_MS;
/// Failures within the window after which an address is refused until its end.
const ADDRESS_FAILURES: i32 = 100;
/// The window of an address.
const ADDRESS_WINDOW_MS: i64 = 5 * MINUTE_MS;
/// How long a row of an account is kept after its last failure.
const ACCOUNT_MEMORY_MS: i64 = DAY_MS;
/// How long an address is remembered after a success.
const KNOWN_ADDRESS_MS: i64 = 90 * DAY_MS;

/// Addresses count for all realms together.
const ANY_REALM: &str = "*";

/// Failures, shared by all gateways of a store.
///
/// Rows are bounded: each ends by itself, and an address can make at most 100 in five minutes
/// before it is refused unheard.
pub struct ThrottleStore {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl ThrottleStore {
    /// The throttle of `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }
}

/// What is counted, as it stands in the table.
#[derive(Clone)]
struct Subjects {
    realm: &'static str,
    account: Option<String>,
    address: Option<String>,
}

impl Subjects {
    fn of(attempt: &Attempt<'_>) -> Self {
        Self {
            realm: attempt.realm.name(),
            // A digest bounds the length and keeps mistyped passwords out of the table.
            account: attempt.account.map(digest),
            address: attempt.address.map(address_key),
        }
    }
}

/// IPv6 clients own a /64, so they are counted by it.
fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[async_trait]
impl Throttle for ThrottleStore {
    async fn admit(&self, attempt: Attempt<'_>) -> Result<Admission, PortError> {
        let (subjects, now) = (Subjects::of(&attempt), self.clock.now_ms());
        let blocked_until = self.db.look_up(move |conn| {
            if is_known(conn, &subjects, now)? {
                return Ok(0);
            }
            let mut until = 0;
            for (realm, kind, subject) in
                [(subjects.realm, "account", &subjects.account), (ANY_REALM, "address", &subjects.address)]
            {
                let Some(subject) = subject else { continue };
                let row = auth_throttle::table.find((realm, kind, subject));
                let blocked =
                    row.select(auth_throttle::blocked_until_ms).get_result::<i64>(conn).optional()?;
                until = until.max(blocked.unwrap_or(0));
            }
            Ok(until)
        });
        let left = u64::try_from(blocked_until.await? - now).unwrap_or(0);
        Ok(match left {
            0 => Admission::Free,
            ms => Admission::Refused { retry_after: Duration::from_millis(ms) },
        })
    }

    async fn failed(&self, attempt: Attempt<'_>) -> Result<Option<u32>, PortError> {
        let credential = if attempt.account.is_some() { "password" } else { "token" };
        let labels = [("realm", attempt.realm.name()), ("credential", credential)];
        metrics::counter!("roster_authentication_failures_total", &labels).increment(1);
        let (subjects, now) = (Subjects::of(&attempt), self.clock.now_ms());
        let counted = self.db.bookkeep(move |conn| {
            sweep(conn, now)?;
            // Always in this order, so that two gateways never wait for each other.
            let left = match &subjects.account {
                Some(account) => Some(count_account(conn, subjects.realm, account, now)?),
                None => None,
            };
            if let Some(address) = &subjects.address {
                count_address(conn, address, now)?;
            }
            Ok(left)
        });
        Ok(counted.await?)
    }

    async fn succeeded(&self, attempt: Attempt<'_>) -> Result<(), PortError> {
        let (subjects, now) = (Subjects::of(&attempt), self.clock.now_ms());
        let Some(account) = subjects.account.clone() else { return Ok(()) };
        // Most sign-ins change nothing: look before writing.
        let (reader, name) = (subjects.clone(), account.clone());
        let settled = self.db.look_up(move |conn| {
            let failures = auth_throttle::table.find((reader.realm, "account", &name));
            let clean: bool =
                diesel::select(diesel::dsl::not(diesel::dsl::exists(failures))).get_result(conn)?;
            let soon = now + KNOWN_ADDRESS_MS / 2;
            Ok(clean && (reader.address.is_none() || is_known(conn, &reader, soon)?))
        });
        if settled.await? {
            return Ok(());
        }
        let remembered = self.db.bookkeep(move |conn| {
            diesel::delete(auth_throttle::table.find((subjects.realm, "account", &account))).execute(conn)?;
            let expired = auth_known_addresses::expires_ms.le(now);
            diesel::delete(auth_known_addresses::table.filter(expired)).execute(conn)?;
            if let Some(address) = &subjects.address {
                diesel::sql_query(
                    "INSERT INTO auth_known_addresses (realm, account, address, expires_ms) \
                     VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (realm, account, address) DO UPDATE SET expires_ms = excluded.expires_ms",
                )
                .bind::<Text, _>(subjects.realm)
                .bind::<Text, _>(&account)
                .bind::<Text, _>(address)
                .bind::<BigInt, _>(now + KNOWN_ADDRESS_MS)
                .execute(conn)?;
            }
            Ok(())
        });
        Ok(remembered.await?)
    }
}

/// Whether the account signed in from the address before, still remembered at `at`.
fn is_known(conn: &mut AnyConn, subjects: &Subjects, at: i64) -> Result<bool, StoreError> {
    let (Some(account), Some(address)) = (&subjects.account, &subjects.address) else { return Ok(false) };
    let known = auth_known_addresses::table
        .find((subjects.realm, account, address))
        .filter(auth_known_addresses::expires_ms.gt(at));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn)?)
}

/// Takes expired rows away, but none that somebody is just counting in: nobody waits for a sweep.
fn sweep(conn: &mut AnyConn, now: i64) -> Result<(), StoreError> {
    match conn {
        AnyConn::Sqlite(conn) => {
            diesel::delete(auth_throttle::table.filter(auth_throttle::expires_ms.le(now))).execute(conn)?;
        }
        AnyConn::Postgres(conn) => {
            diesel::sql_query(
                "DELETE FROM auth_throttle WHERE ctid IN (SELECT ctid FROM auth_throttle \
                 WHERE expires_ms <= $1 FOR UPDATE SKIP LOCKED)",
            )
            .bind::<BigInt, _>(now)
            .execute(conn)?;
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Integer)]
    failures: i32,
}

/// Answers how many more may fail before the account is slowed.
fn count_account(conn: &mut AnyConn, realm: &str, account: &str, now: i64) -> Result<u32, StoreError> {
    // One row, incremented where it stands: gateways never count from what they read.
    let counted: Counted = diesel::sql_query(
        "INSERT INTO auth_throttle \
         (realm, kind, subject, failures, window_ms, blocked_until_ms, expires_ms) \
         VALUES ($1, 'account', $2, 1, $3, 0, $4) \
         ON CONFLICT (realm, kind, subject) DO UPDATE SET \
         failures = CASE WHEN auth_throttle.expires_ms <= excluded.window_ms \
         THEN 1 ELSE auth_throttle.failures + 1 END, \
         expires_ms = excluded.expires_ms \
         RETURNING failures",
    )
    .bind::<Text, _>(realm)
    .bind::<Text, _>(account)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now + ACCOUNT_MEMORY_MS)
    .get_result(conn)?;
    if counted.failures >= ACCOUNT_FAILURES {
        let doublings = u32::try_from(counted.failures - ACCOUNT_FAILURES).unwrap_or(0).min(20);
        let block = (1_000 << doublings).min(ACCOUNT_MAX_BLOCK_MS);
        diesel::update(auth_throttle::table.find((realm, "account", account)))
            .set(auth_throttle::blocked_until_ms.eq(now + block))
            .execute(conn)?;
    }
    Ok(u32::try_from(ACCOUNT_FAILURES - counted.failures).unwrap_or(0))
}

fn count_address(conn: &mut AnyConn, address: &str, now: i64) -> Result<(), StoreError> {
    // The row expires with its window; then the next failure begins another.
    let counted: Counted = diesel::sql_query(
        "INSERT INTO auth_throttle \
         (realm, kind, subject, failures, window_ms, blocked_until_ms, expires_ms) \
         VALUES ($1, 'address', $2, 1, $3, 0, $4) \
         ON CONFLICT (realm, kind, subject) DO UPDATE SET \
         failures = CASE WHEN auth_throttle.expires_ms <= excluded.window_ms \
         THEN 1 ELSE auth_throttle.failures + 1 END, \
         window_ms = CASE WHEN auth_throttle.expires_ms <= excluded.window_ms \
         THEN excluded.window_ms ELSE auth_throttle.window_ms END, \
         expires_ms = CASE WHEN auth_throttle.expires_ms <= excluded.window_ms \
         THEN excluded.expires_ms ELSE auth_throttle.expires_ms END \
         RETURNING failures",
    )
    .bind::<Text, _>(ANY_REALM)
    .bind::<Text, _>(address)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now + ADDRESS_WINDOW_MS)
    .get_result(conn)?;
    if counted.failures >= ADDRESS_FAILURES {
        diesel::update(auth_throttle::table.find((ANY_REALM, "address", address)))
            .set(auth_throttle::blocked_until_ms.eq(auth_throttle::expires_ms))
            .execute(conn)?;
    }
    Ok(())
}
