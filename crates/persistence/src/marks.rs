use diesel::prelude::*;

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::start_lock::StartLock;

/// The mark that holds the store's id, which backups of it have too.
pub(crate) const STORE_ID: &str = "store_id";

diesel::table! {
    store_marks (name) {
        name -> Text,
        value -> Text,
        at_ms -> BigInt,
    }
}

/// The id of the store behind `conn`, if it has one.
pub(crate) fn id_of(conn: &mut AnyConn) -> QueryResult<Option<String>> {
    store_marks::table.find(STORE_ID).select(store_marks::value).get_result(conn).optional()
}

impl Db {
    /// The store's id, by which it is told from another one: random, made once, and the same in its
    /// backups. None before a gateway has begun the store.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn store_id(&self) -> Result<Option<String>, StoreError> {
        self.mark(STORE_ID).await
    }

    /// Gives a store that was begun its id if it has none, and knows the store by it from now on: on
    /// PostgreSQL another store in the same database is refused. Of SQLite the lock file is marked with it,
    /// so that a later start knows that a store belongs here.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn identify(&self, _lock: &StartLock) -> Result<(), StoreError> {
        let id = match self.store_id().await? {
            Some(id) => id,
            None => {
                let mut bytes = [0; 16];
                self.random().fill(&mut bytes);
                let id = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
                self.set_mark(STORE_ID, &id).await?;
                id
            }
        };
        if let Some(lock) = self.store_lock()
            && let Err(error) = lock.mark(Some(&id))
        {
            tracing::warn!(%error, "the lock file cannot be marked: a later start will not notice a missing store");
        }
        self.identity().know(id);
        Ok(())
    }

    /// The value of the mark `name`: a fact about the store itself.
    pub async fn mark(&self, name: &'static str) -> Result<Option<String>, StoreError> {
        self.read(move |conn| {
            let mark = store_marks::table.find(name).select(store_marks::value);
            Ok(mark.get_result::<String>(conn).optional()?)
        })
        .await
    }

    /// Sets the mark `name`. Callers hold the [`crate::StartLock`], so that nobody else does.
    pub async fn set_mark(&self, name: &'static str, value: &str) -> Result<(), StoreError> {
        let (value, now) = (value.to_owned(), self.now_ms());
        self.bookkeep(move |conn| {
            diesel::delete(store_marks::table.find(name)).execute(conn)?;
            diesel::insert_into(store_marks::table)
                .values((
                    store_marks::name.eq(name),
                    store_marks::value.eq(value),
                    store_marks::at_ms.eq(now),
                ))
                .execute(conn)?;
            Ok(())
        })
        .await
    }
}
