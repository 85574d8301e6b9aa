use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::PortError;

use crate::domain::{GroupId, NewGroup, Profile, User, UserId};

/// What this dialect needs of a store. One method is one transaction; not found is `Ok(None)`.
/// The law of it is in `contract`.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores a user, if all his groups exist. Replacing one keeps his type and when he was made;
    /// all else becomes what the profile says.
    async fn insert(&self, change: &Change, profile: Profile, if_taken: IfTaken)
    -> Result<User, InsertError>;

    /// The user with this id.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;

    /// Makes those of `groups` whose ids do not exist yet.
    async fn ensure_groups(&self, change: &Change, groups: Vec<NewGroup>) -> Result<(), PortError>;
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
