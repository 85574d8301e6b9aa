//! `/admin/v1/tenants/{tenant}/users/verify-password`: for a service that signs its customers in here.

use std::net::IpAddr;

use actix_web::HttpResponse;
use roster_kernel::{Origin, Secret};
use roster_tenant_ciam::{CenterError, Error as DialectError, Login, Missing};
use roster_web::Call;
use serde::Deserialize;
use serde_json::json;

use super::bodies::{Problem, TenantVerdict};
use super::tenants::{service, tenant_id};
use super::{Desk, Error, Operator};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Who signs in, and with what.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = TenantSignIn)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The user's id.
    user_id: Option<String>,
    /// The user's name.
    user_name: Option<String>,
    /// The user's mobile number.
    mobile: Option<String>,
    /// The user's e-mail address.
    email: Option<String>,
    /// Required: what he typed.
    #[schema(value_type = String, format = "password")]
    password: Secret,
    /// Where he signs in from; without it, where this call came from.
    #[schema(schema_with = super::bodies::address, required = false)]
    address: Option<IpAddr>,
}

/// Tells whether a password is the user's and he may sign in.
///
/// `POST /admin/v1/tenants/{tenant}/users/verify-password`: names the user once, by `user_id`, `user_name`,
/// `mobile` or `email`.
#[utoipa::path(
    post,
    path = "/admin/v1/tenants/{tenant}/users/verify-password",
    tag = "sign-in",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body(content = SignIn, description = "At most 64 KiB."),
    responses(
        (status = 200, description = "OK", body = TenantVerdict),
        (
            status = 404,
            description = "There is no such tenant",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn verify(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    Operator::of(&call).await?;
    let body: SignIn = call.json(BODY_LIMIT).await?;
    let from = call.origin();
    let origin = Origin { address: body.address.or(from.address), ..from };
    let (tenant, login) = (tenant_id(&call)?, body.login()?);
    let verified = service(&call).verify_password(&tenant, &login, &body.password, &origin).await;
    let told = verified.map_err(told)?;
    Ok(HttpResponse::Ok().json(json!({
        "valid": told.valid, "must_modify": told.must_modify, "disabled": told.disabled,
        "locked": told.locked,
    })))
}

impl SignIn {
    fn login(&self) -> Result<Login, Error> {
        let once = || Error::Invalid("name the user once: user_id, user_name, mobile or email".into());
        let mut logins = [
            self.user_id.clone().map(Login::Id),
            self.user_name.clone().map(Login::UserName),
            self.mobile.clone().map(Login::Mobile),
            self.email.clone().map(Login::Email),
        ]
        .into_iter()
        .flatten();
        logins.next().filter(|_| logins.next().is_none()).ok_or_else(once)
    }
}

fn told(error: DialectError) -> Error {
    match error {
        DialectError::NotFound => CenterError::NotFound(Missing::Tenant).into(),
        DialectError::Fault(fault) => Error::Fault(fault),
        // Whatever else there is concerns a body of the dialect's own.
        other => Error::Invalid(other.to_string()),
    }
}
