//! Domains (I7).

use super::reach::{Administrator, found, refused, shown};
use super::{IotRoles, SystemAdministrator, put_failed};
use crate::domain::{Domain, ObjectId};
use crate::error::Error;
use crate::store::{DomainKey, TreeError};
use crate::{validate, wire};

impl IotRoles {
    /// Makes a domain.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Conflict`] for a name that is taken.
    pub async fn add_domain(
        &self,
        by: &SystemAdministrator,
        info: wire::DomainInfo,
    ) -> Result<Domain, Error> {
        let name = validate::domain(info)?.into_inner();
        let taken = format!("domain:{name}");
        let change = self.change(by);
        let domain = Domain { id: ObjectId::fresh(self.ports.random.as_ref(), change.at_ms), name };
        let put = self.ports.store.put_domain(&change, domain.clone()).await;
        put.map_err(|error| put_failed(error, &taken))?;
        Ok(domain)
    }

    /// The domain that was chosen.
    ///
    /// # Errors
    /// 412 without one; [`Error::Forbidden`] for a user who has no area in it any more.
    pub async fn current_domain(&self, by: &Administrator) -> Result<Domain, Error> {
        let key = DomainKey::Name(by.chosen()?.to_owned());
        let domain = self
            .ports
            .store
            .domain(by.reach(), &key)
            .await
            .and_then(|domain| domain.ok_or(TreeError::NoDomain));
        domain.map_err(|error| refused(error, ""))
    }

    /// The domain of this name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for one in which he has no area, and for a name that there is not.
    pub async fn domain_of_name(&self, by: &Administrator, name: &str) -> Result<Domain, Error> {
        let key = DomainKey::Name(name.to_owned());
        let domain = self.ports.store.domain(by.reach(), &key).await;
        domain.map_err(|error| refused(error, ""))?.ok_or(Error::Forbidden)
    }

    /// The domain of this id.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for one in which he has no area.
    pub async fn domain_of_id(&self, by: &Administrator, id: &str) -> Result<Domain, Error> {
        found(self.ports.store.domain(by.reach(), &DomainKey::Id(id.to_owned())).await, id, "")
    }

    /// The domains in which he has an area; all for an administrator of the system. The first 1000,
    /// by name.
    ///
    /// # Errors
    /// The house's own.
    pub async fn domains(&self, by: &Administrator) -> Result<Vec<Domain>, Error> {
        self.ports.store.domains(by.reach()).await.map_err(|error| refused(error, ""))
    }

    /// Gives a domain another name. Sessions that chose it end: their tokens hold the old name.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`], [`Error::Conflict`].
    pub async fn rename_domain(
        &self,
        by: &SystemAdministrator,
        info: wire::DomainRename,
    ) -> Result<Domain, Error> {
        let (id, name) = validate::domain_rename(info)?;
        let renamed = self.ports.store.rename_domain(&self.change(by), &id, &name).await;
        found(renamed, &id, &format!("domain:{}", name.as_str()))
    }

    /// Deletes a domain with all that is in it. Sessions that chose it end.
    ///
    /// # Errors
    /// [`Error::NotFound`]; 412 while a user's area is the domain or lies in it.
    pub async fn delete_domain(&self, by: &SystemAdministrator, id: &str) -> Result<(), Error> {
        let deleted = self.ports.store.delete_domain(&self.change(by), id).await;
        found(deleted, &shown(id), "")
    }
}
