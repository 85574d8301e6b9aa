//! Types of sites and of devices.

use std::sync::Arc;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use roster_persistence::{AnyConn, Entry, StoreError};
use serde_json::{Map, Value, json};

use super::reach::{Lock, Stop, demand, enter};
use super::schema::{iot_objects, iot_types};
use super::tree::{inconsistent, read, write};
use crate::REALM;
use crate::domain::{
    AnyType, DEFINITION_MAX, Definition, DeviceDefinition, DeviceType, Domain, Kind, Listed, Name, Named,
    ObjectId, PageRequest, SiteType, Typed,
};
use crate::store::{Acting, DefinitionEdit, NewType, TreeError, TreeState};

#[derive(Queryable, Selectable)]
#[diesel(table_name = iot_types)]
pub(super) struct TypeRow {
    pub(super) id: String,
    name: String,
    description: Option<String>,
    definition: String,
    kind: String,
}

pub(super) fn parsed(row: TypeRow) -> Result<AnyType, StoreError> {
    let TypeRow { id: text, name, description, definition, kind } = row;
    let id = ObjectId::stored(text.clone());
    match Kind::named(&kind) {
        Some(Kind::Site) => {
            let att_definition = read("iot_types", "definition", &text, &definition)?;
            Ok(AnyType::Site(Arc::new(SiteType { id, name, description, att_definition })))
        }
        Some(Kind::Device) => {
            let definition = read("iot_types", "definition", &text, &definition)?;
            Ok(AnyType::Device(Arc::new(DeviceType { id, name, description, definition })))
        }
        None => Err(inconsistent("iot_types", "kind", &text, kind)),
    }
}

pub(super) fn add(conn: &mut AnyConn, by: &Acting, new: NewType) -> Result<Option<(Typed, Entry)>, Stop> {
    let domain = enter(conn, by, Lock::Share)?;
    demand(conn, &by.reach, domain.id.as_str())?;
    let NewType { id, name, description, definition } = new;
    let (kind, json) = match &definition {
        Definition::Site(definition) => {
            (Kind::Site, write("iot_types", "definition", id.as_str(), definition)?)
        }
        Definition::Device(definition) => {
            (Kind::Device, write("iot_types", "definition", id.as_str(), definition)?)
        }
    };
    diesel::insert_into(iot_types::table)
        .values((
            iot_types::id.eq(id.as_str()),
            iot_types::domain_id.eq(domain.id.as_str()),
            iot_types::name.eq(name.as_str()),
            iot_types::description.eq(&description),
            iot_types::definition.eq(json),
            iot_types::kind.eq(kind.name()),
        ))
        .execute(conn)?;
    let name = name.into_inner();
    let of = match definition {
        Definition::Site(att_definition) => {
            AnyType::Site(Arc::new(SiteType { id, name, description, att_definition }))
        }
        Definition::Device(definition) => {
            AnyType::Device(Arc::new(DeviceType { id, name, description, definition }))
        }
    };
    let after = Value::from(values(&of)?);
    let entry = Entry::created(REALM.name(), domain.id.as_str(), of.id().as_str(), after);
    Ok(Some((Typed { of, domain: Arc::new(domain) }, entry)))
}

/// What the journal keeps of a type.
fn values(of: &AnyType) -> Result<Map<String, Value>, StoreError> {
    let (name, description, definition) = match of {
        AnyType::Site(of) => (&of.name, &of.description, serde_json::to_value(&of.att_definition)),
        AnyType::Device(of) => (&of.name, &of.description, serde_json::to_value(&of.definition)),
    };
    let broken = |error: serde_json::Error| {
        inconsistent("iot_types", "definition", of.id().as_str(), error.to_string())
    };
    let definition = definition.map_err(broken)?;
    Ok(Map::from_iter([
        ("name".to_owned(), json!(name)),
        ("description".to_owned(), json!(description)),
        ("definition".to_owned(), definition),
    ]))
}

fn find(conn: &mut AnyConn, domain: &Domain, kind: Kind, id: &str) -> Result<Option<AnyType>, StoreError> {
    let row: Option<TypeRow> = iot_types::table
        .find(id)
        .filter(iot_types::domain_id.eq(domain.id.as_str()))
        .filter(iot_types::kind.eq(kind.name()))
        .select(TypeRow::as_select())
        .get_result(conn)
        .optional()?;
    row.map(parsed).transpose()
}

/// The type of this name.
pub(super) fn named(
    conn: &mut AnyConn,
    domain: &Domain,
    kind: Kind,
    name: &str,
) -> Result<Option<AnyType>, StoreError> {
    let row: Option<TypeRow> = iot_types::table
        .filter(iot_types::domain_id.eq(domain.id.as_str()))
        .filter(iot_types::kind.eq(kind.name()))
        .filter(iot_types::name.eq(name))
        .select(TypeRow::as_select())
        .get_result(conn)
        .optional()?;
    row.map(parsed).transpose()
}

pub(super) fn one(conn: &mut AnyConn, by: &Acting, kind: Kind, id: &str) -> Result<Option<Typed>, Stop> {
    let domain = enter(conn, by, Lock::Look)?;
    let found = find(conn, &domain, kind, id)?;
    Ok(found.map(|of| Typed { of, domain: Arc::new(domain) }))
}

pub(super) fn list(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    page: PageRequest,
) -> Result<Listed<Typed>, Stop> {
    let domain = Arc::new(enter(conn, by, Lock::Look)?);
    let types = || {
        iot_types::table
            .filter(iot_types::domain_id.eq(domain.id.as_str()))
            .filter(iot_types::kind.eq(kind.name()))
    };
    let total: i64 = types().select(count_star()).get_result(conn)?;
    let rows: Vec<TypeRow> = types()
        .order(iot_types::id.desc())
        .limit(i64::from(page.size))
        .offset(page.offset())
        .select(TypeRow::as_select())
        .load(conn)?;
    let typed = |row| Ok(Typed { of: parsed(row)?, domain: domain.clone() });
    Ok(Listed { content: rows.into_iter().map(typed).collect::<Result<_, StoreError>>()?, total })
}

pub(super) fn rename(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    id: &str,
    name: &Name,
    description: Option<Option<String>>,
) -> Result<Option<(Typed, Entry)>, Stop> {
    let domain = enter(conn, by, Lock::Alone)?;
    demand(conn, &by.reach, domain.id.as_str())?;
    let Some(before) = find(conn, &domain, kind, id)? else { return Ok(None) };
    let mut of = before.clone();
    let (old_name, old_description) = match &mut of {
        AnyType::Site(of) => {
            let of = Arc::make_mut(of);
            (&mut of.name, &mut of.description)
        }
        AnyType::Device(of) => {
            let of = Arc::make_mut(of);
            (&mut of.name, &mut of.description)
        }
    };
    *old_name = name.as_str().to_owned();
    if let Some(description) = description {
        *old_description = description;
    }
    diesel::update(iot_types::table.find(id))
        .set((iot_types::name.eq(&*old_name), iot_types::description.eq(&*old_description)))
        .execute(conn)?;
    let entry = Entry::updated(REALM.name(), domain.id.as_str(), id, values(&before)?, values(&of)?);
    Ok(Some((Typed { of, domain: Arc::new(domain) }, entry)))
}

pub(super) fn edit(
    conn: &mut AnyConn,
    by: &Acting,
    id: &str,
    edit: DefinitionEdit,
) -> Result<Option<(Typed, Entry)>, Stop> {
    let domain = enter(conn, by, Lock::Alone)?;
    demand(conn, &by.reach, domain.id.as_str())?;
    let Some(AnyType::Device(before)) = find(conn, &domain, Kind::Device, id)? else { return Ok(None) };
    let mut of = before.as_ref().clone();
    apply(&mut of.definition, edit)?;
    let json = write("iot_types", "definition", id, &of.definition)?;
    if json.len() > DEFINITION_MAX {
        return Err(TreeState::DefinitionTooLarge.into());
    }
    diesel::update(iot_types::table.find(id)).set(iot_types::definition.eq(json)).execute(conn)?;
    let of = AnyType::Device(Arc::new(of));
    let before = values(&AnyType::Device(before))?;
    let entry = Entry::updated(REALM.name(), domain.id.as_str(), id, before, values(&of)?);
    Ok(Some((Typed { of, domain: Arc::new(domain) }, entry)))
}

fn apply(definition: &mut DeviceDefinition, edit: DefinitionEdit) -> Result<(), TreeError> {
    match edit {
        DefinitionEdit::AddAttribute(name, of) => {
            add_to(&mut definition.att_definition, "attribute", name, of)
        }
        DefinitionEdit::RemoveAttribute(name) => {
            remove_from(&mut definition.att_definition, "attribute", &name)
        }
        DefinitionEdit::AddAlarm(name, of) => add_to(&mut definition.alarm_types, "alarm type", name, of),
        DefinitionEdit::RemoveAlarm(name) => remove_from(&mut definition.alarm_types, "alarm type", &name),
        DefinitionEdit::AddAction(name, of) => add_to(&mut definition.action_types, "action type", name, of),
        DefinitionEdit::RemoveAction(name) => remove_from(&mut definition.action_types, "action type", &name),
    }
}

fn add_to<T>(all: &mut Named<T>, what: &str, name: String, of: T) -> Result<(), TreeError> {
    if all.contains_key(&name) {
        return Err(TreeError::Existed(format!("{what}: {name}")));
    }
    all.insert(name, of);
    Ok(())
}

fn remove_from<T>(all: &mut Named<T>, what: &str, name: &str) -> Result<(), TreeError> {
    all.shift_remove(name).map(drop).ok_or_else(|| TreeError::Unknown(format!("{what}: {name}")))
}

pub(super) fn delete(
    conn: &mut AnyConn,
    by: &Acting,
    kind: Kind,
    id: &str,
) -> Result<Option<((), Entry)>, Stop> {
    let domain = enter(conn, by, Lock::Alone)?;
    demand(conn, &by.reach, domain.id.as_str())?;
    let Some(of) = find(conn, &domain, kind, id)? else { return Ok(None) };
    let objects = iot_objects::table.filter(iot_objects::type_id.eq(id));
    if diesel::select(exists(objects)).get_result(conn)? {
        return Err(TreeState::TypeUsed(kind).into());
    }
    diesel::delete(iot_types::table.find(id)).execute(conn)?;
    Ok(Some(((), Entry::deleted(REALM.name(), domain.id.as_str(), id, values(&of)?))))
}
