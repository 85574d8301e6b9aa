//! The bodies, spelled as the spec spells them.

mod bodies;
mod devices;
mod import;
mod members;
mod page;
mod sessions;
mod types;
mod users;

use roster_kernel::{Member, Secret};
use serde::{Deserialize, Serialize};

use crate::domain::{self, DataValue, Named, Role, Status};

pub use bodies::{
    AttValue, DomainInfo, DomainRename, ObjectInfo, ObjectMove, ObjectRename, ObjectUpdate, Text, TypeRename,
};
pub use devices::Device;
pub use import::{COLUMNS, ExportedUser, HASH_COLUMN, ImportMembers};
pub use page::Page;
pub use sessions::Session;
pub use types::{ActionInfo, Type, TypeInfo};
pub use users::{ChangeAreas, ChangePassword, ChangeStatus, Register, ResetPassword};

/// The body of `POST /user` and `POST /users`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct CreateUser {
    /// Required. Unique over the platform, with regard to case.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Username, required = true))]
    #[serde(default)]
    pub username: Member<String>,
    /// Required: 8 to 128 characters, never trimmed. The least length is a setting, and
    /// whether the most common ones are refused.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 8, max_length = 128, required = true))]
    #[serde(default)]
    pub password: Member<Secret>,
    /// Required, unless the settings say otherwise. Any number of users may share an address.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Email, required = true))]
    #[serde(default)]
    pub email: Member<String>,
    /// Required. DEVICE makes an account without a device, unless the settings say otherwise.
    #[cfg_attr(feature = "openapi", schema(value_type = Role, required = true))]
    #[serde(default)]
    pub role: Member<Role>,
    /// The ids of the areas of a user of role AREA: at most 200, of domains, sites or devices, none of
    /// which lies within another. Other roles have none: then it is not looked at.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<domain::ObjectId>>, max_items = 200))]
    #[serde(default)]
    pub area: Member<Vec<Option<String>>>,
}

/// The body of `POST /login`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct Login {
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, required = true))]
    #[serde(default)]
    pub username: Member<String>,
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 1, required = true))]
    #[serde(default)]
    pub password: Member<Secret>,
    /// The name of the domain to work in. Absent, null or empty: none, until one is chosen.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default)]
    pub domain: Member<String>,
}

/// The answer to a login and to a refresh.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tokens<'a> {
    /// The access token, a JSON web token (HS512): good for requests for an hour.
    token: &'a str,
    /// The refresh token: good for one new pair, for 24 hours.
    refresh_token: &'a str,
}

impl<'a> From<&'a crate::domain::Tokens> for Tokens<'a> {
    fn from(tokens: &'a crate::domain::Tokens) -> Self {
        Self { token: tokens.access.expose(), refresh_token: tokens.refresh.expose() }
    }
}

/// `User`, without his password (I1).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User<'a> {
    /// His id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// His name, unique over the platform.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Username))]
    username: &'a str,
    /// Whether he may sign in.
    status: Status,
    /// His address.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    email: Option<&'a str>,
    /// His one role.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Role>, min_items = 1, max_items = 1))]
    roles: [Role; 1],
    /// Whether his role is SYSTEM.
    is_system: bool,
    /// Whether his role is AREA.
    is_area: bool,
    /// Whether his role is DEVICE.
    is_device: bool,
    /// His areas; null without any.
    #[cfg_attr(feature = "openapi", schema(required = true, no_recursion))]
    area: Option<Vec<Area<'a>>>,
}

impl<'a> From<&'a domain::User> for User<'a> {
    fn from(user: &'a domain::User) -> Self {
        Self {
            id: user.id.as_str(),
            username: user.username.as_str(),
            status: user.status,
            email: user.email.as_ref().map(domain::Email::as_str),
            roles: [user.role],
            is_system: user.role == Role::System,
            is_area: user.role == Role::Area,
            is_device: user.role == Role::Device,
            area: (!user.areas.is_empty()).then(|| user.areas.iter().map(Area::from).collect()),
        }
    }
}

/// An area, or what a site lies in.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", schema(discriminator(property_name = "type", mapping(
        ("domain" = "#/components/schemas/Domain"),
        ("site" = "#/components/schemas/Site"),
        ("device" = "#/components/schemas/Device")
    ))))]
pub enum Area<'a> {
    /// A domain.
    Domain(Domain<'a>),
    /// A site.
    Site(Box<Site<'a>>),
    /// A device.
    Device(Box<Device<'a>>),
    /// A site out of the caller's reach.
    OutOfReach(OutOfReach<'a>),
}

/// What is shown of an object out of the caller's reach (I7): a site around the caller's areas, and the
/// gateway of a device of theirs.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OutOfReach<'a> {
    /// `site`, by which clients tell a site from a domain; absent for a gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::kind_site))]
    r#type: Option<&'static str>,
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name))]
    name: &'a str,
}

impl<'a> OutOfReach<'a> {
    fn site(site: &'a domain::Site) -> Self {
        Self { r#type: Some("site"), id: site.id.as_str(), name: &site.name }
    }
}

impl<'a> Area<'a> {
    fn enclosing(site: &'a domain::Site, enclosing: Enclosing, out: usize) -> Self {
        if site.in_reach {
            Self::Site(Box::new(Site::of(site, enclosing, out)))
        } else {
            Self::OutOfReach(OutOfReach::site(site))
        }
    }
}

impl<'a> From<&'a domain::Area> for Area<'a> {
    fn from(area: &'a domain::Area) -> Self {
        match area {
            domain::Area::Domain(domain) => Self::Domain(Domain::from(domain.as_ref())),
            domain::Area::Site(site) => Self::Site(Box::new(Site::of(site, Enclosing::Both, 0))),
            domain::Area::Device(device) => Self::Device(Box::new(Device::of(device, None))),
        }
    }
}

/// `Domain`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain<'a> {
    /// Always `domain`.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::kind_domain))]
    r#type: &'static str,
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// Its name, unique over the platform.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name))]
    name: &'a str,
    /// Its name.
    string: &'a str,
    /// Its name.
    full_string: &'a str,
}

impl<'a> From<&'a domain::Domain> for Domain<'a> {
    fn from(domain: &'a domain::Domain) -> Self {
        let name = domain.name.as_str();
        Self { r#type: "domain", id: domain.id.as_str(), name, string: name, full_string: name }
    }
}

/// `Site`: the spec's six keys in its order, then the newer ones.
///
/// What it lies in stands twice in it: as `parent`, which the spec shows, and as `location`, which
/// came later and may be the domain. Both nest to the top, each along its own key: a site inside
/// `parent` has no `location`, one inside `location` no `parent`, for otherwise every level would
/// double the answer. And what is two levels out or farther comes without its values and its type's
/// definition, which may have 80 KiB: a hundred levels of them would be in every answer.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Site<'a> {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// Its name; with its type unique where it lies.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Name))]
    name: &'a str,
    /// The site that it lies in; null if it lies in the domain itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::parent, required = true))]
    parent: Option<Option<Area<'a>>>,
    /// Its type.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::SiteType))]
    site_type: SiteType<'a>,
    /// Its values, by the names of its type's attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, DataValue>, required = true))]
    attributes: Option<&'a Named<DataValue>>,
    /// The chain from the top site down: names, each with the name of its type.
    string: String,
    /// Always `site`.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::kind_site))]
    r#type: &'static str,
    /// What it lies in: a site, or the domain itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::location, required = true))]
    location: Option<Area<'a>>,
    /// The domain that it lies in, however deep.
    domain: Domain<'a>,
    /// `string` behind the domain's name.
    full_string: String,
}

/// By which keys a site tells what it lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Enclosing {
    Both,
    Parent,
    Location,
}

/// A site's type: whole, or what tells which it is.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum SiteType<'a> {
    Whole(&'a domain::SiteType),
    Named { id: &'a str, name: &'a str, description: Option<&'a str> },
}

impl<'a> SiteType<'a> {
    fn of(of: &'a domain::SiteType, whole: bool) -> Self {
        if whole {
            return Self::Whole(of);
        }
        Self::Named { id: of.id.as_str(), name: &of.name, description: of.description.as_deref() }
    }
}

impl<'a> Site<'a> {
    /// `out`: how many levels out of what is asked for.
    fn of(site: &'a domain::Site, enclosing: Enclosing, out: usize) -> Self {
        let inner = |parent, enclosing| Area::enclosing(parent, enclosing, out + 1);
        let parent = || site.parent.as_deref().map(|parent| inner(parent, Enclosing::Parent));
        let location = || match site.parent.as_deref() {
            Some(parent) => inner(parent, Enclosing::Location),
            None => Area::Domain(Domain::from(site.domain.as_ref())),
        };
        let whole = out <= 1;
        Self {
            id: site.id.as_str(),
            name: &site.name,
            parent: (enclosing != Enclosing::Location).then(parent),
            site_type: SiteType::of(&site.site_type, whole),
            attributes: whole.then_some(&site.attributes),
            string: site.string(),
            r#type: "site",
            location: (enclosing != Enclosing::Parent).then(location),
            domain: Domain::from(site.domain.as_ref()),
            full_string: site.full_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use roster_kernel::{JsonKind, json};
    use serde_json::Value;

    use super::*;
    use crate::demo;
    use crate::domain::{Email, ObjectId, Username};

    const SYSTEM: &str =
        include_str!("../../../../tests/fixtures/seeds/iot-roles.create.response.system.json");
    const AREA: &str = include_str!("../../../../tests/fixtures/seeds/iot-roles.create.response.area.json");

    fn user(id: &str, name: &str, role: Role, areas: Vec<domain::Area>) -> domain::User {
        domain::User {
            id: ObjectId::parse(id).unwrap(),
            username: Username::parse(name.into()).unwrap(),
            email: Some(Email::parse("caoxinyu@gmail.com".into()).unwrap()),
            role,
            status: Status::Enable,
            areas,
        }
    }

    fn site(new: &domain::NewSite, parent: Option<Arc<domain::Site>>) -> Arc<domain::Site> {
        let objects = demo::objects();
        Arc::new(domain::Site {
            id: new.id.clone(),
            name: new.name.clone(),
            domain: Arc::new(objects.domain),
            parent,
            site_type: Arc::new(objects.site_type.site_type),
            attributes: new.attributes.clone(),
            in_reach: true,
        })
    }

    /// Takes the newer keys out of a site; `serde_json` keeps the order of the rest.
    fn without_newer_keys(user: &domain::User) -> String {
        let mut body = serde_json::to_value(User::from(user)).unwrap();
        for area in body["area"].as_array_mut().unwrap() {
            let area = area.as_object_mut().unwrap();
            for key in ["type", "location", "domain", "fullString"] {
                assert!(area.shift_remove(key).is_some(), "{key}");
            }
        }
        body.to_string()
    }

    #[test]
    fn the_specs_system_user_comes_out_as_it_stands() {
        let admin = user("5dd12e66a82b162186d6907a", "admin", Role::System, Vec::new());
        let seed: Value = serde_json::from_str(SYSTEM).unwrap();
        assert_eq!(serde_json::to_string(&User::from(&admin)).unwrap(), seed.to_string());
    }

    #[test]
    fn the_specs_area_user_comes_out_with_every_key_in_its_order() {
        let area = domain::Area::Site(site(&demo::objects().sites[0], None));
        let user = user("5cab0eafddd50a20164a4cfa", "caoxinyu", Role::Area, vec![area]);
        let seed: Value = serde_json::from_str(AREA).unwrap();
        assert_eq!(without_newer_keys(&user), seed.to_string());
        let body = serde_json::to_value(User::from(&user)).unwrap();
        let area = body["area"][0].as_object().unwrap();
        let newer: Vec<&str> = area.keys().skip(6).map(String::as_str).collect();
        assert_eq!(newer, ["type", "location", "domain", "fullString"]);
        let domain = serde_json::json!({
            "type": "domain", "id": demo::objects().domain.id.as_str(), "name": "demo",
            "string": "demo", "fullString": "demo",
        });
        assert_eq!((&area["location"], &area["domain"]), (&domain, &domain));
        assert_eq!(area["fullString"], "demo001共享单车");
    }

    #[test]
    fn enclosing_sites_nest_to_the_top_without_doubling() {
        let new = &demo::objects().sites[0];
        let mut deep = site(new, None);
        for _ in 0..60 {
            deep = site(new, Some(deep));
        }
        let area = domain::Area::Site(deep);
        let body = serde_json::to_value(Area::from(&area)).unwrap();
        let depth = |key: &str| {
            let mut depth = 0;
            let mut at = &body;
            while at[key].is_object() {
                at = &at[key];
                depth += 1;
            }
            depth
        };
        assert_eq!((depth("parent"), depth("location")), (60, 61), "the outermost location is the domain");
        for key in ["parent", "location"] {
            let near = &body[key];
            assert!(
                near["attributes"].is_object() && near["siteType"]["attDefinition"].is_object(),
                "{near}"
            );
            let far = &near[key];
            assert!(far.get("attributes").is_none(), "{far}");
            let of: Vec<_> = far["siteType"].as_object().unwrap().keys().collect();
            assert_eq!(of, ["id", "name", "description"]);
        }
        assert_eq!(body["parent"]["string"].as_str().unwrap().len(), "001共享单车".len() * 60);
        assert!(body["parent"].get("location").is_none() && body["location"].get("parent").is_none());
    }

    #[test]
    fn a_domain_is_an_area_too() {
        let objects = demo::objects();
        let area = domain::Area::Domain(Arc::new(objects.domain));
        let text = serde_json::to_string(&Area::from(&area)).unwrap();
        let keys: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["type", "id", "name", "string", "fullString"]);
    }

    #[test]
    fn wrong_types_are_kept_for_the_judge() {
        let body: CreateUser = json::decode(br#"{"role": 1, "area": "x", "username": []}"#).unwrap();
        assert_eq!(body.role, Member::Invalid(JsonKind::Integer));
        assert_eq!(body.area, Member::Invalid(JsonKind::String));
        assert_eq!(body.username, Member::Invalid(JsonKind::Array));
    }
}
