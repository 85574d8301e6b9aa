use async_trait::async_trait;
use roster_kernel::AuditContext;
use roster_kernel::ports::PortError;

use super::domain::{AccessKey, KeyInfo, Note};
use crate::base::UserId;

/// What access keys need of a store.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Stores a key; one of the same user and note is replaced.
    async fn put_key(&self, context: &AuditContext, key: AccessKey) -> Result<(), PortError>;

    /// Stores a new key.
    async fn insert_key(&self, context: &AuditContext, key: AccessKey) -> Result<KeyInsertion, PortError>;

    /// The keys of a user, oldest first; `None` for no such user.
    async fn keys(&self, user: UserId) -> Result<Option<Vec<KeyInfo>>, PortError>;

    /// Ends a key at once; false if there is none of this user and note.
    async fn delete_key(&self, context: &AuditContext, user: UserId, note: Note) -> Result<bool, PortError>;
}

/// The result of storing a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyInsertion {
    /// It was stored.
    Stored,
    /// The user has another of this note.
    NoteTaken,
    /// There is no such user.
    NoUser,
}
