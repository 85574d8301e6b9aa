use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::AuditContext;
use roster_kernel::ports::PortError;
use roster_persistence::{AnyConn, Outcome, StoreError};

use super::domain::{AccessKey, KeyInfo, Note};
use super::port::{KeyInsertion, KeyStore};
use crate::access::sql::{by_id_in, lock_for_update_in};
use crate::base::UserId;
use crate::base::row::event;
use crate::schema::{enterprise_access_keys, enterprise_users};
use crate::store::DieselStore;

#[async_trait]
impl KeyStore for DieselStore {
    async fn put_key(&self, context: &AuditContext, key: AccessKey) -> Result<(), PortError> {
        let at_ms = context.at_ms;
        let put = self.db.write(context, move |conn| {
            let Some(user) = lock_for_update_in(conn, key.user_id)? else {
                return Err(diesel::result::Error::NotFound.into());
            };
            delete_row_in(conn, key.user_id, &key.note)?;
            insert_row_in(conn, &key, at_ms)?;
            Ok(Outcome::Commit((), event(&user, "grant", &["access_key"])))
        });
        Ok(put.await?)
    }

    async fn insert_key(&self, context: &AuditContext, key: AccessKey) -> Result<KeyInsertion, PortError> {
        let at_ms = context.at_ms;
        let inserted = self.db.write(context, move |conn| {
            // Locked, so that of two keys of one note the second finds the first.
            let Some(user) = lock_for_update_in(conn, key.user_id)? else {
                return Ok(Outcome::Refuse(KeyInsertion::NoUser));
            };
            let same_note = enterprise_access_keys::table
                .filter(enterprise_access_keys::user_id.eq(key.user_id.0))
                .filter(enterprise_access_keys::note.eq(&key.note));
            if diesel::select(diesel::dsl::exists(same_note)).get_result(conn)? {
                return Ok(Outcome::Refuse(KeyInsertion::NoteTaken));
            }
            insert_row_in(conn, &key, at_ms)?;
            Ok(Outcome::Commit(KeyInsertion::Stored, event(&user, "grant", &["access_key"])))
        });
        Ok(inserted.await?)
    }

    async fn keys(&self, user: UserId) -> Result<Option<Vec<KeyInfo>>, PortError> {
        Ok(self.db.read(move |conn| keys_in(conn, user)).await?)
    }

    async fn delete_key(&self, context: &AuditContext, user: UserId, note: Note) -> Result<bool, PortError> {
        let deleted = self.db.write(context, move |conn| {
            let Some(owner) = lock_for_update_in(conn, user)? else { return Ok(Outcome::Refuse(false)) };
            if delete_row_in(conn, user, note.as_str())? == 0 {
                return Ok(Outcome::Refuse(false));
            }
            Ok(Outcome::Commit(true, event(&owner, "revoke", &["access_key"])))
        });
        Ok(deleted.await?)
    }
}

impl DieselStore {
    /// Whether any active user has a key that has not ended: else no caller gets in.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn any_key(&self) -> Result<bool, PortError> {
        let now_ms = self.db.now_ms();
        let any = self.db.read(move |conn| {
            let live = enterprise_access_keys::expires_ms.is_null();
            let live = live.or(enterprise_access_keys::expires_ms.gt(now_ms).assume_not_null());
            let keys = enterprise_access_keys::table
                .inner_join(enterprise_users::table)
                .filter(enterprise_users::is_active.and(live));
            Ok(diesel::select(diesel::dsl::exists(keys)).get_result(conn)?)
        });
        Ok(any.await?)
    }
}

fn keys_in(conn: &mut AnyConn, user: UserId) -> Result<Option<Vec<KeyInfo>>, StoreError> {
    if by_id_in(conn, user)?.is_none() {
        return Ok(None);
    }
    let rows: Vec<(String, i64, Option<i64>)> = enterprise_access_keys::table
        .filter(enterprise_access_keys::user_id.eq(user.0))
        .order((enterprise_access_keys::created_ms, enterprise_access_keys::note))
        .select((
            enterprise_access_keys::note,
            enterprise_access_keys::created_ms,
            enterprise_access_keys::expires_ms,
        ))
        .load(conn)?;
    let key = |(note, created_ms, expires_ms)| KeyInfo { note: Note::stored(note), created_ms, expires_ms };
    Ok(Some(rows.into_iter().map(key).collect()))
}

fn insert_row_in(conn: &mut AnyConn, key: &AccessKey, at_ms: i64) -> Result<(), StoreError> {
    diesel::insert_into(enterprise_access_keys::table)
        .values((
            enterprise_access_keys::key_hash.eq(&key.key_hash),
            enterprise_access_keys::user_id.eq(key.user_id.0),
            enterprise_access_keys::note.eq(&key.note),
            enterprise_access_keys::created_ms.eq(at_ms),
            enterprise_access_keys::expires_ms.eq(key.expires_ms),
        ))
        .execute(conn)?;
    Ok(())
}

fn delete_row_in(conn: &mut AnyConn, user: UserId, note: &str) -> Result<usize, StoreError> {
    Ok(diesel::delete(enterprise_access_keys::table)
        .filter(enterprise_access_keys::user_id.eq(user.0))
        .filter(enterprise_access_keys::note.eq(note))
        .execute(conn)?)
}
