//! The rules of an import: those of a creation, and of what an import has besides.

use std::borrow::Cow;

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Brought, Member, Rule, Violation};

use super::{draft, new_user, typed};
use crate::config::Config;
use crate::domain::{NewUser, Status};
use crate::error::Error;
use crate::wire::{CreateUser, ImportMembers};

/// A line of an import that keeps every rule that needs no store.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The user; his areas are not yet known to exist, nor his name to be free.
    pub user: NewUser,
    /// His password.
    pub password: Brought,
}

/// Judges a line of an import, where a hash may stand for the password; `adopt` says whether it can.
///
/// # Errors
/// As [`super::draft`] and [`super::create_user`]; [`Error::Invalid`] for the hash and the status.
pub fn import_user(
    body: CreateUser,
    members: ImportMembers,
    adopt: impl FnOnce(&str) -> Result<PasswordHash, Cow<'static, str>>,
    config: &Config,
) -> Result<Arrived, Error> {
    let bare = matches!(body.password, Member::Absent | Member::Null);
    let draft = draft(body)?;
    let hash = typed("password_hash", "a string", members.password_hash)?;
    let status = typed("status", "a string", members.status)?;
    let (mut user, password) = new_user(
        draft,
        |password| match hash {
            None => super::field("password", super::password(password, config)).map(Brought::Plain),
            Some(_) if !bare => Err(invalid("password_hash", "absent where there is a password".into())),
            Some(hash) => match adopt(hash.expose()) {
                Ok(hash) => Ok(Brought::Hashed(hash)),
                Err(what) => Err(invalid("password_hash", what)),
            },
        },
        config,
    )?;
    if let Some(status) = status {
        let named = Status::named(&status);
        user.status = named.ok_or_else(|| invalid("status", "pending or enable".into()))?;
    }
    Ok(Arrived { user, password })
}

fn invalid(field: &'static str, form: Cow<'static, str>) -> Error {
    Error::Invalid(Violation::new(field, Rule::Format(form)))
}
