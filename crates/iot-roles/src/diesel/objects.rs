//! Sites and devices as they are made, changed, moved and deleted.

use diesel::dsl::{exists, max};
use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_persistence::{AnyConn, Entry, StoreError};
use serde_json::{Map, Value, json};

use super::domains::demand_nobodys;
use super::lists::{Location, is_there, location};
use super::reach::{Lock, Stop, demand, enter, seen};
use super::schema::{iot_devices, iot_location_ancestors as around, iot_objects, iot_users};
use super::tree::{inconsistent, lie, load, write};
use super::{definitions, users};
use crate::REALM;
use crate::domain::{AnyType, Area, DEPTH_MAX, DataValue, Domain, Kind, Name, Named};
use crate::store::{Acting, Ground, NewObject, TreeError, TreeState};

/// A row of the journal and the object that it is about.
type Written = Option<(Area, Entry)>;

pub(super) fn ground(conn: &mut AnyConn, by: &Acting, ground: &Ground) -> Result<AnyType, Stop> {
    let domain = enter(conn, by, Lock::Look)?;
    stand(conn, by, &domain, ground).map(|(of, _)| of)
}

/// What an object stands on: its type, then its location, then its gateway.
fn stand(
    conn: &mut AnyConn,
    by: &Acting,
    domain: &Domain,
    ground: &Ground,
) -> Result<(AnyType, Location), Stop> {
    let of = definitions::named(conn, domain, ground.kind, &ground.type_name)?;
    let of = of.ok_or_else(|| {
        TreeError::Unknown(match ground.kind {
            Kind::Site => ground.type_name.clone(),
            Kind::Device => "device type".to_owned(),
        })
    })?;
    let location = location(conn, by, domain, &ground.location_id)?;
    if let Some(id) = &ground.gateway_id {
        if !is_there(conn, domain, Kind::Device, id)? {
            return Err(TreeError::Unknown(format!("gateway id:{id}")).into());
        }
        demand(conn, &by.reach, id)?;
        let behind = iot_devices::table.find(id).filter(iot_devices::gateway_id.is_not_null());
        if diesel::select(exists(behind)).get_result(conn)? {
            return Err(TreeState::GatewayBehindGateway.into());
        }
    }
    Ok((of, location))
}

/// How deep `id` lies in its domain.
fn depth(conn: &mut AnyConn, id: &str) -> Result<i32, StoreError> {
    let depth: Option<i32> =
        around::table.filter(around::descendant_id.eq(id)).select(max(around::depth)).get_result(conn)?;
    Ok(depth.unwrap_or(0))
}

pub(super) fn add(
    conn: &mut AnyConn,
    by: &Acting,
    new: NewObject,
    at_ms: i64,
) -> Result<Option<(Area, Vec<Entry>)>, Stop> {
    let mut entries = Vec::new();
    let domain = enter(conn, by, Lock::Share)?;
    let NewObject { id, name, ground, attributes, judged_by, account } = new;
    let (of, place) = stand(conn, by, &domain, &ground)?;
    if judged_by.is_some_and(|judged_by| judged_by != *of.id()) {
        return Err(TreeError::TypeChanged.into());
    }
    if depth(conn, &ground.location_id)? >= DEPTH_MAX {
        return Err(TreeState::TooDeep.into());
    }
    let parent = match place {
        Location::Domain => None,
        Location::Site => Some(ground.location_id.as_str()),
    };
    diesel::insert_into(iot_objects::table)
        .values((
            iot_objects::id.eq(id.as_str()),
            iot_objects::domain_id.eq(domain.id.as_str()),
            iot_objects::parent_id.eq(parent),
            iot_objects::location_id.eq(&ground.location_id),
            iot_objects::type_id.eq(of.id().as_str()),
            iot_objects::name.eq(name.as_str()),
            iot_objects::attributes.eq(write("iot_objects", "attributes", id.as_str(), &attributes)?),
            iot_objects::kind.eq(ground.kind.name()),
        ))
        .execute(conn)?;
    lie(conn, id.as_str(), Some(&ground.location_id))?;
    let mut after = Map::new();
    after.insert("name".to_owned(), name.as_str().into());
    after.insert("location".to_owned(), ground.location_id.as_str().into());
    after.insert(format!("{}Type", ground.kind.name()), of.id().as_str().into());
    after.insert("attributes".to_owned(), values(id.as_str(), &attributes)?);
    if ground.kind == Kind::Device {
        let account = match account {
            Some((user_id, user, password)) => {
                Some(users::insert(conn, user_id, user, Vec::new(), &password, at_ms)?)
            }
            None => None,
        };
        diesel::insert_into(iot_devices::table)
            .values((
                iot_devices::object_id.eq(id.as_str()),
                iot_devices::gateway_id.eq(ground.gateway_id.as_deref()),
                iot_devices::account_id.eq(account.as_ref().map(|account| account.id.as_str())),
            ))
            .execute(conn)?;
        if let Some(gateway) = &ground.gateway_id {
            after.insert("gateway".to_owned(), gateway.as_str().into());
        }
        if let Some(account) = &account {
            after.insert("deviceAccount".to_owned(), account.id.as_str().into());
            entries.push(users::created(account));
        }
    }
    entries.push(Entry::created(REALM.name(), domain.id.as_str(), id.as_str(), after.into()));
    Ok(Some((shown(conn, by, id.as_str(), at_ms)?, entries)))
}

fn values(id: &str, attributes: &Named<DataValue>) -> Result<Value, StoreError> {
    serde_json::to_value(attributes)
        .map_err(|error| inconsistent("iot_objects", "attributes", id, error.to_string()))
}

fn loaded(conn: &mut AnyConn, id: &str, now_ms: i64) -> Result<Area, StoreError> {
    let lost = || inconsistent("iot_objects", "id", id, "not there".to_owned());
    load(conn, &[id.to_owned()], now_ms)?.remove(id).ok_or_else(lost)
}

/// The object as the caller may see it.
fn shown(conn: &mut AnyConn, by: &Acting, id: &str, now_ms: i64) -> Result<Area, StoreError> {
    let object = loaded(conn, id, now_ms)?;
    let lost = || inconsistent("iot_objects", "id", id, "not there".to_owned());
    seen(conn, &by.reach, vec![object])?.pop().ok_or_else(lost)
}

/// The object, if it is there and within his reach; the domain is held.
fn held(
    conn: &mut AnyConn,
    by: &Acting,
    domain: &Domain,
    kind: Kind,
    id: &str,
    now_ms: i64,
) -> Result<Option<Area>, Stop> {
    if !is_there(conn, domain, kind, id)? {
        return Ok(None);
    }
    demand(conn, &by.reach, id)?;
    Ok(Some(loaded(conn, id, now_ms)?))
}

pub(super) fn rename(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    id: &str,
    name: &Name,
    now_ms: i64,
) -> Result<Written, Stop> {
    // Alone: of two renames the second has read what the first wrote.
    let domain = enter(conn, by, Lock::Alone)?;
    let Some(before) = held(conn, by, &domain, kind, id, now_ms)? else { return Ok(None) };
    diesel::update(iot_objects::table.find(id)).set(iot_objects::name.eq(name.as_str())).execute(conn)?;
    let old = match &before {
        Area::Domain(domain) => &domain.name,
        Area::Site(site) => &site.name,
        Area::Device(device) => &device.name,
    };
    let named = |name: &str| Map::from_iter([("name".to_owned(), name.into())]);
    let entry = Entry::updated(REALM.name(), domain.id.as_str(), id, named(old), named(name.as_str()));
    Ok(Some((shown(conn, by, id, now_ms)?, entry)))
}

pub(super) fn set_attributes(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    id: &str,
    attributes: &Named<DataValue>,
    now_ms: i64,
) -> Result<Written, Stop> {
    let domain = enter(conn, by, Lock::Alone)?;
    let Some(before) = held(conn, by, &domain, kind, id, now_ms)? else { return Ok(None) };
    let json = write("iot_objects", "attributes", id, attributes)?;
    diesel::update(iot_objects::table.find(id)).set(iot_objects::attributes.eq(json)).execute(conn)?;
    let none = Named::new();
    let old = match &before {
        Area::Domain(_) => &none,
        Area::Site(site) => &site.attributes,
        Area::Device(device) => &device.attributes,
    };
    let wrapped = |value: Value| Map::from_iter([("attributes".to_owned(), value)]);
    let (old, new) = (wrapped(values(id, old)?), wrapped(values(id, attributes)?));
    let entry = Entry::updated(REALM.name(), domain.id.as_str(), id, old, new);
    Ok(Some((shown(conn, by, id, now_ms)?, entry)))
}

pub(super) fn relocate(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    id: &str,
    to: &str,
    now_ms: i64,
) -> Result<Written, Stop> {
    let domain = enter(conn, by, Lock::Alone)?;
    if held(conn, by, &domain, kind, id, now_ms)?.is_none() {
        return Ok(None);
    }
    let parent = match location(conn, by, &domain, to)? {
        Location::Domain => None,
        Location::Site => Some(to),
    };
    let object = iot_objects::table.find(id);
    let from: String = object.select(iot_objects::location_id).get_result(conn)?;
    // Users with reach of its location would lose it: so that takes reach of the location too.
    demand(conn, &by.reach, &from)?;
    let inside = around::table.find((id, to));
    if diesel::select(exists(inside)).get_result(conn)? {
        return Err(TreeState::Cycle.into());
    }
    let height: Option<i32> =
        around::table.filter(around::ancestor_id.eq(id)).select(max(around::depth)).get_result(conn)?;
    if depth(conn, to)? + 1 + height.unwrap_or(0) > DEPTH_MAX {
        return Err(TreeState::TooDeep.into());
    }
    diesel::update(object)
        .set((iot_objects::parent_id.eq(parent), iot_objects::location_id.eq(to)))
        .execute(conn)?;
    carry(conn, id, to)?;
    let lies = |location: &str| Map::from_iter([("location".to_owned(), location.into())]);
    let entry = Entry::updated(REALM.name(), domain.id.as_str(), id, lies(&from), lies(to));
    Ok(Some((shown(conn, by, id, now_ms)?, entry)))
}

/// Carries `id`, with all that lies in it, into `to`: two statements, however much that is.
fn carry(conn: &mut AnyConn, id: &str, to: &str) -> Result<(), StoreError> {
    // What lay around it lies no more around anything in it.
    diesel::sql_query(
        "DELETE FROM iot_location_ancestors \
         WHERE descendant_id IN (SELECT descendant_id FROM iot_location_ancestors WHERE ancestor_id = $1) \
         AND ancestor_id IN (SELECT ancestor_id FROM iot_location_ancestors \
                             WHERE descendant_id = $1 AND ancestor_id <> $1)",
    )
    .bind::<Text, _>(id)
    .execute(conn)?;
    // What lies around `to`, and it, now lies around everything in it.
    diesel::sql_query(
        "INSERT INTO iot_location_ancestors (ancestor_id, descendant_id, depth) \
         SELECT outward.ancestor_id, inward.descendant_id, outward.depth + inward.depth + 1 \
         FROM iot_location_ancestors outward CROSS JOIN iot_location_ancestors inward \
         WHERE outward.descendant_id = $1 AND inward.ancestor_id = $2",
    )
    .bind::<Text, _>(to)
    .bind::<Text, _>(id)
    .execute(conn)?;
    Ok(())
}

pub(super) fn delete(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    id: &str,
    now_ms: i64,
) -> Result<Option<((), Vec<Entry>)>, Stop> {
    let domain = enter(conn, by, Lock::Alone)?;
    hold_account(conn, id)?;
    if !is_there(conn, &domain, kind, id)? {
        return Ok(None);
    }
    let location: String = iot_objects::table.find(id).select(iot_objects::location_id).get_result(conn)?;
    demand(conn, &by.reach, &location)?;
    let object = loaded(conn, id, now_ms)?;
    let inside = iot_objects::table.filter(iot_objects::location_id.eq(id));
    if diesel::select(exists(inside)).get_result(conn)? {
        return Err(TreeState::SiteNotEmpty.into());
    }
    let behind = iot_devices::table.filter(iot_devices::gateway_id.eq(id));
    if diesel::select(exists(behind)).get_result(conn)? {
        return Err(TreeState::GatewayInUse.into());
    }
    demand_nobodys(conn, id, &object.string())?;

    let mut before = Map::new();
    let attributes = match &object {
        Area::Domain(_) => Value::Null,
        Area::Site(site) => {
            before.insert("name".to_owned(), site.name.as_str().into());
            values(id, &site.attributes)?
        }
        Area::Device(device) => {
            before.insert("name".to_owned(), device.name.as_str().into());
            if let Some(account) = &device.account {
                before.insert("deviceAccount".to_owned(), account.id.as_str().into());
            }
            values(id, &device.attributes)?
        }
    };
    before.insert("location".to_owned(), json!(location));
    before.insert("attributes".to_owned(), attributes);
    diesel::delete(iot_devices::table.find(id)).execute(conn)?;
    let mut entries = Vec::new();
    if let Area::Device(device) = &object
        && let Some(account) = &device.account
    {
        entries.extend(users::delete_accounts(conn, &[account.id.to_string()])?);
    }
    diesel::delete(around::table.filter(around::descendant_id.eq(id))).execute(conn)?;
    diesel::delete(iot_objects::table.find(id)).execute(conn)?;
    entries.push(Entry::deleted(REALM.name(), domain.id.as_str(), id, before));
    Ok(Some(((), entries)))
}

fn hold_account(conn: &mut AnyConn, id: &str) -> Result<(), StoreError> {
    if let AnyConn::Postgres(conn) = conn {
        let account = iot_devices::table.find(id).select(iot_devices::account_id);
        if let Some(account) = account.get_result::<Option<String>>(conn).optional()?.flatten() {
            let user = iot_users::table.find(account).select(iot_users::id);
            user.for_update().get_result::<String>(conn).optional()?;
        }
    }
    Ok(())
}
