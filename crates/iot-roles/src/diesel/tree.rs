//! Domains, site types, sites. How deep an object lies changes no number of statements: the
//! closure table holds everything around it.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_persistence::{AnyConn, Entry, Outcome, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::schema::{iot_domains, iot_location_ancestors as around, iot_site_types, iot_sites};
use crate::REALM;
use crate::domain::{Area, Domain, NewSite, NewSiteType, ObjectId, Site, SiteType, first_overlap};
use crate::store::{InsertError, PutError};

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_domains)]
struct DomainRow {
    id: String,
    name: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_site_types)]
struct SiteTypeRow {
    id: String,
    name: String,
    description: Option<String>,
    att_definition: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_sites)]
struct SiteRow {
    id: String,
    domain_id: String,
    parent_id: Option<String>,
    site_type_id: String,
    name: String,
    attributes: String,
}

/// An object, something around it (or itself), and how far out that is.
type Within = (String, String, i32);

/// Keeps the objects of these ids where they are until the transaction ends, so that none of them
/// goes while somebody is given it. SQLite has one writer at a time and needs no more.
pub(super) fn hold(conn: &mut AnyConn, ids: &[String]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    if let AnyConn::Postgres(conn) = conn {
        let domains = iot_domains::table.filter(iot_domains::id.eq_any(ids)).select(iot_domains::id);
        domains.order(iot_domains::id).for_share().load::<String>(conn)?;
        let sites = iot_sites::table.filter(iot_sites::id.eq_any(ids)).select(iot_sites::id);
        sites.order(iot_sites::id).for_share().load::<String>(conn)?;
    }
    Ok(())
}

/// The areas of these ids, in their order, if all are there and none lies within another.
pub(super) fn resolve(
    conn: &mut AnyConn,
    ids: &[String],
) -> Result<Result<Vec<Area>, InsertError>, StoreError> {
    if ids.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let within = within(conn, ids)?;
    let areas = load(conn, ids, &within)?;
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
fn load(conn: &mut AnyConn, ids: &[String], within: &[Within]) -> Result<HashMap<String, Area>, StoreError> {
    let outer = || around::table.filter(around::descendant_id.eq_any(ids)).select(around::ancestor_id);
    let domains: Vec<DomainRow> = iot_domains::table
        .filter(iot_domains::id.eq_any(outer()))
        .select(DomainRow::as_select())
        .load(conn)?;
    let site_types: Vec<SiteTypeRow> = iot_site_types::table
        .inner_join(iot_sites::table.on(iot_sites::site_type_id.eq(iot_site_types::id)))
        .filter(iot_sites::id.eq_any(outer()))
        .select(SiteTypeRow::as_select())
        .distinct()
        .load(conn)?;
    let mut sites: Vec<SiteRow> =
        iot_sites::table.filter(iot_sites::id.eq_any(outer())).select(SiteRow::as_select()).load(conn)?;

    let domains: HashMap<String, Arc<Domain>> = domains
        .into_iter()
        .map(|row| (row.id.clone(), Arc::new(Domain { id: ObjectId::stored(row.id), name: row.name })))
        .collect();
    let mut types = HashMap::with_capacity(site_types.len());
    for row in site_types {
        let att_definition = read("iot_site_types", "att_definition", &row.id, &row.att_definition)?;
        let (id, name) = (ObjectId::stored(row.id.clone()), row.name);
        let site_type = SiteType { id, name, description: row.description, att_definition };
        types.insert(row.id, Arc::new(site_type));
    }

    // Outermost first: an enclosing site is farther from everything that both enclose.
    let mut distance: HashMap<&str, i32> = HashMap::new();
    for (_, outer, depth) in within {
        let farthest = distance.entry(outer).or_default();
        *farthest = (*farthest).max(*depth);
    }
    sites.sort_by_key(|row| std::cmp::Reverse(distance.get(row.id.as_str()).copied().unwrap_or(0)));
    let mut built: HashMap<String, Arc<Site>> = HashMap::with_capacity(sites.len());
    for row in sites {
        let lost = |column, what: &str| inconsistent("iot_sites", column, &row.id, what.to_owned());
        let parent = match &row.parent_id {
            None => None,
            Some(id) => Some(built.get(id).cloned().ok_or_else(|| lost("parent_id", "not around it"))?),
        };
        let domain = domains.get(&row.domain_id).ok_or_else(|| lost("domain_id", "not around it"))?;
        let site_type = types.get(&row.site_type_id).ok_or_else(|| lost("site_type_id", "not there"))?;
        let site = Site {
            id: ObjectId::stored(row.id.clone()),
            domain: domain.clone(),
            parent,
            site_type: site_type.clone(),
            attributes: read("iot_sites", "attributes", &row.id, &row.attributes)?,
            name: row.name,
        };
        built.insert(row.id, Arc::new(site));
    }
    let domains = domains.into_iter().map(|(id, domain)| (id, Area::Domain(domain)));
    Ok(domains.chain(built.into_iter().map(|(id, site)| (id, Area::Site(site)))).collect())
}

/// The areas of a stored user, in the order of their ids.
pub(super) fn stored_areas(conn: &mut AnyConn, ids: &[String]) -> Result<Vec<Area>, StoreError> {
    match resolve(conn, ids)? {
        Ok(areas) => Ok(areas),
        Err(error) => Err(inconsistent("iot_user_areas", "area_id", &ids.join(","), error.to_string())),
    }
}

/// How many objects are looked up at once: databases bound the parameters of a statement.
const AT_ONCE: usize = 10_000;

/// The objects of these ids, which may be many, each with everything around it.
pub(super) fn areas_of(conn: &mut AnyConn, ids: &[String]) -> Result<HashMap<String, Area>, StoreError> {
    let mut areas = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        let within = within(conn, ids)?;
        areas.extend(load(conn, ids, &within)?);
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
    diesel::insert_into(iot_domains::table)
        .values((iot_domains::id.eq(id), iot_domains::name.eq(&domain.name)))
        .execute(conn)?;
    lie(conn, id, None)?;
    let after = serde_json::json!({"name": domain.name});
    Ok(Outcome::Commit(Ok(true), Entry::created(REALM.name(), id, id, after)))
}

pub(super) fn put_site_type(
    conn: &mut AnyConn,
    new: &NewSiteType,
) -> Result<Outcome<Result<bool, PutError>>, StoreError> {
    let (site_type, domain) = (&new.site_type, new.domain_id.as_str());
    let id = site_type.id.as_str();
    if diesel::select(diesel::dsl::exists(iot_site_types::table.find(id))).get_result(conn)? {
        return Ok(Outcome::Refuse(Ok(false)));
    }
    if !diesel::select(diesel::dsl::exists(iot_domains::table.find(domain))).get_result(conn)? {
        return Ok(Outcome::Refuse(Err(PutError::Unknown(new.domain_id.clone()))));
    }
    let att_definition = write("iot_site_types", "att_definition", id, &site_type.att_definition)?;
    diesel::insert_into(iot_site_types::table)
        .values((
            iot_site_types::id.eq(id),
            iot_site_types::domain_id.eq(domain),
            iot_site_types::name.eq(&site_type.name),
            iot_site_types::description.eq(&site_type.description),
            iot_site_types::att_definition.eq(att_definition),
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
    if diesel::select(diesel::dsl::exists(iot_sites::table.find(id))).get_result(conn)? {
        return Ok(Outcome::Refuse(Ok(false)));
    }
    let site_type = iot_site_types::table.find(new.site_type_id.as_str());
    let domain: Option<String> = site_type.select(iot_site_types::domain_id).first(conn).optional()?;
    let Some(domain) = domain else {
        return Ok(Outcome::Refuse(Err(PutError::Unknown(new.site_type_id.clone()))));
    };
    if let Some(parent) = &new.parent_id {
        let parents = iot_sites::table.find(parent.as_str()).filter(iot_sites::domain_id.eq(&domain));
        if !diesel::select(diesel::dsl::exists(parents)).get_result(conn)? {
            return Ok(Outcome::Refuse(Err(PutError::Unknown(parent.clone()))));
        }
    }
    let parent = new.parent_id.as_ref().map(ObjectId::as_str);
    let location = parent.unwrap_or(&domain);
    diesel::insert_into(iot_sites::table)
        .values((
            iot_sites::id.eq(id),
            iot_sites::domain_id.eq(&domain),
            iot_sites::parent_id.eq(parent),
            iot_sites::location_id.eq(location),
            iot_sites::site_type_id.eq(new.site_type_id.as_str()),
            iot_sites::name.eq(&new.name),
            iot_sites::attributes.eq(write("iot_sites", "attributes", id, &new.attributes)?),
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
fn lie(conn: &mut AnyConn, id: &str, location: Option<&str>) -> Result<(), StoreError> {
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

fn read<T: DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    id: &str,
    json: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| inconsistent(table, column, id, error.to_string()))
}

fn write(
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
