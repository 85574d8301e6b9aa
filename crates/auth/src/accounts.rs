use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{Account, Accounts, Authentication, PasswordHash, PasswordHasher, PortError};
use roster_kernel::{Change, Realm, Secret, digest};
use roster_persistence::{AnyConn, Db, Entry, Outcome, StoreError};

use crate::schema::auth_accounts;

/// What a hash of a random secret begins with; anything else is a PHC string.
const RANDOM: &str = "sha256:";

/// Device accounts (with passwords) and CIAM clients (with random secrets).
pub struct AccountStore {
    db: Db,
    hasher: Arc<dyn PasswordHasher>,
    random_secret_realms: Vec<Realm>,
}

impl AccountStore {
    /// The accounts of `db`. In `random_secret_realms` secrets are random, so SHA-256 is enough
    /// for them; everywhere else they are passwords.
    pub fn new(db: Db, hasher: Arc<dyn PasswordHasher>, random_secret_realms: Vec<Realm>) -> Self {
        Self { db, hasher, random_secret_realms }
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
        let secret_hash = if self.random_secret_realms.contains(&realm) {
            format!("{RANDOM}{}", digest(secret.expose()))
        } else {
            self.hasher.hash(secret).await?.as_str().to_owned()
        };
        let (name, scope, at_ms) = (name.to_owned(), scope.map(str::to_owned), change.at_ms);
        let put = self.db.write(change, move |conn| {
            let account = auth_accounts::table.find((realm.name(), &name));
            let created_ms = account.select(auth_accounts::created_ms).first::<i64>(conn).optional()?;
            diesel::delete(account).execute(conn)?;
            let row = Row {
                realm: realm.name().to_owned(),
                name: name.clone(),
                scope,
                secret_hash,
                secret_set_ms: at_ms,
                disabled: false,
                created_ms: created_ms.unwrap_or(at_ms),
            };
            diesel::insert_into(auth_accounts::table).values(&row).execute(conn)?;
            let verb = if created_ms.is_some() { "rotate" } else { "create" };
            Ok(Outcome::Commit((), Entry::event("auth", realm.name(), &name, verb, &["secret", "scope"])))
        });
        Ok(put.await?)
    }

    async fn row(&self, realm: Realm, name: &str) -> Result<Option<Row>, PortError> {
        // PostgreSQL's texts hold no NUL: nobody has such a name.
        if name.contains('\0') {
            return Ok(None);
        }
        let name = name.to_owned();
        Ok(self.db.read(move |conn| find(conn, realm, &name)).await?)
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = auth_accounts)]
struct Row {
    realm: String,
    name: String,
    scope: Option<String>,
    secret_hash: String,
    secret_set_ms: i64,
    disabled: bool,
    created_ms: i64,
}

fn find(conn: &mut AnyConn, realm: Realm, name: &str) -> Result<Option<Row>, StoreError> {
    let enabled = auth_accounts::table.find((realm.name(), name)).filter(auth_accounts::disabled.eq(false));
    Ok(enabled.select(Row::as_select()).first(conn).optional()?)
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self { name: row.name, scope: row.scope, secret_set_ms: row.secret_set_ms }
    }
}

#[async_trait]
impl Accounts for AccountStore {
    async fn authenticate(
        &self,
        realm: Realm,
        name: &str,
        secret: &Secret,
    ) -> Result<Authentication, PortError> {
        let row = self.row(realm, name).await?;
        let valid = match row.as_ref().map(|row| row.secret_hash.as_str()) {
            Some(hash) if hash.starts_with(RANDOM) => hash[RANDOM.len()..] == digest(secret.expose()),
            None if self.random_secret_realms.contains(&realm) => false,
            // Without an account the same time is spent.
            hash => self.hasher.verify(secret, hash.map(PasswordHash::new).as_ref()).await?.valid,
        };
        Ok(match row {
            Some(row) if valid => Authentication::Granted(row.into()),
            Some(_) => Authentication::WrongSecret,
            None => Authentication::UnknownAccount,
        })
    }

    async fn find(&self, realm: Realm, name: &str) -> Result<Option<Account>, PortError> {
        Ok(self.row(realm, name).await?.map(Account::from))
    }
}
