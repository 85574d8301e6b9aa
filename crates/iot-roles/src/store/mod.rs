mod import;
mod register;
mod sessions;
mod tree;
mod users;

use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};

use crate::domain::{
    Credential, Domain, NewSite, NewSiteType, NewUser, ObjectId, Role, Session, Status, Token, User, Username,
};

pub use import::{Arrival, Exported, ImportStore, Presence};
pub use register::{RegisterError, RegisterIds, RegisterStore};
pub use sessions::{Exchanged, OnlySession, SessionStore};
pub use tree::{
    Acting, DefinitionEdit, DomainKey, Ground, NewObject, NewType, ObjectFilter, Reach, TreeError, TreeState,
    TreeStore,
};
pub use users::{AreasError, StandingError, UserStore};

/// What this dialect needs of a store. One method is one transaction; not found is `Ok(None)`.
/// The law of it is in `contract`.
#[async_trait]
pub trait Store: UserStore + ImportStore + RegisterStore + SessionStore + TreeStore {
    /// Whether `user` could be stored now: his areas, then his name. A look before a hash is
    /// spent; [`Store::insert`] has the last word.
    async fn check(&self, user: &NewUser) -> Result<(), InsertError>;

    /// Stores a new user. In this order: every area exists, none lies within another, nobody has
    /// his name. From then on none of his areas can go without the store knowing whose it is.
    async fn insert(
        &self,
        change: &Change,
        id: ObjectId,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, InsertError>;

    /// The user of this name.
    async fn by_username(&self, username: &Username) -> Result<Option<User>, PortError>;

    /// What a sign-in as `username` is judged by.
    async fn credential(&self, username: &str) -> Result<Option<Credential>, PortError>;

    /// Puts another hash of the same password in the place of the user's. Nothing happens if his
    /// password is not `password_version` any more.
    async fn renew_hash(
        &self,
        user: &ObjectId,
        password_version: i32,
        hash: PasswordHash,
    ) -> Result<(), PortError>;

    /// Whether there is a domain of this name.
    async fn has_domain(&self, name: &str) -> Result<bool, PortError>;

    /// Whether an area of `user` is the domain of this name or lies in it.
    async fn has_area_in(&self, user: &ObjectId, domain: &str) -> Result<bool, PortError>;

    /// Opens the session of a user who has just signed in, unless the user is gone or pending, or the
    /// password is not `password_version` any more. Sessions that are over are cleared away.
    async fn open_session(&self, session: NewSession, password_version: i32) -> Result<bool, PortError>;

    /// The token of this id, unless it or its session is gone, with its user. A refresh token that was
    /// used is there until it expires.
    async fn token(&self, id: &ObjectId) -> Result<Option<TokenOwner>, PortError>;

    /// Stores a domain; `false` if one of this id is there already.
    async fn put_domain(&self, change: &Change, domain: Domain) -> Result<bool, PutError>;

    /// Stores a site type; `false` if one of this id is there already.
    async fn put_site_type(&self, change: &Change, site_type: NewSiteType) -> Result<bool, PutError>;

    /// Stores a site in the domain of its type; `false` if one of this id is there already.
    async fn put_site(&self, change: &Change, site: NewSite) -> Result<bool, PutError>;
}

/// The two tokens of one sign-in or refresh; both of the same session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// For requests.
    pub access: Token,
    /// For the next pair.
    pub refresh: Token,
}

/// A session that is to be opened, with its first tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// Its tokens.
    pub tokens: TokenPair,
}

/// A token, its session's end and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenOwner {
    /// The token.
    pub token: Token,
    /// When its session ends, however often it is refreshed.
    pub session_last_ms: i64,
    /// The user's name.
    pub username: Username,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may sign in.
    pub status: Status,
}

/// A session and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOwner {
    /// The session.
    pub session: Session,
    /// The user's name.
    pub username: Username,
}

/// Why a user was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// Nothing has this id.
    #[error("no area {0}")]
    UnknownArea(String),
    /// One of these areas contains the other, or they are the same.
    #[error("{0} and {1} overlap")]
    Overlap(String, String),
    /// Somebody has the name already.
    #[error("the username is taken")]
    UsernameTaken,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why an object of the tree was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Another has the name where it is to lie.
    #[error("the name is taken")]
    NameTaken,
    /// What it is to lie in, or to be of, is not there, or is of another domain.
    #[error("no object {0}")]
    Unknown(ObjectId),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
