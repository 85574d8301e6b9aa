//! Users as tables and lines have them: the members of a create body, and `password_hash`.

use roster_kernel::Column;
use serde::Serialize;

use crate::base::{Email, Phone, User, UserOrigin};

/// The column that only imports have: a hash of another system instead of the password.
pub const HASH_COLUMN: Column = Column::text("password_hash");

/// The columns of a table of users: the members of [`crate::users::wire::CreateUser`], and [`HASH_COLUMN`].
pub const COLUMNS: &[Column] = &[
    Column::text("nick_name"),
    Column::text("password"),
    HASH_COLUMN,
    Column::text("enterprise_id"),
    Column::text("email"),
    Column::text("phone"),
    Column::json("is_active"),
    Column::text("origion"),
    Column::text("origin"),
];

/// A user as a create body that would create them again, without the password. Absent values are left out.
#[derive(Debug, Serialize)]
pub struct ExportedUser<'a> {
    nick_name: &'a str,
    enterprise_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    is_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    origion: Option<&'a str>,
}

impl<'a> From<&'a User> for ExportedUser<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            nick_name: user.nick_name.as_str(),
            enterprise_id: user.enterprise_id.as_str(),
            email: user.email.as_ref().map(Email::as_str),
            phone: user.phone.as_ref().map(Phone::as_str),
            is_active: user.is_active,
            origion: user.origin.as_ref().map(UserOrigin::as_str),
        }
    }
}
