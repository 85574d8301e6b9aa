//! What happens to users who are there already.
//!
//! Rows are locked in this order: the domains of areas, users of role SYSTEM, the user, his sessions.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_persistence::{AnyConn, Entry, Outcome, StoreError, later};
use serde_json::{Map, Value};

use super::schema::{iot_user_areas, iot_users};
use super::users::{self, Key, UserRow};
use super::{DieselStore, pages, sessions, tree};
use crate::REALM;
use crate::domain::{Listed, ObjectId, PageRequest, Role, Status, User};
use crate::store::{AreasError, InsertError, StandingError, UserStore};

#[async_trait]
impl UserStore for DieselStore {
    async fn user(&self, id: &ObjectId) -> Result<Option<User>, PortError> {
        Ok(users::look_up(&self.db, Key::Id(id.clone())).await?)
    }

    async fn users(&self, page: PageRequest) -> Result<Listed<User>, PortError> {
        let now_ms = self.db.now_ms();
        Ok(self.db.snapshot(move |conn| pages::users(conn, page, now_ms)).await?)
    }

    async fn set_areas(
        &self,
        change: &Change,
        id: &ObjectId,
        areas: Vec<String>,
    ) -> Result<bool, AreasError> {
        let (id, at_ms) = (id.clone(), change.at_ms);
        let set = self.db.write(change, move |conn| set_areas(conn, &id, &areas, at_ms));
        set.await.map_err(PortError::from)?
    }

    async fn set_password(
        &self,
        change: &Change,
        id: &ObjectId,
        version: Option<i32>,
        hash: PasswordHash,
    ) -> Result<bool, PortError> {
        let (id, at_ms) = (id.clone(), change.at_ms);
        Ok(self.db.write(change, move |conn| set_password(conn, &id, version, &hash, at_ms)).await?)
    }

    async fn set_status(
        &self,
        change: &Change,
        id: &ObjectId,
        status: Status,
    ) -> Result<bool, StandingError> {
        let (id, at_ms) = (id.clone(), change.at_ms);
        let set = self.db.write(change, move |conn| set_status(conn, &id, status, at_ms));
        set.await.map_err(PortError::from)?
    }

    async fn delete_user(&self, change: &Change, id: &ObjectId) -> Result<bool, StandingError> {
        let id = id.clone();
        let deleted = self.db.write(change, move |conn| delete(conn, &id));
        deleted.await.map_err(PortError::from)?
    }
}

/// The user, whom nobody else changes, and who signs in nowhere, before this transaction ends.
/// SQLite has one writer anyway.
fn hold(conn: &mut AnyConn, id: &ObjectId) -> Result<Option<(UserRow, i32)>, StoreError> {
    let user = iot_users::table.find(id.as_str());
    Ok(match conn {
        AnyConn::Sqlite(conn) => {
            user.select((UserRow::as_select(), iot_users::password_version)).get_result(conn).optional()?
        }
        AnyConn::Postgres(conn) => {
            let user = user.select((UserRow::as_select(), iot_users::password_version));
            user.for_update().get_result(conn).optional()?
        }
    })
}

/// The ids of all users of role SYSTEM who may sign in, of whom nobody is deleted or suspended
/// before this transaction ends: of two who would do it to each other the second waits, and sees
/// what the first has left. Ask for them before any one user, as everybody does.
fn hold_system(conn: &mut AnyConn) -> Result<Vec<String>, StoreError> {
    let system = iot_users::table
        .filter(iot_users::role.eq(Role::System.name()))
        .filter(iot_users::status.eq(Status::Enable.name()))
        .order(iot_users::id)
        .select(iot_users::id);
    Ok(match conn {
        AnyConn::Sqlite(conn) => system.load(conn)?,
        AnyConn::Postgres(conn) => system.for_update().load(conn)?,
    })
}

fn set_areas(
    conn: &mut AnyConn,
    id: &ObjectId,
    areas: &[String],
    at_ms: i64,
) -> Result<Outcome<Result<bool, AreasError>>, StoreError> {
    let refuse = |why| Ok(Outcome::Refuse(Err(why)));
    let held = tree::hold(conn, areas)?;
    let Some((user, _)) = hold(conn, id)? else { return Ok(Outcome::Refuse(Ok(false))) };
    if users::role(&user.id, &user.role)? != Role::Area {
        return refuse(AreasError::NoAreaRole);
    }
    let found = match tree::resolve_held(conn, areas, held, at_ms)? {
        Ok(found) => found,
        Err(InsertError::UnknownArea(id)) => return refuse(AreasError::UnknownArea(id)),
        Err(InsertError::Overlap(one, other)) => return refuse(AreasError::Overlap(one, other)),
        // No other is a refusal of areas.
        Err(error) => return Err(PortError::failed(error).into()),
    };
    let before = users::area_ids(conn, &user.id)?;
    if before == areas {
        return Ok(Outcome::Refuse(Ok(true)));
    }
    let updated_ms = iot_users::updated_ms.eq(later!(iot_users::updated_ms, at_ms));
    diesel::update(iot_users::table.find(id.as_str())).set(updated_ms).execute(conn)?;
    let owned = iot_user_areas::table.filter(iot_user_areas::user_id.eq(id.as_str()));
    diesel::delete(owned).execute(conn)?;
    users::put_areas(conn, id.as_str(), &found)?;
    let entry = updated(id, "area", before.into(), areas.to_vec().into());
    Ok(Outcome::Commit(Ok(true), entry))
}

fn set_password(
    conn: &mut AnyConn,
    id: &ObjectId,
    version: Option<i32>,
    hash: &PasswordHash,
    at_ms: i64,
) -> Result<Outcome<bool>, StoreError> {
    match hold(conn, id)? {
        Some((_, held)) if version.is_none_or(|version| version == held) => {}
        _ => return Ok(Outcome::Refuse(false)),
    }
    diesel::update(iot_users::table.find(id.as_str()))
        .set((
            iot_users::password_hash.eq(hash.as_str()),
            iot_users::password_version.eq(iot_users::password_version + 1),
            iot_users::updated_ms.eq(later!(iot_users::updated_ms, at_ms)),
        ))
        .execute(conn)?;
    sessions::end_all(conn, id)?;
    Ok(Outcome::Commit(true, Entry::event(REALM.name(), "", id.as_str(), "update", &["password"])))
}

fn set_status(
    conn: &mut AnyConn,
    id: &ObjectId,
    status: Status,
    at_ms: i64,
) -> Result<Outcome<Result<bool, StandingError>>, StoreError> {
    let system = if status == Status::Pending { hold_system(conn)? } else { Vec::new() };
    let Some((user, _)) = hold(conn, id)? else { return Ok(Outcome::Refuse(Ok(false))) };
    if user.status == status.name() {
        return Ok(Outcome::Refuse(Ok(true)));
    }
    if system == [user.id.as_str()] {
        return Ok(Outcome::Refuse(Err(StandingError::LastSystem)));
    }
    diesel::update(iot_users::table.find(id.as_str()))
        .set((
            iot_users::status.eq(status.name()),
            iot_users::updated_ms.eq(later!(iot_users::updated_ms, at_ms)),
        ))
        .execute(conn)?;
    if status == Status::Pending {
        sessions::end_all(conn, id)?;
    }
    let entry = updated(id, "status", user.status.into(), status.name().into());
    Ok(Outcome::Commit(Ok(true), entry))
}

fn delete(conn: &mut AnyConn, id: &ObjectId) -> Result<Outcome<Result<bool, StandingError>>, StoreError> {
    let system = hold_system(conn)?;
    let Some((user, _)) = hold(conn, id)? else { return Ok(Outcome::Refuse(Ok(false))) };
    if system == [user.id.as_str()] {
        return Ok(Outcome::Refuse(Err(StandingError::LastSystem)));
    }
    let areas = users::area_ids(conn, &user.id)?;
    sessions::end_all(conn, id)?;
    // His areas go with him.
    diesel::delete(iot_users::table.find(id.as_str())).execute(conn)?;
    let before = users::values(&user, areas);
    Ok(Outcome::Commit(Ok(true), Entry::deleted(REALM.name(), "", id.as_str(), before)))
}

/// A change of one field.
fn updated(id: &ObjectId, field: &str, before: Value, after: Value) -> Entry {
    let of = |value| Map::from_iter([(field.to_owned(), value)]);
    Entry::updated(REALM.name(), "", id.as_str(), of(before), of(after))
}
