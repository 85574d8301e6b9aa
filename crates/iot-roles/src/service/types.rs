//! Types of sites and of devices (I7).

use super::IotRoles;
use super::reach::{Administrator, found, refused};
use crate::domain::{Kind, Listed, ObjectId, PAGE_SIZE_MAX, PageRequest, Typed};
use crate::error::Error;
use crate::store::{DefinitionEdit, NewType};
use crate::validate::{self, Query};
use crate::wire;

fn taken(kind: Kind) -> String {
    format!("{} type name", kind.name())
}

impl IotRoles {
    /// Makes a type in the chosen domain, all of which he must reach.
    ///
    /// # Errors
    /// [`Error::Invalid`] and [`Error::Value`] for the definition, 412 without a chosen domain,
    /// [`Error::Forbidden`], [`Error::Conflict`].
    pub async fn add_type(
        &self,
        by: &Administrator,
        kind: Kind,
        info: wire::TypeInfo,
    ) -> Result<Typed, Error> {
        let draft = validate::new_type(kind, info)?;
        let (acting, change) = (by.acting()?, self.change_by(by));
        let id = ObjectId::fresh(self.ports.random.as_ref(), change.at_ms);
        let new =
            NewType { id, name: draft.name, description: draft.description, definition: draft.definition };
        let added = self.ports.store.add_type(&change, &acting, new).await;
        added.map_err(|error| refused(error, &taken(kind)))
    }

    /// The type of this id in the chosen domain.
    ///
    /// # Errors
    /// 412 without a chosen domain, [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn type_of_id(&self, by: &Administrator, kind: Kind, id: &str) -> Result<Typed, Error> {
        found(self.ports.store.type_of_id(&by.acting()?, kind, id).await, id, "")
    }

    /// The types of the chosen domain, newest first; at most 1000.
    ///
    /// # Errors
    /// 412 without a chosen domain, [`Error::Forbidden`].
    pub async fn types(&self, by: &Administrator, kind: Kind) -> Result<Vec<Typed>, Error> {
        let all = PageRequest { number: 0, size: PAGE_SIZE_MAX };
        let listed = self.ports.store.types(&by.acting()?, kind, all).await;
        Ok(listed.map_err(|error| refused(error, ""))?.content)
    }

    /// A page of them.
    ///
    /// # Errors
    /// [`Error::Invalid`], 412 without a chosen domain, [`Error::Forbidden`].
    pub async fn page_of_types(
        &self,
        by: &Administrator,
        kind: Kind,
        query: &Query,
    ) -> Result<(Listed<Typed>, PageRequest), Error> {
        let page = validate::page(query)?;
        let listed = self.ports.store.types(&by.acting()?, kind, page).await;
        Ok((listed.map_err(|error| refused(error, ""))?, page))
    }

    /// Gives a type another name, and another description if one is told.
    ///
    /// # Errors
    /// [`Error::Invalid`], 412 without a chosen domain, [`Error::Forbidden`], [`Error::NotFound`],
    /// [`Error::Conflict`].
    pub async fn rename_type(
        &self,
        by: &Administrator,
        kind: Kind,
        info: wire::TypeRename,
    ) -> Result<Typed, Error> {
        let (id, name, description) = validate::type_rename(kind, info)?;
        let (acting, change) = (by.acting()?, self.change_by(by));
        let renamed = self.ports.store.rename_type(&change, &acting, kind, &id, &name, description).await;
        found(renamed, &id, &taken(kind))
    }

    /// Changes the definition of a device type.
    ///
    /// # Errors
    /// 412 without a chosen domain, [`Error::Forbidden`], [`Error::NotFound`], [`Error::Value`] for
    /// what is defined already.
    pub async fn edit_device_type(
        &self,
        by: &Administrator,
        id: &str,
        edit: DefinitionEdit,
    ) -> Result<Typed, Error> {
        let (acting, change) = (by.acting()?, self.change_by(by));
        found(self.ports.store.edit_type(&change, &acting, id, edit).await, id, "")
    }

    /// Deletes a type.
    ///
    /// # Errors
    /// 412 without a chosen domain and while there are objects of it, [`Error::Forbidden`],
    /// [`Error::NotFound`].
    pub async fn delete_type(&self, by: &Administrator, kind: Kind, id: &str) -> Result<(), Error> {
        let (acting, change) = (by.acting()?, self.change_by(by));
        found(self.ports.store.delete_type(&change, &acting, kind, id).await, id, "")
    }
}
