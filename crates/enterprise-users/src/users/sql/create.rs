//! Inserts a user, unless a unique value is taken.

use diesel::prelude::*;
use roster_kernel::fold;
use roster_kernel::ports::PasswordHash;
use roster_persistence::{AnyConn, Outcome, StoreError, each_backend};

use super::journal;
use crate::access::sql::insert_administrator_in;
use crate::base::row::UserRow;
use crate::base::{Email, Phone, UniqueField, User, UserId, UserOrigin};
use crate::schema::enterprise_users;
use crate::users::domain::NewUser;

#[derive(Insertable)]
#[diesel(table_name = enterprise_users, treat_none_as_default_value = false)]
struct NewUserRow<'a> {
    enterprise_id: &'a str,
    nick_name: &'a str,
    nick_name_folded: String,
    email: Option<&'a str>,
    email_folded: Option<String>,
    phone: Option<&'a str>,
    phone_folded: Option<String>,
    is_active: bool,
    origion: Option<&'a str>,
    client_ip: Option<String>,
    password_hash: &'a str,
    created_ms: i64,
    updated_ms: i64,
}

pub(crate) fn insert_in(
    conn: &mut AnyConn,
    user: &NewUser,
    password: &PasswordHash,
    at_ms: i64,
) -> Result<Outcome<Result<User, UniqueField>>, StoreError> {
    if let Some(field) = taken_in(conn, user)? {
        return Ok(Outcome::Refuse(Err(field)));
    }
    let row = NewUserRow {
        enterprise_id: user.enterprise_id.as_str(),
        nick_name: user.nick_name.as_str(),
        nick_name_folded: fold(user.nick_name.as_str()),
        email: user.email.as_ref().map(Email::as_str),
        email_folded: user.email.as_ref().map(Email::folded),
        phone: user.phone.as_ref().map(Phone::as_str),
        phone_folded: user.phone.as_ref().map(|phone| fold(phone.as_str())),
        is_active: user.is_active,
        origion: user.origin.as_ref().map(UserOrigin::as_str),
        client_ip: user.client_ip.map(|address| address.to_string()),
        password_hash: password.as_str(),
        created_ms: at_ms,
        updated_ms: at_ms,
    };
    let stored: UserRow = each_backend!(conn, |conn| diesel::insert_into(enterprise_users::table)
        .values(&row)
        .returning(UserRow::as_returning())
        .get_result(conn))?;
    let stored = User::from(stored);
    if user.administrator {
        insert_administrator_in(conn, stored.user_id, at_ms)?;
    }
    let entry = journal::created(&stored, user.administrator);
    Ok(Outcome::Commit(Ok(stored), entry))
}

/// The first field, in the specification's order, that another user has.
pub(crate) fn taken_in(conn: &mut AnyConn, user: &NewUser) -> Result<Option<UniqueField>, StoreError> {
    let same_name = enterprise_users::table
        .filter(enterprise_users::enterprise_id.eq(user.enterprise_id.as_str()))
        .filter(enterprise_users::nick_name.eq(user.nick_name.as_str()));
    if diesel::select(diesel::dsl::exists(same_name)).get_result(conn)? {
        return Ok(Some(UniqueField::NickName));
    }
    // No id is 0.
    taken_by_other_in(conn, UserId(0), user.email.as_ref(), user.phone.as_ref())
}

/// The same of a user who has these values already.
pub(super) fn taken_by_other_in(
    conn: &mut AnyConn,
    id: UserId,
    email: Option<&Email>,
    phone: Option<&Phone>,
) -> Result<Option<UniqueField>, StoreError> {
    let others = enterprise_users::table.filter(enterprise_users::user_id.ne(id.0));
    if let Some(email) = email {
        let same_email = others.filter(enterprise_users::email_folded.eq(email.folded()));
        if diesel::select(diesel::dsl::exists(same_email)).get_result(conn)? {
            return Ok(Some(UniqueField::Email));
        }
    }
    if let Some(phone) = phone {
        let same_phone = others.filter(enterprise_users::phone.eq(phone.as_str()));
        if diesel::select(diesel::dsl::exists(same_phone)).get_result(conn)? {
            return Ok(Some(UniqueField::Phone));
        }
    }
    Ok(None)
}
