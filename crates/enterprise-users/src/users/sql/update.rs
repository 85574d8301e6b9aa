//! Changes and deletes a user.

use diesel::prelude::*;
use roster_kernel::fold;
use roster_kernel::ports::PasswordHash;
use roster_persistence::{AnyConn, Outcome, StoreError, later};

use super::create::taken_by_other_in;
use super::journal;
use crate::access::AdminScope;
use crate::access::sql::{
    by_id_in, is_administrator_in, is_last_administrator_in, lock_administrators_in, lock_for_update_in,
};
use crate::base::{Email, Phone, UniqueField, User, UserId};
use crate::schema::enterprise_users;
use crate::users::domain::UserUpdate;
use crate::users::port::Removal;

/// `None` keeps a column.
#[derive(AsChangeset)]
#[diesel(table_name = enterprise_users)]
struct ChangedRow<'a> {
    email: Option<Option<&'a str>>,
    email_folded: Option<Option<String>>,
    phone: Option<Option<&'a str>>,
    phone_folded: Option<Option<String>>,
    is_active: Option<bool>,
    password_hash: Option<&'a str>,
}

/// Why [`update_in`] changed nothing.
pub(crate) enum Unchanged {
    NoUser,
    Taken(UniqueField),
    LastAdministrator,
}

pub(crate) fn update_in(
    conn: &mut AnyConn,
    id: UserId,
    update: &UserUpdate,
    scope: &AdminScope,
    at_ms: i64,
) -> Result<Outcome<Result<User, Unchanged>>, StoreError> {
    let refuse = |why| Ok(Outcome::Refuse(Err(why)));
    let disables = update.is_active == Some(false);
    if disables {
        lock_administrators_in(conn)?;
    }
    let Some(before) = lock_for_update_in(conn, id)? else { return refuse(Unchanged::NoUser) };
    if disables && is_last_administrator_in(conn, id, scope)? {
        return refuse(Unchanged::LastAdministrator);
    }
    let email = update.email.as_ref().and_then(Option::as_ref);
    let phone = update.phone.as_ref().and_then(Option::as_ref);
    if let Some(field) = taken_by_other_in(conn, id, email, phone)? {
        return refuse(Unchanged::Taken(field));
    }
    let row = ChangedRow {
        email: update.email.as_ref().map(|email| email.as_ref().map(Email::as_str)),
        email_folded: update.email.as_ref().map(|email| email.as_ref().map(Email::folded)),
        phone: update.phone.as_ref().map(|phone| phone.as_ref().map(Phone::as_str)),
        phone_folded: update.phone.as_ref().map(|phone| phone.as_ref().map(|phone| fold(phone.as_str()))),
        is_active: update.is_active,
        password_hash: update.password.as_ref().map(PasswordHash::as_str),
    };
    let updated_ms = enterprise_users::updated_ms.eq(later!(enterprise_users::updated_ms, at_ms));
    diesel::update(enterprise_users::table.find(id.0)).set((&row, updated_ms)).execute(conn)?;
    let Some(after) = by_id_in(conn, id)? else { return refuse(Unchanged::NoUser) };
    match journal::updated(&before, &after, update.password.is_some()) {
        Some(entry) => Ok(Outcome::Commit(Ok(after), entry)),
        // Nothing changed: nothing to record.
        None => Ok(Outcome::Refuse(Ok(after))),
    }
}

pub(super) fn delete_in(
    conn: &mut AnyConn,
    id: UserId,
    scope: &AdminScope,
) -> Result<Outcome<Removal>, StoreError> {
    lock_administrators_in(conn)?;
    let Some(user) = lock_for_update_in(conn, id)? else { return Ok(Outcome::Refuse(Removal::Absent)) };
    if is_last_administrator_in(conn, id, scope)? {
        return Ok(Outcome::Refuse(Removal::LastAdministrator));
    }
    let administrator = is_administrator_in(conn, id)?;
    // The keys and the rank go by cascade.
    diesel::delete(enterprise_users::table.find(id.0)).execute(conn)?;
    Ok(Outcome::Commit(Removal::Done, journal::deleted(&user, administrator)))
}
