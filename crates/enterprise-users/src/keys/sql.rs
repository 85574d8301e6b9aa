//! Access keys, by their digest.

use diesel::prelude::*;
use roster_persistence::{AnyConn, Outcome, StoreError, each_backend};

use super::schema::{enterprise_access_keys, enterprise_administrators, enterprise_users};
use super::users::{self, UserRow};
use crate::domain::{AccessKey, KeyInfo, Note, UserId};
use crate::store::{KeyInsertion, KeyOwner};

/// Stores `key`, in the place of one with the same note.
pub(super) fn put(conn: &mut AnyConn, key: &AccessKey, at_ms: i64) -> Result<Outcome<()>, StoreError> {
    let Some(user) = users::hold(conn, key.user_id)? else {
        return Err(diesel::result::Error::NotFound.into());
    };
    delete_row(conn, key.user_id, &key.note)?;
    insert_row(conn, key, at_ms)?;
    Ok(Outcome::Commit((), users::event(&user, "grant", &["access_key"])))
}

pub(super) fn insert(
    conn: &mut AnyConn,
    key: &AccessKey,
    at_ms: i64,
) -> Result<Outcome<KeyInsertion>, StoreError> {
    // Held, so that of two keys of one note the second finds the first.
    let Some(user) = users::hold(conn, key.user_id)? else {
        return Ok(Outcome::Refuse(KeyInsertion::NoUser));
    };
    let same_note = enterprise_access_keys::table
        .filter(enterprise_access_keys::user_id.eq(key.user_id.0))
        .filter(enterprise_access_keys::note.eq(&key.note));
    if diesel::select(diesel::dsl::exists(same_note)).get_result(conn)? {
        return Ok(Outcome::Refuse(KeyInsertion::NoteTaken));
    }
    insert_row(conn, key, at_ms)?;
    Ok(Outcome::Commit(KeyInsertion::Stored, users::event(&user, "grant", &["access_key"])))
}

pub(super) fn of(conn: &mut AnyConn, user: UserId) -> Result<Option<Vec<KeyInfo>>, StoreError> {
    if users::by_id(conn, user)?.is_none() {
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

pub(super) fn delete(conn: &mut AnyConn, user: UserId, note: &str) -> Result<Outcome<bool>, StoreError> {
    let Some(owner) = users::hold(conn, user)? else { return Ok(Outcome::Refuse(false)) };
    if delete_row(conn, user, note)? == 0 {
        return Ok(Outcome::Refuse(false));
    }
    Ok(Outcome::Commit(true, users::event(&owner, "revoke", &["access_key"])))
}

pub(super) fn owner(conn: &mut AnyConn, key_hash: &str) -> Result<Option<KeyOwner>, StoreError> {
    type Found = (UserRow, Option<i32>, Option<i64>);
    let owner = enterprise_access_keys::table
        .inner_join(enterprise_users::table.left_join(enterprise_administrators::table))
        .filter(enterprise_access_keys::key_hash.eq(key_hash));
    let found = each_backend!(conn, |conn| owner
        .select((
            UserRow::as_select(),
            enterprise_administrators::user_id.nullable(),
            enterprise_access_keys::expires_ms,
        ))
        .get_result::<Found>(conn))
    .optional()?;
    Ok(found.map(|(user, administrator, expires_ms)| KeyOwner {
        user: user.into(),
        administrator: administrator.is_some(),
        expires_ms,
    }))
}

fn insert_row(conn: &mut AnyConn, key: &AccessKey, at_ms: i64) -> Result<(), StoreError> {
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

fn delete_row(conn: &mut AnyConn, user: UserId, note: &str) -> Result<usize, StoreError> {
    Ok(diesel::delete(enterprise_access_keys::table)
        .filter(enterprise_access_keys::user_id.eq(user.0))
        .filter(enterprise_access_keys::note.eq(note))
        .execute(conn)?)
}
