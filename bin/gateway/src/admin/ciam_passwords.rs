//! `/admin/v1/tenants/{tenant}/users/verify-password`: for a service that signs its customers in here.

use std::net::IpAddr;

use actix_web::HttpResponse;
use roster_kernel::{Origin, Secret};
use roster_tenant_ciam::{CenterError, Error as DialectError, Login, Missing};
use roster_web::Call;
use serde::Deserialize;
use serde_json::json;

use super::tenants::{service, tenant_id};
use super::{Desk, Error, Operator};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Who signs in, and with what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    user_id: Option<String>,
    user_name: Option<String>,
    mobile: Option<String>,
    email: Option<String>,
    password: Secret,
    /// Where he signs in from; without it, where this call came from.
    address: Option<IpAddr>,
}

/// `POST`: whether the password is his and he may sign in.
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
