use async_trait::async_trait;
use roster_kernel::AuditContext;
use roster_kernel::ports::{PasswordHash, PortError};

use super::domain::{Credential, Login};
use crate::base::UserId;

/// What passwords need of a store.
#[async_trait]
pub trait PasswordStore: Send + Sync {
    /// The user who signs in as `login`, with the hash of the password.
    async fn credential(&self, login: Login) -> Result<Option<Credential>, PortError>;

    /// Replaces a user's hash; false if there is no such user.
    async fn set_password(
        &self,
        context: &AuditContext,
        id: UserId,
        hash: PasswordHash,
    ) -> Result<bool, PortError>;

    /// Replaces the hash `old` of a user by `new`, which is of the same password; does nothing if the user
    /// has another by now.
    async fn renew_hash(&self, id: UserId, old: PasswordHash, new: PasswordHash) -> Result<(), PortError>;
}
