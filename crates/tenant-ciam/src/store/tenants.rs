use async_trait::async_trait;
use roster_kernel::{Change, PortError};

use crate::domain::TenantId;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// The host that is its own: lower case, without port.
    pub host: Option<String>,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it, or one of its rules, was changed last.
    pub updated_ms: i64,
}

/// What changes of a tenant; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// The name.
    pub name: Option<String>,
    /// The host; `Some(None)` frees it.
    pub host: Option<Option<String>>,
}

/// Why a tenant was not made, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// There is one of this id.
    #[error("there is such a tenant")]
    Exists,
    /// The host is another tenant's.
    #[error("the host is another tenant's")]
    HostTaken,
    /// It has users.
    #[error("the tenant has users")]
    HasUsers,
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Where tenants are kept.
#[async_trait]
pub trait Tenants: Send + Sync {
    /// The tenant.
    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, PortError>;

    /// The first `limit` tenants behind `after`, by id in byte order.
    async fn tenants(&self, after: Option<&TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError>;

    /// Changes the tenant, and answers it as it is then. Never [`TenantError::Exists`].
    async fn change_tenant(
        &self,
        change: &Change,
        id: &TenantId,
        to: TenantChange,
    ) -> Result<Option<Tenant>, TenantError>;

    /// Removes the tenant and its rules, unless it has users. Whether there was one.
    async fn delete_tenant(&self, change: &Change, id: &TenantId) -> Result<bool, TenantError>;
}
