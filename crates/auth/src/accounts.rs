use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{
    Account, Accounts, Authentication, Flow, PasswordHash, PasswordHasher, PortError,
};
use roster_kernel::{Change, Realm, Secret, digest, hex_token};
use roster_persistence::{AnyConn, Beliefs, Db, Entry, Outcome, StoreError, each_backend};

use crate::schema::auth_accounts;

/// What a hash of a random secret begins with; anything else is a PHC string.
const RANDOM: &str = "sha256:";

/// Device accounts (with passwords) and CIAM clients (with random secrets).
pub struct AccountStore {
    pub(crate) db: Db,
    beliefs: Beliefs<Account>,
    hasher: Arc<dyn PasswordHasher>,
    random_secret_realms: Vec<Realm>,
}

/// An account as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// Its name, unique in its realm.
    pub name: String,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When its secret was set.
    pub secret_set_ms: i64,
}

impl From<Row> for AccountState {
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            disabled: row.disabled,
            created_ms: row.created_ms,
            secret_set_ms: row.secret_set_ms,
        }
    }
}

impl AccountStore {
    /// The accounts of `db`. In `random_secret_realms` secrets are random, so SHA-256 is enough
    /// for them; everywhere else they are passwords.
    pub fn new(db: Db, hasher: Arc<dyn PasswordHasher>, random_secret_realms: Vec<Realm>) -> Self {
        Self { beliefs: Beliefs::about(db.clone()), db, hasher, random_secret_realms }
    }

    /// Makes the account `name`, or gives it a new secret and scope and switches it on.
    pub async fn put(
        &self,
        change: &Change,
        realm: Realm,
        name: &str,
        scope: Option<&str>,
        secret: &Secret,
    ) -> Result<(), PortError> {
        let secret_hash = self.secret_hash(realm, secret, &change.into()).await?;
        let (name, scope, at_ms) = (name.to_owned(), scope.map(str::to_owned), change.at_ms);
        let generation = self.generation();
        let put = self.db.write(change, move |conn| {
            let account = auth_accounts::table.find((realm.name(), &name));
            let created_ms = account.select(auth_accounts::created_ms).get_result::<i64>(conn).optional()?;
            diesel::delete(account).execute(conn)?;
            let row = Row {
                realm: realm.name().to_owned(),
                name: name.clone(),
                scope,
                secret_hash,
                secret_set_ms: at_ms,
                disabled: false,
                created_ms: created_ms.unwrap_or(at_ms),
                generation,
            };
            diesel::insert_into(auth_accounts::table).values(&row).execute(conn)?;
            let verb = if created_ms.is_some() { "rotate" } else { "create" };
            Ok(Outcome::Commit((), Entry::event("auth", realm.name(), &name, verb, &["secret", "scope"])))
        });
        Ok(put.await?)
    }

    /// The accounts of `realm`, by name; those that are switched off too.
    pub async fn list(&self, realm: Realm) -> Result<Vec<AccountState>, PortError> {
        let listed = self.db.read(move |conn| {
            let accounts = auth_accounts::table.filter(auth_accounts::realm.eq(realm.name()));
            let rows = accounts.order(auth_accounts::name).select(Row::as_select()).load(conn)?;
            Ok(rows.into_iter().map(AccountState::from).collect())
        });
        Ok(listed.await?)
    }

    /// Makes the account `name`, as [`AccountStore::put`] does, unless there is one. Whether there
    /// was none.
    pub async fn create(
        &self,
        change: &Change,
        realm: Realm,
        name: &str,
        secret: &Secret,
    ) -> Result<bool, PortError> {
        let secret_hash = self.secret_hash(realm, secret, &change.into()).await?;
        let (name, at_ms, generation) = (name.to_owned(), change.at_ms, self.generation());
        let created = self.db.write(change, move |conn| {
            let row = Row {
                realm: realm.name().to_owned(),
                name,
                scope: None,
                secret_hash,
                secret_set_ms: at_ms,
                disabled: false,
                created_ms: at_ms,
                generation,
            };
            let inserted = each_backend!(conn, |conn| diesel::insert_into(auth_accounts::table)
                .values(&row)
                .on_conflict_do_nothing()
                .execute(conn))?;
            let entry = Entry::event("auth", realm.name(), &row.name, "create", &["secret", "scope"]);
            Ok(if inserted == 1 { Outcome::Commit(true, entry) } else { Outcome::Refuse(false) })
        });
        Ok(created.await?)
    }

    /// Gives the account `name` a new secret; what was signed in with the one before stops. It
    /// stays switched on or off. Whether there is such an account.
    pub async fn set_secret(
        &self,
        change: &Change,
        realm: Realm,
        name: &str,
        secret: &Secret,
    ) -> Result<bool, PortError> {
        let secret_hash = self.secret_hash(realm, secret, &change.into()).await?;
        let (name, at_ms, generation) = (name.to_owned(), change.at_ms, self.generation());
        let set = self.db.write(change, move |conn| {
            let set = (
                auth_accounts::secret_hash.eq(secret_hash),
                auth_accounts::secret_set_ms.eq(at_ms),
                auth_accounts::generation.eq(generation),
            );
            let account = auth_accounts::table.find((realm.name(), &name));
            let updated = diesel::update(account).set(set).execute(conn)?;
            let entry = Entry::event("auth", realm.name(), &name, "rotate", &["secret"]);
            Ok(if updated == 1 { Outcome::Commit(true, entry) } else { Outcome::Refuse(false) })
        });
        Ok(set.await?)
    }

    /// Switches the account `name` off, or on again; what was signed in ends when it is switched off.
    /// Whether there is such an account.
    pub async fn set_disabled(
        &self,
        change: &Change,
        realm: Realm,
        name: &str,
        disabled: bool,
    ) -> Result<bool, PortError> {
        let (name, generation) = (name.to_owned(), disabled.then(|| self.generation()));
        let set = self.db.write(change, move |conn| {
            let account = auth_accounts::table.find((realm.name(), &name));
            let changed = account.filter(auth_accounts::disabled.ne(disabled));
            let generation = generation.map(|generation| auth_accounts::generation.eq(generation));
            let set = (auth_accounts::disabled.eq(disabled), generation);
            if diesel::update(changed).set(set).execute(conn)? == 1 {
                let verb = if disabled { "disable" } else { "enable" };
                let entry = Entry::event("auth", realm.name(), &name, verb, &["disabled"]);
                return Ok(Outcome::Commit(true, entry));
            }
            let there = account.select(auth_accounts::name).get_result::<String>(conn).optional()?;
            Ok(Outcome::Refuse(there.is_some()))
        });
        Ok(set.await?)
    }

    /// Removes the account `name`; what was signed in with it stops at once. Whether there was one.
    pub async fn delete(&self, change: &Change, realm: Realm, name: &str) -> Result<bool, PortError> {
        let name = name.to_owned();
        let deleted = self.db.write(change, move |conn| {
            let deleted = diesel::delete(auth_accounts::table.find((realm.name(), &name))).execute(conn)?;
            let entry = Entry::event("auth", realm.name(), &name, "delete", &["secret", "scope"]);
            Ok(if deleted == 1 { Outcome::Commit(true, entry) } else { Outcome::Refuse(false) })
        });
        Ok(deleted.await?)
    }

    pub(crate) async fn secret_hash(
        &self,
        realm: Realm,
        secret: &Secret,
        flow: &Flow,
    ) -> Result<String, PortError> {
        if self.random_secret_realms.contains(&realm) {
            return Ok(format!("{RANDOM}{}", digest(secret.expose())));
        }
        Ok(self.hasher.hash(secret, flow).await?.as_str().to_owned())
    }

    /// A generation that no account had before.
    pub(crate) fn generation(&self) -> String {
        hex_token(self.db.random(), 16)
    }

    async fn row(&self, realm: Realm, name: &str) -> Result<Option<Row>, PortError> {
        if !is_name(name) {
            return Ok(None);
        }
        let name = name.to_owned();
        Ok(self.db.look_up(move |conn| find(conn, realm, &name)).await?)
    }
}

/// PostgreSQL's texts hold no NUL: nobody has such a name.
fn is_name(name: &str) -> bool {
    !name.contains('\0')
}

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_accounts, treat_none_as_default_value = false)]
pub(crate) struct Row {
    pub(crate) realm: String,
    pub(crate) name: String,
    pub(crate) scope: Option<String>,
    pub(crate) secret_hash: String,
    pub(crate) secret_set_ms: i64,
    pub(crate) disabled: bool,
    pub(crate) created_ms: i64,
    pub(crate) generation: String,
}

fn find(conn: &mut AnyConn, realm: Realm, name: &str) -> Result<Option<Row>, StoreError> {
    let enabled = auth_accounts::table.find((realm.name(), name)).filter(auth_accounts::disabled.eq(false));
    Ok(enabled.select(Row::as_select()).get_result(conn).optional()?)
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self { name: row.name, scope: row.scope, generation: row.generation }
    }
}

#[async_trait]
impl Accounts for AccountStore {
    async fn authenticate(
        &self,
        realm: Realm,
        name: &str,
        secret: &Secret,
        flow: &Flow,
    ) -> Result<Authentication, PortError> {
        let row = self.row(realm, name).await?;
        let valid = match row.as_ref().map(|row| row.secret_hash.as_str()) {
            Some(hash) if hash.starts_with(RANDOM) => hash[RANDOM.len()..] == digest(secret.expose()),
            None if self.random_secret_realms.contains(&realm) => false,
            // Without an account the same time is spent.
            hash => self.hasher.verify(secret, hash.map(PasswordHash::new).as_ref(), flow).await?.valid,
        };
        Ok(match row {
            Some(row) if valid => Authentication::Granted(row.into()),
            Some(_) => Authentication::WrongSecret,
            None => Authentication::UnknownAccount,
        })
    }

    async fn find(&self, realm: Realm, name: &str) -> Result<Option<Account>, PortError> {
        if !is_name(name) {
            return Ok(None);
        }
        let (key, name) = (format!("{}\0{name}", realm.name()), name.to_owned());
        let found = self.beliefs.find(&key, move |conn| Ok(find(conn, realm, &name)?.map(Account::from)));
        Ok(found.await?)
    }
}
