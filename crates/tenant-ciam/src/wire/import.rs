//! Users as tables and lines have them: the members of a create body, and some for an import alone.

use roster_kernel::{Column, Member, Secret};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::Builtin;
use crate::rules::TenantRules;

/// The column of an import alone: a hash of another system in the place of the password.
pub const HASH_COLUMN: Column = Column::text("password_hash");

/// The column that pictures stand in.
pub const PICTURE_COLUMN: Column = Column::text("head_img");

/// The columns of a table of users: the members of [`super::CreateUser`] and of [`ImportMembers`].
pub const COLUMNS: &[Column] = &[
    Column::text("user_name"),
    Column::text("name"),
    Column::text("mobile"),
    Column::text("email"),
    Column::text("pwd"),
    HASH_COLUMN,
    Column::json("pwd_must_modify"),
    Column::text("attr_gender"),
    Column::text("attr_birthday"),
    Column::text("attr_nick_name"),
    Column::text("mailing_address"),
    Column::text("zip_code"),
    Column::text("first_name"),
    Column::text("middle_name"),
    Column::text("last_name"),
    Column::text("industry"),
    Column::text("external_id"),
    PICTURE_COLUMN,
    Column::json("extension"),
    Column::json("disabled"),
];

/// What an import has besides a create body. Over HTTP these are unknown members like any other.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ImportMembers {
    /// A hash of another system in the place of the password.
    pub password_hash: Member<Secret>,
    /// Whether the user is kept from signing in; false by default.
    pub disabled: Member<bool>,
}

/// `user` as a line that would make him again under these rules, but for his password: mobile numbers
/// in their international form, and only extension attributes that the tenant still defines.
pub fn exported(user: &crate::User, rules: &TenantRules) -> Map<String, Value> {
    let texts = Builtin::ALL.into_iter().filter_map(|builtin| Some((builtin, user.text(builtin)?)));
    let mut members: Map<String, Value> =
        texts.map(|(builtin, text)| (builtin.key().to_owned(), text.into())).collect();
    members.insert("pwd_must_modify".into(), user.must_modify_password.into());
    if let Some(picture) = &user.picture {
        members.insert(PICTURE_COLUMN.name.into(), picture.as_str().into());
    }
    let defined = user.extension.iter().filter(|(key, _)| rules.extension(key.as_str()).is_some());
    let extension: Map<String, Value> =
        defined.map(|(key, value)| (key.as_str().to_owned(), value.json())).collect();
    if !extension.is_empty() {
        members.insert("extension".into(), extension.into());
    }
    if user.disabled {
        members.insert("disabled".into(), true.into());
    }
    members
}
