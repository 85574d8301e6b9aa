use std::collections::BTreeMap;

use diesel::prelude::*;
use roster_kernel::ports::PortError;
use roster_kernel::{Change, Realm, Secret, digest};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};

use crate::schema::auth_tokens;
use crate::tokens::{Row, TokenStore};

/// The realm of operators' tokens. Unlike others they stay in the store when they have expired, until
/// they are revoked or replaced, so that they can be listed and told from unknown ones.
pub const OPERATORS: Realm = Realm::new("admin");

/// Changes of operators wait for each other by this number: which is the last one is decided by reading.
const LOCK: i64 = 0x006f_7065_7261_746f;

/// An operator, without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorState {
    /// The name.
    pub name: String,
    /// When the token was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it expires, in milliseconds since the epoch; never without.
    pub expires_ms: Option<i64>,
}

impl OperatorState {
    /// Whether the token is refused at `now_ms` because its time is over.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_ms.is_some_and(|end| end <= now_ms)
    }
}

/// Which operators a new token may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Those that are not there.
    Refuse,
    /// Those that are there, whose token is replaced.
    Demand,
    /// Both.
    Replace,
}

/// What became of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The operator is gone.
    Revoked,
    /// There is no such operator.
    Unknown,
    /// It is the last one whose token has not expired, and stays.
    Last,
}

impl TokenStore {
    /// The operators, by name, the expired ones too.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn operators(&self) -> Result<Vec<OperatorState>, PortError> {
        Ok(self.db.read(all).await?)
    }

    /// Makes `token` the one token of the operator `name`, which expires at `expires_ms`, in milliseconds
    /// since the epoch, or never. Answers whether that was done, by what `existing` allows.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn put_operator(
        &self,
        change: &Change,
        name: &str,
        token: &Secret,
        expires_ms: Option<i64>,
        existing: Existing,
    ) -> Result<bool, PortError> {
        let row = Row {
            token_hash: digest(token.expose()),
            realm: OPERATORS.name().to_owned(),
            subject: name.to_owned(),
            scope: None,
            issued_ms: change.at_ms,
            expires_ms,
        };
        let put = self.db.write(change, move |conn| {
            conn.queue(LOCK)?;
            let replaced = delete(conn, &row.subject)?;
            match existing {
                Existing::Refuse if replaced > 0 => return Ok(Outcome::Refuse(false)),
                Existing::Demand if replaced == 0 => return Ok(Outcome::Refuse(false)),
                _ => {}
            }
            diesel::insert_into(auth_tokens::table).values(&row).execute(conn)?;
            let entry = Entry::event("auth", OPERATORS.name(), &row.subject, "create", &["token", "expires"]);
            Ok(Outcome::Commit(true, entry))
        });
        Ok(put.await?)
    }

    /// Revokes the token of the operator `name`. With `keep_last`, not that of the last one whose token has
    /// not expired at the time of `change`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn revoke_operator(
        &self,
        change: &Change,
        name: &str,
        keep_last: bool,
    ) -> Result<Revocation, PortError> {
        let (name, now_ms) = (name.to_owned(), change.at_ms);
        let revoked = self.db.write(change, move |conn| {
            conn.queue(LOCK)?;
            let states: BTreeMap<_, _> =
                all(conn)?.into_iter().map(|state| (state.name.clone(), state)).collect();
            let Some(state) = states.get(&name) else { return Ok(Outcome::Refuse(Revocation::Unknown)) };
            let usable = states.values().filter(|state| !state.is_expired(now_ms)).count();
            if keep_last && usable == 1 && !state.is_expired(now_ms) {
                return Ok(Outcome::Refuse(Revocation::Last));
            }
            delete(conn, &name)?;
            let entry = Entry::event("auth", OPERATORS.name(), &name, "delete", &["token"]);
            Ok(Outcome::Commit(Revocation::Revoked, entry))
        });
        Ok(revoked.await?)
    }
}

fn all(conn: &mut AnyConn) -> Result<Vec<OperatorState>, StoreError> {
    let rows = auth_tokens::table
        .filter(auth_tokens::realm.eq(OPERATORS.name()))
        .order((auth_tokens::subject, auth_tokens::issued_ms))
        .select((auth_tokens::subject, auth_tokens::issued_ms, auth_tokens::expires_ms))
        .load::<(String, i64, Option<i64>)>(conn)?;
    let state = |(name, created_ms, expires_ms)| OperatorState { name, created_ms, expires_ms };
    Ok(rows.into_iter().map(state).collect())
}

fn delete(conn: &mut AnyConn, name: &str) -> Result<usize, StoreError> {
    let own = auth_tokens::realm.eq(OPERATORS.name()).and(auth_tokens::subject.eq(name));
    Ok(diesel::delete(auth_tokens::table).filter(own).execute(conn)?)
}
