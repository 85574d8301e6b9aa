use async_trait::async_trait;
use roster_kernel::{Change, PortError};

use crate::definition::UniqueValue;
use crate::domain::{Attribute, TenantId, UserId};
use crate::validate::Update;

/// Why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// Another user of the tenant has this attribute's value; of several, the first of
    /// [`Update::unique`].
    #[error("the value of {0} is taken")]
    Taken(Attribute),
    /// The tenant's rules are not those by which the change was judged (or the tenant is gone).
    #[error("the tenant's rules have changed")]
    RulesChanged,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Changing a tenant's users. Nobody's user of another tenant is ever touched.
#[async_trait]
pub trait UserChanges: Send + Sync {
    /// The attribute of the first of `values` that a user of `tenant` other than `id` has.
    async fn taken_by_other(
        &self,
        tenant: &TenantId,
        id: &UserId,
        values: &[UniqueValue],
    ) -> Result<Option<Attribute>, PortError>;

    /// Changes what `update` names, judged by the rules of `rules_version`, all or nothing; `false`
    /// for no such user. A user name is never removed: the caller gives another.
    async fn update_user(
        &self,
        change: &Change,
        rules_version: i64,
        tenant: &TenantId,
        id: &UserId,
        update: Update,
    ) -> Result<bool, UpdateError>;

    /// Disables or enables a user; `false` for no such user.
    async fn set_disabled(
        &self,
        change: &Change,
        tenant: &TenantId,
        id: &UserId,
        disabled: bool,
    ) -> Result<bool, PortError>;

    /// Deletes a user and all that hangs on him; `false` for no such user.
    async fn delete_user(&self, change: &Change, tenant: &TenantId, id: &UserId) -> Result<bool, PortError>;
}
