#[path = "../imports/port.rs"]
mod import;

use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};

use crate::domain::{AccessKey, Changes, KeyInfo, NewUser, Selection, User, UserId};

pub use import::{Arrival, ImportError, ImportStore, Presence};

/// What this dialect needs of a store. One method is one transaction; not found is `Ok(None)`.
/// The law of it is in `contract`.
#[async_trait]
pub trait Store: ImportStore + Send + Sync {
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

    /// The page of `selection`, newest first, and how many there are on all pages.
    async fn list(&self, selection: Selection) -> Result<Listed, PortError>;

    /// Whether anybody is in this enterprise: then it exists.
    async fn has_enterprise(&self, enterprise_id: &str) -> Result<bool, PortError>;

    /// Changes a user, all or nothing. `circle` as for [`Store::delete`], where he is made inactive.
    async fn update(
        &self,
        change: &Change,
        id: UserId,
        changes: Changes,
        circle: Circle,
    ) -> Result<Option<User>, UpdateError>;

    /// Deletes a user, his keys and his rank, but no last active administrator of `circle`. Of
    /// deletions, dismissals and updates that race, as many succeed as leave one.
    async fn delete(&self, change: &Change, id: UserId, circle: Circle) -> Result<Removal, PortError>;

    /// Makes a user an administrator, if he is none yet; false for no such user.
    async fn appoint(&self, change: &Change, id: UserId) -> Result<bool, PortError>;

    /// Takes an administrator's rank, under the rule of [`Store::delete`].
    async fn dismiss(&self, change: &Change, id: UserId, circle: Circle) -> Result<Removal, PortError>;

    /// The user whom somebody signs in as, with the hash of his password.
    async fn credential(&self, login: &Login) -> Result<Option<Credential>, PortError>;

    /// Replaces the hash `old` of a user by `new`, which is of the same password; nothing, if he
    /// has another by now.
    async fn renew_hash(&self, id: UserId, old: &PasswordHash, new: PasswordHash) -> Result<(), PortError>;

    /// Stores a key; one of the same user and note is replaced.
    async fn put_key(&self, change: &Change, key: AccessKey) -> Result<(), PortError>;

    /// Stores a new key.
    async fn insert_key(&self, change: &Change, key: AccessKey) -> Result<KeyInsertion, PortError>;

    /// The keys of a user, oldest first; `None` for no such user.
    async fn keys(&self, user: UserId) -> Result<Option<Vec<KeyInfo>>, PortError>;

    /// Ends a key at once; false if there is none of this user and note.
    async fn delete_key(&self, change: &Change, user: UserId, note: &str) -> Result<bool, PortError>;

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

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The users of the page.
    pub users: Vec<User>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Among whom an active administrator must always remain: those of one enterprise, or, with
/// `None`, of the platform.
pub type Circle = Option<String>;

/// What became of a deletion or a dismissal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It was done.
    Done,
    /// There is no such user, or he is no administrator.
    Absent,
    /// Refused: he is the last active administrator.
    LastAdministrator,
}

/// Why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Another has it already.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// He would be inactive, and is the last active administrator.
    #[error("the last administrator")]
    LastAdministrator,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// What became of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyInsertion {
    /// It was stored.
    Stored,
    /// The user has another of this note.
    NoteTaken,
    /// There is no such user.
    NoUser,
}

/// As whom somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// By his id.
    Id(UserId),
    /// By his name in an enterprise.
    NickName {
        /// The enterprise.
        enterprise_id: String,
        /// The name.
        nick_name: String,
    },
    /// By his address, without regard to case.
    Email(String),
}

/// What a password is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Whose it is.
    pub user_id: UserId,
    /// Whether he may sign in at all.
    pub is_active: bool,
    /// The hash of his password.
    pub password: PasswordHash,
}
