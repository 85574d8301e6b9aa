//! The store on SQLite and PostgreSQL.

mod attributes;
mod changes;
mod import;
mod passwords;
mod read;
mod rules;
mod schema;
mod tenants;
mod totals;
mod users;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::{Change, PortError};
use roster_persistence::{AnyConn, Beliefs, Db, Entry, Outcome, StoreError};
use serde_json::{Map, Value};

use self::schema::tenant_tenants;
use crate::REALM;
use crate::definition::{AttributeDefinition, Demand, Pattern, Survey, UniqueValue};
use crate::domain::{Attribute, TenantId};
use crate::mobile::{AreaCode, AreaCodes};
use crate::password::PasswordPolicy;
use crate::rules::TenantRules;
use crate::store::{InsertError, NewTenant, NewUser, PutAttributeError, Store};
use crate::wire::center;

/// The rules of so many tenants are kept in memory.
const MAX_KEPT: usize = 256;
/// And so many bytes of them, about: compiled patterns and weak passwords.
const MAX_KEPT_WEIGHT: usize = 64 * 1024 * 1024;
/// How often reading a tenant's rules begins anew because they change meanwhile.
const MAX_READS: usize = 5;

/// Tenants, their rules and their users in a [`Db`].
pub struct DieselStore {
    db: Db,
    /// The rules as last read. Each use asks the database for their version first.
    kept: Mutex<HashMap<TenantId, Arc<TenantRules>>>,
    /// Which tenant a host is bound to.
    hosts: Beliefs<Option<TenantId>>,
}

impl DieselStore {
    /// The store in `db`, which holds the tables of `roster_migrations::TENANT_CIAM`.
    pub fn new(db: Db) -> Self {
        Self { kept: Mutex::default(), hosts: Beliefs::about(db.clone()), db }
    }

    /// How many users there are, of all tenants together.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<i64, PortError> {
        Ok(self.db.read(totals::all).await?)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Arc<TenantRules>>> {
        // A panic while it was held leaves a map that is still right: it is only a memory.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes `field` of the tenant's rules: `work` answers what it was before and is now.
    async fn change_rules<F>(
        &self,
        change: &Change,
        tenant: &TenantId,
        field: &'static str,
        work: F,
    ) -> Result<bool, StoreError>
    where
        F: FnOnce(&mut AnyConn, &str) -> Result<(Value, Value), StoreError> + Clone + Send + 'static,
    {
        let (tenant, at_ms) = (tenant.as_str().to_owned(), change.at_ms);
        self.db
            .write(change, move |conn| {
                if !rules::raise_version(conn, &tenant, at_ms)? {
                    return Ok(Outcome::Refuse(false));
                }
                let (before, after) = work(conn, &tenant)?;
                let told = |value| Map::from_iter([(field.to_owned(), value)]);
                let (before, after) = (told(before), told(after));
                let mut entry = Entry::updated(REALM.name(), &tenant, &tenant, before, after);
                // Told even where nothing differs: counts can be equal of lists that are not.
                entry.fields = vec![field.to_owned()];
                Ok(Outcome::Commit(true, entry))
            })
            .await
    }
}

#[async_trait]
impl Store for DieselStore {
    async fn overtaken(&self, round: u32) {
        self.db.pause(round).await;
    }

    async fn rules(&self, tenant: &TenantId) -> Result<Option<Arc<TenantRules>>, PortError> {
        let kept = self.kept().get(tenant).cloned();
        let id = tenant.as_str().to_owned();
        // What has to be read whole, with patterns to compile, is no look-up.
        let whole = id.clone();
        let read = match kept {
            Some(kept) => self.db.look_up(move |conn| current_rules(conn, &id, Some(kept))).await,
            None => self.db.read(move |conn| current_rules(conn, &id, None)).await,
        };
        let read = match read {
            // They change all the time: a moment in which they do not is to be had, at a price.
            Err(StoreError::Locked) => {
                self.db.snapshot(move |conn| current_rules(conn, &whole, None)).await?
            }
            read => read?,
        };
        let mut memory = self.kept();
        if let Some(rules) = &read {
            if memory.get(tenant).is_some_and(|kept| Arc::ptr_eq(kept, rules)) {
                return Ok(read);
            }
            memory.remove(tenant);
            let weight: usize = memory.values().chain([rules]).map(|rules| weight(rules)).sum();
            if memory.len() >= MAX_KEPT || weight > MAX_KEPT_WEIGHT {
                memory.clear();
            }
            memory.insert(tenant.clone(), rules.clone());
        } else {
            memory.remove(tenant);
        }
        Ok(read)
    }

    async fn tenant_of_host(&self, host: &str) -> Result<Option<TenantId>, PortError> {
        let wanted = host.to_owned();
        // That a host is bound to nobody is worth remembering too: most are.
        let found = self.hosts.find(host, move |conn| {
            let id = tenant_tenants::table.filter(tenant_tenants::host.eq(wanted)).select(tenant_tenants::id);
            let Some(id) = id.get_result::<String>(conn).optional()? else { return Ok(Some(None)) };
            let tenant = TenantId::parse(&id).map_err(|e| StoreError::Inconsistent {
                table: "tenant_tenants",
                column: "id",
                what: e.to_string(),
                id,
            })?;
            Ok(Some(Some(tenant)))
        });
        Ok(found.await?.flatten())
    }

    async fn taken(&self, tenant: &TenantId, values: &[UniqueValue]) -> Result<Option<Attribute>, PortError> {
        if values.is_empty() {
            return Ok(None);
        }
        let (tenant, values) = (tenant.as_str().to_owned(), values.to_vec());
        Ok(self.db.look_up(move |conn| users::taken(conn, &tenant, &values)).await?)
    }

    async fn insert(&self, change: &Change, rules_version: i64, user: NewUser) -> Result<(), InsertError> {
        let at_ms = change.at_ms;
        let (tenant, unique) = (user.tenant.clone(), user.unique.clone());
        let inserted = self.db.write(change, move |conn| {
            if held_version(conn, user.tenant.as_str())? != Some(rules_version) {
                return Ok(Outcome::Refuse(Err(InsertError::RulesChanged)));
            }
            if let Some(attribute) = users::taken(conn, user.tenant.as_str(), &user.unique)? {
                return Ok(Outcome::Refuse(Err(InsertError::Taken(attribute))));
            }
            users::insert(conn, &user, at_ms)?;
            Ok(Outcome::Commit(Ok(()), users::created(&user)))
        });
        match inserted.await {
            Ok(answer) => answer,
            // Somebody else's insert came in between, and has been committed: whose values are
            // these now, in the spec's order?
            Err(StoreError::Unique(violation)) if users::is_taken(&violation) => {
                Err(match self.taken(&tenant, &unique).await? {
                    Some(attribute) => InsertError::Taken(attribute),
                    // He is gone again already.
                    None => PortError::from(StoreError::Locked).into(),
                })
            }
            Err(error) => Err(PortError::from(error).into()),
        }
    }

    async fn insert_tenant(&self, change: &Change, tenant: NewTenant) -> Result<bool, PortError> {
        let at_ms = change.at_ms;
        let inserted = self.db.write(change, move |conn| {
            let id = tenant.id.as_str();
            if rules::version(conn, id)?.is_some() {
                return Ok(Outcome::Refuse(false));
            }
            diesel::insert_into(tenant_tenants::table)
                .values((
                    tenant_tenants::id.eq(id),
                    tenant_tenants::name.eq(&tenant.name),
                    // Begins with its time: a tenant made anew under an old id never shows a
                    // version that somebody remembers.
                    tenant_tenants::rules_version.eq(at_ms),
                    tenant_tenants::created_ms.eq(at_ms),
                    tenant_tenants::updated_ms.eq(at_ms),
                ))
                .execute(conn)?;
            rules::insert(conn, id, &tenant.rules)?;
            let after = serde_json::json!({"name": tenant.name});
            Ok(Outcome::Commit(true, Entry::created(REALM.name(), id, id, after)))
        });
        match inserted.await {
            Err(StoreError::Unique(v)) if v.hits("tenant_tenants_pkey", "tenant_tenants.id") => Ok(false),
            other => Ok(other?),
        }
    }

    async fn put_attribute(
        &self,
        change: &Change,
        tenant: &TenantId,
        definition: AttributeDefinition,
    ) -> Result<bool, PutAttributeError> {
        let at_ms = change.at_ms;
        let tenant = tenant.as_str().to_owned();
        let put = self.db.write(change, move |conn| {
            // First, so that no insert runs beside.
            if !rules::raise_version(conn, &tenant, at_ms)? {
                return Ok(Outcome::Refuse(Ok(false)));
            }
            let attribute = definition.attribute();
            let survey = Survey::new(rules::attribute(conn, &tenant, attribute)?.as_ref(), &definition);
            if survey.asks(Demand::Unique) && attributes::has_shared(conn, &tenant, attribute)? {
                return Ok(Outcome::Refuse(Err(PutAttributeError::Shared(attribute.clone()))));
            }
            let entry = attributes::put(conn, &tenant, &definition)?;
            Ok(Outcome::Commit(Ok(true), entry))
        });
        put.await.unwrap_or_else(|error| Err(PortError::from(error).into()))
    }

    async fn put_area_codes(
        &self,
        change: &Change,
        tenant: &TenantId,
        area_codes: AreaCodes,
    ) -> Result<bool, PortError> {
        let put = self.change_rules(change, tenant, "area_codes", move |conn, tenant| {
            let before = rules::area_codes(conn, tenant)?;
            rules::put_area_codes(conn, tenant, &area_codes)?;
            Ok((center::area_codes(&before), center::area_codes(&area_codes)))
        });
        Ok(put.await?)
    }

    async fn put_password_policy(
        &self,
        change: &Change,
        tenant: &TenantId,
        policy: PasswordPolicy,
    ) -> Result<bool, PortError> {
        let put = self.change_rules(change, tenant, "password_policy", move |conn, tenant| {
            let before = rules::policy(conn, tenant)?;
            rules::put_policy(conn, tenant, &policy)?;
            Ok((center::password_policy(&before), center::password_policy(&policy)))
        });
        Ok(put.await?)
    }

    async fn put_weak_passwords(
        &self,
        change: &Change,
        tenant: &TenantId,
        folded: HashSet<String>,
    ) -> Result<bool, PortError> {
        let put = self.change_rules(change, tenant, "weak_passwords", move |conn, tenant| {
            // How many, never which.
            let before = attributes::count_weak(conn, tenant)?;
            rules::put_weak_passwords(conn, tenant, folded.iter())?;
            Ok((before.into(), folded.len().into()))
        });
        Ok(put.await?)
    }

    async fn bind_host(
        &self,
        change: &Change,
        tenant: &TenantId,
        host: Option<&str>,
    ) -> Result<bool, PortError> {
        let host = host.map(str::to_owned);
        let put = self.change_rules(change, tenant, "host", move |conn, tenant| {
            let own = tenant_tenants::table.find(tenant).select(tenant_tenants::host);
            let before = own.get_result::<Option<String>>(conn)?;
            if let Some(host) = &host {
                diesel::update(tenant_tenants::table.filter(tenant_tenants::host.eq(host)))
                    .set(tenant_tenants::host.eq(None::<String>))
                    .execute(conn)?;
            }
            diesel::update(tenant_tenants::table.find(tenant))
                .set(tenant_tenants::host.eq(&host))
                .execute(conn)?;
            Ok((before.into(), host.into()))
        });
        Ok(put.await?)
    }
}

fn weight(rules: &TenantRules) -> usize {
    let definitions = rules.definitions().filter_map(|definition| definition.rule().pattern.as_ref());
    let patterns = definitions.chain(rules.area_codes.enabled().iter().map(AreaCode::number));
    let bytes: u64 = patterns.map(Pattern::size).sum();
    usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(64 * rules.weak_passwords.len())
}

/// The rules, all of one version, from memory where that is still theirs.
fn current_rules(
    conn: &mut AnyConn,
    tenant: &str,
    kept: Option<Arc<TenantRules>>,
) -> Result<Option<Arc<TenantRules>>, StoreError> {
    for _ in 0..MAX_READS {
        let Some(version) = rules::version(conn, tenant)? else { return Ok(None) };
        if let Some(rules) = kept.as_ref().filter(|rules| rules.version == version) {
            return Ok(Some(rules.clone()));
        }
        let read = rules::load(conn, tenant, version);
        // Several queries are no one moment: they count if nothing changed from first to last.
        if rules::version(conn, tenant)? == Some(version) {
            return Ok(Some(Arc::new(read?)));
        }
    }
    Err(StoreError::Locked)
}

/// The version of the tenant's rules, which nobody can change until the transaction ends.
fn held_version(conn: &mut AnyConn, tenant: &str) -> Result<Option<i64>, StoreError> {
    let version = tenant_tenants::table.find(tenant).select(tenant_tenants::rules_version);
    Ok(match conn {
        // A write transaction of SQLite is alone.
        AnyConn::Sqlite(conn) => version.get_result(conn).optional()?,
        AnyConn::Postgres(conn) => version.for_share().get_result(conn).optional()?,
    })
}
