//! Users and their areas.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::prelude::*;
use roster_kernel::ports::PasswordHash;
use roster_persistence::{AnyConn, Entry, StoreError, each_backend};
use serde_json::{Value, json};

use super::schema::{iot_domains, iot_location_ancestors as around, iot_sessions, iot_user_areas, iot_users};
use super::tree::{self, inconsistent};
use crate::REALM;
use crate::domain::{Area, Credential, Email, NewUser, ObjectId, Role, Status, TokenKind, User, Username};
use crate::store::InsertError;

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_users)]
struct UserRow {
    id: String,
    username: String,
    email: Option<String>,
    role: String,
    status: String,
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
#[diesel(table_name = iot_users)]
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
    let rows: Vec<AreaRow<'_>> = (0..)
        .zip(&areas)
        .map(|(position, area)| AreaRow {
            user_id: id.as_str(),
            position,
            area_id: area.id().as_str(),
            area_kind: area.kind(),
        })
        .collect();
    if !rows.is_empty() {
        each_backend!(conn, |conn| diesel::insert_into(iot_user_areas::table).values(&rows).execute(conn))?;
    }
    let NewUser { username, email, role, status, .. } = user;
    Ok(User { id, username, email, role, status, areas })
}

pub(super) fn created(user: &User) -> Entry {
    let mut after = json!({
        "username": user.username.as_str(),
        "role": user.role.name(),
        "status": user.status.name(),
    });
    if let Some(email) = &user.email {
        after["email"] = email.as_str().into();
    }
    if !user.areas.is_empty() {
        after["area"] = user.areas.iter().map(|area| Value::from(area.id().as_str())).collect();
    }
    let mut entry = Entry::created(REALM.name(), "", user.id.as_str(), after);
    // That there is one is told; never what it is.
    entry.fields.push("password".to_owned());
    entry
}

pub(super) fn by_username(
    conn: &mut AnyConn,
    username: &str,
    now_ms: i64,
) -> Result<Option<User>, StoreError> {
    let named = iot_users::table.filter(iot_users::username.eq(username));
    let Some(row) = named.select(UserRow::as_select()).first(conn).optional()? else { return Ok(None) };
    let areas: Vec<String> = iot_user_areas::table
        .filter(iot_user_areas::user_id.eq(&row.id))
        .order(iot_user_areas::position)
        .select(iot_user_areas::area_id)
        .load(conn)?;
    let areas = tree::stored_areas(conn, &areas, now_ms)?;
    Ok(Some(user(row, areas)?))
}

fn user(row: UserRow, areas: Vec<Area>) -> Result<User, StoreError> {
    Ok(User {
        role: role(&row.id, &row.role)?,
        status: status(&row.id, &row.status)?,
        id: ObjectId::stored(row.id),
        username: Username::stored(row.username),
        email: row.email.map(Email::stored),
        areas,
    })
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
    let connected: HashSet<String> = iot_sessions::table
        .filter(iot_sessions::user_id.eq_any(ids))
        .filter(iot_sessions::kind.eq(TokenKind::Access.name()))
        .filter(iot_sessions::expires_ms.gt(now_ms))
        .select(iot_sessions::user_id)
        .distinct()
        .load(conn)?
        .into_iter()
        .collect();
    rows.into_iter()
        .map(|row| {
            let (id, connected) = (row.id.clone(), connected.contains(&row.id));
            Ok((id, (Arc::new(user(row, Vec::new())?), connected)))
        })
        .collect()
}

pub(super) fn credential(conn: &mut AnyConn, username: &str) -> Result<Option<Credential>, StoreError> {
    let user = iot_users::table.filter(iot_users::username.eq(username));
    let Some(row) = user.select(CredentialRow::as_select()).first(conn).optional()? else {
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
