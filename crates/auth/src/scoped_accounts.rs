//! The same accounts, those of one scope at a time.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::{AccountInfo, PortError, ScopedAccounts};
use roster_kernel::{Change, Realm, Secret};
use roster_persistence::{AnyConn, Entry, Outcome, each_backend};

use crate::accounts::{AccountStore, Row};
use crate::schema::auth_accounts;

#[async_trait]
impl ScopedAccounts for AccountStore {
    async fn list(&self, realm: Realm, scope: &str) -> Result<Vec<AccountInfo>, PortError> {
        let scope = scope.to_owned();
        let listed = self.db.read(move |conn| {
            let accounts = auth_accounts::table
                .filter(auth_accounts::realm.eq(realm.name()))
                .filter(auth_accounts::scope.eq(scope));
            let rows = accounts.order(auth_accounts::name).select(Row::as_select()).load(conn)?;
            Ok(rows.into_iter().map(AccountInfo::from).collect())
        });
        Ok(listed.await?)
    }

    async fn create(
        &self,
        change: &Change,
        realm: Realm,
        scope: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<bool, PortError> {
        let row = Row {
            realm: realm.name().to_owned(),
            name: name.to_owned(),
            scope: Some(scope.to_owned()),
            secret_hash: self.secret_hash(realm, secret, &change.into()).await?,
            secret_set_ms: change.at_ms,
            disabled: false,
            created_ms: change.at_ms,
            generation: self.generation(),
        };
        let created = self.db.write(change, move |conn| {
            let inserted = each_backend!(conn, |conn| diesel::insert_into(auth_accounts::table)
                .values(&row)
                .on_conflict_do_nothing()
                .execute(conn))?;
            let entry = Entry::event("auth", realm.name(), &row.name, "create", &["secret", "scope"]);
            Ok(if inserted == 1 { Outcome::Commit(true, entry) } else { Outcome::Refuse(false) })
        });
        Ok(created.await?)
    }

    async fn rotate(
        &self,
        change: &Change,
        realm: Realm,
        scope: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<bool, PortError> {
        let secret_hash = self.secret_hash(realm, secret, &change.into()).await?;
        let (scope, name, at_ms) = (scope.to_owned(), name.to_owned(), change.at_ms);
        let generation = self.generation();
        let rotated = self.db.write(change, move |conn| {
            let set = (
                auth_accounts::secret_hash.eq(secret_hash),
                auth_accounts::secret_set_ms.eq(at_ms),
                auth_accounts::generation.eq(generation),
            );
            let account =
                auth_accounts::table.find((realm.name(), &name)).filter(auth_accounts::scope.eq(scope));
            let updated = diesel::update(account).set(set).execute(conn)?;
            let entry = Entry::event("auth", realm.name(), &name, "rotate", &["secret"]);
            Ok(if updated == 1 { Outcome::Commit(true, entry) } else { Outcome::Refuse(false) })
        });
        Ok(rotated.await?)
    }

    async fn remove(
        &self,
        change: &Change,
        realm: Realm,
        scope: &str,
        name: &str,
    ) -> Result<bool, PortError> {
        let (scope, name) = (scope.to_owned(), name.to_owned());
        let removed = self.db.write(change, move |conn| {
            let account =
                auth_accounts::table.find((realm.name(), &name)).filter(auth_accounts::scope.eq(scope));
            let deleted = diesel::delete(account).execute(conn)?;
            let entry = deleted_entry(realm, &name);
            Ok(if deleted == 1 { Outcome::Commit(true, entry) } else { Outcome::Refuse(false) })
        });
        Ok(removed.await?)
    }

    async fn remove_all(&self, change: &Change, realm: Realm, scope: &str) -> Result<Vec<String>, PortError> {
        let scope = scope.to_owned();
        let removed = self.db.write(change, move |conn| {
            let accounts = auth_accounts::table
                .filter(auth_accounts::realm.eq(realm.name()))
                .filter(auth_accounts::scope.eq(scope))
                .order(auth_accounts::name)
                .select(auth_accounts::name);
            let found: Vec<String> = match conn {
                // A write transaction of SQLite is alone.
                AnyConn::Sqlite(conn) => accounts.load(conn)?,
                AnyConn::Postgres(conn) => accounts.for_update().load(conn)?,
            };
            for name in &found {
                diesel::delete(auth_accounts::table.find((realm.name(), name))).execute(conn)?;
            }
            let entries: Vec<Entry> = found.iter().map(|name| deleted_entry(realm, name)).collect();
            Ok(if found.is_empty() { Outcome::Refuse(found) } else { Outcome::CommitAll(found, entries) })
        });
        Ok(removed.await?)
    }
}

fn deleted_entry(realm: Realm, name: &str) -> Entry {
    Entry::event("auth", realm.name(), name, "delete", &["secret", "scope"])
}

impl From<Row> for AccountInfo {
    fn from(row: Row) -> Self {
        Self { name: row.name, created_ms: row.created_ms, secret_set_ms: row.secret_set_ms }
    }
}
