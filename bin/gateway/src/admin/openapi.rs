//! The OpenAPI document of the admin API, made from what the handlers and the bodies say of themselves.

use roster_web::openapi::{Common, Failure, When};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

use super::tenants::BODY_LIMIT;
use super::{
    Error, ciam_attributes, ciam_clients, ciam_passwords, ciam_settings, device_accounts, enterprise_keys,
    enterprise_passwords, operator, operators, tenants, unlock,
};

/// What the API is.
const DESCRIPTION: &str = "What operators do over HTTP: credentials of all dialects, and what tenants of CIAM \
configure.

Errors are RFC 9457 problems (`application/problem+json`) whose `detail` says what to mend. Times are milliseconds \
since the epoch. A secret that Roster makes is in the answer that makes it, and nowhere afterwards. Unknown \
members of a body and unknown parameters of a query are refused, but for device accounts, where unknown members \
are ignored.";

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(
        operator::read,
        operators::list,
        operators::create,
        operators::revoke,
        operators::rotate,
        unlock::create,
        enterprise_passwords::verify,
        enterprise_keys::list,
        enterprise_keys::create,
        enterprise_keys::revoke,
        device_accounts::list,
        device_accounts::create,
        device_accounts::delete,
        device_accounts::set_password,
        device_accounts::enable,
        device_accounts::disable,
        tenants::list,
        tenants::create,
        tenants::read,
        tenants::change,
        tenants::delete,
        ciam_clients::list,
        ciam_clients::create,
        ciam_clients::revoke,
        ciam_clients::rotate,
        ciam_attributes::list,
        ciam_attributes::order,
        ciam_attributes::put,
        ciam_attributes::remove,
        ciam_attributes::search,
        ciam_settings::area_codes,
        ciam_settings::put_area_codes,
        ciam_settings::password_policy,
        ciam_settings::put_password_policy,
        ciam_settings::weak_passwords,
        ciam_settings::edit_weak_passwords,
        ciam_settings::clear_weak_passwords,
        ciam_passwords::verify,
    ),
    tags(
        (name = "operator", description = "Who may use this API"),
        (name = "unlock", description = "Locked accounts and addresses"),
        (name = "enterprise-users", description = "Access keys and sign-in of enterprise users"),
        (name = "device-accounts", description = "Accounts of the software that calls the device users dialect"),
        (name = "tenants", description = "Tenants of CIAM"),
        (name = "clients", description = "Who may act on a tenant's users"),
        (name = "attributes", description = "What a tenant's users have and must have"),
        (name = "settings", description = "A tenant's area codes and passwords"),
        (name = "sign-in", description = "Sign-in of a tenant's users"),
    )
)]
struct Handlers;

/// The document.
pub(crate) fn document() -> OpenApi {
    let bad = "No operator's token, or one that is unknown, revoked or expired";
    let common: Common<Error> = Common {
        title: "Roster: admin API",
        description: DESCRIPTION.into(),
        body: "Problem",
        limit: BODY_LIMIT,
        failures: vec![Failure::new(When::Secured, bad, Error::Unauthorized)],
    };
    let mut document = common.lay_over(Handlers::openapi());
    let text = "An operator's token: `roster operator create NAME` makes one.";
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build();
    if let Some(components) = &mut document.components {
        components.add_security_scheme("operator", SecurityScheme::Http(scheme));
    }
    document.security = Some(vec![SecurityRequirement::new("operator", [""; 0])]);
    document
}
