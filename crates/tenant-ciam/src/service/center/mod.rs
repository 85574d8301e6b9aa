//! The Enterprise Center: what an operator configures of a tenant (C13).
//!
//! A change of the rules is thought out for one version of them and done at that version alone: of
//! two at once the second begins anew with what the first has left.

mod attributes;
mod clients;
mod settings;
mod tenants;

use std::sync::Arc;

use roster_kernel::{Change, Origin, PortError};

pub use attributes::{Put, PutOptions};
pub use clients::NewClient;

use super::TenantCiam;
use crate::center_error::{CenterError, Missing};
use crate::domain::TenantId;
use crate::rules::TenantRules;

/// How often a change begins anew because another one came first. With the pauses between them that is
/// longer than a request may take.
const MAX_ROUNDS: u32 = 1000;

/// Somebody who may configure every tenant: there is no way to him through this dialect's own API.
#[derive(Debug, Clone)]
pub struct Administrator {
    principal: String,
    origin: Origin,
}

impl Administrator {
    /// Who runs the platform. `principal` is what the journal shows.
    pub fn operator(principal: &str, origin: Origin) -> Self {
        Self { principal: principal.to_owned(), origin }
    }
}

/// A page of a list, and whether it goes on behind its last item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether there are more.
    pub more: bool,
}

impl<T> Batch<T> {
    /// The first `limit` of `items`, which are one more if there are more.
    fn cut(mut items: Vec<T>, limit: u32) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        Self { items, more }
    }
}

impl TenantCiam {
    /// The rules of a tenant: definitions, area codes, password policy, weak passwords.
    ///
    /// # Errors
    /// [`Missing::Tenant`].
    pub async fn tenant_rules(
        &self,
        _by: &Administrator,
        tenant: &TenantId,
    ) -> Result<Arc<TenantRules>, CenterError> {
        Ok(self.ports.store.rules(tenant).await?.ok_or(Missing::Tenant)?)
    }

    pub(in crate::service) fn changed_by(&self, by: &Administrator) -> Change {
        let at_ms = self.ports.clock.now_ms();
        Change { principal: by.principal.clone(), origin: by.origin.clone(), at_ms }
    }
}

/// Too many changes at once.
fn overtaken() -> CenterError {
    PortError::busy().into()
}
