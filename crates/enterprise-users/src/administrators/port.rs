use async_trait::async_trait;
use roster_kernel::AuditContext;
use roster_kernel::ports::PortError;

use crate::access::AdminScope;
use crate::base::UserId;
use crate::users::Removal;

/// What administrators need of a store.
#[async_trait]
pub trait AdministratorStore: Send + Sync {
    /// Whether the enterprise has a user: then it exists.
    async fn has_enterprise(&self, enterprise_id: String) -> Result<bool, PortError>;

    /// Makes a user an administrator, unless they are one; false if there is no such user.
    async fn appoint(&self, context: &AuditContext, id: UserId) -> Result<bool, PortError>;

    /// Removes an administrator's rank, but not that of the last active one of `scope`. Races as
    /// [`crate::UserStore::delete`] does.
    async fn dismiss(
        &self,
        context: &AuditContext,
        id: UserId,
        scope: AdminScope,
    ) -> Result<Removal, PortError>;
}
