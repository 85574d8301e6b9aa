//! Sites and devices as they are looked up.

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_persistence::{AnyConn, StoreError};

use super::reach::{Lock, Stop, demand, enter, reaches, seen};
use super::schema::{
    iot_devices, iot_domains, iot_location_ancestors as around, iot_objects, iot_user_areas, iot_users,
};
use super::tree::load;
use crate::domain::{Area, Domain, Kind, Listed, ObjectId, PAGE_SIZE_MAX, PageRequest};
use crate::store::{Acting, ObjectFilter, Reach};

diesel::define_sql_function! {
    /// Case counts on both databases, as it does not in SQLite's `LIKE`.
    fn replace(text: Text, from: Text, to: Text) -> Text;
}

/// The objects of a domain narrowed down to what a list shows, for a count and for a page.
macro_rules! shown {
    ($domain:expr, $by:expr, $kind:expr, $filter:expr) => {{
        let mut objects = iot_objects::table
            .filter(iot_objects::domain_id.eq($domain.id.as_str()))
            .filter(iot_objects::kind.eq($kind.name()))
            .into_boxed();
        if let Reach::AreasOf(user) = &$by.reach {
            objects = objects.filter(exists(areas_around!(user)));
        }
        if let Some(location) = &$filter.location_id {
            objects = objects.filter(iot_objects::location_id.eq(location));
        }
        if let Some(of) = &$filter.type_id {
            objects = objects.filter(iot_objects::type_id.eq(of));
        }
        if let Some(name) = &$filter.name {
            objects = objects.filter(replace(iot_objects::name, name, "").ne(iot_objects::name));
        }
        objects
    }};
}

/// The areas of `user` that an object lies within: the predicate of [`reaches`], for many objects.
macro_rules! areas_around {
    ($user:expr) => {
        around::table
            .inner_join(iot_user_areas::table.on(iot_user_areas::area_id.eq(around::ancestor_id)))
            .filter(around::descendant_id.eq(iot_objects::id))
            .filter(iot_user_areas::user_id.eq($user.as_str()))
    };
}

pub(super) fn count(conn: &mut AnyConn, by: &Acting, kind: Kind, filter: &ObjectFilter) -> Result<i64, Stop> {
    let domain = enter(conn, by, Lock::Look)?;
    Ok(shown!(domain, by, kind, filter).select(count_star()).get_result(conn)?)
}

pub(super) fn list(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    filter: &ObjectFilter,
    page: PageRequest,
    now_ms: i64,
) -> Result<Listed<Area>, Stop> {
    let domain = enter(conn, by, Lock::Look)?;
    let total: i64 = shown!(domain, by, kind, filter).select(count_star()).get_result(conn)?;
    let ids: Vec<String> = shown!(domain, by, kind, filter)
        .order(iot_objects::id.desc())
        .limit(i64::from(page.size))
        .offset(page.offset())
        .select(iot_objects::id)
        .load(conn)?;
    let content = in_order(conn, &ids, now_ms)?;
    Ok(Listed { content: seen(conn, &by.reach, content)?, total })
}

/// The objects of these ids, which are there, in this order.
fn in_order(conn: &mut AnyConn, ids: &[String], now_ms: i64) -> Result<Vec<Area>, StoreError> {
    let mut objects = load(conn, ids, now_ms)?;
    Ok(ids.iter().filter_map(|id| objects.remove(id)).collect())
}

pub(super) fn one(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    id: &str,
    now_ms: i64,
) -> Result<Option<Area>, Stop> {
    let domain = enter(conn, by, Lock::Look)?;
    if !is_there(conn, &domain, kind, id)? {
        return Ok(None);
    }
    demand(conn, &by.reach, id)?;
    let found = load(conn, &[id.to_owned()], now_ms)?.remove(id);
    Ok(seen(conn, &by.reach, found.into_iter().collect())?.pop())
}

/// Whether the domain has an object of this kind and id.
pub(super) fn is_there(
    conn: &mut AnyConn,
    domain: &Domain,
    kind: Kind,
    id: &str,
) -> Result<bool, StoreError> {
    let object = iot_objects::table
        .find(id)
        .filter(iot_objects::domain_id.eq(domain.id.as_str()))
        .filter(iot_objects::kind.eq(kind.name()));
    Ok(diesel::select(exists(object)).get_result(conn)?)
}

pub(super) fn sites_of(conn: &mut AnyConn, user: &ObjectId, now_ms: i64) -> Result<Vec<Area>, Stop> {
    // From his areas inwards: there may be any number of sites that are others'.
    let within = around::table
        .inner_join(iot_user_areas::table.on(iot_user_areas::area_id.eq(around::ancestor_id)))
        .filter(iot_user_areas::user_id.eq(user.as_str()))
        .select(around::descendant_id);
    let ids: Vec<String> = iot_objects::table
        .filter(iot_objects::kind.eq(Kind::Site.name()))
        .filter(iot_objects::id.eq_any(within))
        .order(iot_objects::id)
        .limit(i64::from(PAGE_SIZE_MAX))
        .select(iot_objects::id)
        .load(conn)?;
    let sites = in_order(conn, &ids, now_ms)?;
    Ok(seen(conn, &Reach::AreasOf(user.clone()), sites)?)
}

pub(super) fn lies_within(conn: &mut AnyConn, user: &ObjectId, id: &str) -> Result<Option<bool>, Stop> {
    // Everything that is there lies in itself.
    let there = around::table.find((id, id));
    if !diesel::select(exists(there)).get_result::<bool>(conn)? {
        return Ok(None);
    }
    Ok(Some(reaches(conn, &Reach::AreasOf(user.clone()), id)?))
}

pub(super) fn device_of(conn: &mut AnyConn, user: &ObjectId, now_ms: i64) -> Result<Option<Area>, Stop> {
    let device = iot_devices::table.filter(iot_devices::account_id.eq(user.as_str()));
    let id: Option<String> = device.select(iot_devices::object_id).get_result(conn).optional()?;
    let Some(id) = id else { return Ok(None) };
    Ok(load(conn, std::slice::from_ref(&id), now_ms)?.remove(&id))
}

pub(super) fn device_named(
    conn: &mut AnyConn,
    by: &Acting,
    username: &str,
    now_ms: i64,
) -> Result<Option<Area>, Stop> {
    let id: Option<String> = iot_devices::table
        .inner_join(iot_users::table.on(iot_devices::account_id.eq(iot_users::id.nullable())))
        .filter(iot_users::username.eq(username))
        .select(iot_devices::object_id)
        .get_result(conn)
        .optional()?;
    match id {
        Some(id) => one(conn, by, Kind::Device, &id, now_ms),
        None => enter(conn, by, Lock::Look).map(|_| None),
    }
}

/// Where something is to lie: the domain itself, or a site of it.
pub(super) enum Location {
    Domain,
    Site,
}

/// Judges the location of this id: that it is there, in the domain, and within his reach.
pub(super) fn location(conn: &mut AnyConn, by: &Acting, domain: &Domain, id: &str) -> Result<Location, Stop> {
    use crate::store::TreeError;
    let unknown = || TreeError::Unknown(format!("location id:{id}"));
    let elsewhere = || TreeError::Unknown("location".to_owned());
    let found = if id == domain.id.as_str() {
        Location::Domain
    } else {
        let site = iot_objects::table.find(id).filter(iot_objects::kind.eq(Kind::Site.name()));
        let lies_in: Option<String> = site.select(iot_objects::domain_id).get_result(conn).optional()?;
        match lies_in {
            Some(lies_in) if lies_in == domain.id.as_str() => Location::Site,
            Some(_) => return Err(elsewhere().into()),
            None if diesel::select(exists(iot_domains::table.find(id))).get_result(conn)? => {
                return Err(elsewhere().into());
            }
            None => return Err(unknown().into()),
        }
    };
    demand(conn, &by.reach, id)?;
    Ok(found)
}
