//! The store on SQLite and PostgreSQL.

#[path = "administrators/sql.rs"]
mod administrators;
#[path = "keys/doctor.rs"]
mod doctor;
#[path = "imports/sql.rs"]
mod import;
#[path = "keys/sql.rs"]
mod keys;
#[path = "users/sql/list.rs"]
mod list;
#[path = "schema.rs"]
mod schema;
#[path = "users/sql/totals.rs"]
mod totals;
#[path = "users/sql/mod.rs"]
mod users;

use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_persistence::{Beliefs, Db, StartLock, StoreError};

use self::users::Unchanged;
use crate::domain::{AccessKey, Changes, KeyInfo, NewUser, Selection, User, UserId};
use crate::store::{
    Circle, Credential, InsertError, KeyInsertion, KeyOwner, Listed, Login, Removal, Store, UniqueField,
    UpdateError,
};

/// How many rows of an older version one transaction completes.
const FILL_AT_ONCE: i64 = 500;

/// Users, administrators and keys in a [`Db`].
pub struct DieselStore {
    db: Db,
    keys: Beliefs<KeyOwner>,
}

impl DieselStore {
    /// The store in `db`, which holds the tables of `roster_migrations::ENTERPRISE_USERS`.
    pub fn new(db: Db) -> Self {
        Self { keys: Beliefs::about(db.clone()), db }
    }

    /// How many users there are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<i64, PortError> {
        Ok(self.db.read(|conn| totals::users(conn, None)).await?)
    }

    /// Completes users from before there was a search: what it compares is folded in Rust, so no
    /// migration can do it. Call it after migrating a store that an earlier version wrote; on any
    /// other it finds nothing to do. Nobody's history tells it: no value changes.
    ///
    /// # Errors
    /// If the store fails; it may be called again.
    pub async fn fill_folded(&self, _lock: &StartLock) -> Result<(), PortError> {
        while self.db.bookkeep(|conn| users::fill_folded(conn, FILL_AT_ONCE)).await? {}
        Ok(())
    }
}

#[async_trait]
impl Store for DieselStore {
    async fn taken(&self, user: &NewUser) -> Result<Option<UniqueField>, PortError> {
        let user = user.clone();
        Ok(self.db.look_up(move |conn| users::taken(conn, &user)).await?)
    }

    async fn insert(
        &self,
        change: &Change,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, InsertError> {
        let at_ms = change.at_ms;
        let inserted = self.db.write(change, move |conn| users::insert(conn, &user, &password, at_ms));
        match unique(inserted.await)? {
            Ok(Ok(user)) => Ok(user),
            Ok(Err(field)) | Err(field) => Err(InsertError::Taken(field)),
        }
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        Ok(self.db.look_up(move |conn| users::by_id(conn, id)).await?)
    }

    async fn by_nick_name(&self, enterprise_id: &str, nick_name: &str) -> Result<Option<User>, PortError> {
        let (enterprise_id, nick_name) = (enterprise_id.to_owned(), nick_name.to_owned());
        Ok(self.db.look_up(move |conn| users::by_nick_name(conn, &enterprise_id, &nick_name)).await?)
    }

    async fn list(&self, selection: Selection) -> Result<Listed, PortError> {
        Ok(self.db.snapshot(move |conn| list::list(conn, &selection)).await?)
    }

    async fn has_enterprise(&self, enterprise_id: &str) -> Result<bool, PortError> {
        let enterprise_id = enterprise_id.to_owned();
        Ok(self.db.look_up(move |conn| users::has_enterprise(conn, &enterprise_id)).await?)
    }

    async fn update(
        &self,
        change: &Change,
        id: UserId,
        changes: Changes,
        circle: Circle,
    ) -> Result<Option<User>, UpdateError> {
        let at_ms = change.at_ms;
        let updated = self.db.write(change, move |conn| users::update(conn, id, &changes, &circle, at_ms));
        match unique(updated.await)? {
            Ok(Ok(user)) => Ok(Some(user)),
            Ok(Err(Unchanged::NoUser)) => Ok(None),
            Ok(Err(Unchanged::LastAdministrator)) => Err(UpdateError::LastAdministrator),
            Ok(Err(Unchanged::Taken(field))) | Err(field) => Err(UpdateError::Taken(field)),
        }
    }

    async fn delete(&self, change: &Change, id: UserId, circle: Circle) -> Result<Removal, PortError> {
        Ok(self.db.write(change, move |conn| users::delete(conn, id, &circle)).await?)
    }

    async fn appoint(&self, change: &Change, id: UserId) -> Result<bool, PortError> {
        let at_ms = change.at_ms;
        Ok(self.db.write(change, move |conn| administrators::appoint(conn, id, at_ms)).await?)
    }

    async fn dismiss(&self, change: &Change, id: UserId, circle: Circle) -> Result<Removal, PortError> {
        Ok(self.db.write(change, move |conn| administrators::dismiss(conn, id, &circle)).await?)
    }

    async fn credential(&self, login: &Login) -> Result<Option<Credential>, PortError> {
        let login = login.clone();
        Ok(self.db.look_up(move |conn| users::credential(conn, &login)).await?)
    }

    async fn renew_hash(&self, id: UserId, old: &PasswordHash, new: PasswordHash) -> Result<(), PortError> {
        let old = old.clone();
        // Nothing that anybody's history tells: the password is the same.
        Ok(self.db.bookkeep(move |conn| users::renew_hash(conn, id, &old, &new)).await?)
    }

    async fn put_key(&self, change: &Change, key: AccessKey) -> Result<(), PortError> {
        let at_ms = change.at_ms;
        Ok(self.db.write(change, move |conn| keys::put(conn, &key, at_ms)).await?)
    }

    async fn insert_key(&self, change: &Change, key: AccessKey) -> Result<KeyInsertion, PortError> {
        let at_ms = change.at_ms;
        Ok(self.db.write(change, move |conn| keys::insert(conn, &key, at_ms)).await?)
    }

    async fn keys(&self, user: UserId) -> Result<Option<Vec<KeyInfo>>, PortError> {
        Ok(self.db.read(move |conn| keys::of(conn, user)).await?)
    }

    async fn delete_key(&self, change: &Change, user: UserId, note: &str) -> Result<bool, PortError> {
        let note = note.to_owned();
        Ok(self.db.write(change, move |conn| keys::delete(conn, user, &note)).await?)
    }

    async fn key_owner(&self, key_hash: &str) -> Result<Option<KeyOwner>, PortError> {
        let wanted = key_hash.to_owned();
        Ok(self.keys.find(key_hash, move |conn| keys::owner(conn, &wanted)).await?)
    }
}

/// The field of a unique index that had the last word, or the result as it is.
fn unique<T>(result: Result<T, StoreError>) -> Result<Result<T, UniqueField>, PortError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Unique(violation)) => match users::field_of(&violation) {
            Some(field) => Ok(Err(field)),
            None => Err(StoreError::Unique(violation).into()),
        },
        Err(error) => Err(error.into()),
    }
}
