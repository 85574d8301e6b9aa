//! Tenants as rows.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use roster_kernel::{Change, PortError};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};
use serde_json::{Map, Value};

use super::DieselStore;
use super::schema::{tenant_tenants, tenant_users};
use crate::REALM;
use crate::domain::TenantId;
use crate::store::{Tenant, TenantChange, TenantError, Tenants};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tenant_tenants)]
struct Row {
    id: String,
    name: String,
    host: Option<String>,
    created_ms: i64,
    updated_ms: i64,
}

impl Row {
    fn read(self) -> Result<Tenant, StoreError> {
        let id = TenantId::parse(&self.id).map_err(|e| StoreError::Inconsistent {
            table: "tenant_tenants",
            column: "id",
            id: self.id,
            what: e.to_string(),
        })?;
        let Self { name, host, created_ms, updated_ms, .. } = self;
        Ok(Tenant { id, name, host, created_ms, updated_ms })
    }
}

#[async_trait]
impl Tenants for DieselStore {
    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, PortError> {
        let id = id.as_str().to_owned();
        let found = self.db.read(move |conn| {
            let row = tenant_tenants::table.find(id).select(Row::as_select()).get_result(conn).optional()?;
            row.map(Row::read).transpose()
        });
        Ok(found.await?)
    }

    async fn tenants(&self, after: Option<&TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError> {
        let after = after.map(|id| id.as_str().to_owned()).unwrap_or_default();
        let page = self.db.read(move |conn| {
            let rows: Vec<Row> = tenant_tenants::table
                .filter(tenant_tenants::id.gt(after))
                .order(tenant_tenants::id)
                .limit(limit.into())
                .select(Row::as_select())
                .load(conn)?;
            rows.into_iter().map(Row::read).collect()
        });
        Ok(page.await?)
    }

    async fn change_tenant(
        &self,
        change: &Change,
        id: &TenantId,
        to: TenantChange,
    ) -> Result<Option<Tenant>, TenantError> {
        let (id, at_ms) = (id.as_str().to_owned(), change.at_ms);
        let changed = self.db.write(change, move |conn| {
            let Some(before) = held(conn, &id)? else { return Ok(Outcome::Refuse(None)) };
            let mut after = before.clone();
            after.name = to.name.unwrap_or(after.name);
            after.host = to.host.unwrap_or(after.host);
            after.updated_ms = at_ms.max(before.updated_ms);
            diesel::update(tenant_tenants::table.find(&id))
                .set((
                    tenant_tenants::name.eq(&after.name),
                    tenant_tenants::host.eq(&after.host),
                    tenant_tenants::updated_ms.eq(after.updated_ms),
                ))
                .execute(conn)?;
            let entry = Entry::updated(REALM.name(), &id, &id, told(&before), told(&after));
            Ok(Outcome::Commit(Some(after), entry))
        });
        match changed.await {
            Err(StoreError::Unique(v)) if v.hits("tenant_tenants_host", "tenant_tenants.host") => {
                Err(TenantError::HostTaken)
            }
            other => Ok(other.map_err(PortError::from)?),
        }
    }

    async fn delete_tenant(&self, change: &Change, id: &TenantId) -> Result<bool, TenantError> {
        let id = id.as_str().to_owned();
        let deleted = self.db.write(change, move |conn| {
            // An insert holds this row until it ends: from here on nobody comes.
            let Some(before) = held(conn, &id)? else { return Ok(Outcome::Refuse(Ok(false))) };
            let users = tenant_users::table.filter(tenant_users::tenant_id.eq(&id));
            if diesel::select(exists(users)).get_result(conn)? {
                return Ok(Outcome::Refuse(Err(TenantError::HasUsers)));
            }
            diesel::delete(tenant_tenants::table.find(&id)).execute(conn)?;
            Ok(Outcome::Commit(Ok(true), Entry::deleted(REALM.name(), &id, &id, told(&before))))
        });
        deleted.await.unwrap_or_else(|error| Err(PortError::from(error).into()))
    }
}

/// The tenant, which nobody else can change until the transaction ends.
fn held(conn: &mut AnyConn, id: &str) -> Result<Option<Tenant>, StoreError> {
    let tenant = tenant_tenants::table.find(id);
    let row: Option<Row> = match conn {
        // A write transaction of SQLite is alone.
        AnyConn::Sqlite(conn) => tenant.select(Row::as_select()).get_result(conn).optional()?,
        AnyConn::Postgres(conn) => {
            tenant.select(Row::as_select()).for_update().get_result(conn).optional()?
        }
    };
    row.map(Row::read).transpose()
}

fn told(tenant: &Tenant) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("name".into(), tenant.name.clone().into());
    members.insert("host".into(), tenant.host.clone().into());
    members
}
