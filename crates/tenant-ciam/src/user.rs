//! A user who is there, as a store reads him back.

use std::collections::BTreeMap;

use crate::definition::ExtensionValue;
use crate::domain::{Builtin, ExtensionKey, Picture, UserId};
use crate::password::Person;

/// A user. His values were judged when they were written; the tenant's rules may be others by now.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// His id.
    pub id: UserId,
    /// The built-in attributes that he has, as text: the mobile number in its international form,
    /// the birthday as `yyyy-mm-dd`. There is always a user name, and never a password.
    pub texts: BTreeMap<Builtin, String>,
    /// His extension attributes, by key, of the kind that they had when they were written. The
    /// tenant may have removed the attribute since.
    pub extension: Vec<(ExtensionKey, ExtensionValue)>,
    /// His picture; never read for a page of users, see [`crate::UserStore::picture`].
    pub picture: Option<Picture>,
    /// Whether the password is to be changed at the next login.
    pub must_modify_password: bool,
    /// When the password was set, in milliseconds since the epoch; `None` without a password.
    pub password_set_ms: Option<i64>,
    /// Whether he is kept from signing in.
    pub disabled: bool,
    /// How often his password was found right by [`crate::TenantCiam::verify_password`].
    pub sign_ins: i64,
    /// When it last was, in milliseconds since the epoch.
    pub last_sign_in_ms: Option<i64>,
    /// When he was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When he was last changed, in milliseconds since the epoch. A sign-in is no change.
    pub updated_ms: i64,
    /// Which state of his attributes and password this is.
    pub revision: i64,
}

impl User {
    /// The value of `builtin`.
    pub fn text(&self, builtin: Builtin) -> Option<&str> {
        self.texts.get(&builtin).map(String::as_str)
    }

    /// What a password of his is compared with.
    pub fn person(&self) -> Person<'_> {
        Person {
            user_name: self.text(Builtin::UserName),
            // Stored as `+86-15200000000`.
            mobile: self
                .text(Builtin::Mobile)
                .map(|text| text.split_once('-').map_or(text, |(_, number)| number)),
            email: self.text(Builtin::Email),
            name: self.text(Builtin::Name),
        }
    }
}

/// By what a user is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKey {
    /// His id.
    Id(UserId),
    /// His user name, without regard to case.
    UserName(String),
    /// His mobile number, in its international form.
    Mobile(String),
    /// His e-mail address, without regard to case.
    Email(String),
    /// His id in another system.
    ExternalId(String),
}

/// Which users a page shows: of all, oldest first, those of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Only those changed at this time or later, in milliseconds since the epoch.
    pub updated_since_ms: Option<i64>,
    /// How many are passed over.
    pub skip: i64,
    /// How many are shown at most.
    pub limit: i64,
}
