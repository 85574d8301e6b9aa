//! Objects as they are read, and the objects that a first start puts. How deep an object lies
//! changes no number of statements: the closure table holds everything around it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::definitions::{TypeRow, parsed};
use super::reach::{self, Lock};
use super::schema::{iot_devices, iot_domains, iot_location_ancestors as around, iot_objects, iot_types};
use super::users;
use crate::REALM;
use crate::domain::{
    AnyType, Area, Device, Domain, Kind, NewSite, NewSiteType, ObjectId, Site, User, first_overlap,
};
use crate::store::{InsertError, PutError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_objects)]
struct ObjectRow {
    id: String,
    domain_id: String,
    parent_id: Option<String>,
    type_id: String,
    name: String,
    attributes: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_devices)]
struct DeviceRow {
    object_id: String,
    gateway_id: Option<String>,
    account_id: Option<String>,
}

/// An object, something around it (or itself), and how far out that is.
type Within = (String, String, i32);

/// Keeps the objects of these ids where they are until the transaction ends, so that none of them
/// goes while somebody is given it: by a shared lock on the domains that they lie in. What is not
/// there when it is looked for counts as not there, even if it comes a moment later. SQLite has one
/// writer at a time and needs no more.
pub(super) fn hold(conn: &mut AnyConn, ids: &[String]) -> Result<Result<(), InsertError>, StoreError> {
    if ids.is_empty() || matches!(conn, AnyConn::Sqlite(_)) {
        return Ok(Ok(()));
    }
    let lie: Vec<(String, String)> = around::table
        .inner_join(iot_domains::table.on(iot_domains::id.eq(around::ancestor_id)))
        .filter(around::descendant_id.eq_any(ids))
        .select((around::descendant_id, iot_domains::id))
        .load(conn)?;
    let domains: BTreeSet<&String> = lie.iter().map(|(_, domain)| domain).collect();
    let mut held: HashSet<String> = HashSet::new();
    if let AnyConn::Postgres(conn) = conn {
        let rows = iot_domains::table.filter(iot_domains::id.eq_any(domains)).select(iot_domains::id);
        held.extend(rows.order(iot_domains::id).for_share().load::<String>(conn)?);
    }
    let there: HashSet<&String> =
        lie.iter().filter(|(_, domain)| held.contains(domain)).map(|(id, _)| id).collect();
    let missing = ids.iter().find(|id| !there.contains(id));
    Ok(missing.map_or(Ok(()), |id| Err(InsertError::UnknownArea(id.clone()))))
}

/// The same areas as [`resolve`], of which `held` says whether all were there when they were held.
pub(super) fn resolve_held(
    conn: &mut AnyConn,
    ids: &[String],
    held: Result<(), InsertError>,
    now_ms: i64,
) -> Result<Result<Vec<Area>, InsertError>, StoreError> {
    match held {
        Ok(()) => resolve(conn, ids, now_ms),
        Err(refused) => Ok(Err(refused)),
    }
}

/// The areas of these ids, in their order, if all are there and none lies within another.
pub(super) fn resolve(
    conn: &mut AnyConn,
    ids: &[String],
    now_ms: i64,
) -> Result<Result<Vec<Area>, InsertError>, StoreError> {
    if ids.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let within = within(conn, ids)?;
    let areas = load(conn, ids, now_ms)?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        match areas.get(id) {
            Some(area) => found.push(area.clone()),
            None => return Ok(Err(InsertError::UnknownArea(id.clone()))),
        }
    }
    let pairs = within.iter().map(|(inner, outer, _)| (inner.as_str(), outer.as_str()));
    Ok(match first_overlap(ids, pairs) {
        Some((one, other)) => Err(InsertError::Overlap(found[one].string(), found[other].string())),
        None => Ok(found),
    })
}

fn within(conn: &mut AnyConn, ids: &[String]) -> Result<Vec<Within>, StoreError> {
    let rows = around::table.filter(around::descendant_id.eq_any(ids));
    Ok(rows.select((around::descendant_id, around::ancestor_id, around::depth)).load(conn)?)
}

/// The objects of these ids, each with everything around it.
pub(super) fn load(
    conn: &mut AnyConn,
    wanted: &[String],
    now_ms: i64,
) -> Result<HashMap<String, Area>, StoreError> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let devices = Devices::load(conn, wanted, now_ms)?;
    // A device's gateway comes with it, and with everything around that.
    let ids: Vec<String> = wanted.iter().cloned().chain(devices.gateways()).collect();
    let ids = &ids;
    let within = within(conn, ids)?;
    let outer = || around::table.filter(around::descendant_id.eq_any(ids)).select(around::ancestor_id);
    let mut objects: Vec<ObjectRow> = iot_objects::table
        .filter(iot_objects::id.eq_any(outer()))
        .select(ObjectRow::as_select())
        .load(conn)?;
    let known: BTreeSet<&String> = objects.iter().map(|row| &row.type_id).collect();
    let types: Vec<TypeRow> =
        iot_types::table.filter(iot_types::id.eq_any(known)).select(TypeRow::as_select()).load(conn)?;
    // What is asked for may be a domain itself.
    let domains: BTreeSet<&String> = objects.iter().map(|row| &row.domain_id).chain(wanted).collect();
    let domains: Vec<(String, String)> = iot_domains::table
        .filter(iot_domains::id.eq_any(domains))
        .select((iot_domains::id, iot_domains::name))
        .load(conn)?;

    let domains: HashMap<String, Arc<Domain>> = domains
        .into_iter()
        .map(|(id, name)| (id.clone(), Arc::new(Domain { id: ObjectId::stored(id), name })))
        .collect();
    let types: HashMap<String, AnyType> =
        types.into_iter().map(|row| Ok((row.id.clone(), parsed(row)?))).collect::<Result<_, StoreError>>()?;

    // Outermost first: an enclosing site is farther from everything that both enclose. Devices
    // enclose nothing and come last, gateways before what stands behind them.
    let mut distance: HashMap<&str, i32> = HashMap::new();
    for (_, outer, depth) in &within {
        let farthest = distance.entry(outer).or_default();
        *farthest = (*farthest).max(*depth);
    }
    objects.sort_by_key(|row| {
        let is_device = matches!(types.get(&row.type_id), Some(AnyType::Device(_)));
        let far = distance.get(row.id.as_str()).copied().unwrap_or(0);
        (is_device, devices.gateway(&row.id).is_some(), -far)
    });
    let mut built: HashMap<String, Area> = HashMap::with_capacity(objects.len() + domains.len());
    for row in objects {
        let lost = |column, what: &str| inconsistent("iot_objects", column, &row.id, what.to_owned());
        let parent = match row.parent_id.as_ref().map(|id| built.get(id)) {
            None => None,
            Some(Some(Area::Site(site))) => Some(site.clone()),
            Some(_) => return Err(lost("parent_id", "not around it")),
        };
        let gateway = match devices.gateway(&row.id).map(|id| built.get(id)) {
            None => None,
            Some(Some(Area::Device(gateway))) => Some(gateway.clone()),
            Some(_) => return Err(lost("gateway_id", "no device")),
        };
        let domain = domains.get(&row.domain_id).ok_or_else(|| lost("domain_id", "not around it"))?.clone();
        let id = ObjectId::stored(row.id.clone());
        let attributes = read("iot_objects", "attributes", &row.id, &row.attributes)?;
        let object = match types.get(&row.type_id).ok_or_else(|| lost("type_id", "not there"))?.clone() {
            AnyType::Site(site_type) => Area::Site(Arc::new(Site {
                id,
                name: row.name,
                domain,
                parent,
                site_type,
                attributes,
                in_reach: true,
            })),
            AnyType::Device(device_type) => {
                let (account, connected) = devices.account(&row.id);
                let name = row.name;
                Area::Device(Arc::new(Device {
                    id,
                    name,
                    connected,
                    device_type,
                    attributes,
                    domain,
                    parent,
                    gateway,
                    account,
                    in_reach: true,
                }))
            }
        };
        built.insert(row.id, object);
    }
    built.extend(domains.into_iter().map(|(id, domain)| (id, Area::Domain(domain))));
    Ok(built)
}

/// What devices have besides, of those that are asked for and of their gateways.
struct Devices {
    rows: HashMap<String, DeviceRow>,
    accounts: HashMap<String, (Arc<User>, bool)>,
}

impl Devices {
    fn load(conn: &mut AnyConn, ids: &[String], now_ms: i64) -> Result<Self, StoreError> {
        let of = |conn: &mut AnyConn, ids: &[String]| -> Result<Vec<DeviceRow>, StoreError> {
            let rows = iot_devices::table.filter(iot_devices::object_id.eq_any(ids));
            Ok(rows.select(DeviceRow::as_select()).load(conn)?)
        };
        let mut rows = of(conn, ids)?;
        let gateways: Vec<String> = rows.iter().filter_map(|row| row.gateway_id.clone()).collect();
        if !gateways.is_empty() {
            rows.extend(of(conn, &gateways)?);
        }
        let accounts: Vec<String> = rows.iter().filter_map(|row| row.account_id.clone()).collect();
        let accounts = users::accounts(conn, &accounts, now_ms)?;
        Ok(Self { rows: rows.into_iter().map(|row| (row.object_id.clone(), row)).collect(), accounts })
    }

    fn gateways(&self) -> impl Iterator<Item = String> {
        self.rows.values().filter_map(|row| row.gateway_id.clone())
    }

    fn gateway(&self, id: &str) -> Option<&str> {
        self.rows.get(id)?.gateway_id.as_deref()
    }

    fn account(&self, id: &str) -> (Option<Arc<User>>, bool) {
        let account = self.rows.get(id).and_then(|row| self.accounts.get(row.account_id.as_ref()?));
        account.map_or((None, false), |(account, connected)| (Some(account.clone()), *connected))
    }
}

/// The areas of a stored user, in the order of their ids. A move may have put one into another.
pub(super) fn stored_areas(conn: &mut AnyConn, ids: &[String], now_ms: i64) -> Result<Vec<Area>, StoreError> {
    let areas = load(conn, ids, now_ms)?;
    let lost = |id: &String| inconsistent("iot_user_areas", "area_id", id, "not there".to_owned());
    ids.iter().map(|id| areas.get(id).cloned().ok_or_else(|| lost(id))).collect()
}

/// How many objects are looked up at once: databases bound the parameters of a statement.
const AT_ONCE: usize = 10_000;

/// The objects of these ids, which may be many, each with everything around it.
pub(super) fn areas_of(
    conn: &mut AnyConn,
    ids: &[String],
    now_ms: i64,
) -> Result<HashMap<String, Area>, StoreError> {
    let mut areas = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        areas.extend(load(conn, ids, now_ms)?);
    }
    Ok(areas)
}

pub(super) fn has_domain(conn: &mut AnyConn, name: &str) -> Result<bool, StoreError> {
    let domain = iot_domains::table.filter(iot_domains::name.eq(name));
    Ok(diesel::select(diesel::dsl::exists(domain)).get_result(conn)?)
}

pub(super) fn put_domain(
    conn: &mut AnyConn,
    domain: &Domain,
) -> Result<Outcome<Result<bool, PutError>>, StoreError> {
    let id = domain.id.as_str();
    if diesel::select(diesel::dsl::exists(iot_domains::table.find(id))).get_result(conn)? {
        return Ok(Outcome::Refuse(Ok(false)));
    }
    Ok(Outcome::Commit(Ok(true), insert_domain(conn, domain)?))
}

/// Stores a new domain; what the history is told of it.
pub(super) fn insert_domain(conn: &mut AnyConn, domain: &Domain) -> Result<Entry, StoreError> {
    let id = domain.id.as_str();
    diesel::insert_into(iot_domains::table)
        .values((iot_domains::id.eq(id), iot_domains::name.eq(&domain.name)))
        .execute(conn)?;
    lie(conn, id, None)?;
    let after = serde_json::json!({"name": domain.name});
    Ok(Entry::created(REALM.name(), id, id, after))
}

pub(super) fn put_site_type(
    conn: &mut AnyConn,
    new: &NewSiteType,
) -> Result<Outcome<Result<bool, PutError>>, StoreError> {
    let (site_type, domain) = (&new.site_type, new.domain_id.as_str());
    let id = site_type.id.as_str();
    if diesel::select(diesel::dsl::exists(iot_types::table.find(id))).get_result(conn)? {
        return Ok(Outcome::Refuse(Ok(false)));
    }
    if reach::domain_of_id(conn, domain, Lock::Share)?.is_none() {
        return Ok(Outcome::Refuse(Err(PutError::Unknown(new.domain_id.clone()))));
    }
    let definition = write("iot_types", "definition", id, &site_type.att_definition)?;
    diesel::insert_into(iot_types::table)
        .values((
            iot_types::id.eq(id),
            iot_types::domain_id.eq(domain),
            iot_types::name.eq(&site_type.name),
            iot_types::description.eq(&site_type.description),
            iot_types::definition.eq(definition),
            iot_types::kind.eq(Kind::Site.name()),
        ))
        .execute(conn)?;
    let after = serde_json::json!({
        "name": site_type.name,
        "description": site_type.description,
        "attDefinition": site_type.att_definition,
    });
    Ok(Outcome::Commit(Ok(true), Entry::created(REALM.name(), domain, id, after)))
}

pub(super) fn put_site(
    conn: &mut AnyConn,
    new: &NewSite,
) -> Result<Outcome<Result<bool, PutError>>, StoreError> {
    let id = new.id.as_str();
    if diesel::select(diesel::dsl::exists(iot_objects::table.find(id))).get_result(conn)? {
        return Ok(Outcome::Refuse(Ok(false)));
    }
    let no_type = || Ok(Outcome::Refuse(Err(PutError::Unknown(new.site_type_id.clone()))));
    let site_type =
        iot_types::table.find(new.site_type_id.as_str()).filter(iot_types::kind.eq(Kind::Site.name()));
    // A type stays in its domain.
    let domain: Option<String> = site_type.select(iot_types::domain_id).get_result(conn).optional()?;
    let Some(domain) = domain else { return no_type() };
    reach::domain_of_id(conn, &domain, Lock::Share)?;
    if !diesel::select(diesel::dsl::exists(site_type)).get_result(conn)? {
        return no_type();
    }
    if let Some(parent) = &new.parent_id {
        let parents = iot_objects::table
            .find(parent.as_str())
            .filter(iot_objects::domain_id.eq(&domain))
            .filter(iot_objects::kind.eq(Kind::Site.name()));
        if !diesel::select(diesel::dsl::exists(parents)).get_result(conn)? {
            return Ok(Outcome::Refuse(Err(PutError::Unknown(parent.clone()))));
        }
    }
    let parent = new.parent_id.as_ref().map(ObjectId::as_str);
    let location = parent.unwrap_or(&domain);
    diesel::insert_into(iot_objects::table)
        .values((
            iot_objects::id.eq(id),
            iot_objects::domain_id.eq(&domain),
            iot_objects::parent_id.eq(parent),
            iot_objects::location_id.eq(location),
            iot_objects::type_id.eq(new.site_type_id.as_str()),
            iot_objects::name.eq(&new.name),
            iot_objects::attributes.eq(write("iot_objects", "attributes", id, &new.attributes)?),
            iot_objects::kind.eq(Kind::Site.name()),
        ))
        .execute(conn)?;
    lie(conn, id, Some(location))?;
    let after = serde_json::json!({
        "name": new.name,
        "location": location,
        "siteType": new.site_type_id.as_str(),
        "attributes": new.attributes,
    });
    Ok(Outcome::Commit(Ok(true), Entry::created(REALM.name(), &domain, id, after)))
}

/// Lets the new object `id` lie in `location`, and so in everything around that.
pub(super) fn lie(conn: &mut AnyConn, id: &str, location: Option<&str>) -> Result<(), StoreError> {
    diesel::insert_into(around::table)
        .values((around::ancestor_id.eq(id), around::descendant_id.eq(id), around::depth.eq(0)))
        .execute(conn)?;
    if let Some(location) = location {
        diesel::sql_query(
            "INSERT INTO iot_location_ancestors (ancestor_id, descendant_id, depth) \
             SELECT ancestor_id, $1, depth + 1 FROM iot_location_ancestors WHERE descendant_id = $2",
        )
        .bind::<Text, _>(id)
        .bind::<Text, _>(location)
        .execute(conn)?;
    }
    Ok(())
}

pub(super) fn read<T: DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    id: &str,
    json: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| inconsistent(table, column, id, error.to_string()))
}

pub(super) fn write(
    table: &'static str,
    column: &'static str,
    id: &str,
    value: &impl Serialize,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| inconsistent(table, column, id, error.to_string()))
}

pub(super) fn inconsistent(table: &'static str, column: &'static str, id: &str, what: String) -> StoreError {
    StoreError::Inconsistent { table, column, id: id.to_owned(), what }
}
