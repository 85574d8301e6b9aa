use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};

use crate::domain::{ObjectId, Registrant, User};

/// Who registers himself.
#[async_trait]
pub trait RegisterStore: Send + Sync {
    /// Whether no user and no domain has this name now. A look before a hash is spent;
    /// [`RegisterStore::register`] has the last word.
    async fn may_register(&self, registrant: &Registrant) -> Result<bool, PortError>;

    /// Stores his domain and, with that for his one area, him: both or neither. Of any number at
    /// once exactly one succeeds, also beside those who make a user or a domain of that name.
    async fn register(
        &self,
        change: &Change,
        registrant: &Registrant,
        ids: RegisterIds,
        password: PasswordHash,
    ) -> Result<User, RegisterError>;
}

/// The ids that a registration is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterIds {
    /// His.
    pub user: ObjectId,
    /// His domain's.
    pub domain: ObjectId,
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A user or a domain has the name already.
    #[error("the name is taken")]
    NameTaken,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}
