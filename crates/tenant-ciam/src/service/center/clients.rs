use roster_kernel::ports::AccountInfo;
use roster_kernel::{Secret, hex_token};

use super::Administrator;
use crate::REALM;
use crate::center_error::{CenterError, Missing};
use crate::domain::TenantId;
use crate::service::TenantCiam;
use crate::validate::center::is_client_id;

/// A client with its secret, which is nowhere else.
#[derive(Debug)]
pub struct NewClient {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

impl TenantCiam {
    /// The most clients of a tenant.
    pub const MAX_CLIENTS: usize = 100;

    /// The clients of a tenant, by id.
    ///
    /// # Errors
    /// [`Missing::Tenant`].
    pub async fn clients(
        &self,
        by: &Administrator,
        tenant: &TenantId,
    ) -> Result<Vec<AccountInfo>, CenterError> {
        self.tenant(by, tenant).await?;
        Ok(self.ports.clients.list(REALM, tenant.as_str()).await?)
    }

    /// Makes a client of a tenant, of this id or a generated one.
    ///
    /// # Errors
    /// [`Missing::Tenant`]; [`CenterError::Conflict`] if there is a client of this id, whose ever,
    /// or the tenant has [`Self::MAX_CLIENTS`].
    pub async fn create_client(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        id: Option<String>,
    ) -> Result<NewClient, CenterError> {
        if self.clients(by, tenant).await?.len() >= Self::MAX_CLIENTS {
            let most = Self::MAX_CLIENTS;
            return Err(CenterError::Conflict(format!("the tenant has {most} clients, which is the most")));
        }
        let random = self.ports.random.as_ref();
        let client_id = id.unwrap_or_else(|| format!("client-{}", hex_token(random, 8)));
        let client_secret = Secret::new(hex_token(random, 32));
        let (change, scope) = (self.changed_by(by), tenant.as_str());
        if !self.ports.clients.create(&change, REALM, scope, &client_id, &client_secret).await? {
            return Err(CenterError::Conflict("there is a client of this id".into()));
        }
        if self.ports.store.tenant(tenant).await?.is_none() {
            // It was deleted meanwhile, and had ended its clients before this one came.
            self.end_client(by, tenant, &client_id).await?;
            return Err(Missing::Tenant.into());
        }
        Ok(NewClient { client_id, client_secret })
    }

    /// Gives a client a new secret. The one before, and every token got with it, stop at once.
    ///
    /// # Errors
    /// [`Missing::Tenant`], [`Missing::Client`].
    pub async fn rotate_client(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        id: &str,
    ) -> Result<NewClient, CenterError> {
        self.tenant(by, tenant).await?;
        let client_secret = Secret::new(hex_token(self.ports.random.as_ref(), 32));
        let (change, scope) = (self.changed_by(by), tenant.as_str());
        let known = is_client_id(id);
        if !known || !self.ports.clients.rotate(&change, REALM, scope, id, &client_secret).await? {
            return Err(Missing::Client.into());
        }
        self.ports.tokens.revoke_all(REALM, id).await?;
        Ok(NewClient { client_id: id.to_owned(), client_secret })
    }

    /// Removes a client. Its secret and its tokens stop at once.
    ///
    /// # Errors
    /// [`Missing::Tenant`], [`Missing::Client`].
    pub async fn revoke_client(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        id: &str,
    ) -> Result<(), CenterError> {
        self.tenant(by, tenant).await?;
        if is_client_id(id) && self.end_client(by, tenant, id).await? {
            Ok(())
        } else {
            Err(Missing::Client.into())
        }
    }

    async fn end_client(&self, by: &Administrator, tenant: &TenantId, id: &str) -> Result<bool, CenterError> {
        let removed = self.ports.clients.remove(&self.changed_by(by), REALM, tenant.as_str(), id).await?;
        if removed {
            self.ports.tokens.revoke_all(REALM, id).await?;
        }
        Ok(removed)
    }

    /// Ends all clients of a tenant, there or gone, and their tokens.
    pub(super) async fn end_clients(&self, by: &Administrator, tenant: &TenantId) -> Result<(), CenterError> {
        let ended = self.ports.clients.remove_all(&self.changed_by(by), REALM, tenant.as_str()).await?;
        for id in ended {
            self.ports.tokens.revoke_all(REALM, &id).await?;
        }
        Ok(())
    }
}
