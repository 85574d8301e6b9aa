//! The rules of what is asked about domains, sites and devices.

use roster_kernel::{Member, Rule, Violation};

use super::page::{Query, parameter};
use super::values::Values;
use super::{field, typed};
use crate::domain::{Kind, Name};
use crate::error::Error;
use crate::store::{Ground, ObjectFilter};
use crate::wire;

/// A site or a device that is to be made; its values are judged by its type.
#[derive(Debug)]
pub struct ObjectDraft {
    /// Its name.
    pub name: Name,
    /// What it stands on.
    pub ground: Ground,
    /// Its values.
    pub values: Values,
}

/// Judges a new domain.
///
/// # Errors
/// [`Error::Unreadable`] for a wrong JSON type, [`Error::Invalid`] for a broken rule; so with all in
/// this file.
pub fn domain(info: wire::DomainInfo) -> Result<Name, Error> {
    named("domain name", info.name)
}

/// Judges another name of a domain: the id, the name.
///
/// # Errors
/// As [`domain`].
pub fn domain_rename(info: wire::DomainRename) -> Result<(String, Name), Error> {
    Ok((text("domain id", "id", info.id)?, named("domain name", info.name)?))
}

/// Judges another name of a type: the id, the name, another description if one is told.
///
/// # Errors
/// As [`domain`].
pub fn type_rename(
    kind: Kind,
    info: wire::TypeRename,
) -> Result<(String, Name, Option<Option<String>>), Error> {
    let id = text(if kind == Kind::Site { "site type id" } else { "device type id" }, "id", info.id)?;
    let name = named("name", info.name)?;
    let description = match info.description {
        Member::Absent => None,
        told => Some(super::description(told)?),
    };
    Ok((id, name, description))
}

/// Judges a new site or device, behind a gateway or not.
///
/// # Errors
/// As [`domain`].
pub fn object(kind: Kind, behind_gateway: bool, info: wire::ObjectInfo) -> Result<ObjectDraft, Error> {
    let name = named(if kind == Kind::Site { "site name" } else { "device name" }, info.name)?;
    let location_id = text("location", "locationId", info.location_id)?;
    let type_name = match kind {
        Kind::Site => text("site type", "siteType", info.site_type)?,
        Kind::Device => text("device type", "deviceType", info.device_type)?,
    };
    let gateway_id =
        if behind_gateway { Some(text("gatewayId", "gatewayId", info.gateway_id)?) } else { None };
    let values = att_infos(info.att_infos)?;
    Ok(ObjectDraft { name, ground: Ground { kind, type_name, location_id, gateway_id }, values })
}

/// Judges other values of a site or a device: the id, the values.
///
/// # Errors
/// As [`domain`].
pub fn object_update(kind: Kind, info: wire::ObjectUpdate) -> Result<(String, Values), Error> {
    Ok((object_id(kind, "id", info.id)?, att_infos(info.att_infos)?))
}

/// Judges another name of a site or a device: the id, the name.
///
/// # Errors
/// As [`domain`].
pub fn object_rename(kind: Kind, info: wire::ObjectRename) -> Result<(String, Name), Error> {
    Ok((object_id(kind, "id", info.id)?, named("name", info.name)?))
}

/// Judges a move: the id, and where to.
///
/// # Errors
/// As [`domain`].
pub fn object_move(kind: Kind, info: wire::ObjectMove) -> Result<(String, String), Error> {
    let id = match kind {
        Kind::Site => object_id(kind, "siteId", info.site_id)?,
        Kind::Device => object_id(kind, "id", info.id)?,
    };
    Ok((id, text("location", "locationId", info.location_id)?))
}

/// What a list of sites or devices is narrowed down to; what is empty counts as absent.
pub fn object_filter(kind: Kind, query: &Query) -> ObjectFilter {
    let told = |name| parameter(query, name).filter(|text| !text.is_empty()).map(str::to_owned);
    ObjectFilter {
        location_id: told("locationId"),
        type_id: told(if kind == Kind::Site { "siteTypeId" } else { "deviceTypeId" }),
        name: told("name"),
    }
}

fn object_id(kind: Kind, member: &'static str, id: Member<String>) -> Result<String, Error> {
    text(if kind == Kind::Site { "site id" } else { "device id" }, member, id)
}

fn att_infos(member: Member<Values>) -> Result<Values, Error> {
    Ok(typed("attInfos", "an object of objects", member)?.unwrap_or_default())
}

fn named(told: &'static str, member: Member<String>) -> Result<Name, Error> {
    field(told, Name::parse(typed("name", "a string", member)?.unwrap_or_default()))
}

/// A text that is not empty; `told` is how the reference calls it.
fn text(told: &'static str, name: &'static str, member: Member<String>) -> Result<String, Error> {
    let text = typed(name, "a string", member)?.filter(|text| !text.is_empty());
    text.ok_or_else(|| Error::Invalid(Violation::new(told, Rule::NotBlank)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T: std::fmt::Debug>(judged: Result<T, Error>) -> String {
        judged.unwrap_err().to_string()
    }

    #[test]
    fn the_first_that_lacks_is_told() {
        let given = |text: &str| Member::Given(text.to_owned());
        assert_eq!(refusal(domain(wire::DomainInfo::default())), "domain name can't be empty");
        let long = wire::DomainInfo { name: given(&"n".repeat(129)) };
        assert_eq!(refusal(domain(long)), "domain name must have at most 128 characters");
        let mut info = wire::ObjectInfo::default();
        assert_eq!(refusal(object(Kind::Site, false, info)), "site name can't be empty");
        info = wire::ObjectInfo { name: given("n"), ..Default::default() };
        assert_eq!(refusal(object(Kind::Site, false, info)), "location can't be empty");
        let info = || wire::ObjectInfo { name: given("n"), location_id: given("l"), ..Default::default() };
        assert_eq!(refusal(object(Kind::Site, false, info())), "site type can't be empty");
        assert_eq!(refusal(object(Kind::Device, false, info())), "device type can't be empty");
        let info = wire::ObjectInfo { device_type: given("t"), ..info() };
        assert_eq!(refusal(object(Kind::Device, true, info)), "gatewayId can't be empty");
        assert_eq!(refusal(object_move(Kind::Site, wire::ObjectMove::default())), "site id can't be empty");
        assert_eq!(
            refusal(object_update(Kind::Device, wire::ObjectUpdate::default())),
            "device id can't be empty"
        );
        assert_eq!(
            refusal(type_rename(Kind::Site, wire::TypeRename::default())),
            "site type id can't be empty"
        );
    }

    #[test]
    fn an_empty_filter_is_none() {
        let query = [("name".to_owned(), String::new()), ("siteTypeId".to_owned(), "t".to_owned())];
        let filter = object_filter(Kind::Site, &query);
        assert_eq!(filter, ObjectFilter { type_id: Some("t".to_owned()), ..ObjectFilter::default() });
    }
}
