use async_trait::async_trait;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{AuditContext, IfExists, Imported};

use super::domain::{ImportUser, Presence};
use crate::base::{UniqueField, User, UserId};
use crate::users::NewUser;

/// What imports and exports need of a store.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// What is in the store already of each of these users. Read before passwords are hashed;
    /// [`ImportStore::import`] decides.
    async fn presence(&self, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError>;

    /// Stores these users, each on its own: a refused one does not hinder the others. Returns the result of
    /// each, in their order; all of them in one transaction. A present user who is replaced gets the password
    /// too.
    async fn import(
        &self,
        context: &AuditContext,
        users: Vec<ImportUser>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, ImportError>>, PortError>;

    /// The users after `after` in the order of their ids, at most `limit`, with the hashes of their passwords.
    async fn export(&self, after: Option<UserId>, limit: u32)
    -> Result<Vec<(User, PasswordHash)>, PortError>;
}

/// Why a user was not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Another user has this value; the nick name: the user is present with other values.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The user would become inactive, and is the last active administrator.
    #[error("the last administrator")]
    LastAdministrator,
}
