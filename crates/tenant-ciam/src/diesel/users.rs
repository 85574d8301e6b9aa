//! A tenant's users as rows.

use diesel::prelude::*;
use roster_kernel::digest;
use roster_persistence::{AnyConn, Entry, StoreError, UniqueViolation, each_backend};
use serde_json::{Map, Value, json};

use super::schema::{
    tenant_password_history, tenant_unique_values, tenant_user_extensions, tenant_user_pictures, tenant_users,
};
use crate::REALM;
use crate::definition::{ExtensionValue, UniqueValue};
use crate::domain::{Attribute, Builtin, ExtensionKey, Picture};
use crate::mobile::Mobile;
use crate::store::NewUser;

#[derive(Insertable)]
#[diesel(table_name = tenant_users, treat_none_as_default_value = false)]
struct UserRow<'a> {
    user_id: &'a str,
    tenant_id: &'a str,
    user_name: &'a str,
    user_name_key: String,
    name: Option<&'a str>,
    mobile: Option<String>,
    email: Option<&'a str>,
    email_key: Option<String>,
    gender: Option<&'a str>,
    birthday: Option<String>,
    nick_name: Option<&'a str>,
    mailing_address: Option<&'a str>,
    zip_code: Option<&'a str>,
    first_name: Option<&'a str>,
    middle_name: Option<&'a str>,
    last_name: Option<&'a str>,
    industry: Option<&'a str>,
    external_id: Option<&'a str>,
    external_id_key: Option<String>,
    password_hash: Option<&'a str>,
    must_modify_password: bool,
    password_set_ms: Option<i64>,
    disabled: bool,
    created_ms: i64,
    updated_ms: i64,
}

impl<'a> UserRow<'a> {
    fn of(user: &'a NewUser, at_ms: i64, updated_ms: i64) -> Self {
        let profile = &user.profile;
        let key = |builtin: Builtin, text: &str| UniqueValue::new(builtin.into(), text).key;
        Self {
            user_id: user.id.as_str(),
            tenant_id: user.tenant.as_str(),
            user_name: &user.user_name,
            user_name_key: key(Builtin::UserName, &user.user_name),
            name: profile.name.as_deref(),
            mobile: profile.mobile.as_ref().map(Mobile::to_string),
            email: profile.email.as_deref(),
            email_key: profile.email.as_deref().map(|email| key(Builtin::Email, email)),
            gender: profile.gender.as_deref(),
            birthday: profile.birthday.map(|date| date.to_string()),
            nick_name: profile.nick_name.as_deref(),
            mailing_address: profile.mailing_address.as_deref(),
            zip_code: profile.zip_code.as_deref(),
            first_name: profile.first_name.as_deref(),
            middle_name: profile.middle_name.as_deref(),
            last_name: profile.last_name.as_deref(),
            industry: profile.industry.as_deref(),
            external_id: profile.external_id.as_deref(),
            external_id_key: profile.external_id.as_deref().map(|id| key(Builtin::ExternalId, id)),
            password_hash: user.password.as_ref().map(|hash| hash.as_str()),
            must_modify_password: profile.must_modify_password,
            password_set_ms: user.password.as_ref().map(|_| at_ms),
            disabled: user.disabled,
            created_ms: at_ms,
            updated_ms,
        }
    }
}

/// The attribute of the first of `values` that somebody has. One query for all of them.
pub(super) fn taken(
    conn: &mut AnyConn,
    tenant: &str,
    values: &[UniqueValue],
) -> Result<Option<Attribute>, StoreError> {
    // No id is empty.
    taken_by_other(conn, tenant, "", values)
}

/// The same among all users but `id`.
pub(super) fn taken_by_other(
    conn: &mut AnyConn,
    tenant: &str,
    id: &str,
    values: &[UniqueValue],
) -> Result<Option<Attribute>, StoreError> {
    if values.is_empty() {
        return Ok(None);
    }
    let keys: Vec<&str> = values.iter().map(|value| value.key.as_str()).collect();
    let attributes: Vec<&str> = values.iter().map(|value| value.attribute.key()).collect();
    let found: Vec<(String, String)> = each_backend!(conn, |conn| tenant_unique_values::table
        .filter(tenant_unique_values::tenant_id.eq(tenant))
        .filter(tenant_unique_values::attribute.eq_any(attributes))
        .filter(tenant_unique_values::value_key.eq_any(keys))
        .filter(tenant_unique_values::user_id.ne(id))
        .select((tenant_unique_values::attribute, tenant_unique_values::value_key))
        .load(conn))?;
    let is_found = |value: &&UniqueValue| {
        found.iter().any(|(attribute, key)| attribute == value.attribute.key() && *key == value.key)
    };
    Ok(values.iter().find(is_found).map(|value| value.attribute.clone()))
}

/// Whether a unique value was refused because somebody has it.
pub(super) fn is_taken(violation: &UniqueViolation) -> bool {
    violation.hits(
        "tenant_unique_values_pkey",
        "tenant_unique_values.tenant_id, tenant_unique_values.attribute, tenant_unique_values.value_key",
    )
}

/// The `updated_ms` of a user that is changed at `at_ms`, and was last at `before_ms` (none if it is new): later
/// than that, and not before the last change of any user of the tenant, which a clock that was ahead may have
/// dated. A poller that has seen that one asks for no earlier one (C11). In milliseconds since the epoch.
pub(super) fn stamp(
    conn: &mut AnyConn,
    tenant: &str,
    before_ms: Option<i64>,
    at_ms: i64,
) -> Result<i64, StoreError> {
    let users = tenant_users::table.filter(tenant_users::tenant_id.eq(tenant));
    let last: Option<i64> = users.select(diesel::dsl::max(tenant_users::updated_ms)).get_result(conn)?;
    let own = before_ms.map_or(at_ms, |before| before.saturating_add(1));
    Ok(at_ms.max(own).max(last.unwrap_or(at_ms)))
}

/// Writes a user and all that hangs on him.
pub(super) fn insert(conn: &mut AnyConn, user: &NewUser, at_ms: i64) -> Result<(), StoreError> {
    let user_id = user.id.as_str();
    let updated_ms = stamp(conn, user.tenant.as_str(), None, at_ms)?;
    diesel::insert_into(tenant_users::table).values(&UserRow::of(user, at_ms, updated_ms)).execute(conn)?;
    insert_unique(conn, user.tenant.as_str(), user_id, &user.unique)?;
    insert_extension(
        conn,
        user.tenant.as_str(),
        user_id,
        user.profile.extension.iter().map(|(key, value)| (key, value)),
    )?;
    insert_picture(conn, user_id, user.profile.picture.as_ref())?;
    if let Some(hash) = &user.password {
        diesel::insert_into(tenant_password_history::table)
            .values((
                tenant_password_history::user_id.eq(user_id),
                tenant_password_history::number.eq(1),
                tenant_password_history::password_hash.eq(hash.as_str()),
                tenant_password_history::set_ms.eq(at_ms),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Writes what nobody else may have, in this order: of several that clash, all writers wait at the
/// same.
pub(super) fn insert_unique(
    conn: &mut AnyConn,
    tenant: &str,
    user_id: &str,
    values: &[UniqueValue],
) -> Result<(), StoreError> {
    let rows: Vec<_> = values
        .iter()
        .map(|value| {
            (
                tenant_unique_values::tenant_id.eq(tenant),
                tenant_unique_values::attribute.eq(value.attribute.key()),
                tenant_unique_values::value_key.eq(&value.key),
                tenant_unique_values::user_id.eq(user_id),
            )
        })
        .collect();
    each_backend!(conn, |conn| diesel::insert_into(tenant_unique_values::table).values(&rows).execute(conn))?;
    Ok(())
}

/// Writes extension attributes of which the user has none.
pub(super) fn insert_extension<'a>(
    conn: &mut AnyConn,
    tenant: &str,
    user_id: &str,
    values: impl Iterator<Item = (&'a ExtensionKey, &'a ExtensionValue)>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = values
        .map(|(key, value)| {
            (
                tenant_user_extensions::user_id.eq(user_id),
                tenant_user_extensions::key.eq(key.as_str()),
                tenant_user_extensions::kind.eq(value.kind().name()),
                tenant_user_extensions::value.eq(value.text()),
                tenant_user_extensions::tenant_id.eq(tenant),
            )
        })
        .collect();
    each_backend!(conn, |conn| diesel::insert_into(tenant_user_extensions::table)
        .values(&rows)
        .execute(conn))?;
    Ok(())
}

/// Writes the picture of a user who has none.
pub(super) fn insert_picture(
    conn: &mut AnyConn,
    user_id: &str,
    picture: Option<&Picture>,
) -> Result<(), StoreError> {
    let Some(picture) = picture else { return Ok(()) };
    diesel::insert_into(tenant_user_pictures::table)
        .values((
            tenant_user_pictures::user_id.eq(user_id),
            tenant_user_pictures::picture.eq(picture.as_str()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends the uniqueness of what is already there.
pub(super) fn forget_unique(
    conn: &mut AnyConn,
    tenant: &str,
    attribute: &Attribute,
) -> Result<(), StoreError> {
    diesel::delete(tenant_unique_values::table)
        .filter(tenant_unique_values::tenant_id.eq(tenant))
        .filter(tenant_unique_values::attribute.eq(attribute.key()))
        .execute(conn)?;
    Ok(())
}

/// The journal's record of a new user.
pub(super) fn created(user: &NewUser) -> Entry {
    let profile = &user.profile;
    let mut after = Map::new();
    after.insert(Builtin::UserName.key().into(), user.user_name.clone().into());
    for builtin in Builtin::ALL.into_iter().filter(|builtin| *builtin != Builtin::UserName) {
        if let Some(text) = profile.text(builtin) {
            after.insert(builtin.key().into(), text.into_owned().into());
        }
    }
    after.insert("pwd_must_modify".into(), profile.must_modify_password.into());
    if user.disabled {
        after.insert("disabled".into(), true.into());
    }
    if let Some(picture) = &profile.picture {
        let picture = picture.as_str();
        after.insert("head_img".into(), json!({"sha256": digest(picture), "bytes": picture.len()}));
    }
    for (key, value) in &profile.extension {
        after.insert(format!("extension.{}", key.as_str()), value.json());
    }
    let (realm, subject) = (user.tenant.as_str(), user.id.as_str());
    let mut entry = Entry::created(REALM.name(), realm, subject, Value::Object(after));
    if user.password.is_some() {
        // That there is one is told; never what it is.
        entry.fields.push(Builtin::Password.key().to_owned());
    }
    entry
}
