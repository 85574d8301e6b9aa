//! Users and their areas.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::prelude::*;
use roster_kernel::ports::PasswordHash;
use roster_persistence::{AnyConn, Db, Entry, StoreError, each_backend};
use serde_json::{Map, Value};

use super::schema::{iot_domains, iot_location_ancestors as around, iot_logins, iot_user_areas, iot_users};
use super::tree::{self, inconsistent};
use crate::REALM;
use crate::domain::{Area, Credential, Email, NewUser, ObjectId, Role, Status, User, Username};
use crate::store::InsertError;

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_users)]
pub(super) struct UserRow {
    pub(super) id: String,
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) role: String,
    pub(super) status: String,
}

impl UserRow {
    /// The user, with these areas.
    pub(super) fn with(self, areas: Vec<Area>) -> Result<User, StoreError> {
        Ok(User {
            role: role(&self.id, &self.role)?,
            status: status(&self.id, &self.status)?,
            id: ObjectId::stored(self.id),
            username: Username::stored(self.username),
            email: self.email.map(Email::stored),
            areas,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_users)]
struct CredentialRow {
    id: String,
    role: String,
    status: String,
    password_hash: String,
    password_version: i32,
}

#[derive(Insertable)]
#[diesel(table_name = iot_users, treat_none_as_default_value = false)]
struct NewUserRow<'a> {
    id: &'a str,
    username: &'a str,
    email: Option<&'a str>,
    role: &'a str,
    status: &'a str,
    password_hash: &'a str,
    password_version: i32,
    created_ms: i64,
    updated_ms: i64,
}

#[derive(Insertable)]
#[diesel(table_name = iot_user_areas)]
struct AreaRow<'a> {
    user_id: &'a str,
    position: i32,
    area_id: &'a str,
    area_kind: &'a str,
}

/// The areas of `user`, if he could be stored: they are judged first, then his name.
pub(super) fn check(
    conn: &mut AnyConn,
    user: &NewUser,
    now_ms: i64,
) -> Result<Result<Vec<Area>, InsertError>, StoreError> {
    let areas = match tree::resolve(conn, &user.areas, now_ms)? {
        Ok(areas) => areas,
        Err(refused) => return Ok(Err(refused)),
    };
    let same_name = iot_users::table.filter(iot_users::username.eq(user.username.as_str()));
    if diesel::select(diesel::dsl::exists(same_name)).get_result(conn)? {
        return Ok(Err(InsertError::UsernameTaken));
    }
    Ok(Ok(areas))
}

pub(super) fn insert(
    conn: &mut AnyConn,
    id: ObjectId,
    user: NewUser,
    areas: Vec<Area>,
    password: &PasswordHash,
    at_ms: i64,
) -> Result<User, StoreError> {
    let row = NewUserRow {
        id: id.as_str(),
        username: user.username.as_str(),
        email: user.email.as_ref().map(Email::as_str),
        role: user.role.name(),
        status: user.status.name(),
        password_hash: password.as_str(),
        password_version: 1,
        created_ms: at_ms,
        updated_ms: at_ms,
    };
    diesel::insert_into(iot_users::table).values(&row).execute(conn)?;
    put_areas(conn, id.as_str(), &areas)?;
    let NewUser { username, email, role, status, .. } = user;
    Ok(User { id, username, email, role, status, areas })
}

/// Gives these areas to a user who has none.
pub(super) fn put_areas(conn: &mut AnyConn, user: &str, areas: &[Area]) -> Result<(), StoreError> {
    let rows: Vec<AreaRow<'_>> = (0..)
        .zip(areas)
        .map(|(position, area)| AreaRow {
            user_id: user,
            position,
            area_id: area.id().as_str(),
            area_kind: area.kind(),
        })
        .collect();
    if !rows.is_empty() {
        each_backend!(conn, |conn| diesel::insert_into(iot_user_areas::table).values(&rows).execute(conn))?;
    }
    Ok(())
}

pub(super) fn created(user: &User) -> Entry {
    let areas = user.areas.iter().map(|area| area.id().to_string()).collect();
    let row = UserRow {
        id: user.id.to_string(),
        username: user.username.to_string(),
        email: user.email.as_ref().map(Email::to_string),
        role: user.role.name().to_owned(),
        status: user.status.name().to_owned(),
    };
    let mut entry = Entry::created(REALM.name(), "", user.id.as_str(), values(&row, areas).into());
    // That there is one is told; never what it is.
    entry.fields.push("password".to_owned());
    entry
}

/// The accounts of these ids, each with whether it has a token that is good for requests now.
pub(super) fn accounts(
    conn: &mut AnyConn,
    ids: &[String],
    now_ms: i64,
) -> Result<HashMap<String, (Arc<User>, bool)>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = iot_users::table.filter(iot_users::id.eq_any(ids)).select(UserRow::as_select()).load(conn)?;
    let connected: HashSet<String> = iot_logins::table
        .filter(iot_logins::user_id.eq_any(ids))
        .filter(iot_logins::access_expires_ms.gt(now_ms))
        .select(iot_logins::user_id)
        .distinct()
        .load(conn)?
        .into_iter()
        .collect();
    rows.into_iter()
        .map(|row| {
            let (id, connected) = (row.id.clone(), connected.contains(&row.id));
            Ok((id, (Arc::new(row.with(Vec::new())?), connected)))
        })
        .collect()
}

/// Deletes the accounts of devices, with their sessions; what the history is told of each.
pub(super) fn delete_accounts(conn: &mut AnyConn, ids: &[String]) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<UserRow> =
        iot_users::table.filter(iot_users::id.eq_any(ids)).select(UserRow::as_select()).load(conn)?;
    diesel::delete(iot_users::table.filter(iot_users::id.eq_any(ids))).execute(conn)?;
    let deleted = |row: &UserRow| Entry::deleted(REALM.name(), "", &row.id, values(row, Vec::new()));
    Ok(rows.iter().map(deleted).collect())
}

/// What a history may tell of a user who has the areas of these ids.
pub(super) fn values(user: &UserRow, areas: Vec<String>) -> Map<String, Value> {
    let mut values = Map::new();
    values.insert("username".into(), user.username.as_str().into());
    values.insert("role".into(), user.role.as_str().into());
    values.insert("status".into(), user.status.as_str().into());
    if let Some(email) = &user.email {
        values.insert("email".into(), email.as_str().into());
    }
    if !areas.is_empty() {
        values.insert("area".into(), areas.into());
    }
    values
}

/// How one user is named.
#[derive(Clone)]
pub(super) enum Key {
    Id(ObjectId),
    Username(Username),
}

/// A user's row with the ids of his areas in their order: one statement, which sees one moment by
/// itself. An area is a row of it.
fn row(conn: &mut AnyConn, key: &Key) -> Result<Option<(UserRow, Vec<String>)>, StoreError> {
    let users =
        iot_users::table.left_join(iot_user_areas::table.on(iot_user_areas::user_id.eq(iot_users::id)));
    let area = (iot_user_areas::position, iot_user_areas::area_id).nullable();
    let rows: Vec<(UserRow, Option<(i32, String)>)> = each_backend!(conn, |conn| match key {
        Key::Id(id) => {
            users.filter(iot_users::id.eq(id.as_str())).select((UserRow::as_select(), area)).load(conn)
        }
        Key::Username(name) => {
            users
                .filter(iot_users::username.eq(name.as_str()))
                .select((UserRow::as_select(), area))
                .load(conn)
        }
    })?;
    let (users, areas): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let mut areas: Vec<(i32, String)> = areas.into_iter().flatten().collect();
    areas.sort_unstable();
    let user = users.into_iter().next();
    Ok(user.map(|user| (user, areas.into_iter().map(|(_, id)| id).collect())))
}

/// The user of `key`, with his areas in full.
pub(super) fn find(conn: &mut AnyConn, key: &Key, now_ms: i64) -> Result<Option<User>, StoreError> {
    let Some((row, areas)) = row(conn, key)? else { return Ok(None) };
    let areas = tree::stored_areas(conn, &areas, now_ms)?;
    row.with(areas).map(Some)
}

/// The user of `key`, read by one statement if he has no areas; with them, what they lie in belongs
/// to the same moment.
pub(super) async fn look_up(db: &Db, key: Key) -> Result<Option<User>, StoreError> {
    let (wanted, now_ms) = (key.clone(), db.now_ms());
    match db.look_up(move |conn| row(conn, &wanted)).await? {
        Some((row, areas)) if areas.is_empty() => row.with(Vec::new()).map(Some),
        Some(_) => db.look_up_whole(move |conn| find(conn, &key, now_ms)).await,
        None => Ok(None),
    }
}

/// The ids of a user's areas, in their order.
pub(super) fn area_ids(conn: &mut AnyConn, user: &str) -> Result<Vec<String>, StoreError> {
    let areas = iot_user_areas::table
        .filter(iot_user_areas::user_id.eq(user))
        .order(iot_user_areas::position)
        .select(iot_user_areas::area_id);
    Ok(each_backend!(conn, |conn| areas.load(conn))?)
}

pub(super) fn credential(conn: &mut AnyConn, username: &str) -> Result<Option<Credential>, StoreError> {
    let user = iot_users::table.filter(iot_users::username.eq(username));
    let Some(row) = user.select(CredentialRow::as_select()).get_result(conn).optional()? else {
        return Ok(None);
    };
    Ok(Some(Credential {
        role: role(&row.id, &row.role)?,
        status: status(&row.id, &row.status)?,
        user_id: ObjectId::stored(row.id),
        password: PasswordHash::new(row.password_hash),
        password_version: row.password_version,
    }))
}

pub(super) fn renew_hash(
    conn: &mut AnyConn,
    user: &ObjectId,
    password_version: i32,
    hash: &PasswordHash,
) -> Result<(), StoreError> {
    let user = iot_users::table.find(user.as_str());
    diesel::update(user.filter(iot_users::password_version.eq(password_version)))
        .set(iot_users::password_hash.eq(hash.as_str()))
        .execute(conn)?;
    Ok(())
}

pub(super) fn has_area_in(conn: &mut AnyConn, user: &ObjectId, domain: &str) -> Result<bool, StoreError> {
    let areas = iot_user_areas::table
        .inner_join(around::table.on(around::descendant_id.eq(iot_user_areas::area_id)))
        .inner_join(iot_domains::table.on(iot_domains::id.eq(around::ancestor_id)))
        .filter(iot_user_areas::user_id.eq(user.as_str()))
        .filter(iot_domains::name.eq(domain));
    Ok(diesel::select(diesel::dsl::exists(areas)).get_result(conn)?)
}

pub(super) fn role(id: &str, name: &str) -> Result<Role, StoreError> {
    Role::named(name).ok_or_else(|| inconsistent("iot_users", "role", id, name.to_owned()))
}

pub(super) fn status(id: &str, name: &str) -> Result<Status, StoreError> {
    Status::named(name).ok_or_else(|| inconsistent("iot_users", "status", id, name.to_owned()))
}
