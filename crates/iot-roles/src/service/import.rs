//! The use cases of import and export.

use roster_kernel::{Imported, hashes_of, json};

use super::{IotRoles, SystemAdministrator, insert_failed};
use crate::domain::{NewUser, ObjectId, Username};
use crate::error::Error;
use crate::store::{Arrival, Exported, InsertError, Presence};
use crate::validate::{self, Arrived};
use crate::wire;

/// A line of an import that keeps every rule that needs no store.
#[derive(Debug, Clone)]
pub struct ImportDraft(Arrived);

impl IotRoles {
    /// Judges one entry of an import: the body of `POST /users`, by the same rules, but
    /// `password_hash` may stand in the place of `password`, and there may be a `status`. Of a hash
    /// the rules that need the password itself cannot be judged.
    ///
    /// # Errors
    /// As that call's: [`Error::Unreadable`], [`Error::Invalid`], [`Error::Role`].
    pub fn judge_import(&self, body: &[u8]) -> Result<ImportDraft, Error> {
        let members: wire::ImportMembers = json::decode(body)?;
        let body: wire::CreateUser = json::decode(body)?;
        let adopt = |hash: &str| self.ports.hasher.adopt(hash);
        Ok(ImportDraft(validate::import_user(body, members, adopt, &self.config)?))
    }

    /// Makes these users, each on its own; what came of each, in their order. One who is there
    /// already just so is [`Imported::Unchanged`], whatever his password is: nothing is hashed for
    /// him. With `skip`, one who is there is not even compared.
    ///
    /// # Errors
    /// If the house fails: then none of them was made. For each: [`Error::NotFound`] for an area;
    /// [`Error::Overlap`]; [`Error::Conflict`] for the name of a user who is another.
    pub async fn import(
        &self,
        by: &SystemAdministrator,
        drafts: Vec<ImportDraft>,
        skip: bool,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        let users: Vec<NewUser> = drafts.iter().map(|ImportDraft(arrived)| arrived.user.clone()).collect();
        let names: Vec<Username> = users.iter().map(|user| user.username.clone()).collect();
        let presences = self.ports.store.presence(users).await?;
        let change = self.change(by);
        let mut answers: Vec<Option<Result<Imported, Error>>> = Vec::with_capacity(drafts.len());
        let (mut coming, mut passwords) = (Vec::new(), Vec::new());
        for (ImportDraft(Arrived { user, password }), presence) in drafts.into_iter().zip(presences) {
            let known = match presence {
                Presence::Absent => None,
                Presence::Refused(error) => Some(Err(insert_failed(error, &user.username))),
                Presence::There(_) if skip => Some(Ok(Imported::Skipped)),
                Presence::There(there) if user.is(&there) => Some(Ok(Imported::Unchanged)),
                Presence::There(_) => Some(Err(insert_failed(InsertError::UsernameTaken, &user.username))),
            };
            if known.is_none() {
                coming.push(user);
                passwords.push(Some(password));
            }
            answers.push(known);
        }
        // Hashes are dear: for those alone who are still to be written.
        let hashes = hashes_of(self.ports.hasher.as_ref(), passwords).await?;
        let arrivals = coming.into_iter().zip(hashes).filter_map(|(user, password)| {
            let id = ObjectId::fresh(self.ports.random.as_ref(), change.at_ms);
            Some(Arrival { id, user, password: password? })
        });
        let arrivals: Vec<Arrival> = arrivals.collect();
        let imported = if arrivals.is_empty() {
            Vec::new()
        } else {
            self.ports.store.import(&change, arrivals, skip).await?
        };
        let mut imported = imported.into_iter();
        let answered = answers.into_iter().zip(&names).filter_map(|(known, name)| match known {
            Some(known) => Some(known),
            None => imported.next().map(|answer| answer.map_err(|error| insert_failed(error, name))),
        });
        Ok(answered.collect())
    }

    /// In the order of their ids the users after `after` who are no accounts of devices, `limit` of them at the
    /// most, with the hashes of their passwords: for somebody who moves the whole directory.
    ///
    /// # Errors
    /// If the house fails.
    pub async fn export(
        &self,
        _by: &SystemAdministrator,
        after: Option<ObjectId>,
        limit: u32,
    ) -> Result<Vec<Exported>, Error> {
        Ok(self.ports.store.export(after, limit).await?)
    }
}
