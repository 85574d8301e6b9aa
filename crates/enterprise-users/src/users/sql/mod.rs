mod create;
mod journal;
mod list;
mod update;

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{AuditContext, fold};
use roster_persistence::{AnyConn, StartLock, StoreError, UniqueViolation};

use super::domain::{NewUser, Selection, UserPage, UserUpdate};
use super::port::{InsertError, Removal, UpdateError, UserStore};
use crate::access::AdminScope;
use crate::base::row::UserRow;
use crate::base::{UniqueField, User, UserId};
use crate::schema::enterprise_users;
use crate::store::DieselStore;

pub(crate) use create::{insert_in, taken_in};
pub(crate) use update::{Unchanged, update_in};

/// How many rows of an older version one transaction completes.
const FILL_AT_ONCE: i64 = 500;

#[async_trait]
impl UserStore for DieselStore {
    async fn taken(&self, user: NewUser) -> Result<Option<UniqueField>, PortError> {
        Ok(self.db.look_up(move |conn| taken_in(conn, &user)).await?)
    }

    async fn insert(
        &self,
        context: &AuditContext,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, InsertError> {
        let at_ms = context.at_ms;
        let inserted = self.db.write(context, move |conn| insert_in(conn, &user, &password, at_ms));
        match by_index(inserted.await)? {
            Ok(Ok(user)) => Ok(user),
            Ok(Err(field)) | Err(field) => Err(InsertError::Taken(field)),
        }
    }

    async fn by_nick_name(
        &self,
        enterprise_id: String,
        nick_name: String,
    ) -> Result<Option<User>, PortError> {
        Ok(self.db.look_up(move |conn| by_nick_name_in(conn, &enterprise_id, &nick_name)).await?)
    }

    async fn list(&self, selection: Selection) -> Result<UserPage, PortError> {
        Ok(self.db.snapshot(move |conn| list::list_in(conn, &selection)).await?)
    }

    async fn update(
        &self,
        context: &AuditContext,
        id: UserId,
        update: UserUpdate,
        scope: AdminScope,
    ) -> Result<Option<User>, UpdateError> {
        let at_ms = context.at_ms;
        let updated = self.db.write(context, move |conn| update_in(conn, id, &update, &scope, at_ms));
        match by_index(updated.await)? {
            Ok(Ok(user)) => Ok(Some(user)),
            Ok(Err(Unchanged::NoUser)) => Ok(None),
            Ok(Err(Unchanged::LastAdministrator)) => Err(UpdateError::LastAdministrator),
            Ok(Err(Unchanged::Taken(field))) | Err(field) => Err(UpdateError::Taken(field)),
        }
    }

    async fn delete(
        &self,
        context: &AuditContext,
        id: UserId,
        scope: AdminScope,
    ) -> Result<Removal, PortError> {
        Ok(self.db.write(context, move |conn| update::delete_in(conn, id, &scope)).await?)
    }
}

impl DieselStore {
    /// How many users there are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<i64, PortError> {
        Ok(self.db.read(|conn| list::total_in(conn, None)).await?)
    }

    /// Fills the folded columns of users from before there was a search, which no migration can do: they are
    /// folded in Rust. Call it after migrating a store that an earlier version wrote; elsewhere it does nothing.
    /// Not in the journal: no value changes.
    ///
    /// # Errors
    /// If the store fails; it may be called again.
    pub async fn fill_folded(&self, _lock: &StartLock) -> Result<(), PortError> {
        while self.db.bookkeep(|conn| fill_folded_in(conn, FILL_AT_ONCE)).await? {}
        Ok(())
    }
}

pub(crate) fn by_nick_name_in(
    conn: &mut AnyConn,
    enterprise_id: &str,
    nick_name: &str,
) -> Result<Option<User>, StoreError> {
    let user = enterprise_users::table
        .filter(enterprise_users::enterprise_id.eq(enterprise_id))
        .filter(enterprise_users::nick_name.eq(nick_name));
    Ok(user.select(UserRow::as_select()).get_result(conn).optional()?.map(User::from))
}

/// The result, or the field whose unique index refused the write.
fn by_index<T>(result: Result<T, StoreError>) -> Result<Result<T, UniqueField>, PortError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Unique(violation)) => match field_of(&violation) {
            Some(field) => Ok(Err(field)),
            None => Err(StoreError::Unique(violation).into()),
        },
        Err(error) => Err(error.into()),
    }
}

fn field_of(violation: &UniqueViolation) -> Option<UniqueField> {
    let hits = |index, columns| violation.hits(index, columns);
    if hits("enterprise_users_nick_name", "enterprise_users.enterprise_id, enterprise_users.nick_name") {
        Some(UniqueField::NickName)
    } else if hits("enterprise_users_email", "enterprise_users.email_folded") {
        Some(UniqueField::Email)
    } else if hits("enterprise_users_phone", "enterprise_users.phone") {
        Some(UniqueField::Phone)
    } else {
        None
    }
}

/// Fills the folded columns of at most `limit` rows; returns whether there may be more.
fn fill_folded_in(conn: &mut AnyConn, limit: i64) -> Result<bool, StoreError> {
    let rows: Vec<(i32, String, Option<String>)> = enterprise_users::table
        .filter(enterprise_users::nick_name_folded.is_null())
        .select((enterprise_users::user_id, enterprise_users::nick_name, enterprise_users::phone))
        .limit(limit)
        .load(conn)?;
    for (id, nick_name, phone) in &rows {
        diesel::update(enterprise_users::table.find(id))
            .set((
                enterprise_users::nick_name_folded.eq(fold(nick_name)),
                enterprise_users::phone_folded.eq(phone.as_deref().map(fold)),
            ))
            .execute(conn)?;
    }
    Ok(!rows.is_empty())
}
