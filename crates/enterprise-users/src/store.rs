use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};

use crate::domain::{AccessKey, NewUser, User, UserId};

/// What this dialect needs of a store. One method is one transaction; not found is `Ok(None)`.
/// The law of it is in `contract`.
#[async_trait]
pub trait Store: Send + Sync {
    /// The first field, in the order nick name, e-mail, phone, that another user has already. A
    /// look before a hash is spent; [`Store::insert`] has the last word.
    async fn taken(&self, user: &NewUser) -> Result<Option<UniqueField>, PortError>;

    /// Stores a new user and gives him an id that nobody ever had.
    async fn insert(
        &self,
        change: &Change,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, InsertError>;

    /// The user with this id, of any enterprise.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;

    /// The user of this name in this enterprise.
    async fn by_nick_name(&self, enterprise_id: &str, nick_name: &str) -> Result<Option<User>, PortError>;

    /// Stores a key; one of the same user and note is replaced.
    async fn put_key(&self, change: &Change, key: AccessKey) -> Result<(), PortError>;

    /// Whose key has this digest.
    async fn key_owner(&self, key_hash: &str) -> Result<Option<KeyOwner>, PortError>;
}

/// A field that no two users may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// In an enterprise.
    NickName,
    /// Over the platform.
    Email,
    /// Over the platform.
    Phone,
}

/// Why a user was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// Another has it already.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Who presents a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOwner {
    /// The user.
    pub user: User,
    /// Whether he is an administrator.
    pub administrator: bool,
    /// When the key ends, in milliseconds since the epoch.
    pub expires_ms: Option<i64>,
}
