//! Users: rows, look-ups, and what is written.

use diesel::prelude::*;
use roster_kernel::fold;
use roster_kernel::ports::PasswordHash;
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, UniqueViolation, each_backend, later};
use serde_json::{Map, Value};

use super::administrators;
use super::schema::enterprise_users;
use crate::REALM;
use crate::domain::{Changes, Email, EnterpriseId, NewUser, NickName, Phone, User, UserId};
use crate::store::{Circle, Credential, Login, Removal, UniqueField};

#[derive(Queryable, Selectable)]
#[diesel(table_name = enterprise_users)]
pub(super) struct UserRow {
    pub(super) user_id: i32,
    enterprise_id: String,
    nick_name: String,
    email: Option<String>,
    phone: Option<String>,
    is_active: bool,
    origion: Option<String>,
    client_ip: Option<String>,
    created_ms: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            user_id: UserId(row.user_id),
            nick_name: NickName::stored(row.nick_name),
            enterprise_id: EnterpriseId::stored(row.enterprise_id),
            email: row.email.map(Email::stored),
            phone: row.phone.map(Phone::stored),
            is_active: row.is_active,
            origion: row.origion,
            client_ip: row.client_ip,
            created_ms: row.created_ms,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = enterprise_users, treat_none_as_default_value = false)]
struct NewUserRow<'a> {
    enterprise_id: &'a str,
    nick_name: &'a str,
    nick_name_folded: String,
    email: Option<&'a str>,
    email_folded: Option<String>,
    phone: Option<&'a str>,
    phone_folded: Option<String>,
    is_active: bool,
    origion: Option<&'a str>,
    client_ip: Option<String>,
    password_hash: &'a str,
    created_ms: i64,
    updated_ms: i64,
}

/// Absent members keep their column.
#[derive(AsChangeset)]
#[diesel(table_name = enterprise_users)]
struct ChangedRow<'a> {
    email: Option<Option<&'a str>>,
    email_folded: Option<Option<String>>,
    phone: Option<Option<&'a str>>,
    phone_folded: Option<Option<String>>,
    is_active: Option<bool>,
    password_hash: Option<&'a str>,
}

pub(super) fn by_id(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    let user = enterprise_users::table.find(id.0);
    let row = each_backend!(conn, |conn| user.select(UserRow::as_select()).get_result(conn));
    Ok(row.optional()?.map(User::from))
}

pub(super) fn by_nick_name(
    conn: &mut AnyConn,
    enterprise_id: &str,
    nick_name: &str,
) -> Result<Option<User>, StoreError> {
    let user = enterprise_users::table
        .filter(enterprise_users::enterprise_id.eq(enterprise_id))
        .filter(enterprise_users::nick_name.eq(nick_name));
    Ok(user.select(UserRow::as_select()).get_result(conn).optional()?.map(User::from))
}

/// The user, whom nobody else changes before this transaction ends. SQLite has one writer anyway.
pub(super) fn hold(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    let user = enterprise_users::table.find(id.0);
    let held: Option<UserRow> = match conn {
        AnyConn::Sqlite(conn) => user.select(UserRow::as_select()).get_result(conn).optional()?,
        AnyConn::Postgres(conn) => {
            user.select(UserRow::as_select()).for_update().get_result(conn).optional()?
        }
    };
    Ok(held.map(User::from))
}

/// The first field, in the spec's order, that somebody else has.
pub(super) fn taken(conn: &mut AnyConn, user: &NewUser) -> Result<Option<UniqueField>, StoreError> {
    let same_name = enterprise_users::table
        .filter(enterprise_users::enterprise_id.eq(user.enterprise_id.as_str()))
        .filter(enterprise_users::nick_name.eq(user.nick_name.as_str()));
    if diesel::select(diesel::dsl::exists(same_name)).get_result(conn)? {
        return Ok(Some(UniqueField::NickName));
    }
    // No id is 0.
    taken_by_other(conn, UserId(0), user.email.as_ref(), user.phone.as_ref())
}

fn taken_by_other(
    conn: &mut AnyConn,
    id: UserId,
    email: Option<&Email>,
    phone: Option<&Phone>,
) -> Result<Option<UniqueField>, StoreError> {
    let others = enterprise_users::table.filter(enterprise_users::user_id.ne(id.0));
    if let Some(email) = email {
        let same_email = others.filter(enterprise_users::email_folded.eq(email.folded()));
        if diesel::select(diesel::dsl::exists(same_email)).get_result(conn)? {
            return Ok(Some(UniqueField::Email));
        }
    }
    if let Some(phone) = phone {
        let same_phone = others.filter(enterprise_users::phone.eq(phone.as_str()));
        if diesel::select(diesel::dsl::exists(same_phone)).get_result(conn)? {
            return Ok(Some(UniqueField::Phone));
        }
    }
    Ok(None)
}

pub(super) fn field_of(violation: &UniqueViolation) -> Option<UniqueField> {
    let hits = |index, columns| violation.hits(index, columns);
    if hits("enterprise_users_nick_name", "enterprise_users.enterprise_id, enterprise_users.nick_name") {
        Some(UniqueField::NickName)
    } else if hits("enterprise_users_email", "enterprise_users.email_folded") {
        Some(UniqueField::Email)
    } else if hits("enterprise_users_phone", "enterprise_users.phone") {
        Some(UniqueField::Phone)
    } else {
        None
    }
}

pub(super) fn insert(
    conn: &mut AnyConn,
    user: &NewUser,
    password: &PasswordHash,
    at_ms: i64,
) -> Result<Outcome<Result<User, UniqueField>>, StoreError> {
    if let Some(field) = taken(conn, user)? {
        return Ok(Outcome::Refuse(Err(field)));
    }
    let row = NewUserRow {
        enterprise_id: user.enterprise_id.as_str(),
        nick_name: user.nick_name.as_str(),
        nick_name_folded: fold(user.nick_name.as_str()),
        email: user.email.as_ref().map(Email::as_str),
        email_folded: user.email.as_ref().map(Email::folded),
        phone: user.phone.as_ref().map(Phone::as_str),
        phone_folded: user.phone.as_ref().map(|phone| fold(phone.as_str())),
        is_active: user.is_active,
        origion: user.origion.as_deref(),
        client_ip: user.client_ip.map(|address| address.to_string()),
        password_hash: password.as_str(),
        created_ms: at_ms,
        updated_ms: at_ms,
    };
    let stored: UserRow = each_backend!(conn, |conn| diesel::insert_into(enterprise_users::table)
        .values(&row)
        .returning(UserRow::as_returning())
        .get_result(conn))?;
    let stored = User::from(stored);
    if user.administrator {
        administrators::insert(conn, stored.user_id, at_ms)?;
    }
    let entry = created(&stored, user.administrator);
    Ok(Outcome::Commit(Ok(stored), entry))
}

/// Why [`update`] changed nothing.
pub(super) enum Unchanged {
    NoUser,
    Taken(UniqueField),
    LastAdministrator,
}

pub(super) fn update(
    conn: &mut AnyConn,
    id: UserId,
    changes: &Changes,
    circle: &Circle,
    at_ms: i64,
) -> Result<Outcome<Result<User, Unchanged>>, StoreError> {
    let refuse = |why| Ok(Outcome::Refuse(Err(why)));
    let disables = changes.is_active == Some(false);
    if disables {
        administrators::hold(conn)?;
    }
    let Some(before) = hold(conn, id)? else { return refuse(Unchanged::NoUser) };
    if disables && administrators::is_last(conn, id, circle)? {
        return refuse(Unchanged::LastAdministrator);
    }
    let email = changes.email.as_ref().and_then(Option::as_ref);
    let phone = changes.phone.as_ref().and_then(Option::as_ref);
    if let Some(field) = taken_by_other(conn, id, email, phone)? {
        return refuse(Unchanged::Taken(field));
    }
    let row = ChangedRow {
        email: changes.email.as_ref().map(|email| email.as_ref().map(Email::as_str)),
        email_folded: changes.email.as_ref().map(|email| email.as_ref().map(Email::folded)),
        phone: changes.phone.as_ref().map(|phone| phone.as_ref().map(Phone::as_str)),
        phone_folded: changes.phone.as_ref().map(|phone| phone.as_ref().map(|phone| fold(phone.as_str()))),
        is_active: changes.is_active,
        password_hash: changes.password.as_ref().map(PasswordHash::as_str),
    };
    let updated_ms = enterprise_users::updated_ms.eq(later!(enterprise_users::updated_ms, at_ms));
    diesel::update(enterprise_users::table.find(id.0)).set((&row, updated_ms)).execute(conn)?;
    let Some(after) = by_id(conn, id)? else { return refuse(Unchanged::NoUser) };
    match updated(&before, &after, changes.password.is_some()) {
        Some(entry) => Ok(Outcome::Commit(Ok(after), entry)),
        // Nothing happened that a history could tell.
        None => Ok(Outcome::Refuse(Ok(after))),
    }
}

pub(super) fn delete(
    conn: &mut AnyConn,
    id: UserId,
    circle: &Circle,
) -> Result<Outcome<Removal>, StoreError> {
    administrators::hold(conn)?;
    let Some(user) = hold(conn, id)? else { return Ok(Outcome::Refuse(Removal::Absent)) };
    if administrators::is_last(conn, id, circle)? {
        return Ok(Outcome::Refuse(Removal::LastAdministrator));
    }
    let administrator = administrators::is_one(conn, id)?;
    // His keys and his rank go with him.
    diesel::delete(enterprise_users::table.find(id.0)).execute(conn)?;
    let before = values(&user, administrator);
    let fields = before.keys().cloned().collect();
    let entry = Entry { fields, before: Some(before.into()), ..event(&user, "delete", &[]) };
    Ok(Outcome::Commit(Removal::Done, entry))
}

pub(super) fn credential(conn: &mut AnyConn, login: &Login) -> Result<Option<Credential>, StoreError> {
    let columns = (enterprise_users::user_id, enterprise_users::is_active, enterprise_users::password_hash);
    let users = enterprise_users::table.select(columns);
    let found: Option<(i32, bool, String)> = match login {
        Login::Id(id) => users.find(id.0).get_result(conn).optional()?,
        Login::NickName { enterprise_id, nick_name } => users
            .filter(enterprise_users::enterprise_id.eq(enterprise_id))
            .filter(enterprise_users::nick_name.eq(nick_name))
            .get_result(conn)
            .optional()?,
        Login::Email(email) => {
            users.filter(enterprise_users::email_folded.eq(fold(email))).get_result(conn).optional()?
        }
    };
    Ok(found.map(|(id, is_active, hash)| Credential {
        user_id: UserId(id),
        is_active,
        password: PasswordHash::new(hash),
    }))
}

pub(super) fn renew_hash(
    conn: &mut AnyConn,
    id: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), StoreError> {
    diesel::update(enterprise_users::table.find(id.0))
        .filter(enterprise_users::password_hash.eq(old.as_str()))
        .set(enterprise_users::password_hash.eq(new.as_str()))
        .execute(conn)?;
    Ok(())
}

/// Fills what searches compare, for at most `limit` rows from before there was a search; says
/// whether there may be more.
pub(super) fn fill_folded(conn: &mut AnyConn, limit: i64) -> Result<bool, StoreError> {
    let rows: Vec<(i32, String, Option<String>)> = enterprise_users::table
        .filter(enterprise_users::nick_name_folded.is_null())
        .select((enterprise_users::user_id, enterprise_users::nick_name, enterprise_users::phone))
        .limit(limit)
        .load(conn)?;
    for (id, nick_name, phone) in &rows {
        diesel::update(enterprise_users::table.find(id))
            .set((
                enterprise_users::nick_name_folded.eq(fold(nick_name)),
                enterprise_users::phone_folded.eq(phone.as_deref().map(fold)),
            ))
            .execute(conn)?;
    }
    Ok(!rows.is_empty())
}

pub(super) fn has_enterprise(conn: &mut AnyConn, enterprise_id: &str) -> Result<bool, StoreError> {
    let anybody = enterprise_users::table.filter(enterprise_users::enterprise_id.eq(enterprise_id));
    Ok(diesel::select(diesel::dsl::exists(anybody)).get_result(conn)?)
}

/// Something that happened to `user` and has no values.
pub(super) fn event(user: &User, verb: &'static str, fields: &[&str]) -> Entry {
    let (realm, subject) = (user.enterprise_id.as_str(), user.user_id.to_string());
    Entry::event(REALM.name(), realm, &subject, verb, fields)
}

fn created(user: &User, administrator: bool) -> Entry {
    let (realm, subject) = (user.enterprise_id.as_str(), user.user_id.to_string());
    let mut entry = Entry::created(REALM.name(), realm, &subject, values(user, administrator).into());
    // That there is one is told; never what it is.
    entry.fields.push("password".to_owned());
    entry
}

/// What changed between the two; `None` if nothing did.
fn updated(before: &User, after: &User, password: bool) -> Option<Entry> {
    let (old, new) = (values(before, false), values(after, false));
    let differs = |field: &&str| old.get(*field) != new.get(*field);
    let changed: Vec<&str> = ["email", "phone", "is_active"].into_iter().filter(differs).collect();
    if changed.is_empty() && !password {
        return None;
    }
    let only = |all: &Map<String, Value>| {
        let value = |field: &&str| (field.to_string(), all.get(*field).cloned().unwrap_or_default());
        Value::Object(changed.iter().map(value).collect())
    };
    let (before, after_values) = (only(&old), only(&new));
    let mut entry = event(after, "update", &changed);
    if !changed.is_empty() {
        (entry.before, entry.after) = (Some(before), Some(after_values));
    }
    if password {
        entry.fields.push("password".to_owned());
    }
    Some(entry)
}

/// A user's values for the journal; absent ones are left out.
fn values(user: &User, administrator: bool) -> Map<String, Value> {
    let mut values = Map::new();
    values.insert("nick_name".into(), user.nick_name.as_str().into());
    values.insert("enterprise_id".into(), user.enterprise_id.as_str().into());
    values.insert("is_active".into(), user.is_active.into());
    let optional = [
        ("email", user.email.as_ref().map(Email::as_str)),
        ("phone", user.phone.as_ref().map(Phone::as_str)),
        ("origion", user.origion.as_deref()),
        ("client_ip", user.client_ip.as_deref()),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            values.insert(field.into(), value.into());
        }
    }
    if administrator {
        values.insert("administrator".into(), true.into());
    }
    values
}
