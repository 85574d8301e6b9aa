//! The use cases about groups.

use std::ops::RangeInclusive;

use roster_kernel::Violation;

use super::users::{entry_of, no_integer};
use super::{Caller, DeviceUsers, Refused};
use crate::domain::{Group, GroupId, Listed, Membership, Name, UserId, Window};
use crate::error::Error;
use crate::store::{GroupError, MembersError};
use crate::validate;
use crate::wire;

impl DeviceUsers {
    /// Makes sure that there is this group, as a first start does; one that is there keeps its
    /// name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is none; 500 if another group has it.
    pub async fn ensure_group(&self, by: &Caller, group_id: GroupId, name: &str) -> Result<(), Error> {
        let invalid = |rule| Error::Invalid(vec![Violation::new("name", rule)]);
        let group = Group::new(group_id, Name::parse(name.to_owned()).map_err(invalid)?);
        Ok(self.ports.store.ensure_groups(&self.change(by), vec![group]).await?)
    }

    /// The same for all groups of `ids` at once, each named `group <id>`. Ids below 1 name no
    /// group.
    ///
    /// # Errors
    /// As [`DeviceUsers::ensure_group`].
    pub async fn ensure_groups(&self, by: &Caller, ids: RangeInclusive<i32>) -> Result<(), Error> {
        let groups = ids.filter_map(|id| GroupId::parse(id.into()).ok());
        let group = |id: GroupId| Name::parse(format!("group {id}")).ok().map(|name| Group::new(id, name));
        Ok(self.ports.store.ensure_groups(&self.change(by), groups.filter_map(group).collect()).await?)
    }

    /// Makes a group.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation, [`Error::GroupTaken`], [`Error::GroupNameTaken`].
    pub async fn create_group(&self, by: &Caller, body: wire::CreateGroup) -> Result<Group, Error> {
        let group = validate::create_group(body).map_err(Error::Invalid)?;
        Ok(self.ports.store.insert_group(&self.change(by), group).await?)
    }

    /// The group with the path's id `id`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no integer, [`Error::NoGroup`].
    pub async fn group(&self, _: &Caller, id: &str) -> Result<Group, Error> {
        self.ports.store.group(group_id(id)?).await?.ok_or(Error::NoGroup)
    }

    /// Changes the group with the path's id `id`, and answers what became of it.
    ///
    /// # Errors
    /// As [`DeviceUsers::group`]; [`Error::Invalid`] with every violation, [`Error::GroupNameTaken`].
    pub async fn update_group(&self, by: &Caller, id: &str, body: wire::UpdateGroup) -> Result<Group, Error> {
        let id = group_id(id)?;
        let edit = validate::update_group(body).map_err(Error::Invalid)?;
        self.ports.store.update_group(&self.change(by), id, edit).await?.ok_or(Error::NoGroup)
    }

    /// Removes the group with the path's id `id` and its links; its users stay.
    ///
    /// # Errors
    /// As [`DeviceUsers::group`].
    pub async fn delete_group(&self, by: &Caller, id: &str) -> Result<(), Error> {
        self.delete_group_id(by, group_id(id)?).await
    }

    /// A part of the list of groups, the newest first.
    pub async fn list_groups(&self, _: &Caller, window: Window) -> Result<Listed<Group>, Error> {
        Ok(self.ports.store.list_groups(window).await?)
    }

    /// The ids of the groups whose names contain this, without regard to case.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a name.
    pub async fn search_groups(&self, _: &Caller, body: wire::SearchGroups) -> Result<Vec<GroupId>, Error> {
        let name = validate::search_groups(body).map_err(Error::Invalid)?;
        Ok(self.ports.store.search_groups(name).await?)
    }

    /// The ids of the users in the group with the path's id `id`.
    ///
    /// # Errors
    /// As [`DeviceUsers::group`].
    pub async fn members(&self, _: &Caller, id: &str) -> Result<Vec<UserId>, Error> {
        self.ports.store.members(group_id(id)?).await?.ok_or(Error::NoGroup)
    }

    /// Puts users into the group with the path's id `id`, or takes them out: all or nobody.
    ///
    /// # Errors
    /// As [`DeviceUsers::group`]; [`Error::UnknownUsers`], [`Error::TooManyGroups`].
    pub async fn set_members(
        &self,
        by: &Caller,
        id: &str,
        body: wire::Ids,
        membership: Membership,
    ) -> Result<(), Error> {
        let id = group_id(id)?;
        let users = validate::members(body, &self.config).map_err(Error::Invalid)?;
        let set = self.ports.store.set_members(&self.change(by), id, users, membership).await;
        let set = set.map_err(|error| match error {
            MembersError::UnknownUsers(users) => Error::UnknownUsers(users),
            MembersError::Full(users) => Error::TooManyGroups(users),
            MembersError::Port(error) => error.into(),
        })?;
        set.ok_or(Error::NoGroup)
    }

    /// [`DeviceUsers::create_group`] for each entry, one after the other. Answers those that failed.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no entries, or too many: then nothing was done.
    pub async fn create_groups(&self, by: &Caller, body: wire::GroupList) -> Result<Vec<Refused>, Error> {
        let mut refused = Vec::new();
        for entry in validate::batch("group_list", body.group_list).map_err(Error::Invalid)? {
            let id = entry.get("group_id").and_then(validate::whole);
            let created = match entry_of(entry) {
                Ok(body) => self.create_group(by, body).await.map(|_| ()),
                Err(error) => Err(error),
            };
            refused.extend(created.err().map(|error| Refused { id, error }));
        }
        Ok(refused)
    }

    /// [`DeviceUsers::delete_group`] for each id, one after the other. Answers those that failed.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are no ids, or too many: then nothing was done.
    pub async fn delete_groups(&self, by: &Caller, body: wire::Ids) -> Result<Vec<Refused>, Error> {
        let mut refused = Vec::new();
        for entry in validate::batch("ids", body.ids).map_err(Error::Invalid)? {
            let id = validate::whole(&entry);
            let deleted = match id.map(GroupId::parse) {
                Some(Ok(id)) => self.delete_group_id(by, id).await,
                Some(Err(_)) => Err(Error::NoGroup),
                None => Err(no_integer(&entry)),
            };
            refused.extend(deleted.err().map(|error| Refused { id, error }));
        }
        Ok(refused)
    }

    async fn delete_group_id(&self, by: &Caller, id: GroupId) -> Result<(), Error> {
        let deleted = self.ports.store.delete_group(&self.change(by), id).await?;
        if deleted { Ok(()) } else { Err(Error::NoGroup) }
    }
}

fn group_id(id: &str) -> Result<GroupId, Error> {
    validate::group_id(id).map_err(Error::Invalid)?.ok_or(Error::NoGroup)
}

impl From<GroupError> for Error {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Taken => Self::GroupTaken,
            GroupError::NameTaken => Self::GroupNameTaken,
            GroupError::Port(error) => error.into(),
        }
    }
}
