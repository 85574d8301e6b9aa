use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use roster_kernel::PortError;

use crate::domain::{Picture, TenantId, UserId};
use crate::rules::TenantRules;
use crate::user::{Selection, User, UserKey};

/// A page of users.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// How many there are on all pages.
    pub total: i64,
    /// Those of the page, without their pictures.
    pub users: Vec<User>,
    /// Who of them has a picture.
    pub pictured: HashSet<UserId>,
}

/// Reading a tenant's users. Nobody's user of another tenant is ever answered.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The user whom `key` names; of several, the oldest.
    async fn user(&self, tenant: &TenantId, key: &UserKey) -> Result<Option<User>, PortError>;

    /// The user of this id, and the rules of his tenant, if there is such a tenant.
    async fn user_and_rules(
        &self,
        tenant: &TenantId,
        id: &UserId,
    ) -> Result<Option<(Option<User>, Arc<TenantRules>)>, PortError>;

    /// A page of users, oldest first, and how many there are, all of one moment.
    async fn users(&self, tenant: &TenantId, selection: Selection) -> Result<Listed, PortError>;

    /// A user's picture.
    async fn picture(&self, tenant: &TenantId, id: &UserId) -> Result<Option<Picture>, PortError>;
}
