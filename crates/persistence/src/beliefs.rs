//! What a process believes of a credential for a moment, so that a busy caller is not looked up
//! with each of his requests.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;

/// How much is believed at a time.
const MOST: usize = 10_000;

/// Credentials that were found a moment ago, by their keys.
///
/// One is believed for as long as [`crate::DbSettings::believe`] says, which is when another process's
/// revocation is noticed at the latest; and only until this process commits anything. So what it takes
/// back itself is refused from the next request on, and nobody has to know what depends on what. What
/// is not found is not remembered.
pub struct Beliefs<V> {
    db: Db,
    held: RwLock<HashMap<String, Held<V>>>,
}

struct Held<V> {
    value: V,
    /// When it was looked for, by the monotonic clock.
    at_ms: i64,
    /// What the store's commits were before.
    commits: u64,
}

impl<V: Clone + Send + 'static> Beliefs<V> {
    /// Nothing yet about the rows of `db`.
    pub fn about(db: Db) -> Self {
        Self { db, held: RwLock::default() }
    }

    /// What `key` stands for: as it is believed, or as `look` finds it.
    ///
    /// # Errors
    /// Those of [`Db::look_up`].
    pub async fn find<F>(&self, key: &str, look: F) -> Result<Option<V>, StoreError>
    where
        F: FnOnce(&mut AnyConn) -> Result<Option<V>, StoreError> + Clone + Send + 'static,
    {
        // Both before the look: what is committed during it may not be seen by it.
        let (now, commits) = (self.db.monotonic_ms(), self.db.commits());
        let good = |held: &Held<V>| {
            held.commits == commits && (0..self.db.believe_ms()).contains(&(now - held.at_ms))
        };
        {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(held) = held.get(key).filter(|held| good(held)) {
                return Ok(Some(held.value.clone()));
            }
        }
        let found = self.db.look_up(look).await?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match &found {
            Some(value) => {
                if held.len() >= MOST {
                    held.retain(|_, held| good(held));
                }
                if held.len() < MOST {
                    held.insert(key.to_owned(), Held { value: value.clone(), at_ms: now, commits });
                }
            }
            None => drop(held.remove(key)),
        }
        Ok(found)
    }
}
