//! A tenant's rules as rows.

use std::fmt::Display;

use diesel::prelude::*;
use roster_persistence::{AnyConn, StoreError, later};

use super::schema::{
    tenant_area_codes, tenant_attributes, tenant_password_policies, tenant_tenants, tenant_weak_passwords,
};
use crate::definition::{AttributeDefinition, AttributeKind, DisplayName, Pattern, ValueRule};
use crate::domain::{Attribute, Builtin};
use crate::mobile::{AreaCode, AreaCodes};
use crate::password::{PasswordPolicy, PolicySettings, Preset};
use crate::rules::TenantRules;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tenant_attributes)]
struct AttributeRow {
    tenant_id: String,
    key: String,
    position: i32,
    builtin: bool,
    kind: String,
    required: bool,
    is_unique: bool,
    display_zh: String,
    display_en: String,
    min_chars: Option<i32>,
    max_chars: Option<i32>,
    pattern: Option<String>,
    allowed_json: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tenant_area_codes)]
struct AreaCodeRow {
    tenant_id: String,
    code: String,
    position: i32,
    region: String,
    number_pattern: String,
    is_default: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = tenant_password_policies)]
struct PolicyRow {
    tenant_id: String,
    preset: String,
    min_chars: i32,
    max_chars: i32,
    min_classes: i32,
    max_run: Option<i32>,
    weak_list: bool,
    user_information: bool,
    history_depth: i32,
}

/// The version of the tenant's rules, if there is such a tenant.
pub(super) fn version(conn: &mut AnyConn, tenant: &str) -> Result<Option<i64>, StoreError> {
    let version = tenant_tenants::table.find(tenant).select(tenant_tenants::rules_version);
    Ok(version.get_result(conn).optional()?)
}

/// The rules as they stand now, said to be of `version`: the caller compares it before and after.
pub(super) fn load(conn: &mut AnyConn, tenant: &str, version: i64) -> Result<TenantRules, StoreError> {
    let attributes = tenant_attributes::table
        .filter(tenant_attributes::tenant_id.eq(tenant))
        .order(tenant_attributes::position)
        .select(AttributeRow::as_select())
        .load(conn)?;
    let definitions = attributes.into_iter().map(AttributeRow::read).collect::<Result<Vec<_>, _>>()?;
    let (area_codes, policy) = (area_codes(conn, tenant)?, policy(conn, tenant)?);
    let mut rules = TenantRules::new(version, definitions, area_codes, policy);
    rules.weak_passwords = tenant_weak_passwords::table
        .filter(tenant_weak_passwords::tenant_id.eq(tenant))
        .select(tenant_weak_passwords::password_folded)
        .load(conn)?
        .into_iter()
        .collect();
    Ok(rules)
}

/// Writes all rules of a new tenant.
pub(super) fn insert(conn: &mut AnyConn, tenant: &str, rules: &TenantRules) -> Result<(), StoreError> {
    for definition in rules.definitions() {
        put_attribute(conn, tenant, definition)?;
    }
    put_area_codes(conn, tenant, &rules.area_codes)?;
    put_policy(conn, tenant, &rules.password_policy)?;
    put_weak_passwords(conn, tenant, rules.weak_passwords.iter())
}

/// Writes a definition in the place of the former one, or behind all others; answers whether the
/// attribute was unique before.
pub(super) fn put_attribute(
    conn: &mut AnyConn,
    tenant: &str,
    definition: &AttributeDefinition,
) -> Result<bool, StoreError> {
    let key = definition.attribute().key();
    let old = tenant_attributes::table.find((tenant, key));
    let before = old
        .select((tenant_attributes::position, tenant_attributes::is_unique))
        .get_result::<(i32, bool)>(conn)
        .optional()?;
    let (position, was_unique) = match (before, definition.attribute()) {
        (Some(before), _) => before,
        (None, Attribute::Builtin(builtin)) => (*builtin as i32, false),
        (None, Attribute::Extension(_)) => {
            let last = tenant_attributes::table
                .filter(tenant_attributes::tenant_id.eq(tenant))
                .select(diesel::dsl::max(tenant_attributes::position))
                .get_result::<Option<i32>>(conn)?;
            let first = i32::try_from(Builtin::ALL.len()).unwrap_or(i32::MAX);
            (last.map_or(first, |last| last + 1).max(first), false)
        }
    };
    diesel::delete(old).execute(conn)?;
    let row = AttributeRow::of(tenant, position, definition);
    diesel::insert_into(tenant_attributes::table).values(&row).execute(conn)?;
    Ok(was_unique)
}

pub(super) fn put_area_codes(conn: &mut AnyConn, tenant: &str, codes: &AreaCodes) -> Result<(), StoreError> {
    diesel::delete(tenant_area_codes::table.filter(tenant_area_codes::tenant_id.eq(tenant))).execute(conn)?;
    for (position, code) in (0..).zip(codes.enabled()) {
        let row = AreaCodeRow {
            tenant_id: tenant.to_owned(),
            code: code.code().to_owned(),
            position,
            region: code.region().to_owned(),
            number_pattern: code.number().source().to_owned(),
            is_default: code.code() == codes.default_code().code(),
        };
        diesel::insert_into(tenant_area_codes::table).values(&row).execute(conn)?;
    }
    Ok(())
}

pub(super) fn put_policy(
    conn: &mut AnyConn,
    tenant: &str,
    policy: &PasswordPolicy,
) -> Result<(), StoreError> {
    diesel::delete(tenant_password_policies::table.find(tenant)).execute(conn)?;
    let policy = policy.settings();
    let row = PolicyRow {
        tenant_id: tenant.to_owned(),
        preset: policy.preset.name().to_owned(),
        min_chars: stored(policy.min_chars),
        max_chars: stored(policy.max_chars),
        min_classes: stored(policy.min_classes),
        max_run: policy.max_run.map(stored),
        weak_list: policy.weak_list,
        user_information: policy.user_information,
        history_depth: stored(policy.history_depth),
    };
    diesel::insert_into(tenant_password_policies::table).values(&row).execute(conn)?;
    Ok(())
}

pub(super) fn put_weak_passwords<'a>(
    conn: &mut AnyConn,
    tenant: &str,
    folded: impl Iterator<Item = &'a String>,
) -> Result<(), StoreError> {
    diesel::delete(tenant_weak_passwords::table.filter(tenant_weak_passwords::tenant_id.eq(tenant)))
        .execute(conn)?;
    for password in folded {
        diesel::insert_into(tenant_weak_passwords::table)
            .values((
                tenant_weak_passwords::tenant_id.eq(tenant),
                tenant_weak_passwords::password_folded.eq(password),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Raises the version, which also waits for inserts that were judged by the old one; `false` if
/// there is no such tenant.
pub(super) fn raise_version(conn: &mut AnyConn, tenant: &str, at_ms: i64) -> Result<bool, StoreError> {
    let raised = diesel::update(tenant_tenants::table.find(tenant))
        .set((
            tenant_tenants::rules_version.eq(tenant_tenants::rules_version + 1),
            tenant_tenants::updated_ms.eq(later!(tenant_tenants::updated_ms, at_ms)),
        ))
        .execute(conn)?;
    Ok(raised == 1)
}

/// The same, if they are of `version` yet.
pub(super) fn raise_version_from(
    conn: &mut AnyConn,
    tenant: &str,
    version: i64,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let known = tenant_tenants::table.find(tenant).filter(tenant_tenants::rules_version.eq(version));
    let raised = diesel::update(known)
        .set((
            tenant_tenants::rules_version.eq(tenant_tenants::rules_version + 1),
            tenant_tenants::updated_ms.eq(later!(tenant_tenants::updated_ms, at_ms)),
        ))
        .execute(conn)?;
    Ok(raised == 1)
}

/// The definition of `attribute`, if the tenant has one.
pub(super) fn attribute(
    conn: &mut AnyConn,
    tenant: &str,
    attribute: &Attribute,
) -> Result<Option<AttributeDefinition>, StoreError> {
    let row = tenant_attributes::table.find((tenant, attribute.key())).select(AttributeRow::as_select());
    row.get_result(conn).optional()?.map(AttributeRow::read).transpose()
}

/// The area codes.
pub(super) fn area_codes(conn: &mut AnyConn, tenant: &str) -> Result<AreaCodes, StoreError> {
    let rows = tenant_area_codes::table
        .filter(tenant_area_codes::tenant_id.eq(tenant))
        .order(tenant_area_codes::position)
        .select(AreaCodeRow::as_select())
        .load(conn)?;
    read_codes(tenant, rows)
}

/// The password policy.
pub(super) fn policy(conn: &mut AnyConn, tenant: &str) -> Result<PasswordPolicy, StoreError> {
    let row = tenant_password_policies::table.find(tenant).select(PolicyRow::as_select());
    row.get_result(conn)?.read()
}

impl AttributeRow {
    fn of(tenant: &str, position: i32, definition: &AttributeDefinition) -> Self {
        let rule = definition.rule();
        Self {
            tenant_id: tenant.to_owned(),
            key: definition.attribute().key().to_owned(),
            position,
            builtin: matches!(definition.attribute(), Attribute::Builtin(_)),
            kind: definition.kind().name().to_owned(),
            required: definition.is_required(),
            is_unique: definition.is_unique(),
            display_zh: definition.display().zh.clone(),
            display_en: definition.display().en.clone(),
            min_chars: rule.min_chars.map(stored),
            max_chars: rule.max_chars.map(stored),
            pattern: rule.pattern.as_ref().map(|pattern| pattern.source().to_owned()),
            allowed_json: serde_json::Value::from(rule.allowed.clone()).to_string(),
        }
    }

    fn read(self) -> Result<AttributeDefinition, StoreError> {
        let id = format!("{}/{}", self.tenant_id, self.key);
        let broken = |column, what: &dyn Display| inconsistent("tenant_attributes", column, &id, what);
        let attribute = Attribute::parse(&self.key).map_err(|e| broken("key", &e))?;
        let kind = AttributeKind::from_name(&self.kind).ok_or_else(|| broken("kind", &self.kind))?;
        let pattern = self.pattern.as_deref().map(Pattern::new).transpose();
        let rule = ValueRule {
            min_chars: self.min_chars.map(|n| read_number(n, "min_chars", &broken)).transpose()?,
            max_chars: self.max_chars.map(|n| read_number(n, "max_chars", &broken)).transpose()?,
            pattern: pattern.map_err(|e| broken("pattern", &e))?,
            allowed: serde_json::from_str(&self.allowed_json).map_err(|e| broken("allowed_json", &e))?,
        };
        let definition = match attribute {
            Attribute::Builtin(builtin) => AttributeDefinition::builtin(builtin),
            Attribute::Extension(key) => AttributeDefinition::extension(key, kind),
        };
        definition
            .required(self.required)
            .unique(self.is_unique)
            .and_then(|d| d.displayed(DisplayName { zh: self.display_zh, en: self.display_en }))
            .and_then(|d| d.ruled(rule))
            .map_err(|e| broken("key", &e))
    }
}

impl PolicyRow {
    fn read(self) -> Result<PasswordPolicy, StoreError> {
        let broken = |column, what: &dyn Display| {
            inconsistent("tenant_password_policies", column, &self.tenant_id, what)
        };
        let settings = PolicySettings {
            preset: Preset::from_name(&self.preset).ok_or_else(|| broken("preset", &self.preset))?,
            min_chars: read_number(self.min_chars, "min_chars", &broken)?,
            max_chars: read_number(self.max_chars, "max_chars", &broken)?,
            min_classes: read_number(self.min_classes, "min_classes", &broken)?,
            max_run: self.max_run.map(|n| read_number(n, "max_run", &broken)).transpose()?,
            weak_list: self.weak_list,
            user_information: self.user_information,
            history_depth: read_number(self.history_depth, "history_depth", &broken)?,
        };
        PasswordPolicy::new(settings).map_err(|e| broken("tenant_id", &e))
    }
}

fn read_codes(tenant: &str, rows: Vec<AreaCodeRow>) -> Result<AreaCodes, StoreError> {
    let broken = |column, what: &dyn Display| inconsistent("tenant_area_codes", column, tenant, what);
    let default = rows.iter().find(|row| row.is_default).map(|row| row.code.clone()).unwrap_or_default();
    let codes = rows
        .into_iter()
        .map(|row| AreaCode::new(&row.region, &row.code, &row.number_pattern))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| broken("code", &e))?;
    AreaCodes::new(codes, &default).map_err(|e| broken("is_default", &e))
}

fn read_number(
    number: i32,
    column: &'static str,
    broken: &impl Fn(&'static str, &dyn Display) -> StoreError,
) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|e| broken(column, &e))
}

pub(super) fn inconsistent(
    table: &'static str,
    column: &'static str,
    id: &str,
    what: &dyn Display,
) -> StoreError {
    StoreError::Inconsistent { table, column, id: id.to_owned(), what: what.to_string() }
}

/// All numbers of the rules are small: their types bound them.
fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
