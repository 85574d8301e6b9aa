//! Rules of one line of an import: those of a create body, where a hash may stand for the password.

use std::borrow::Cow;

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Field, ImportedPassword, Rule, Secret, foreign_hash, json};

use super::domain::ImportDraft;
use crate::config::Config;
use crate::error::Error;
use crate::messages::HASH_AND_PASSWORD;
use crate::passwords::Password;
use crate::users::command::new_user;
use crate::users::wire::CreateUser;

/// Validates a line; `adopt` tells whether a hash of another system can be taken.
///
/// # Errors
/// An unreadable body, or [`Error::Invalid`] with every violation.
pub(super) fn import_user(
    body: &[u8],
    adopt: impl FnOnce(&str) -> Result<PasswordHash, Cow<'static, str>>,
    config: &Config,
) -> Result<ImportDraft, Error> {
    let hash = foreign_hash(body)?;
    let body: CreateUser = json::decode(body)?;
    let (user, password) = new_user(body, config, |validator, field| match hash {
        Field::Absent | Field::Null => {
            let password = validator.required("password", field, |text| Password::parse(text, config));
            password.map(|password| ImportedPassword::Plain(password.into_secret()))
        }
        hash => validator.required("password_hash", hash, |hash: Secret| {
            if !field.is_absent() {
                return Err(Rule::Format(HASH_AND_PASSWORD.into()));
            }
            adopt(hash.expose()).map(ImportedPassword::Hashed).map_err(Rule::Format)
        }),
    })?;
    Ok(ImportDraft { user, password })
}
