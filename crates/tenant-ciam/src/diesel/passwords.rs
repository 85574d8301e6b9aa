//! The passwords of a tenant's users.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, PortError};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, later};
use serde_json::Map;

use super::changes::held;
use super::read::row;
use super::schema::{tenant_password_history, tenant_users};
use super::{DieselStore, held_version, users};
use crate::REALM;
use crate::domain::{TenantId, UserId};
use crate::store::{Credential, NewPassword, PasswordChange, PasswordStore};
use crate::user::UserKey;

#[async_trait]
impl PasswordStore for DieselStore {
    async fn credential(
        &self,
        tenant: &TenantId,
        key: &UserKey,
        remembered: u32,
    ) -> Result<Option<Credential>, PortError> {
        let (tenant, key) = (tenant.as_str().to_owned(), key.clone());
        let read = self.db.look_up_whole(move |conn| {
            let Some(row) = row(conn, &tenant, &key)? else { return Ok(None) };
            let password = tenant_users::table.find(&row.user_id).select(tenant_users::password_hash);
            let password: Option<String> = password.get_result(conn)?;
            let former: Vec<String> = tenant_password_history::table
                .filter(tenant_password_history::user_id.eq(&row.user_id))
                .order(tenant_password_history::number.desc())
                .limit(remembered.into())
                .select(tenant_password_history::password_hash)
                .load(conn)?;
            Ok(Some(Credential {
                user: row.read(Vec::new(), None)?,
                password: password.map(PasswordHash::new),
                former: former.into_iter().map(PasswordHash::new).collect(),
            }))
        });
        Ok(read.await?)
    }

    async fn set_password(
        &self,
        change: &Change,
        tenant: &TenantId,
        id: &UserId,
        password: NewPassword,
    ) -> Result<PasswordChange, PortError> {
        let (realm, id, at_ms) = (tenant.as_str().to_owned(), id.as_str().to_owned(), change.at_ms);
        let set = self.db.write(change, move |conn| {
            if held_version(conn, &realm)? != Some(password.rules_version) {
                return Ok(Outcome::Refuse(PasswordChange::Stale));
            }
            let Some(before) = held(conn, &realm, &id)? else {
                return Ok(Outcome::Refuse(PasswordChange::NoUser));
            };
            if before.revision != password.revision {
                return Ok(Outcome::Refuse(PasswordChange::Stale));
            }
            let updated_ms = users::stamp(conn, &realm, Some(before.updated_ms), at_ms)?;
            write(conn, &id, &password, at_ms, updated_ms)?;
            let value = |flag: bool| Map::from_iter([("pwd_must_modify".to_owned(), flag.into())]);
            let (old, new) = (value(before.must_modify_password), value(password.must_modify));
            let mut entry = if old == new {
                Entry::event(REALM.name(), &realm, &id, "update", &[])
            } else {
                Entry::updated(REALM.name(), &realm, &id, old, new)
            };
            // That there is another is told; never what it is.
            entry.fields.push("pwd".to_owned());
            Ok(Outcome::Commit(PasswordChange::Set, entry))
        });
        Ok(set.await?)
    }

    async fn renew_hash(&self, id: &UserId, old: &PasswordHash, new: PasswordHash) -> Result<(), PortError> {
        let (id, old) = (id.as_str().to_owned(), old.clone());
        let renewed = self.db.bookkeep(move |conn| {
            diesel::update(tenant_users::table.find(&id))
                .filter(tenant_users::password_hash.eq(old.as_str()))
                .set(tenant_users::password_hash.eq(new.as_str()))
                .execute(conn)?;
            diesel::update(tenant_password_history::table)
                .filter(tenant_password_history::user_id.eq(&id))
                .filter(tenant_password_history::password_hash.eq(old.as_str()))
                .set(tenant_password_history::password_hash.eq(new.as_str()))
                .execute(conn)?;
            Ok(())
        });
        Ok(renewed.await?)
    }

    async fn signed_in(&self, id: &UserId, at_ms: i64) -> Result<(), PortError> {
        let id = id.as_str().to_owned();
        let counted = self.db.bookkeep(move |conn| {
            diesel::update(tenant_users::table.find(&id))
                .set((
                    tenant_users::sign_ins.eq(tenant_users::sign_ins + 1),
                    tenant_users::last_sign_in_ms.eq(later!(tenant_users::last_sign_in_ms, Some(at_ms))),
                ))
                .execute(conn)?;
            Ok(())
        });
        Ok(counted.await?)
    }
}

/// Writes the password of a user who is held, and forgets those that are no longer remembered.
fn write(
    conn: &mut AnyConn,
    id: &str,
    password: &NewPassword,
    at_ms: i64,
    updated_ms: i64,
) -> Result<(), StoreError> {
    diesel::update(tenant_users::table.find(id))
        .set((
            tenant_users::password_hash.eq(password.hash.as_str()),
            tenant_users::must_modify_password.eq(password.must_modify),
            tenant_users::password_set_ms.eq(later!(tenant_users::password_set_ms, Some(at_ms))),
            tenant_users::updated_ms.eq(updated_ms),
            tenant_users::revision.eq(tenant_users::revision + 1),
        ))
        .execute(conn)?;
    let last: Option<i32> = tenant_password_history::table
        .filter(tenant_password_history::user_id.eq(id))
        .select(diesel::dsl::max(tenant_password_history::number))
        .get_result(conn)?;
    let number = last.unwrap_or(0).saturating_add(1);
    diesel::insert_into(tenant_password_history::table)
        .values((
            tenant_password_history::user_id.eq(id),
            tenant_password_history::number.eq(number),
            tenant_password_history::password_hash.eq(password.hash.as_str()),
            tenant_password_history::set_ms.eq(at_ms),
        ))
        .execute(conn)?;
    let remembered = i32::try_from(password.remembered.max(1)).unwrap_or(i32::MAX);
    diesel::delete(tenant_password_history::table)
        .filter(tenant_password_history::user_id.eq(id))
        .filter(tenant_password_history::number.le(number.saturating_sub(remembered)))
        .execute(conn)?;
    Ok(())
}
