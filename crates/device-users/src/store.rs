mod import;

use async_trait::async_trait;
use roster_kernel::ports::PortError;
use roster_kernel::{Change, Violation};

use crate::domain::{
    Avatar, Edit, Group, GroupEdit, GroupId, Listed, Membership, Name, Profile, Search, User, UserId,
    Version, Window,
};

pub use import::ImportStore;

/// What this dialect needs of a store. One method is one transaction; not found is `Ok(None)`.
/// The law of it is in `contract`.
#[async_trait]
pub trait Store: ImportStore + Send + Sync {
    /// Stores a user, if all his groups exist. Replacing one keeps his type and when he was made;
    /// all else becomes what the profile says.
    async fn insert(&self, change: &Change, profile: Profile, if_taken: IfTaken)
    -> Result<User, InsertError>;

    /// The user with this id.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;

    /// Changes the user with this id, if all his new groups exist, and answers what became of him.
    async fn update(&self, change: &Change, id: UserId, edit: Edit) -> Result<Option<User>, UpdateError>;

    /// Removes the user with this id, his picture and his links to groups. Whether he was there.
    async fn delete(&self, change: &Change, id: UserId) -> Result<bool, PortError>;

    /// The newest first, of two made at once the greater id; all of one moment, and all without
    /// their pictures.
    async fn list(&self, window: Window) -> Result<Listed<User>, PortError>;

    /// The picture of the user with this id, if he is there and has one.
    async fn picture(&self, id: UserId) -> Result<Option<Avatar>, PortError>;

    /// The ids of all users who match, in their order.
    async fn search(&self, search: Search) -> Result<Vec<UserId>, PortError>;

    /// When users were last changed: in the order of their ids those after `after`, `limit` of them
    /// at the most.
    async fn versions(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Version>, PortError>;

    /// Makes those of `groups` whose ids do not exist yet.
    async fn ensure_groups(&self, change: &Change, groups: Vec<Group>) -> Result<(), PortError>;

    /// Stores a group.
    async fn insert_group(&self, change: &Change, group: Group) -> Result<Group, GroupError>;

    /// The group with this id.
    async fn group(&self, id: GroupId) -> Result<Option<Group>, PortError>;

    /// Changes the group with this id, and answers what became of it.
    async fn update_group(
        &self,
        change: &Change,
        id: GroupId,
        edit: GroupEdit,
    ) -> Result<Option<Group>, GroupError>;

    /// Removes the group with this id and its links; its users stay, and count as changed. Whether
    /// it was there.
    async fn delete_group(&self, change: &Change, id: GroupId) -> Result<bool, PortError>;

    /// The newest first, of two made at once the greater id; all of one moment.
    async fn list_groups(&self, window: Window) -> Result<Listed<Group>, PortError>;

    /// The ids of all groups whose names contain this without regard to case, in their order.
    async fn search_groups(&self, name: Name) -> Result<Vec<GroupId>, PortError>;

    /// The ids of all users in this group, in their order.
    async fn members(&self, id: GroupId) -> Result<Option<Vec<UserId>>, PortError>;

    /// Puts users into this group, behind their other groups, or takes them out: all of them or
    /// nobody. Who is or was in it already stays as he is; the others count as changed.
    async fn set_members(
        &self,
        change: &Change,
        id: GroupId,
        users: Vec<UserId>,
        membership: Membership,
    ) -> Result<Option<()>, MembersError>;
}

/// What to do with a `user_id` that exists already (D6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfTaken {
    /// Leave the first user as he is.
    Refuse,
    /// Replace what is known of him.
    Replace,
}

/// Why a user was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// These groups do not exist.
    #[error("no such groups: {0:?}")]
    UnknownGroups(Vec<GroupId>),
    /// Another user has the id already.
    #[error("the id is taken")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// These groups do not exist.
    #[error("no such groups: {0:?}")]
    UnknownGroups(Vec<GroupId>),
    /// What would become of him breaks rules; [`Edit::onto`] says which.
    #[error("invalid fields: {0:?}")]
    Invalid(Vec<Violation>),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a group was not stored.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// Another group has the id already. Looked for before the name.
    #[error("the id is taken")]
    Taken,
    /// Another group has the name already.
    #[error("the name is taken")]
    NameTaken,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why users were not put into a group.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    /// These users do not exist.
    #[error("no such users: {0:?}")]
    UnknownUsers(Vec<UserId>),
    /// These users are in as many groups as one may be ([`crate::validate::MAX_GROUPS`]).
    #[error("in too many groups: {0:?}")]
    Full(Vec<UserId>),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
