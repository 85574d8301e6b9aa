//! A tenant's users, changed.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::{Change, PortError, digest};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, each_backend};
use serde_json::{Map, Value, json};

use super::read::{StoredUser, with_all};
use super::schema::{tenant_unique_values, tenant_user_extensions, tenant_user_pictures, tenant_users};
use super::{DieselStore, held_version, users};
use crate::REALM;
use crate::definition::UniqueValue;
use crate::domain::{Attribute, Builtin, TenantId, UserId};
use crate::store::{UpdateError, UserChanges};
use crate::user::User;
use crate::validate::Update;

/// What an update sets; the outer `None` leaves a column as it is.
#[derive(AsChangeset)]
#[diesel(table_name = tenant_users)]
struct Changed<'a> {
    user_name: Option<&'a str>,
    user_name_key: Option<String>,
    name: Option<Option<&'a str>>,
    mobile: Option<Option<&'a str>>,
    email: Option<Option<&'a str>>,
    email_key: Option<Option<String>>,
    gender: Option<Option<&'a str>>,
    birthday: Option<Option<&'a str>>,
    nick_name: Option<Option<&'a str>>,
    mailing_address: Option<Option<&'a str>>,
    zip_code: Option<Option<&'a str>>,
    first_name: Option<Option<&'a str>>,
    middle_name: Option<Option<&'a str>>,
    last_name: Option<Option<&'a str>>,
    industry: Option<Option<&'a str>>,
    external_id: Option<Option<&'a str>>,
    external_id_key: Option<Option<String>>,
}

impl<'a> Changed<'a> {
    fn of(update: &'a Update) -> Self {
        let text = |builtin| update.texts.get(&builtin).map(Option::as_deref);
        let key = |builtin: Builtin| {
            text(builtin).map(|text| text.map(|text| UniqueValue::new(builtin.into(), text).key))
        };
        Self {
            user_name: text(Builtin::UserName).flatten(),
            user_name_key: key(Builtin::UserName).flatten(),
            name: text(Builtin::Name),
            mobile: text(Builtin::Mobile),
            email: text(Builtin::Email),
            email_key: key(Builtin::Email),
            gender: text(Builtin::Gender),
            birthday: text(Builtin::Birthday),
            nick_name: text(Builtin::NickName),
            mailing_address: text(Builtin::MailingAddress),
            zip_code: text(Builtin::ZipCode),
            first_name: text(Builtin::FirstName),
            middle_name: text(Builtin::MiddleName),
            last_name: text(Builtin::LastName),
            industry: text(Builtin::Industry),
            external_id: text(Builtin::ExternalId),
            external_id_key: key(Builtin::ExternalId),
        }
    }
}

#[async_trait]
impl UserChanges for DieselStore {
    async fn taken_by_other(
        &self,
        tenant: &TenantId,
        id: &UserId,
        values: &[UniqueValue],
    ) -> Result<Option<Attribute>, PortError> {
        if values.is_empty() {
            return Ok(None);
        }
        let (tenant, id, values) = (tenant.as_str().to_owned(), id.as_str().to_owned(), values.to_vec());
        Ok(self.db.look_up(move |conn| users::taken_by_other(conn, &tenant, &id, &values)).await?)
    }

    async fn update_user(
        &self,
        change: &Change,
        rules_version: i64,
        tenant: &TenantId,
        id: &UserId,
        update: Update,
    ) -> Result<bool, UpdateError> {
        let (realm, at_ms) = (tenant.as_str().to_owned(), change.at_ms);
        let (user, unique) = (id.clone(), update.unique.clone());
        let updated = self.db.write(change, move |conn| {
            // Before the user, as every other write has it: two never wait for each other.
            if held_version(conn, &realm)? != Some(rules_version) {
                return Ok(Outcome::Refuse(Err(UpdateError::RulesChanged)));
            }
            update_held(conn, &realm, user.as_str(), &update, at_ms)
        });
        match updated.await {
            Ok(answer) => answer,
            // Somebody was faster, and has committed: whose value is it now, in the spec's order?
            Err(StoreError::Unique(violation)) if users::is_taken(&violation) => {
                Err(match self.taken_by_other(tenant, id, &unique).await? {
                    Some(attribute) => UpdateError::Taken(attribute),
                    // He is gone again already.
                    None => PortError::from(StoreError::Locked).into(),
                })
            }
            Err(error) => Err(PortError::from(error).into()),
        }
    }

    async fn set_disabled(
        &self,
        change: &Change,
        tenant: &TenantId,
        id: &UserId,
        disabled: bool,
    ) -> Result<bool, PortError> {
        let (realm, id, at_ms) = (tenant.as_str().to_owned(), id.as_str().to_owned(), change.at_ms);
        let set = self.db.write(change, move |conn| {
            let Some(before) = held(conn, &realm, &id)? else { return Ok(Outcome::Refuse(false)) };
            if before.disabled == disabled {
                return Ok(Outcome::Refuse(true));
            }
            let updated_ms = users::stamp(conn, &realm, Some(before.updated_ms), at_ms)?;
            diesel::update(tenant_users::table.find(&id))
                .set((tenant_users::disabled.eq(disabled), tenant_users::updated_ms.eq(updated_ms)))
                .execute(conn)?;
            let value = |disabled: bool| Map::from_iter([("disabled".to_owned(), disabled.into())]);
            let entry = Entry::updated(REALM.name(), &realm, &id, value(!disabled), value(disabled));
            Ok(Outcome::Commit(true, entry))
        });
        Ok(set.await?)
    }

    async fn delete_user(&self, change: &Change, tenant: &TenantId, id: &UserId) -> Result<bool, PortError> {
        let (realm, id) = (tenant.as_str().to_owned(), id.as_str().to_owned());
        let deleted = self.db.write(change, move |conn| {
            let Some(row) = held(conn, &realm, &id)? else { return Ok(Outcome::Refuse(false)) };
            let user = with_all(conn, row)?;
            // His values, picture, extension attributes and former passwords go with him.
            diesel::delete(tenant_users::table.find(&id)).execute(conn)?;
            Ok(Outcome::Commit(true, Entry::deleted(REALM.name(), &realm, &id, values(&user))))
        });
        Ok(deleted.await?)
    }
}

/// The user's row, which nobody else changes until the transaction ends.
pub(super) fn held(conn: &mut AnyConn, tenant: &str, id: &str) -> Result<Option<StoredUser>, StoreError> {
    macro_rules! row {
        () => {
            tenant_users::table
                .filter(tenant_users::user_id.eq(id))
                .filter(tenant_users::tenant_id.eq(tenant))
                .select(StoredUser::as_select())
        };
    }
    Ok(match conn {
        // A write transaction of SQLite is alone.
        AnyConn::Sqlite(conn) => row!().get_result(conn).optional()?,
        AnyConn::Postgres(conn) => row!().for_update().get_result(conn).optional()?,
    })
}

fn update_held(
    conn: &mut AnyConn,
    tenant: &str,
    id: &str,
    update: &Update,
    at_ms: i64,
) -> Result<Outcome<Result<bool, UpdateError>>, StoreError> {
    let Some(row) = held(conn, tenant, id)? else { return Ok(Outcome::Refuse(Ok(false))) };
    let updated_ms = users::stamp(conn, tenant, Some(row.updated_ms), at_ms)?;
    let before = values(&with_all(conn, row)?);
    if let Some(attribute) = users::taken_by_other(conn, tenant, id, &update.unique)? {
        return Ok(Outcome::Refuse(Err(UpdateError::Taken(attribute))));
    }
    write(conn, tenant, id, update, updated_ms)?;
    let Some(row) = held(conn, tenant, id)? else { return Ok(Outcome::Refuse(Ok(false))) };
    let after = values(&with_all(conn, row)?);
    let differs = |field: &String| before.get(field) != after.get(field);
    let only = |all: &Map<String, Value>| -> Map<String, Value> {
        all.iter()
            .filter(|(field, _)| differs(field))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect()
    };
    let (old, new) = (only(&before), only(&after));
    if old.is_empty() && new.is_empty() {
        // Nothing happened that a history could tell.
        return Ok(Outcome::Refuse(Ok(true)));
    }
    Ok(Outcome::Commit(Ok(true), Entry::updated(REALM.name(), tenant, id, old, new)))
}

fn write(
    conn: &mut AnyConn,
    tenant: &str,
    id: &str,
    update: &Update,
    updated_ms: i64,
) -> Result<(), StoreError> {
    diesel::update(tenant_users::table.find(id))
        .set((
            Changed::of(update),
            tenant_users::updated_ms.eq(updated_ms),
            tenant_users::revision.eq(tenant_users::revision + 1),
        ))
        .execute(conn)?;
    let builtin = update.texts.keys().map(|builtin| builtin.key());
    let extension: Vec<&str> = update.extension.iter().map(|(key, _)| key.as_str()).collect();
    let touched: Vec<&str> = builtin.chain(extension.iter().copied()).collect();
    each_backend!(conn, |conn| diesel::delete(tenant_unique_values::table)
        .filter(tenant_unique_values::user_id.eq(id))
        .filter(tenant_unique_values::attribute.eq_any(touched))
        .execute(conn))?;
    users::insert_unique(conn, tenant, id, &update.unique)?;
    each_backend!(conn, |conn| diesel::delete(tenant_user_extensions::table)
        .filter(tenant_user_extensions::user_id.eq(id))
        .filter(tenant_user_extensions::key.eq_any(extension))
        .execute(conn))?;
    let given = update.extension.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    users::insert_extension(conn, tenant, id, given)?;
    let Some(picture) = &update.picture else { return Ok(()) };
    diesel::delete(tenant_user_pictures::table.find(id)).execute(conn)?;
    users::insert_picture(conn, id, picture.as_ref())
}

/// A user's values for the journal; absent ones are left out.
fn values(user: &User) -> Map<String, Value> {
    let mut values = Map::new();
    for (builtin, text) in &user.texts {
        values.insert(builtin.key().into(), text.as_str().into());
    }
    values.insert("disabled".into(), user.disabled.into());
    values.insert("pwd_must_modify".into(), user.must_modify_password.into());
    if let Some(picture) = &user.picture {
        let picture = picture.as_str();
        values.insert("head_img".into(), json!({"sha256": digest(picture), "bytes": picture.len()}));
    }
    for (key, value) in &user.extension {
        values.insert(format!("extension.{}", key.as_str()), value.json());
    }
    values
}
