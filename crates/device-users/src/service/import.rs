//! The use cases of import and export.

use roster_kernel::{IfExists, Imported, json};

use super::{Caller, DeviceUsers};
use crate::domain::{Profile, User, UserId};
use crate::error::Error;
use crate::validate;
use crate::wire;

impl DeviceUsers {
    /// Judges one entry of an import: the body of `POST /v1/user`, by the same rules. It needs no
    /// store, so that it may be done on any thread.
    ///
    /// # Errors
    /// As that call's: an unreadable body, or [`Error::Invalid`] with every violation.
    pub fn judge_import(&self, body: &[u8]) -> Result<Profile, Error> {
        let body: wire::CreateUser = json::decode(body)?;
        validate::create_user(body, &self.config).map_err(Error::Invalid)
    }

    /// Makes these users, each on its own; what came of each, in their order. One who is there
    /// already just so is [`Imported::Unchanged`]. Replacing one keeps his type, as
    /// [`crate::Config::upsert`] does.
    ///
    /// # Errors
    /// If the house fails: then none of them was made. For each: [`Error::UnknownGroups`];
    /// [`Error::Taken`] for one who is another, unless `if_exists` says what to do.
    pub async fn import(
        &self,
        by: &Caller,
        profiles: Vec<Profile>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        let imported = self.ports.store.import(&self.change(by), profiles, if_exists).await?;
        Ok(imported.into_iter().map(|one| one.map_err(Error::from)).collect())
    }

    /// In the order of their ids the users after `after`, `limit` of them at the most, without
    /// their pictures: [`DeviceUsers::picture`] has them one by one.
    ///
    /// # Errors
    /// If the house fails.
    pub async fn export(&self, _: &Caller, after: Option<UserId>, limit: u32) -> Result<Vec<User>, Error> {
        Ok(self.ports.store.export(after, limit).await?)
    }
}
