use async_trait::async_trait;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_kernel::{Change, Imported};

use super::NewUser;
use crate::domain::{Attribute, TenantId, UserId};
use crate::user::User;

/// What a user on his way in finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Nobody has any of his unique values.
    Absent,
    /// Who has the first of them is just as he is to be.
    Same,
    /// Who has this attribute's value is another.
    Other(Attribute),
}

/// Why no user of a batch was stored.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The tenant's rules are not those by which the users were judged (or the tenant is gone).
    #[error("the tenant's rules have changed")]
    RulesChanged,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Many users of a tenant at once, on their way in and out.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// What each of these users, all of `tenant`, would find. A look before hashes are spent;
    /// [`ImportStore::import`] has the last word.
    async fn presence(&self, tenant: &TenantId, users: Vec<NewUser>) -> Result<Vec<Presence>, PortError>;

    /// Stores these users, all of `tenant` and judged by the rules of `rules_version`, each on his own:
    /// one who is refused does not hinder the others. What came of each, in their order, or whose value
    /// was in his way; all of them in one transaction. With `skip` one whose values somebody has is not
    /// compared.
    async fn import(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        users: Vec<NewUser>,
        skip: bool,
    ) -> Result<Vec<Result<Imported, Attribute>>, ImportError>;

    /// In the order of their ids the tenant's users after `after`, `limit` of them at the most, with
    /// the hashes of their passwords and without their pictures.
    async fn export(
        &self,
        tenant: &TenantId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(User, Option<PasswordHash>)>, PortError>;
}
