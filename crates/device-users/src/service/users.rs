//! The use cases about users.

use roster_kernel::{Fault, JsonKind, Rule, Violation};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Caller, DeviceUsers, Refused};
use crate::domain::{Avatar, Listed, User, UserId, Version, Window};
use crate::error::Error;
use crate::store::{IfTaken, InsertError, UpdateError};
use crate::validate;
use crate::wire;

impl DeviceUsers {
    /// Makes a user; with the setting `upsert`, or replaces him (D1–D6).
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation, [`Error::UnknownGroups`], [`Error::Taken`].
    pub async fn create(&self, by: &Caller, body: wire::CreateUser) -> Result<User, Error> {
        let profile = validate::create_user(body, &self.config).map_err(Error::Invalid)?;
        let if_taken = if self.config.upsert { IfTaken::Replace } else { IfTaken::Refuse };
        Ok(self.ports.store.insert(&self.change(by), profile, if_taken).await?)
    }

    /// The user with the path's id `id`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no integer, [`Error::NoUser`].
    pub async fn user(&self, _: &Caller, id: &str) -> Result<User, Error> {
        self.ports.store.by_id(self.user_id(id)?).await?.ok_or(Error::NoUser)
    }

    /// Changes the user with the path's id `id`, and answers what became of him (D8).
    ///
    /// # Errors
    /// As [`DeviceUsers::user`]; [`Error::Invalid`] with every violation, [`Error::UnknownGroups`].
    pub async fn update(&self, by: &Caller, id: &str, body: wire::UpdateUser) -> Result<User, Error> {
        let id = self.user_id(id)?;
        let edit = validate::update_user(body, &self.config).map_err(Error::Invalid)?;
        let updated = self.ports.store.update(&self.change(by), id, edit).await;
        let user = updated.map_err(|error| match error {
            UpdateError::UnknownGroups(groups) => Error::UnknownGroups(groups),
            UpdateError::Invalid(violations) => Error::Invalid(violations),
            UpdateError::Port(error) => error.into(),
        })?;
        user.ok_or(Error::NoUser)
    }

    /// Removes the user with the path's id `id`, his picture and his links to groups.
    ///
    /// # Errors
    /// As [`DeviceUsers::user`].
    pub async fn delete(&self, by: &Caller, id: &str) -> Result<(), Error> {
        self.delete_id(by, self.user_id(id)?).await
    }

    /// A part of the list of users, the newest first, without their pictures:
    /// [`DeviceUsers::picture`] has them one by one, so that a page never holds a hundred of ten
    /// megabytes.
    pub async fn list(&self, _: &Caller, window: Window) -> Result<Listed<User>, Error> {
        Ok(self.ports.store.list(window).await?)
    }

    /// The picture of a user, if he is there and has one.
    pub async fn picture(&self, _: &Caller, id: UserId) -> Result<Option<Avatar>, Error> {
        Ok(self.ports.store.picture(id).await?)
    }

    /// The ids of the users who match (D8).
    ///
    /// # Errors
    /// [`Error::Invalid`] if nothing is asked for, or a value that nobody can have.
    pub async fn search(&self, _: &Caller, body: wire::SearchUsers) -> Result<Vec<UserId>, Error> {
        let search = validate::search_users(body).map_err(Error::Invalid)?;
        Ok(self.ports.store.search(search).await?)
    }

    /// When users were last changed: in the order of their ids those after `after`, `limit` of
    /// them at the most.
    pub async fn versions(
        &self,
        _: &Caller,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Version>, Error> {
        Ok(self.ports.store.versions(after, limit).await?)
    }

    /// [`DeviceUsers::create`] for each entry, one after the other (D8). Answers those that failed.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no entries, or too many: then nothing was done.
    pub async fn create_all(&self, by: &Caller, body: wire::UserList) -> Result<Vec<Refused>, Error> {
        let mut refused = Vec::new();
        for entry in validate::batch("user_list", body.user_list).map_err(Error::Invalid)? {
            let id = entry.get("user_id").and_then(validate::whole);
            let created = match entry_of(entry) {
                Ok(body) => self.create(by, body).await.map(|_| ()),
                Err(error) => Err(error),
            };
            refused.extend(created.err().map(|error| Refused { id, error }));
        }
        Ok(refused)
    }

    /// [`DeviceUsers::delete`] for each id, one after the other (D8). Answers those that failed.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no ids, or too many: then nothing was done.
    pub async fn delete_all(&self, by: &Caller, body: wire::Ids) -> Result<Vec<Refused>, Error> {
        let mut refused = Vec::new();
        for entry in validate::batch("ids", body.ids).map_err(Error::Invalid)? {
            let id = validate::whole(&entry);
            let deleted = match id.map(|id| UserId::parse(id, self.config.user_id_max)) {
                Some(Ok(id)) => self.delete_id(by, id).await,
                Some(Err(_)) => Err(Error::NoUser),
                None => Err(no_integer(&entry)),
            };
            refused.extend(deleted.err().map(|error| Refused { id, error }));
        }
        Ok(refused)
    }

    async fn delete_id(&self, by: &Caller, id: UserId) -> Result<(), Error> {
        let deleted = self.ports.store.delete(&self.change(by), id).await?;
        if deleted { Ok(()) } else { Err(Error::NoUser) }
    }

    fn user_id(&self, id: &str) -> Result<UserId, Error> {
        validate::user_id(id, &self.config).map_err(Error::Invalid)?.ok_or(Error::NoUser)
    }
}

impl From<InsertError> for Error {
    fn from(error: InsertError) -> Self {
        match error {
            InsertError::UnknownGroups(groups) => Self::UnknownGroups(groups),
            InsertError::Taken => Self::Taken,
            InsertError::Port(error) => error.into(),
        }
    }
}

/// An entry of a batch as the single call's body.
pub(super) fn entry_of<T: DeserializeOwned>(entry: Value) -> Result<T, Error> {
    if !entry.is_object() {
        return Err(Fault::NotAnObject(JsonKind::of(&entry)).into());
    }
    // Its members hold whatever there is, so that this does not fail.
    serde_json::from_value(entry).map_err(|error| Fault::Json(error.to_string()).into())
}

/// An entry that should be an id.
pub(super) fn no_integer(entry: &Value) -> Error {
    let rule = Rule::Type { expected: "integer", got: JsonKind::of(entry) };
    Error::Invalid(vec![Violation::new("ids", rule)])
}
