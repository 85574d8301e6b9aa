//! The OpenAPI document of the dialect, made from what the handlers and the bodies say of themselves.

mod examples;
mod parts;
mod schemas;

use roster_kernel::{JsonKind, Rule, Violation};
use roster_web::openapi::{Common, Failure, When, operation_mut};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};

use crate::error::{BearerRefusal, Error};
use crate::http::{BODY_LIMIT, device_types, devices, domains, sessions, site_types, sites, users};
use crate::{domain, wire};

pub(crate) use crate::error::Refusal;
pub(crate) use parts::*;

/// What the API is.
const DESCRIPTION: &str = "Users of an IoT platform who administer all of it (role SYSTEM) or areas of a tree \
of domains, sites and devices (AREA), and the accounts of the devices themselves (DEVICE).

Every path is served at the root too, without `/server`, unless the configuration says otherwise (I2), and \
with a slash at its end. Ids are 24 hex digits (I6). A refusal is `{\"timestamp\", \"status\", \"error\", \
\"message\", \"path\"}`, but for a missing or bad token: that is 401 with a plain text, which clients compare \
(I4). That a user is suspended is told in Chinese where `Accept-Language` prefers it. Scripts of other origins \
may call from a browser only if the configuration names them (I4). Marks such as I3 are the rows of the \
dialect's rules.

Lengths are counted in characters (Unicode scalar values). Unknown members are ignored. The document \
describes the default configuration: without `POST /users/register`, which is switched off.";

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(
        sessions::login,
        sessions::refresh,
        sessions::list,
        sessions::read,
        sessions::end,
        sessions::end_own,
        users::create,
        users::add,
        users::list,
        users::me,
        users::read,
        users::change_areas,
        users::delete,
        users::change_own_password,
        users::reset_password,
        users::change_status,
        domains::add,
        domains::current,
        domains::rename,
        domains::list,
        domains::by_id,
        domains::by_name,
        sessions::choose_domain,
        domains::delete,
        site_types::add,
        site_types::list,
        site_types::page,
        site_types::read,
        site_types::rename,
        site_types::delete,
        sites::add,
        sites::page,
        sites::count,
        sites::mine,
        sites::is_mine,
        sites::read,
        sites::update,
        sites::rename,
        sites::relocate,
        sites::delete,
        device_types::add,
        device_types::list,
        device_types::page,
        device_types::read,
        device_types::rename,
        device_types::delete,
        device_types::add_attribute,
        device_types::remove_attribute,
        device_types::add_alarm,
        device_types::remove_alarm,
        device_types::add_action,
        device_types::remove_action,
        devices::register,
        devices::register_subdevice,
        devices::page,
        devices::count,
        devices::mine,
        devices::by_username,
        devices::read,
        devices::update,
        devices::rename,
        devices::relocate,
        devices::delete,
    ),
    components(schemas(
        domain::DataType,
        domain::DataValue,
        domain::Name,
        domain::ObjectId,
        domain::SiteType,
        domain::Username,
        wire::Area,
        wire::AttValue,
        wire::Device,
        wire::Domain,
        wire::ObjectInfo,
        wire::ObjectMove,
        wire::OutOfReach,
        wire::Page,
        wire::Site,
        wire::Type,
        wire::TypeInfo,
        wire::User,
    )),
    tags(
        (name = "sessions", description = "Signing in, and what makes a token good (I5)"),
        (name = "users", description = "Users of all roles (I3, I8)"),
        (name = "domains", description = "The roots of the tree; one is chosen to work in (I5, I7)"),
        (name = "site types", description = "What sites of one kind tell of themselves (I7)"),
        (name = "sites", description = "Places, which may hold others (I7)"),
        (name = "device types", description = "What devices of one kind tell, raise and do (I7)"),
        (name = "devices", description = "Devices, which have accounts or stand behind a gateway (I7)"),
    )
)]
struct Handlers;

/// The document.
pub fn document() -> OpenApi {
    let mut document = Handlers::openapi();
    called_so(&mut document);
    let bearer =
        |error: BearerRefusal| Failure::new(When::Secured, "No token, or one that is good no more", error);
    let number = Rule::Type { expected: "a string", got: JsonKind::Integer };
    let common: Common<Error> = Common {
        title: "Roster: IoT roles",
        description: DESCRIPTION.into(),
        body: "Refusal",
        limit: BODY_LIMIT,
        failures: vec![
            bearer(BearerRefusal::Blank),
            bearer(BearerRefusal::NotBearer),
            bearer(BearerRefusal::Invalid),
            bearer(BearerRefusal::Expired),
            bearer(BearerRefusal::NotExist),
            bearer(BearerRefusal::NoUser("ada".into())),
            bearer(BearerRefusal::Disabled),
            Failure::new(
                When::Secured,
                "The caller has another role, or it lies outside his areas",
                Error::Forbidden,
            ),
            Failure::new(
                When::Body,
                "The body is no JSON object, or a member is of another type; one that breaks a rule is 406",
                Error::Unreadable(Violation::new("username", number)),
            ),
        ],
    };
    let mut document = common.lay_over(document);
    if let Some(components) = &mut document.components {
        schemas::complete(components);
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.bearer_format = Some("JWT".to_owned());
        http.description =
            Some("The access token of a login (I5): a JWT, HS512, good for an hour.".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(http));
    }
    examples::show(&mut document);
    document.security = Some(vec![SecurityRequirement::new("bearer", [""; 0])]);
    document
}

/// Where a path of its own stands before a free segment, the other methods of that segment are served
/// for who is called so.
fn called_so(document: &mut OpenApi) {
    let all = [
        ("/server/users/password", "/server/users/{user}", vec![HttpMethod::Get, HttpMethod::Delete]),
        ("/server/users/status", "/server/users/{user}", vec![HttpMethod::Get, HttpMethod::Delete]),
        ("/server/domains/me", "/server/domains/{name}", vec![HttpMethod::Patch]),
    ];
    for (path, free, methods) in all {
        let word = path.rsplit('/').next().unwrap_or_default();
        for method in methods {
            let operation = operation_mut(document, free, method.clone()).cloned();
            let Some(mut operation) = operation else { continue };
            operation.parameters = None;
            let summary = operation.summary.take().unwrap_or_default();
            operation.summary = Some(format!("{summary} The segment is `{word}`."));
            operation.operation_id = operation.operation_id.map(|id| format!("{id}_called_{word}"));
            let item = PathItem::new(method, operation);
            if let Some(of) = document.paths.paths.get_mut(path) {
                of.merge_operations(item);
            }
        }
    }
}

/// Which page of a list is asked for.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`validate::page` reads them, so that a refusal is the dialect's")]
pub(crate) struct PageQuery {
    /// The page's number, from 0.
    #[param(minimum = 0, maximum = 2147483647, default = 0, rename = "currentPage")]
    current_page: Option<i64>,
    /// How many elements a page has at most.
    #[param(minimum = 1, maximum = 1000, default = 20, rename = "numPerPage")]
    num_per_page: Option<i64>,
}

/// What a list of sites or devices is narrowed down to; what is empty counts as absent.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`validate::object_filter` reads them, so that a refusal is the dialect's")]
pub(crate) struct ObjectQuery {
    /// Only those that lie right in the domain or the site of this id.
    #[param(rename = "locationId")]
    location_id: Option<String>,
    /// Only those whose name holds this text, with regard to case.
    name: Option<String>,
}
