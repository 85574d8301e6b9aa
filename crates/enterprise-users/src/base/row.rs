//! The row of a user, which several subjects read, and the journal's entry without values.

use diesel::prelude::*;
use roster_persistence::Entry;

use super::names::{Email, EnterpriseId, NickName, Phone, UserId, UserOrigin};
use super::user::User;
use crate::config::DIALECT;
use crate::schema::enterprise_users;

#[derive(Queryable, Selectable)]
#[diesel(table_name = enterprise_users)]
pub(crate) struct UserRow {
    pub(crate) user_id: i32,
    enterprise_id: String,
    nick_name: String,
    email: Option<String>,
    phone: Option<String>,
    is_active: bool,
    origion: Option<String>,
    client_ip: Option<String>,
    created_ms: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            user_id: UserId(row.user_id),
            nick_name: NickName::stored(row.nick_name),
            enterprise_id: EnterpriseId::stored(row.enterprise_id),
            email: row.email.map(Email::stored),
            phone: row.phone.map(Phone::stored),
            is_active: row.is_active,
            origin: row.origion.map(UserOrigin::stored),
            client_ip: row.client_ip,
            created_ms: row.created_ms,
        }
    }
}

/// A journal entry about `user` that names fields and has no values.
pub(crate) fn event(user: &User, verb: &'static str, fields: &[&str]) -> Entry {
    let (scope, subject) = (user.enterprise_id.as_str(), user.user_id.to_string());
    Entry::event(DIALECT.name(), scope, &subject, verb, fields)
}
