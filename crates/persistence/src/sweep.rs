//! Rows that end by themselves are taken away, by one gateway at a time.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use roster_kernel::{Random, hex_token};

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;

/// How many rows go in one transaction: nobody waits long for it.
const AT_ONCE: usize = 500;

/// How long a sweeper that says nothing more is taken to be at work. It says so with every batch, so
/// one that has died is waited for no longer.
const LEASE_MS: i64 = 60_000;

/// The lease of all sweepers of a store.
const NAME: &str = "sweep";

/// The rows of a table that are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    table: &'static str,
    over: String,
}

impl Expiring {
    /// Those whose `expires_ms`, milliseconds since the epoch, has come. The column is indexed.
    pub fn by_time(table: &'static str) -> Self {
        Self::when(table, "expires_ms <= $1".to_owned())
    }

    /// Those for which `over` holds, an SQL condition in which `$1` is the time in milliseconds since
    /// the epoch. It is code: nothing from outside may stand in it.
    pub fn when(table: &'static str, over: String) -> Self {
        Self { table, over }
    }
}

/// What became of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swept {
    /// How many rows went, by table.
    Rows(Vec<(&'static str, u64)>),
    /// Nothing was to be done: another one is at it, or did it not long ago.
    NotNow,
}

/// Takes away the rows that are over. Any number of gateways have one: of all of a store one works at a
/// time.
#[derive(Debug, Clone)]
pub struct Sweeper {
    db: Db,
    owner: String,
    rows: Vec<Expiring>,
}

impl Sweeper {
    /// One for `rows` of `db`.
    pub fn new(db: Db, random: &dyn Random, rows: Vec<Expiring>) -> Self {
        Self { db, owner: hex_token(random, 16), rows }
    }

    /// Sweeps everything, unless another one is at it or a sweep ended less than `every` ago. Rows go in
    /// short transactions; what is over only when it has begun stays for the next.
    ///
    /// # Errors
    /// If the store fails; what went until then is gone.
    pub async fn sweep(&self, every: Duration) -> Result<Swept, StoreError> {
        let now = self.db.now_ms();
        let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        let owner = self.owner.clone();
        if !self.db.bookkeep(move |conn| take(conn, &owner, now, every_ms)).await? {
            return Ok(Swept::NotNow);
        }
        let mut all = Vec::new();
        for rows in &self.rows {
            let (table, mut swept) = (rows.table, 0_u64);
            loop {
                let (rows, owner, still) = (rows.clone(), self.owner.clone(), self.db.now_ms());
                let batch = self.db.bookkeep(move |conn| match keep(conn, &owner, still)? {
                    true => batch(conn, &rows, now).map(Some),
                    false => Ok(None),
                });
                // It took too long, and another one has taken over.
                let Some(batch) = batch.await? else { return Ok(Swept::NotNow) };
                swept += batch as u64;
                metrics::counter!("roster_swept_rows_total", "table" => table).increment(batch as u64);
                if batch < AT_ONCE {
                    break;
                }
            }
            tracing::debug!(table, rows = swept, "swept");
            all.push((table, swept));
        }
        let (owner, done) = (self.owner.clone(), self.db.now_ms());
        self.db.bookkeep(move |conn| leave(conn, &owner, done)).await?;
        Ok(Swept::Rows(all))
    }
}

/// Takes the lease; whether it was to be had. A time that lies further ahead than any sweeper would
/// write is one of a clock that went wrong, and keeps nobody away.
fn take(conn: &mut AnyConn, owner: &str, now: i64, every_ms: i64) -> Result<bool, StoreError> {
    let taken = diesel::sql_query(
        "INSERT INTO store_leases (name, owner, until_ms, done_ms) VALUES ($1, $2, $3, 0) \
         ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms \
         WHERE (store_leases.until_ms <= $4 OR store_leases.until_ms > $5) \
         AND (store_leases.done_ms <= $6 OR store_leases.done_ms > $5)",
    )
    .bind::<Text, _>(NAME)
    .bind::<Text, _>(owner)
    .bind::<BigInt, _>(now + LEASE_MS)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now + 2 * LEASE_MS)
    .bind::<BigInt, _>(now.saturating_sub(every_ms))
    .execute(conn)?;
    Ok(taken == 1)
}

/// Keeps the lease; whether it is still the owner's. Its row stays locked until the batch is done.
fn keep(conn: &mut AnyConn, owner: &str, now: i64) -> Result<bool, StoreError> {
    // SQLite numbers placeholders as they come, whatever number they bear.
    let kept = diesel::sql_query(
        "UPDATE store_leases SET until_ms = $1 WHERE name = $2 AND owner = $3 AND until_ms > $4",
    )
    .bind::<BigInt, _>(now + LEASE_MS)
    .bind::<Text, _>(NAME)
    .bind::<Text, _>(owner)
    .bind::<BigInt, _>(now)
    .execute(conn)?;
    Ok(kept == 1)
}

/// Gives the lease back, and says when all was done.
fn leave(conn: &mut AnyConn, owner: &str, now: i64) -> Result<(), StoreError> {
    diesel::sql_query("UPDATE store_leases SET until_ms = 0, done_ms = $1 WHERE name = $2 AND owner = $3")
        .bind::<BigInt, _>(now)
        .bind::<Text, _>(NAME)
        .bind::<Text, _>(owner)
        .execute(conn)?;
    Ok(())
}

/// Takes some of the rows away, and answers how many. What somebody else is just at is left to him:
/// nobody waits for a sweep.
fn batch(conn: &mut AnyConn, Expiring { table, over }: &Expiring, now: i64) -> Result<usize, StoreError> {
    let sql = match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(_) => format!(
            "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {over} LIMIT {AT_ONCE})"
        ),
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(_) => format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {over} \
             LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED))"
        ),
    };
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(now).execute(conn)?)
}
