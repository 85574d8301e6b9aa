//! Users as tables and lines have them: the members of a create body, and some for an import alone.

use roster_kernel::{Column, Member, Secret};
use serde::{Deserialize, Serialize};

use crate::domain::{Email, NewUser};

/// The column of an import alone: a hash of another system in the place of the password.
pub const HASH_COLUMN: Column = Column::text("password_hash");

/// The columns of a table of users: the members of [`super::CreateUser`] and of [`ImportMembers`].
pub const COLUMNS: &[Column] = &[
    Column::text("username"),
    Column::text("password"),
    HASH_COLUMN,
    Column::text("email"),
    Column::text("role"),
    Column::json("area"),
    Column::text("status"),
];

/// What an import has besides a create body. Over HTTP these are unknown members like any other.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImportMembers {
    /// A hash of another system in the place of the password.
    pub password_hash: Member<Secret>,
    /// `enable` or `pending`; the first by default, as for everybody who is made.
    pub status: Member<String>,
}

/// A user as a line that would make him again, but for his password.
#[derive(Debug, Serialize)]
pub struct ExportedUser<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    role: &'static str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    area: &'a [String],
    status: &'static str,
}

impl<'a> From<&'a NewUser> for ExportedUser<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            username: user.username.as_str(),
            email: user.email.as_ref().map(Email::as_str),
            role: user.role.name(),
            area: &user.areas,
            status: user.status.name(),
        }
    }
}
