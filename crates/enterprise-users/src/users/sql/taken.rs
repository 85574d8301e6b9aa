//! Looks for users who have a unique value already.

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError};

use crate::base::{Email, Phone, UniqueField, UserId};
use crate::schema::enterprise_users;
use crate::users::domain::NewUser;

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
