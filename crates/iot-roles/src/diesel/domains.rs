//! Domains.

use diesel::prelude::*;
use roster_persistence::{AnyConn, Entry, StoreError};
use serde_json::{Map, Value, json};

use super::reach::{self, Lock, Stop, touches};
use super::schema::{
    iot_devices, iot_domains, iot_location_ancestors as around, iot_objects, iot_types, iot_user_areas,
    iot_users,
};
use super::{sessions, users};
use crate::REALM;
use crate::domain::{Domain, Kind, Name, ObjectId, PAGE_SIZE_MAX};
use crate::store::{DomainKey, Reach, TreeError, TreeState};

pub(super) fn one(conn: &mut AnyConn, reach: &Reach, key: &DomainKey) -> Result<Option<Domain>, Stop> {
    let found = match key {
        DomainKey::Id(id) => reach::domain_of_id(conn, id, Lock::Look)?,
        DomainKey::Name(name) => reach::domain_of_name(conn, name, Lock::Look)?,
    };
    match found {
        Some(domain) if !touches(conn, reach, domain.id.as_str())? => Err(TreeError::OutOfReach.into()),
        found => Ok(found),
    }
}

pub(super) fn all(conn: &mut AnyConn, reach: &Reach) -> Result<Vec<Domain>, Stop> {
    let mut domains = iot_domains::table.select((iot_domains::id, iot_domains::name)).into_boxed();
    if let Reach::AreasOf(user) = reach {
        let areas = iot_user_areas::table
            .inner_join(around::table.on(around::descendant_id.eq(iot_user_areas::area_id)))
            .filter(iot_user_areas::user_id.eq(user.as_str()))
            .select(around::ancestor_id);
        // From his areas outwards: there may be any number of domains that are others'.
        domains = domains.filter(iot_domains::id.eq_any(areas));
    }
    let rows: Vec<(String, String)> =
        domains.order((iot_domains::name, iot_domains::id)).limit(i64::from(PAGE_SIZE_MAX)).load(conn)?;
    Ok(rows.into_iter().map(|(id, name)| Domain { id: ObjectId::stored(id), name }).collect())
}

pub(super) fn rename(conn: &mut AnyConn, id: &str, name: &Name) -> Result<Option<(Domain, Entry)>, Stop> {
    let Some(before) = reach::domain_of_id(conn, id, Lock::Alone)? else { return Ok(None) };
    diesel::update(iot_domains::table.find(id)).set(iot_domains::name.eq(name.as_str())).execute(conn)?;
    if before.name != name.as_str() {
        sessions::end_of_domain(conn, &before.name)?;
    }
    let entry = Entry::updated(REALM.name(), id, id, named(&before.name), named(name.as_str()));
    Ok(Some((Domain { name: name.as_str().to_owned(), ..before }, entry)))
}

fn named(name: &str) -> Map<String, Value> {
    Map::from_iter([("name".to_owned(), name.into())])
}

pub(super) fn delete(conn: &mut AnyConn, id: &str) -> Result<Option<((), Vec<Entry>)>, Stop> {
    let Some(domain) = reach::domain_of_id(conn, id, Lock::Alone)? else { return Ok(None) };
    hold_accounts(conn, id)?;
    demand_nobodys(conn, id, &domain.name)?;

    let of_kind = |conn: &mut AnyConn, kind: Kind| -> Result<i64, StoreError> {
        let objects = iot_objects::table.filter(iot_objects::domain_id.eq(id));
        Ok(objects.filter(iot_objects::kind.eq(kind.name())).count().get_result(conn)?)
    };
    let (sites, devices) = (of_kind(conn, Kind::Site)?, of_kind(conn, Kind::Device)?);
    let objects = || iot_objects::table.filter(iot_objects::domain_id.eq(id)).select(iot_objects::id);
    let accounts: Vec<Option<String>> = iot_devices::table
        .filter(iot_devices::object_id.eq_any(objects()))
        .filter(iot_devices::account_id.is_not_null())
        .select(iot_devices::account_id)
        .load(conn)?;
    let accounts: Vec<String> = accounts.into_iter().flatten().collect();
    diesel::delete(iot_devices::table.filter(iot_devices::object_id.eq_any(objects()))).execute(conn)?;
    let mut entries = Vec::new();
    // SQLite binds 32,766 values at the most.
    for accounts in accounts.chunks(10_000) {
        entries.extend(users::delete_accounts(conn, accounts)?);
    }
    diesel::sql_query(
        "DELETE FROM iot_location_ancestors WHERE descendant_id IN \
         (SELECT descendant_id FROM iot_location_ancestors WHERE ancestor_id = $1)",
    )
    .bind::<diesel::sql_types::Text, _>(id)
    .execute(conn)?;
    diesel::delete(iot_objects::table.filter(iot_objects::domain_id.eq(id))).execute(conn)?;
    diesel::delete(iot_types::table.filter(iot_types::domain_id.eq(id))).execute(conn)?;
    diesel::delete(iot_domains::table.find(id)).execute(conn)?;
    sessions::end_of_domain(conn, &domain.name)?;
    // One record for all sites and devices: there may be many thousands. Accounts are somebody's.
    let mut before = named(&domain.name);
    before.insert("sites".to_owned(), json!(sites));
    before.insert("devices".to_owned(), json!(devices));
    entries.push(Entry::deleted(REALM.name(), id, id, before));
    Ok(Some(((), entries)))
}

fn hold_accounts(conn: &mut AnyConn, id: &str) -> Result<(), StoreError> {
    if let AnyConn::Postgres(conn) = conn {
        let objects = iot_objects::table.filter(iot_objects::domain_id.eq(id)).select(iot_objects::id);
        let accounts = iot_devices::table
            .filter(iot_devices::object_id.eq_any(objects))
            .filter(iot_devices::account_id.is_not_null())
            .select(iot_devices::account_id.assume_not_null());
        let users = iot_users::table.filter(iot_users::id.eq_any(accounts)).select(iot_users::id);
        users.order(iot_users::id).for_update().load::<String>(conn)?;
    }
    Ok(())
}

/// Nobody's area is the object `id`, called `object`, or lies within it.
pub(super) fn demand_nobodys(conn: &mut AnyConn, id: &str, object: &str) -> Result<(), Stop> {
    let username: Option<String> = iot_user_areas::table
        .inner_join(around::table.on(around::descendant_id.eq(iot_user_areas::area_id)))
        .inner_join(iot_users::table.on(iot_users::id.eq(iot_user_areas::user_id)))
        .filter(around::ancestor_id.eq(id))
        .order(iot_users::username)
        .select(iot_users::username)
        .first(conn)
        .optional()?;
    match username {
        Some(username) => Err(TreeState::Access { username, object: object.to_owned() }.into()),
        None => Ok(()),
    }
}
