//! The tree's port on the database.

use async_trait::async_trait;
use roster_kernel::Change;

use super::reach::{read, write};
use super::{DieselStore, definitions, domains, lists, objects};
use crate::domain::{
    AnyType, Area, DataValue, Domain, Kind, Listed, Name, Named, ObjectId, PageRequest, Typed,
};
use crate::store::{
    Acting, DefinitionEdit, DomainKey, Ground, NewObject, NewType, ObjectFilter, Reach, TreeError, TreeStore,
};

/// What a write that always has a subject answers.
fn made<T>(written: Option<T>) -> Result<T, TreeError> {
    written.ok_or(TreeError::NoDomain)
}

#[async_trait]
impl TreeStore for DieselStore {
    async fn domain(&self, reach: &Reach, key: &DomainKey) -> Result<Option<Domain>, TreeError> {
        let (reach, key) = (reach.clone(), key.clone());
        read(&self.db, move |conn| domains::one(conn, &reach, &key)).await
    }

    async fn domains(&self, reach: &Reach) -> Result<Vec<Domain>, TreeError> {
        let reach = reach.clone();
        read(&self.db, move |conn| domains::all(conn, &reach)).await
    }

    async fn rename_domain(
        &self,
        change: &Change,
        id: &str,
        name: &Name,
    ) -> Result<Option<Domain>, TreeError> {
        let (id, name) = (id.to_owned(), name.clone());
        write(&self.db, change, move |conn| domains::rename(conn, &id, &name)).await
    }

    async fn delete_domain(&self, change: &Change, id: &str) -> Result<Option<()>, TreeError> {
        let id = id.to_owned();
        write(&self.db, change, move |conn| domains::delete(conn, &id)).await
    }

    async fn add_type(&self, change: &Change, by: &Acting, new: NewType) -> Result<Typed, TreeError> {
        let by = by.clone();
        write(&self.db, change, move |conn| definitions::add(conn, &by, new)).await.and_then(made)
    }

    async fn type_of_id(&self, by: &Acting, kind: Kind, id: &str) -> Result<Option<Typed>, TreeError> {
        let (by, id) = (by.clone(), id.to_owned());
        read(&self.db, move |conn| definitions::one(conn, &by, kind, &id)).await
    }

    async fn types(&self, by: &Acting, kind: Kind, page: PageRequest) -> Result<Listed<Typed>, TreeError> {
        let by = by.clone();
        read(&self.db, move |conn| definitions::list(conn, &by, kind, page)).await
    }

    async fn rename_type(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        name: &Name,
        description: Option<Option<String>>,
    ) -> Result<Option<Typed>, TreeError> {
        let (by, id, name) = (by.clone(), id.to_owned(), name.clone());
        let work = move |conn: &mut _| definitions::rename(conn, &by, kind, &id, &name, description);
        write(&self.db, change, work).await
    }

    async fn edit_type(
        &self,
        change: &Change,
        by: &Acting,
        id: &str,
        edit: DefinitionEdit,
    ) -> Result<Option<Typed>, TreeError> {
        let (by, id) = (by.clone(), id.to_owned());
        write(&self.db, change, move |conn| definitions::edit(conn, &by, &id, edit)).await
    }

    async fn delete_type(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
    ) -> Result<Option<()>, TreeError> {
        let (by, id) = (by.clone(), id.to_owned());
        write(&self.db, change, move |conn| definitions::delete(conn, &by, kind, &id)).await
    }

    async fn ground(&self, by: &Acting, ground: &Ground) -> Result<AnyType, TreeError> {
        let (by, ground) = (by.clone(), ground.clone());
        read(&self.db, move |conn| objects::ground(conn, &by, &ground)).await
    }

    async fn add_object(&self, change: &Change, by: &Acting, new: NewObject) -> Result<Area, TreeError> {
        let (by, at_ms) = (by.clone(), change.at_ms);
        write(&self.db, change, move |conn| objects::add(conn, &by, new, at_ms)).await.and_then(made)
    }

    async fn object(&self, by: &Acting, kind: Kind, id: &str) -> Result<Option<Area>, TreeError> {
        let (by, id, now_ms) = (by.clone(), id.to_owned(), self.db.now_ms());
        read(&self.db, move |conn| lists::one(conn, &by, kind, &id, now_ms)).await
    }

    async fn objects(
        &self,
        by: &Acting,
        kind: Kind,
        filter: &ObjectFilter,
        page: PageRequest,
    ) -> Result<Listed<Area>, TreeError> {
        let (by, filter, now_ms) = (by.clone(), filter.clone(), self.db.now_ms());
        read(&self.db, move |conn| lists::list(conn, &by, kind, &filter, page, now_ms)).await
    }

    async fn count_objects(&self, by: &Acting, kind: Kind, filter: &ObjectFilter) -> Result<i64, TreeError> {
        let (by, filter) = (by.clone(), filter.clone());
        read(&self.db, move |conn| lists::count(conn, &by, kind, &filter)).await
    }

    async fn sites_of(&self, user: &ObjectId) -> Result<Vec<Area>, TreeError> {
        let (user, now_ms) = (user.clone(), self.db.now_ms());
        read(&self.db, move |conn| lists::sites_of(conn, &user, now_ms)).await
    }

    async fn lies_within(&self, user: &ObjectId, id: &str) -> Result<Option<bool>, TreeError> {
        let (user, id) = (user.clone(), id.to_owned());
        read(&self.db, move |conn| lists::lies_within(conn, &user, &id)).await
    }

    async fn device_of(&self, user: &ObjectId) -> Result<Option<Area>, TreeError> {
        let (user, now_ms) = (user.clone(), self.db.now_ms());
        read(&self.db, move |conn| lists::device_of(conn, &user, now_ms)).await
    }

    async fn device_named(&self, by: &Acting, username: &str) -> Result<Option<Area>, TreeError> {
        let (by, username, now_ms) = (by.clone(), username.to_owned(), self.db.now_ms());
        read(&self.db, move |conn| lists::device_named(conn, &by, &username, now_ms)).await
    }

    async fn rename_object(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        name: &Name,
    ) -> Result<Option<Area>, TreeError> {
        let (by, id, name, at_ms) = (by.clone(), id.to_owned(), name.clone(), change.at_ms);
        write(&self.db, change, move |conn| objects::rename(conn, &by, kind, &id, &name, at_ms)).await
    }

    async fn set_attributes(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        attributes: Named<DataValue>,
    ) -> Result<Option<Area>, TreeError> {
        let (by, id, at_ms) = (by.clone(), id.to_owned(), change.at_ms);
        let work = move |conn: &mut _| objects::set_attributes(conn, &by, kind, &id, &attributes, at_ms);
        write(&self.db, change, work).await
    }

    async fn move_object(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        location_id: &str,
    ) -> Result<Option<Area>, TreeError> {
        let (by, id, to, at_ms) = (by.clone(), id.to_owned(), location_id.to_owned(), change.at_ms);
        write(&self.db, change, move |conn| objects::relocate(conn, &by, kind, &id, &to, at_ms)).await
    }

    async fn delete_object(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
    ) -> Result<Option<()>, TreeError> {
        let (by, id, at_ms) = (by.clone(), id.to_owned(), change.at_ms);
        write(&self.db, change, move |conn| objects::delete(conn, &by, kind, &id, at_ms)).await
    }
}
