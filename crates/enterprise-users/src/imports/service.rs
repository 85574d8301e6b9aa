//! The use cases of import and export.

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Brought, IfExists, Imported, foreign_hash, hashes_of, json};

use super::users::taken;
use super::{Administrator, EnterpriseUsers};
use crate::domain::{NewUser, User, UserId};
use crate::error::{Deed, Error};
use crate::store::{Arrival, ImportError, Presence, UniqueField};
use crate::validate::{self, Arrived};
use crate::wire;

/// A line of an import that keeps every rule that needs no store.
#[derive(Debug, Clone)]
pub struct ImportDraft(Arrived);

impl EnterpriseUsers {
    /// Judges one entry of an import: the body of `POST /openapi/v1/users`, by the same rules, but
    /// `password_hash` may stand in the place of `password`. Of a hash the rules that need the
    /// password itself cannot be judged.
    ///
    /// # Errors
    /// As that call's: an unreadable body, or [`Error::Invalid`] with every violation.
    pub fn judge_import(&self, body: &[u8]) -> Result<ImportDraft, Error> {
        let hash = foreign_hash(body)?;
        let body: wire::CreateUser = json::decode(body)?;
        let adopt = |hash: &str| self.ports.hasher.adopt(hash);
        let arrived = validate::import_user(body, hash, adopt, &self.config).map_err(Error::Invalid)?;
        Ok(ImportDraft(arrived))
    }

    /// Makes these users, each on its own; what came of each, in their order. One who is there
    /// already just so is [`Imported::Unchanged`], whatever his password is: nothing is hashed for
    /// him. Replacing one gives him the address, phone, activity and password of the line; where he
    /// came from stays.
    ///
    /// # Errors
    /// If the house fails: then none of them was made. For each: [`Error::Forbidden`];
    /// [`Error::Taken`], with the nick name for one who is there and is another, unless `if_exists`
    /// says what to do; [`Error::LastAdministrator`].
    pub async fn import(
        &self,
        by: &Administrator,
        drafts: Vec<ImportDraft>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        let users: Vec<NewUser> = drafts.iter().map(|ImportDraft(arrived)| arrived.user.clone()).collect();
        let presences = self.ports.store.presence(users.clone()).await?;
        let mut answers: Vec<Option<Result<Imported, Error>>> = Vec::with_capacity(drafts.len());
        let (mut coming, mut passwords) = (Vec::new(), Vec::new());
        for (ImportDraft(Arrived { user, password }), presence) in drafts.into_iter().zip(presences) {
            let known = if self.reaches(by, user.enterprise_id.as_str()) {
                known(&user, presence, if_exists)
            } else {
                Some(Err(Error::Forbidden))
            };
            if known.is_none() {
                let circle = self.circle_of(user.enterprise_id.as_str());
                coming.push((user, circle));
                passwords.push(Some::<Brought>(password));
            }
            answers.push(known);
        }
        // Hashes are dear: for those alone who are still to be written.
        let hashes = hashes_of(self.ports.hasher.as_ref(), passwords).await?;
        let arrivals = coming
            .into_iter()
            .zip(hashes)
            .filter_map(|((user, circle), password)| Some(Arrival { user, password: password?, circle }));
        let arrivals: Vec<Arrival> = arrivals.collect();
        let imported = if arrivals.is_empty() {
            Vec::new()
        } else {
            self.ports.store.import(&self.change(by), arrivals, if_exists).await?
        };
        let mut imported = imported.into_iter();
        let answered = answers.into_iter().zip(&users).filter_map(|(known, user)| match known {
            Some(known) => Some(known),
            None => imported.next().map(|answer| answer.map_err(|error| refusal(error, user))),
        });
        Ok(answered.collect())
    }

    /// In the order of their ids the users after `after`, `limit` of them at the most, with the
    /// hashes of their passwords: for somebody who moves the whole directory.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an administrator who does not reach everybody; if the house fails.
    pub async fn export(
        &self,
        by: &Administrator,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(User, PasswordHash)>, Error> {
        if self.border(by).is_some() {
            return Err(Error::Forbidden);
        }
        Ok(self.ports.store.export(after, limit).await?)
    }
}

/// What comes of a user without a hash or a write, if that can be told.
fn known(user: &NewUser, presence: Presence, if_exists: IfExists) -> Option<Result<Imported, Error>> {
    match (presence, if_exists) {
        (Presence::Absent, _) => None,
        (Presence::Taken(field), _) => Some(Err(taken(field, user))),
        (Presence::There(_), IfExists::Skip) => Some(Ok(Imported::Skipped)),
        (Presence::There(there), _) if user.is(&there, if_exists == IfExists::Fail) => {
            Some(Ok(Imported::Unchanged))
        }
        (Presence::There(_), IfExists::Fail) => Some(Err(taken(UniqueField::NickName, user))),
        (Presence::There(_), IfExists::Replace) => None,
    }
}

fn refusal(error: ImportError, user: &NewUser) -> Error {
    match error {
        ImportError::Taken(field) => taken(field, user),
        ImportError::LastAdministrator => Error::LastAdministrator(Deed::Disable),
    }
}
