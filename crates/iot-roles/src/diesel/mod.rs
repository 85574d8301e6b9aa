//! The store on SQLite and PostgreSQL.

mod accounts;
mod definitions;
mod doctor;
mod domains;
mod expiring;
mod import;
mod lists;
mod objects;
mod pages;
mod reach;
mod register;
mod schema;
mod sessions;
mod tokens;
mod totals;
mod tree;
mod tree_store;
mod users;

use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_persistence::{Beliefs, Db, Outcome, StoreError};

use self::users::Key;
use crate::domain::{Credential, Domain, NewSite, NewSiteType, NewUser, ObjectId, User, Username};
use crate::store::{InsertError, NewSession, PutError, Store, TokenOwner};

/// Users, sessions and the tree in a [`Db`].
pub struct DieselStore {
    db: Db,
    tokens: Beliefs<TokenOwner>,
}

impl DieselStore {
    /// The store in `db`, which holds the tables of `roster_migrations::IOT_ROLES`.
    pub fn new(db: Db) -> Self {
        Self { tokens: Beliefs::about(db.clone()), db }
    }

    /// How many users there are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<i64, PortError> {
        Ok(self.db.read(totals::users).await?)
    }
}

#[async_trait]
impl Store for DieselStore {
    async fn check(&self, user: &NewUser) -> Result<(), InsertError> {
        let user = user.clone();
        let now_ms = self.db.now_ms();
        let checked = self.db.read(move |conn| users::check(conn, &user, now_ms)).await;
        checked.map_err(PortError::from)?.map(drop)
    }

    async fn insert(
        &self,
        change: &Change,
        id: ObjectId,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, InsertError> {
        let at_ms = change.at_ms;
        let inserted = self.db.write(change, move |conn| {
            if let Err(refused) = tree::hold(conn, &user.areas)? {
                return Ok(Outcome::Refuse(Err(refused)));
            }
            let areas = match users::check(conn, &user, at_ms)? {
                Ok(areas) => areas,
                Err(refused) => return Ok(Outcome::Refuse(Err(refused))),
            };
            let stored = users::insert(conn, id, user, areas, &password, at_ms)?;
            let entry = users::created(&stored);
            Ok(Outcome::Commit(Ok(stored), entry))
        });
        match inserted.await {
            Err(StoreError::Unique(violation))
                if violation.hits("iot_users_username", "iot_users.username") =>
            {
                Err(InsertError::UsernameTaken)
            }
            Err(error) => Err(PortError::from(error).into()),
            Ok(inserted) => inserted,
        }
    }

    async fn by_username(&self, username: &Username) -> Result<Option<User>, PortError> {
        Ok(users::look_up(&self.db, Key::Username(username.clone())).await?)
    }

    async fn credential(&self, username: &str) -> Result<Option<Credential>, PortError> {
        let username = username.to_owned();
        Ok(self.db.look_up(move |conn| users::credential(conn, &username)).await?)
    }

    async fn renew_hash(
        &self,
        user: &ObjectId,
        password_version: i32,
        hash: PasswordHash,
    ) -> Result<(), PortError> {
        let user = user.clone();
        // Nothing that anybody's history tells: the password is the same.
        let renewed = self.db.bookkeep(move |conn| users::renew_hash(conn, &user, password_version, &hash));
        Ok(renewed.await?)
    }

    async fn has_domain(&self, name: &str) -> Result<bool, PortError> {
        let name = name.to_owned();
        Ok(self.db.look_up(move |conn| tree::has_domain(conn, &name)).await?)
    }

    async fn has_area_in(&self, user: &ObjectId, domain: &str) -> Result<bool, PortError> {
        let (user, domain) = (user.clone(), domain.to_owned());
        Ok(self.db.look_up(move |conn| users::has_area_in(conn, &user, &domain)).await?)
    }

    async fn open_session(&self, session: NewSession, password_version: i32) -> Result<bool, PortError> {
        let opened = self.db.bookkeep(move |conn| {
            let may = sessions::hold_domain(conn, session.session.domain.as_deref())?
                && sessions::hold_user(conn, &session.session.user_id)? == Some(password_version);
            if may {
                sessions::open(conn, &session)?;
            }
            Ok(may)
        });
        Ok(opened.await?)
    }

    async fn token(&self, id: &ObjectId) -> Result<Option<TokenOwner>, PortError> {
        let wanted = id.clone();
        Ok(self.tokens.find(id.as_str(), move |conn| tokens::owner(conn, &wanted)).await?)
    }

    async fn put_domain(&self, change: &Change, domain: Domain) -> Result<bool, PutError> {
        put(self.db.write(change, move |conn| tree::put_domain(conn, &domain)).await)
    }

    async fn put_site_type(&self, change: &Change, site_type: NewSiteType) -> Result<bool, PutError> {
        put(self.db.write(change, move |conn| tree::put_site_type(conn, &site_type)).await)
    }

    async fn put_site(&self, change: &Change, site: NewSite) -> Result<bool, PutError> {
        put(self.db.write(change, move |conn| tree::put_site(conn, &site)).await)
    }
}

fn put(stored: Result<Result<bool, PutError>, StoreError>) -> Result<bool, PutError> {
    const NAMES: [(&str, &str); 3] = [
        ("iot_domains_name", "iot_domains.name"),
        ("iot_types_name", "iot_types.domain_id, iot_types.kind, iot_types.name"),
        ("iot_objects_name", "iot_objects.location_id, iot_objects.name, iot_objects.type_id"),
    ];
    match stored {
        Err(StoreError::Unique(violation))
            if NAMES.iter().any(|(index, columns)| violation.hits(index, columns)) =>
        {
            Err(PutError::NameTaken)
        }
        Err(error) => Err(PortError::from(error).into()),
        Ok(put) => put,
    }
}
