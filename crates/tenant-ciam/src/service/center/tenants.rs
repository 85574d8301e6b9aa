use roster_kernel::{Rule, Violation};

use super::{Administrator, Batch};
use crate::center_error::{CenterError, Missing};
use crate::domain::TenantId;
use crate::rules::TenantRules;
use crate::service::TenantCiam;
use crate::store::{NewTenant, Tenant, TenantChange, TenantError};
use crate::validate::center::TenantDraft;

impl TenantCiam {
    /// The most tenants of a page.
    pub const MAX_TENANTS: u32 = 100;

    /// The first `limit` tenants behind `after`, by id.
    ///
    /// # Errors
    /// `limit` outside 1 to [`Self::MAX_TENANTS`].
    pub async fn tenants(
        &self,
        _by: &Administrator,
        after: Option<&TenantId>,
        limit: u32,
    ) -> Result<Batch<Tenant>, CenterError> {
        if !(1..=Self::MAX_TENANTS).contains(&limit) {
            let rule = Rule::Range { min: 1, max: Self::MAX_TENANTS.into(), got: limit.into() };
            return Err(Violation::new("limit", rule).into());
        }
        Ok(Batch::cut(self.ports.store.tenants(after, limit + 1).await?, limit))
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`Missing::Tenant`].
    pub async fn tenant(&self, _by: &Administrator, id: &TenantId) -> Result<Tenant, CenterError> {
        Ok(self.ports.store.tenant(id).await?.ok_or(Missing::Tenant)?)
    }

    /// Makes a tenant with the default rules, no clients and no users.
    ///
    /// # Errors
    /// [`CenterError::Conflict`] if there is one of this id, or the host is another's.
    pub async fn create_tenant(&self, by: &Administrator, draft: TenantDraft) -> Result<Tenant, CenterError> {
        let TenantDraft { id, name, host } = draft;
        if self.ports.store.tenant(&id).await?.is_some() {
            return Err(told(TenantError::Exists));
        }
        let change = self.changed_by(by);
        let tenant = NewTenant { id: id.clone(), name, rules: TenantRules::defaults() };
        if !self.ports.store.insert_tenant(&change, tenant).await? {
            return Err(told(TenantError::Exists));
        }
        // What a deletion that was cut short may have left of an earlier tenant of this id: by who made
        // this one, before he says that it is there.
        self.end_clients(by, &id).await?;
        if host.is_none() {
            return self.tenant(by, &id).await;
        }
        match self.change_tenant(by, &id, TenantChange { name: None, host: Some(host) }).await {
            Err(CenterError::Conflict(taken)) => {
                self.delete_tenant(by, &id).await?;
                Err(CenterError::Conflict(taken))
            }
            other => other,
        }
    }

    /// Changes a tenant's name or host.
    ///
    /// # Errors
    /// [`Missing::Tenant`]; [`CenterError::Conflict`] if the host is another's.
    pub async fn change_tenant(
        &self,
        by: &Administrator,
        id: &TenantId,
        to: TenantChange,
    ) -> Result<Tenant, CenterError> {
        let change = self.changed_by(by);
        let changed = self.ports.store.change_tenant(&change, id, to).await.map_err(told)?;
        Ok(changed.ok_or(Missing::Tenant)?)
    }

    /// Removes a tenant that has no users; its rules, its clients and their tokens end with it.
    ///
    /// # Errors
    /// [`Missing::Tenant`]; [`CenterError::Conflict`] while it has users.
    pub async fn delete_tenant(&self, by: &Administrator, id: &TenantId) -> Result<(), CenterError> {
        let there = self.ports.store.delete_tenant(&self.changed_by(by), id).await.map_err(told)?;
        // Behind the tenant, so that a refusal ends nobody; and where it is gone already too, so that
        // a deletion that was cut short can be sent again.
        self.end_clients(by, id).await?;
        if there { Ok(()) } else { Err(Missing::Tenant.into()) }
    }
}

fn told(error: TenantError) -> CenterError {
    match error {
        TenantError::Port(error) => error.into(),
        TenantError::Exists => CenterError::Conflict("there is a tenant of this id".into()),
        TenantError::HostTaken => CenterError::Conflict("the host is another tenant's".into()),
        TenantError::HasUsers => CenterError::Conflict("the tenant has users; delete them first".into()),
    }
}
