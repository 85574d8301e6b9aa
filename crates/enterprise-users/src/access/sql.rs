use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::PortError;
use roster_persistence::{AnyConn, StoreError, each_backend};

use super::domain::{AdminScope, KeyOwner};
use super::port::AccessStore;
use crate::base::row::UserRow;
use crate::base::{User, UserId};
use crate::schema::{enterprise_access_keys, enterprise_administrators, enterprise_users};
use crate::store::DieselStore;

#[async_trait]
impl AccessStore for DieselStore {
    async fn key_owner(&self, key_hash: String) -> Result<Option<KeyOwner>, PortError> {
        let wanted = key_hash.clone();
        Ok(self.keys.find(&key_hash, move |conn| key_owner_in(conn, &wanted)).await?)
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        Ok(self.db.look_up(move |conn| by_id_in(conn, id)).await?)
    }
}

fn key_owner_in(conn: &mut AnyConn, key_hash: &str) -> Result<Option<KeyOwner>, StoreError> {
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

pub(crate) fn by_id_in(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    let user = enterprise_users::table.find(id.0);
    let row = each_backend!(conn, |conn| user.select(UserRow::as_select()).get_result(conn));
    Ok(row.optional()?.map(User::from))
}

/// The user, locked until this transaction ends. SQLite has one writer anyway.
pub(crate) fn lock_for_update_in(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    let user = enterprise_users::table.find(id.0);
    let locked: Option<UserRow> = match conn {
        AnyConn::Sqlite(conn) => user.select(UserRow::as_select()).get_result(conn).optional()?,
        AnyConn::Postgres(conn) => {
            user.select(UserRow::as_select()).for_update().get_result(conn).optional()?
        }
    };
    Ok(locked.map(User::from))
}

/// Locks all administrators until this transaction ends: of two that would remove each other the second waits and
/// counts what the first left. Always before any user's row. SQLite has one writer anyway.
pub(crate) fn lock_administrators_in(conn: &mut AnyConn) -> Result<(), StoreError> {
    if let AnyConn::Postgres(conn) = conn {
        enterprise_administrators::table
            .select(enterprise_administrators::user_id)
            .order(enterprise_administrators::user_id)
            .for_update()
            .load::<i32>(conn)?;
    }
    Ok(())
}

pub(crate) fn is_administrator_in(conn: &mut AnyConn, id: UserId) -> Result<bool, StoreError> {
    let rank = enterprise_administrators::table.find(id.0);
    Ok(diesel::select(diesel::dsl::exists(rank)).get_result(conn)?)
}

/// Whether `id` is the only active administrator of `scope`; false for a user outside of it.
pub(crate) fn is_last_administrator_in(
    conn: &mut AnyConn,
    id: UserId,
    scope: &AdminScope,
) -> Result<bool, StoreError> {
    let mut active = enterprise_administrators::table
        .inner_join(enterprise_users::table)
        .filter(enterprise_users::is_active.eq(true))
        .select(enterprise_administrators::user_id)
        .order(enterprise_administrators::user_id)
        .into_boxed();
    if let AdminScope::Enterprise(enterprise_id) = scope {
        active = active.filter(enterprise_users::enterprise_id.eq(enterprise_id));
    }
    let active: Vec<i32> = active.load(conn)?;
    Ok(active == [id.0])
}

pub(crate) fn insert_administrator_in(conn: &mut AnyConn, id: UserId, at_ms: i64) -> Result<(), StoreError> {
    diesel::insert_into(enterprise_administrators::table)
        .values((
            enterprise_administrators::user_id.eq(id.0),
            enterprise_administrators::created_ms.eq(at_ms),
        ))
        .execute(conn)?;
    Ok(())
}
