use diesel::prelude::*;

use crate::db::Db;
use crate::error::StoreError;

diesel::table! {
    store_marks (name) {
        name -> Text,
        value -> Text,
        at_ms -> BigInt,
    }
}

impl Db {
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
