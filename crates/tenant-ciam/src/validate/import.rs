//! The rules of an import: those of a create, and of what an import has besides.

use std::borrow::Cow;

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Member, Rule};

use super::user::{Draft, create_user, given};
use crate::error::Error;
use crate::wire::{CreateUser, ImportMembers};

/// A line of an import whose shape is right.
#[derive(Debug, Clone)]
pub struct ImportDraft {
    /// What a create has of it.
    pub draft: Draft,
    /// The hash in the place of the password.
    pub hash: Option<PasswordHash>,
    /// Whether the user is kept from signing in.
    pub disabled: bool,
}

/// Judges the shape of a line of an import, where a hash may stand for the password; `adopt` says
/// whether it can.
///
/// # Errors
/// [`Error::Parameter`] for the first member of a wrong type or form.
pub fn import_user(
    body: CreateUser,
    members: ImportMembers,
    adopt: impl FnOnce(&str) -> Result<PasswordHash, Cow<'static, str>>,
) -> Result<ImportDraft, Error> {
    let bare = matches!(body.pwd, Member::Absent | Member::Null);
    let mut draft = create_user(body)?;
    let hash = match given("password_hash", "string", members.password_hash)? {
        None => None,
        Some(_) if !bare => {
            let rule = Rule::Format("absent where there is a pwd".into());
            return Err(Error::parameter("password_hash", rule));
        }
        Some(hash) => {
            let refused = |what| Error::parameter("password_hash", Rule::Format(what));
            Some(adopt(hash.expose()).map_err(refused)?)
        }
    };
    draft.hashed = hash.is_some();
    Ok(ImportDraft {
        draft,
        hash,
        disabled: given("disabled", "boolean", members.disabled)?.unwrap_or(false),
    })
}
