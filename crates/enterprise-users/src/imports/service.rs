use roster_kernel::ports::PasswordHash;
use roster_kernel::{IfExists, Imported, hashes_of};

use super::command;
use super::domain::{ImportDraft, ImportUser, Presence};
use super::port::ImportError;
use crate::access::Administrator;
use crate::base::{UniqueField, User, UserId};
use crate::error::{Error, Operation};
use crate::service::EnterpriseUsers;
use crate::users::NewUser;
use crate::users::service::taken_by;

impl EnterpriseUsers {
    /// Validates one line of an import: the body of `POST /openapi/v1/users`, by the same rules, but
    /// `password_hash` may stand instead of `password`. The rules of a password are not checked for a hash.
    ///
    /// # Errors
    /// As that call's: an unreadable body, or [`Error::Invalid`] with every violation.
    pub fn validate_import(&self, body: &[u8]) -> Result<ImportDraft, Error> {
        command::import_user(body, |hash| self.ports.hasher.adopt(hash), &self.config)
    }

    /// Imports these users, each on its own; returns the result of each, in their order. A user who is present
    /// with the same values is [`Imported::Unchanged`], whatever the password: nothing is hashed for them.
    /// Replacing a user sets address, phone, activity and password; the origin stays.
    ///
    /// # Errors
    /// If a port fails: then none was imported. For each: [`Error::Forbidden`]; [`Error::Taken`], with the nick
    /// name for a user who is present with other values, unless `if_exists` allows it;
    /// [`Error::LastAdministrator`].
    pub async fn import(
        &self,
        by: &Administrator,
        drafts: Vec<ImportDraft>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        let users: Vec<NewUser> = drafts.iter().map(|draft| draft.user.clone()).collect();
        let presences = self.ports.store.presence(users.clone()).await?;
        let mut answers: Vec<Option<Result<Imported, Error>>> = Vec::with_capacity(drafts.len());
        let (mut pending, mut passwords) = (Vec::new(), Vec::new());
        for (ImportDraft { user, password }, presence) in drafts.into_iter().zip(presences) {
            let known = if self.reaches(by, user.enterprise_id.as_str()) {
                known(&user, presence, if_exists)
            } else {
                Some(Err(Error::Forbidden))
            };
            if known.is_none() {
                let scope = self.admin_scope(user.enterprise_id.as_str());
                pending.push((user, scope));
                passwords.push(Some(password));
            }
            answers.push(known);
        }
        // Hashing is expensive: only for users who are still to be written.
        let hashes = hashes_of(self.ports.hasher.as_ref(), passwords).await?;
        let pending = pending.into_iter().zip(hashes);
        let pending: Vec<ImportUser> = pending
            .filter_map(|((user, scope), password)| Some(ImportUser { user, password: password?, scope }))
            .collect();
        let imported = if pending.is_empty() {
            Vec::new()
        } else {
            self.ports.store.import(&self.audit(by), pending, if_exists).await?
        };
        let mut imported = imported.into_iter();
        let answered = answers.into_iter().zip(&users).filter_map(|(known, user)| match known {
            Some(known) => Some(known),
            None => imported.next().map(|answer| answer.map_err(|error| refusal(error, user))),
        });
        Ok(answered.collect())
    }

    /// The users after `after` in the order of their ids, at most `limit`, with the hashes of their passwords:
    /// to move the whole directory.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an administrator who does not reach all users; if the store fails.
    pub async fn export(
        &self,
        by: &Administrator,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(User, PasswordHash)>, Error> {
        if self.only_enterprise(by).is_some() {
            return Err(Error::Forbidden);
        }
        Ok(self.ports.store.export(after, limit).await?)
    }
}

/// The result for a user, if it is known without a hash and a write.
fn known(user: &NewUser, presence: Presence, if_exists: IfExists) -> Option<Result<Imported, Error>> {
    match (presence, if_exists) {
        (Presence::Absent, _) => None,
        (Presence::Taken(field), _) => Some(Err(taken_by(field, user))),
        (Presence::Present(_), IfExists::Skip) => Some(Ok(Imported::Skipped)),
        (Presence::Present(present), _) if user.equals(&present, if_exists == IfExists::Fail) => {
            Some(Ok(Imported::Unchanged))
        }
        (Presence::Present(_), IfExists::Fail) => Some(Err(taken_by(UniqueField::NickName, user))),
        (Presence::Present(_), IfExists::Replace) => None,
    }
}

fn refusal(error: ImportError, user: &NewUser) -> Error {
    match error {
        ImportError::Taken(field) => taken_by(field, user),
        ImportError::LastAdministrator => Error::LastAdministrator(Operation::Disable),
    }
}
