//! A tenant's users, read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use roster_kernel::PortError;
use roster_persistence::{AnyConn, StoreError, each_backend};

use super::rules::inconsistent;
use super::schema::{tenant_tenants, tenant_user_extensions, tenant_user_pictures, tenant_users};
use super::{DieselStore, totals};
use crate::definition::{AttributeKind, ExtensionValue, UniqueValue};
use crate::domain::{Builtin, ExtensionKey, Picture, TenantId, UserId};
use crate::rules::TenantRules;
use crate::store::{Listed, Store as _, UserStore};
use crate::user::{Selection, User, UserKey};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tenant_users)]
pub(super) struct StoredUser {
    pub(super) user_id: String,
    user_name: String,
    name: Option<String>,
    mobile: Option<String>,
    email: Option<String>,
    gender: Option<String>,
    birthday: Option<String>,
    nick_name: Option<String>,
    mailing_address: Option<String>,
    zip_code: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    industry: Option<String>,
    external_id: Option<String>,
    pub(super) must_modify_password: bool,
    password_set_ms: Option<i64>,
    pub(super) disabled: bool,
    created_ms: i64,
    pub(super) updated_ms: i64,
    sign_ins: i64,
    last_sign_in_ms: Option<i64>,
    pub(super) revision: i64,
}

pub(super) type Extension = Vec<(ExtensionKey, ExtensionValue)>;

impl StoredUser {
    pub(super) fn read(self, extension: Extension, picture: Option<Picture>) -> Result<User, StoreError> {
        let id = read_id(&self.user_id)?;
        let texts: BTreeMap<Builtin, String> = [
            (Builtin::UserName, Some(self.user_name)),
            (Builtin::Name, self.name),
            (Builtin::Mobile, self.mobile),
            (Builtin::Email, self.email),
            (Builtin::Gender, self.gender),
            (Builtin::Birthday, self.birthday),
            (Builtin::NickName, self.nick_name),
            (Builtin::MailingAddress, self.mailing_address),
            (Builtin::ZipCode, self.zip_code),
            (Builtin::FirstName, self.first_name),
            (Builtin::MiddleName, self.middle_name),
            (Builtin::LastName, self.last_name),
            (Builtin::Industry, self.industry),
            (Builtin::ExternalId, self.external_id),
        ]
        .into_iter()
        .filter_map(|(builtin, text)| Some((builtin, text?)))
        .collect();
        Ok(User {
            id,
            texts,
            extension,
            picture,
            must_modify_password: self.must_modify_password,
            password_set_ms: self.password_set_ms,
            disabled: self.disabled,
            sign_ins: self.sign_ins,
            last_sign_in_ms: self.last_sign_in_ms,
            created_ms: self.created_ms,
            updated_ms: self.updated_ms,
            revision: self.revision,
        })
    }
}

#[async_trait]
impl UserStore for DieselStore {
    async fn user(&self, tenant: &TenantId, key: &UserKey) -> Result<Option<User>, PortError> {
        let (tenant, key) = (tenant.as_str().to_owned(), key.clone());
        if let UserKey::Id(id) = key {
            let read = self.db.look_up(move |conn| by_id(conn, &tenant, id.as_str()));
            return Ok(read.await?.and_then(|(_, user)| user));
        }
        let read = self.db.look_up_whole(move |conn| {
            let Some(row) = row(conn, &tenant, &key)? else { return Ok(None) };
            with_all(conn, row).map(Some)
        });
        Ok(read.await?)
    }

    async fn user_and_rules(
        &self,
        tenant: &TenantId,
        id: &UserId,
    ) -> Result<Option<(Option<User>, Arc<TenantRules>)>, PortError> {
        let (of, wanted) = (tenant.as_str().to_owned(), id.clone());
        let read = self.db.look_up(move |conn| by_id(conn, &of, wanted.as_str())).await?;
        let Some((version, user)) = read else { return Ok(None) };
        let kept = self.kept().get(tenant).filter(|rules| rules.version == version).cloned();
        let rules = match kept {
            Some(rules) => Some(rules),
            None => self.rules(tenant).await?,
        };
        Ok(rules.map(|rules| (user, rules)))
    }

    async fn users(&self, tenant: &TenantId, selection: Selection) -> Result<Listed, PortError> {
        let tenant = tenant.as_str().to_owned();
        Ok(self.db.snapshot(move |conn| list(conn, &tenant, &selection)).await?)
    }

    async fn picture(&self, tenant: &TenantId, id: &UserId) -> Result<Option<Picture>, PortError> {
        let (tenant, id) = (tenant.as_str().to_owned(), id.as_str().to_owned());
        let read = self.db.read(move |conn| {
            let text = tenant_user_pictures::table
                .inner_join(tenant_users::table)
                .filter(tenant_users::user_id.eq(&id))
                .filter(tenant_users::tenant_id.eq(&tenant))
                .select(tenant_user_pictures::picture)
                .get_result::<String>(conn)
                .optional()?;
            text.map(|text| read_picture(&id, text)).transpose()
        });
        Ok(read.await?)
    }
}

diesel::alias!(tenant_user_extensions as earlier: Earlier);

/// The version of the tenant's rules and his user of this id: one statement, which sees one moment by
/// itself. A value of an extension attribute is a row of it, and the picture, which may be large,
/// stands in one of them alone.
fn by_id(conn: &mut AnyConn, tenant: &str, id: &str) -> Result<Option<(i64, Option<User>)>, StoreError> {
    use tenant_user_extensions as extensions;
    let before = earlier
        .filter(earlier.field(extensions::user_id).nullable().eq(extensions::user_id.nullable()))
        .filter(earlier.field(extensions::key).nullable().lt(extensions::key.nullable()));
    let of_tenant =
        tenant_users::tenant_id.eq(tenant_tenants::id).and(tenant_users::user_id.eq(id.to_owned()));
    let of_him = tenant_user_pictures::user_id.nullable().eq(tenant_users::user_id.nullable());
    let rows = tenant_tenants::table
        .left_join(tenant_users::table.on(of_tenant))
        .left_join(extensions::table.on(extensions::user_id.nullable().eq(tenant_users::user_id.nullable())))
        .left_join(tenant_user_pictures::table.on(of_him.and(not(exists(before)))))
        .filter(tenant_tenants::id.eq(tenant));
    let extension = (extensions::user_id, extensions::key, extensions::kind, extensions::value).nullable();
    let picture = tenant_user_pictures::picture.nullable();
    type Row = (i64, Option<StoredUser>, Option<ExtensionRow>, Option<String>);
    let mut rows: Vec<Row> = each_backend!(conn, |conn| rows
        .select((tenant_tenants::rules_version, Option::<StoredUser>::as_select(), extension, picture))
        .load(conn))?;
    let picture = rows.iter_mut().find_map(|(.., picture)| picture.take());
    let values = rows.iter_mut().filter_map(|(_, _, value, _)| value.take());
    let mut extension =
        values.map(|value| Ok(read_extension(value)?.1)).collect::<Result<Extension, StoreError>>()?;
    // Sorted here, since a database would carry the picture through its sorting.
    extension.sort_unstable_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
    let Some((version, user, ..)) = rows.into_iter().next() else { return Ok(None) };
    let Some(user) = user else { return Ok(Some((version, None))) };
    let picture = picture.map(|text| read_picture(&user.user_id, text)).transpose()?;
    Ok(Some((version, Some(user.read(extension, picture)?))))
}

/// The row of the user whom `key` names; of several, the oldest.
pub(super) fn row(conn: &mut AnyConn, tenant: &str, key: &UserKey) -> Result<Option<StoredUser>, StoreError> {
    let compared = |builtin: Builtin, text: &str| UniqueValue::new(builtin.into(), text).key;
    let users = tenant_users::table.filter(tenant_users::tenant_id.eq(tenant));
    if let UserKey::Id(id) = key {
        let one = users.filter(tenant_users::user_id.eq(id.as_str()));
        let row = each_backend!(conn, |conn| one.select(StoredUser::as_select()).get_result(conn));
        return Ok(row.optional()?);
    }
    let users = users.into_boxed();
    let users = match key {
        UserKey::Id(id) => users.filter(tenant_users::user_id.eq(id.as_str())),
        UserKey::UserName(name) => {
            users.filter(tenant_users::user_name_key.eq(compared(Builtin::UserName, name)))
        }
        UserKey::Mobile(mobile) => users.filter(tenant_users::mobile.eq(mobile)),
        UserKey::Email(email) => users.filter(tenant_users::email_key.eq(compared(Builtin::Email, email))),
        UserKey::ExternalId(id) => {
            users.filter(tenant_users::external_id_key.eq(compared(Builtin::ExternalId, id)))
        }
    };
    let one = match key {
        UserKey::Id(_) => users,
        _ => users.order((tenant_users::created_ms, tenant_users::user_id)),
    };
    Ok(one.select(StoredUser::as_select()).first(conn).optional()?)
}

/// The user of `row`, with his extension attributes and his picture.
pub(super) fn with_all(conn: &mut AnyConn, row: StoredUser) -> Result<User, StoreError> {
    let extension = extension(conn, &row.user_id)?;
    let picture =
        picture_text(conn, &row.user_id)?.map(|text| read_picture(&row.user_id, text)).transpose()?;
    row.read(extension, picture)
}

pub(super) fn picture_text(conn: &mut AnyConn, user_id: &str) -> Result<Option<String>, StoreError> {
    let picture = tenant_user_pictures::table.find(user_id).select(tenant_user_pictures::picture);
    Ok(each_backend!(conn, |conn| picture.get_result(conn)).optional()?)
}

/// Four or five statements, however many users.
fn list(conn: &mut AnyConn, tenant: &str, selection: &Selection) -> Result<Listed, StoreError> {
    let (total, rows) = match selection.updated_since_ms {
        None => (totals::users(conn, tenant)?, oldest(conn, tenant, selection)?),
        Some(since_ms) => changed(conn, tenant, since_ms, selection)?,
    };
    let ids: Vec<&str> = rows.iter().map(|row| row.user_id.as_str()).collect();
    let mut extension = extensions(conn, &ids)?;
    let pictured: Vec<String> = each_backend!(conn, |conn| tenant_user_pictures::table
        .filter(tenant_user_pictures::user_id.eq_any(ids))
        .select(tenant_user_pictures::user_id)
        .load(conn))?;
    let users = rows.into_iter().map(|row| {
        let extension = extension.remove(&row.user_id).unwrap_or_default();
        row.read(extension, None)
    });
    let pictured = pictured.iter().map(|id| read_id(id)).collect::<Result<HashSet<_>, _>>()?;
    Ok(Listed { total, users: users.collect::<Result<_, _>>()?, pictured })
}

fn oldest(conn: &mut AnyConn, tenant: &str, selection: &Selection) -> Result<Vec<StoredUser>, StoreError> {
    let users = tenant_users::table
        .filter(tenant_users::tenant_id.eq(tenant))
        .order((tenant_users::created_ms, tenant_users::user_id))
        .limit(selection.limit)
        .offset(selection.skip);
    Ok(users.select(StoredUser::as_select()).load(conn)?)
}

/// How many changed since then, and a page of them. An index holds all that is needed to choose: those that
/// changed are found by it and sorted, and never all others looked through in the order of their age.
fn changed(
    conn: &mut AnyConn,
    tenant: &str,
    since_ms: i64,
    selection: &Selection,
) -> Result<(i64, Vec<StoredUser>), StoreError> {
    let users = tenant_users::table
        .filter(tenant_users::tenant_id.eq(tenant))
        .filter(tenant_users::updated_ms.ge(since_ms));
    let total = users.select(diesel::dsl::count_star()).get_result(conn)?;
    let ids: Vec<String> = users
        // No index has this order, so that none is walked for it.
        .order((sql::<BigInt>("created_ms + 0"), tenant_users::user_id))
        .limit(selection.limit)
        .offset(selection.skip)
        .select(tenant_users::user_id)
        .load(conn)?;
    if ids.is_empty() {
        return Ok((total, Vec::new()));
    }
    let mut rows: Vec<StoredUser> = each_backend!(conn, |conn| tenant_users::table
        .filter(tenant_users::user_id.eq_any(&ids))
        .select(StoredUser::as_select())
        .load(conn))?;
    rows.sort_unstable_by(|a, b| (a.created_ms, &a.user_id).cmp(&(b.created_ms, &b.user_id)));
    Ok((total, rows))
}

/// The extension attributes of these users, by user.
/// A value of an extension attribute: whose, key, kind and value.
type ExtensionRow = (String, String, String, String);

macro_rules! extension_rows {
    ($of:expr) => {
        tenant_user_extensions::table
            .filter($of)
            .order((tenant_user_extensions::user_id, tenant_user_extensions::key))
            .select((
                tenant_user_extensions::user_id,
                tenant_user_extensions::key,
                tenant_user_extensions::kind,
                tenant_user_extensions::value,
            ))
    };
}

/// One user's, by a statement that stays prepared; [`extensions`]' differs with how many there are.
fn extension(conn: &mut AnyConn, id: &str) -> Result<Extension, StoreError> {
    let rows = extension_rows!(tenant_user_extensions::user_id.eq(id));
    let rows: Vec<ExtensionRow> = each_backend!(conn, |conn| rows.load(conn))?;
    rows.into_iter().map(|row| Ok(read_extension(row)?.1)).collect()
}

pub(super) fn extensions(conn: &mut AnyConn, ids: &[&str]) -> Result<HashMap<String, Extension>, StoreError> {
    let rows: Vec<ExtensionRow> =
        each_backend!(conn, |conn| extension_rows!(tenant_user_extensions::user_id.eq_any(ids)).load(conn))?;
    let mut all: HashMap<String, Extension> = HashMap::new();
    for row in rows {
        let (user_id, value) = read_extension(row)?;
        all.entry(user_id).or_default().push(value);
    }
    Ok(all)
}

fn read_extension(row: ExtensionRow) -> Result<(String, (ExtensionKey, ExtensionValue)), StoreError> {
    let (user_id, key, kind, value) = row;
    let broken = |column, what: &dyn Display| inconsistent("tenant_user_extensions", column, &user_id, what);
    let known = ExtensionKey::parse(&key).map_err(|e| broken("key", &e))?;
    let kind = AttributeKind::from_name(&kind).ok_or_else(|| broken("kind", &kind))?;
    let value = ExtensionValue::stored(kind, &value).ok_or_else(|| broken("value", &key))?;
    Ok((user_id, (known, value)))
}

fn read_id(text: &str) -> Result<UserId, StoreError> {
    UserId::parse(text).map_err(|e| inconsistent("tenant_users", "user_id", text, &e))
}

fn read_picture(user_id: &str, text: String) -> Result<Picture, StoreError> {
    let broken = |rule| inconsistent("tenant_user_pictures", "picture", user_id, &format!("{rule:?}"));
    Picture::parse(text).map_err(broken)
}
