//! Definitions that change, and the values that they are about.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use roster_kernel::{Change, PortError};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, each_backend};
use serde_json::{Map, Value};

use super::schema::{
    tenant_attributes, tenant_unique_values, tenant_user_extensions, tenant_users, tenant_weak_passwords,
};
use super::{DieselStore, rules, users};
use crate::REALM;
use crate::definition::{AttributeDefinition, Demand, Report, Survey, UniqueValue};
use crate::domain::{Attribute, Builtin, ExtensionKey, TenantId, UserId};
use crate::store::{Attributes, Revised, WeakEdit};
use crate::wire::center;

/// So many users are looked at together, and so many rows written.
const PAGE: usize = 500;

#[async_trait]
impl Attributes for DieselStore {
    async fn survey(&self, tenant: &TenantId, survey: &Survey) -> Result<Report, PortError> {
        let (tenant, survey) = (tenant.as_str().to_owned(), survey.clone());
        Ok(self.db.snapshot(move |conn| asked(conn, &tenant, &survey)).await?)
    }

    async fn revise_attribute(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        survey: &Survey,
        accept_broken: bool,
    ) -> Result<Revised, PortError> {
        let (tenant, survey, at_ms) = (tenant.as_str().to_owned(), survey.clone(), change.at_ms);
        let revised = self.db.write(change, move |conn| {
            // First, so that no insert runs beside.
            if !rules::raise_version_from(conn, &tenant, rules_version, at_ms)? {
                return Ok(Outcome::Refuse(Revised::RulesChanged));
            }
            let report = asked(conn, &tenant, &survey)?;
            let never = [Demand::Unique, Demand::Kind].into_iter().any(|d| report.of(d).is_some());
            if never || !(report.is_empty() || accept_broken) {
                return Ok(Outcome::Refuse(Revised::Broken(report)));
            }
            let entry = put(conn, &tenant, survey.definition())?;
            Ok(Outcome::Commit(Revised::Stored(report), entry))
        });
        Ok(revised.await?)
    }

    async fn count_values(&self, tenant: &TenantId, key: &ExtensionKey) -> Result<u64, PortError> {
        let (tenant, key) = (tenant.as_str().to_owned(), key.as_str().to_owned());
        let count = self.db.read(move |conn| {
            let values = tenant_user_extensions::table
                .filter(tenant_user_extensions::tenant_id.eq(tenant))
                .filter(tenant_user_extensions::key.eq(key));
            Ok(values.count().get_result::<i64>(conn)?)
        });
        Ok(u64::try_from(count.await?).unwrap_or(0))
    }

    async fn remove_attribute(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        key: &ExtensionKey,
    ) -> Result<Option<u64>, PortError> {
        let (tenant, key, at_ms) = (tenant.as_str().to_owned(), key.clone(), change.at_ms);
        let removed = self.db.write(change, move |conn| {
            if !rules::raise_version_from(conn, &tenant, rules_version, at_ms)? {
                return Ok(Outcome::Refuse(None));
            }
            let attribute = Attribute::from(key.clone());
            let Some(before) = rules::attribute(conn, &tenant, &attribute)? else {
                return Ok(Outcome::Refuse(None));
            };
            diesel::delete(tenant_attributes::table.find((&tenant, key.as_str()))).execute(conn)?;
            // In the order in which a user's deletion takes them, so that neither waits for the other.
            let values = diesel::delete(tenant_user_extensions::table)
                .filter(tenant_user_extensions::tenant_id.eq(&tenant))
                .filter(tenant_user_extensions::key.eq(key.as_str()))
                .execute(conn)?;
            users::forget_unique(conn, &tenant, &attribute)?;
            // The values themselves are too many for one record; how many went is told.
            let mut was = center::definition(&before);
            was["values"] = values.into();
            let before = Map::from_iter([(field(&attribute), was)]);
            let entry = Entry::updated(REALM.name(), &tenant, &tenant, before, Map::new());
            Ok(Outcome::Commit(Some(values as u64), entry))
        });
        Ok(removed.await?)
    }

    async fn order_attributes(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        order: Vec<ExtensionKey>,
    ) -> Result<bool, PortError> {
        let (tenant, at_ms) = (tenant.as_str().to_owned(), change.at_ms);
        let ordered = self.db.write(change, move |conn| {
            if !rules::raise_version_from(conn, &tenant, rules_version, at_ms)? {
                return Ok(Outcome::Refuse(false));
            }
            let before: Vec<String> = tenant_attributes::table
                .filter(tenant_attributes::tenant_id.eq(&tenant))
                .filter(tenant_attributes::builtin.eq(false))
                .order(tenant_attributes::position)
                .select(tenant_attributes::key)
                .load(conn)?;
            let first = i32::try_from(Builtin::ALL.len()).unwrap_or(i32::MAX);
            for (position, key) in (first..).zip(&order) {
                diesel::update(tenant_attributes::table.find((&tenant, key.as_str())))
                    .set(tenant_attributes::position.eq(position))
                    .execute(conn)?;
            }
            let after: Vec<&str> = order.iter().map(ExtensionKey::as_str).collect();
            let told = |keys: Value| Map::from_iter([("attributes.order".to_owned(), keys)]);
            let (before, after) = (told(before.into()), told(after.into()));
            Ok(Outcome::Commit(true, Entry::updated(REALM.name(), &tenant, &tenant, before, after)))
        });
        Ok(ordered.await?)
    }

    async fn edit_weak_passwords(
        &self,
        change: &Change,
        tenant: &TenantId,
        rules_version: i64,
        edit: WeakEdit,
    ) -> Result<bool, PortError> {
        let (tenant, at_ms) = (tenant.as_str().to_owned(), change.at_ms);
        let edited = self.db.write(change, move |conn| {
            if !rules::raise_version_from(conn, &tenant, rules_version, at_ms)? {
                return Ok(Outcome::Refuse(false));
            }
            let before = count_weak(conn, &tenant)?;
            if edit.clear {
                let all = tenant_weak_passwords::tenant_id.eq(&tenant);
                diesel::delete(tenant_weak_passwords::table.filter(all)).execute(conn)?;
            }
            for some in edit.remove.chunks(PAGE) {
                each_backend!(conn, |conn| diesel::delete(tenant_weak_passwords::table)
                    .filter(tenant_weak_passwords::tenant_id.eq(&tenant))
                    .filter(tenant_weak_passwords::password_folded.eq_any(some))
                    .execute(conn))?;
            }
            for password in &edit.add {
                let row = (
                    tenant_weak_passwords::tenant_id.eq(&tenant),
                    tenant_weak_passwords::password_folded.eq(password),
                );
                each_backend!(conn, |conn| diesel::insert_into(tenant_weak_passwords::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(conn))?;
            }
            // How many, never which.
            let told = |count: i64| Map::from_iter([("weak_passwords".to_owned(), count.into())]);
            let (before, after) = (told(before), told(count_weak(conn, &tenant)?));
            let mut entry = Entry::updated(REALM.name(), &tenant, &tenant, before, after);
            entry.fields = vec!["weak_passwords".to_owned()];
            Ok(Outcome::Commit(true, entry))
        });
        Ok(edited.await?)
    }

    async fn users_with(
        &self,
        tenant: &TenantId,
        key: &ExtensionKey,
        text: &str,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, PortError> {
        let (tenant, key, text) = (tenant.as_str().to_owned(), key.as_str().to_owned(), text.to_owned());
        let after = after.map(|id| id.as_str().to_owned()).unwrap_or_default();
        let found = self.db.read(move |conn| {
            // The index holds a value's beginning, said with these very words.
            let beginning: String = text.chars().take(200).collect();
            let ids: Vec<String> = tenant_user_extensions::table
                .filter(tenant_user_extensions::tenant_id.eq(tenant))
                .filter(tenant_user_extensions::key.eq(key))
                .filter(sql::<Text>("substr(value, 1, 200)").eq(beginning))
                .filter(tenant_user_extensions::value.eq(text))
                .filter(tenant_user_extensions::user_id.gt(after))
                .order(tenant_user_extensions::user_id)
                .limit(limit.into())
                .select(tenant_user_extensions::user_id)
                .load(conn)?;
            ids.iter().map(|id| user_id(id)).collect()
        });
        Ok(found.await?)
    }
}

/// Writes a definition, and makes the values that are there unique or not so. Answers the record.
pub(super) fn put(
    conn: &mut AnyConn,
    tenant: &str,
    definition: &AttributeDefinition,
) -> Result<Entry, StoreError> {
    let attribute = definition.attribute();
    let before = rules::attribute(conn, tenant, attribute)?;
    match (rules::put_attribute(conn, tenant, definition)?, definition.is_unique()) {
        (false, true) => make_unique(conn, tenant, attribute)?,
        (true, false) => users::forget_unique(conn, tenant, attribute)?,
        _ => {}
    }
    let told = |definition| Map::from_iter([(field(attribute), center::definition(definition))]);
    let before = before.as_ref().map(told).unwrap_or_default();
    Ok(Entry::updated(REALM.name(), tenant, tenant, before, told(definition)))
}

fn field(attribute: &Attribute) -> String {
    format!("attributes.{}", attribute.key())
}

pub(super) fn count_weak(conn: &mut AnyConn, tenant: &str) -> Result<i64, StoreError> {
    let own = tenant_weak_passwords::table.filter(tenant_weak_passwords::tenant_id.eq(tenant));
    Ok(own.count().get_result(conn)?)
}

/// Whether users share a value of `attribute`.
pub(super) fn has_shared(
    conn: &mut AnyConn,
    tenant: &str,
    attribute: &Attribute,
) -> Result<bool, StoreError> {
    Ok(shared(conn, tenant, attribute)?.0 > 0)
}

/// Asks the survey of every user of the tenant.
fn asked(conn: &mut AnyConn, tenant: &str, survey: &Survey) -> Result<Report, StoreError> {
    let (mut report, attribute) = (Report::default(), survey.definition().attribute());
    if survey.asks_each() {
        walk(conn, tenant, attribute, false, |_, page| {
            page.iter().for_each(|(id, value)| survey.ask(id, value.as_deref(), &mut report));
            Ok(())
        })?;
    }
    if survey.asks(Demand::Unique) {
        let (count, examples) = shared(conn, tenant, attribute)?;
        report.shared(count, examples);
    }
    Ok(report)
}

/// Shows all users of the tenant with their values of `attribute`, page by page. With `hold` they
/// cannot be deleted until the transaction ends.
fn walk(
    conn: &mut AnyConn,
    tenant: &str,
    attribute: &Attribute,
    hold: bool,
    mut see: impl FnMut(&mut AnyConn, &[(UserId, Option<String>)]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let value = match attribute {
        // That there is one is enough, and its hash is nobody's business.
        Attribute::Builtin(Builtin::Password) => "CASE WHEN password_hash IS NULL THEN NULL ELSE '' END",
        Attribute::Builtin(builtin) => column(*builtin),
        Attribute::Extension(_) => "NULL",
    };
    let mut last = String::new();
    loop {
        let page = tenant_users::table
            .filter(tenant_users::tenant_id.eq(tenant))
            .filter(tenant_users::user_id.gt(&last))
            .order(tenant_users::user_id)
            .limit(PAGE as i64)
            .select((tenant_users::user_id, sql::<Nullable<Text>>(value)));
        let rows: Vec<(String, Option<String>)> = match conn {
            AnyConn::Postgres(conn) if hold => page.for_key_share().load(conn)?,
            AnyConn::Postgres(conn) => page.load(conn)?,
            AnyConn::Sqlite(conn) => page.load(conn)?,
        };
        let Some((end, _)) = rows.last() else { return Ok(()) };
        let (end, count) = (end.clone(), rows.len());
        let rows = match attribute {
            Attribute::Builtin(_) => rows,
            Attribute::Extension(key) => with_extension(conn, key, rows)?,
        };
        let read = |(id, value): (String, Option<String>)| Ok((user_id(&id)?, value));
        let users = rows.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
        see(conn, &users)?;
        if count < PAGE {
            return Ok(());
        }
        last = end;
    }
}

/// These users with their values of the extension attribute `key`.
fn with_extension(
    conn: &mut AnyConn,
    key: &ExtensionKey,
    users: Vec<(String, Option<String>)>,
) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let ids: Vec<&str> = users.iter().map(|(id, _)| id.as_str()).collect();
    let values: Vec<(String, String)> = each_backend!(conn, |conn| tenant_user_extensions::table
        .filter(tenant_user_extensions::user_id.eq_any(ids))
        .filter(tenant_user_extensions::key.eq(key.as_str()))
        .select((tenant_user_extensions::user_id, tenant_user_extensions::value))
        .load(conn))?;
    let mut values: HashMap<String, String> = values.into_iter().collect();
    Ok(users
        .into_iter()
        .map(|(id, _)| {
            let value = values.remove(&id);
            (id, value)
        })
        .collect())
}

/// Enters the values that are there, each once: [`shared`] has found none that is there twice.
fn make_unique(conn: &mut AnyConn, tenant: &str, attribute: &Attribute) -> Result<(), StoreError> {
    users::forget_unique(conn, tenant, attribute)?;
    walk(conn, tenant, attribute, true, |conn, page| {
        let rows: Vec<_> = page
            .iter()
            .filter_map(|(id, value)| {
                let value = UniqueValue::new(attribute.clone(), value.as_deref()?);
                Some((
                    tenant_unique_values::tenant_id.eq(tenant),
                    tenant_unique_values::attribute.eq(attribute.key()),
                    tenant_unique_values::value_key.eq(value.key),
                    tenant_unique_values::user_id.eq(id.as_str()),
                ))
            })
            .collect();
        each_backend!(conn, |conn| diesel::insert_into(tenant_unique_values::table)
            .values(rows)
            .execute(conn))?;
        Ok(())
    })
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    user_id: String,
}

/// How many values of `attribute` more than one user has, and some of these users. The database
/// groups them, as it could not fold or hash them: so by the columns that hold them folded, and by
/// whole texts, which are equal where their hashes are.
fn shared(conn: &mut AnyConn, tenant: &str, attribute: &Attribute) -> Result<(u64, Vec<UserId>), StoreError> {
    let (key, from, column) = match attribute {
        Attribute::Builtin(builtin) => {
            let column = match builtin {
                Builtin::UserName => "user_name_key",
                Builtin::Email => "email_key",
                other => column(*other),
            };
            // The key is not asked for here, but bound: one text of a query for both.
            ("", "tenant_users WHERE tenant_id = $1 AND $2 = ''", column)
        }
        Attribute::Extension(key) => {
            (key.as_str(), "tenant_user_extensions WHERE tenant_id = $1 AND key = $2", "value")
        }
    };
    let values = format!(
        "SELECT {column} AS shared FROM {from} AND {column} IS NOT NULL GROUP BY {column} HAVING count(*) > 1"
    );
    let count = format!("SELECT count(*) AS n FROM ({values}) AS all_shared");
    let count: Count = each_backend!(conn, |conn| diesel::sql_query(count)
        .bind::<Text, _>(tenant)
        .bind::<Text, _>(key)
        .get_result(conn))?;
    if count.n == 0 {
        return Ok((0, Vec::new()));
    }
    let examples = format!(
        "SELECT user_id FROM {from} AND {column} IN ({values} ORDER BY shared LIMIT {max}) \
         ORDER BY {column}, user_id LIMIT {max}",
        max = Report::MAX_EXAMPLES
    );
    let examples: Vec<Id> = each_backend!(conn, |conn| diesel::sql_query(examples)
        .bind::<Text, _>(tenant)
        .bind::<Text, _>(key)
        .load(conn))?;
    let examples = examples.iter().map(|id| user_id(&id.user_id)).collect::<Result<_, _>>()?;
    Ok((u64::try_from(count.n).unwrap_or(0), examples))
}

/// The column of `tenant_users` that holds it.
fn column(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::Password => "password_hash",
        Builtin::Gender => "gender",
        Builtin::Birthday => "birthday",
        Builtin::NickName => "nick_name",
        other => other.key(),
    }
}

fn user_id(id: &str) -> Result<UserId, StoreError> {
    UserId::parse(id).map_err(|e| StoreError::Inconsistent {
        table: "tenant_users",
        column: "user_id",
        id: id.to_owned(),
        what: e.to_string(),
    })
}
