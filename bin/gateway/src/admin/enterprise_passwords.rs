//! `/admin/v1/enterprise-users/verify-password`: for a service that signs its users in here.

use std::net::IpAddr;

use actix_web::HttpResponse;
use roster_enterprise_users::{Login, UserId};
use roster_kernel::{Origin, Secret};
use roster_web::Call;
use serde::Deserialize;
use serde_json::json;

use super::bodies::EnterpriseVerdict;
use super::enterprise_keys::told;
use super::{Desk, Error, Operator};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// Who signs in, and with what.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = EnterpriseSignIn)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// The user's id.
    user_id: Option<i32>,
    /// The user's nick name, with `enterprise_id`.
    nick_name: Option<String>,
    /// The user's enterprise, with `nick_name`.
    enterprise_id: Option<String>,
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
/// `POST /admin/v1/enterprise-users/verify-password`: names the user once, by `user_id`, by `nick_name` and
/// `enterprise_id`, or by `email`.
#[utoipa::path(
    post,
    path = "/admin/v1/enterprise-users/verify-password",
    tag = "enterprise-users",
    request_body(content = SignIn, description = "At most 64 KiB."),
    responses((status = 200, description = "OK", body = EnterpriseVerdict)),
)]
pub(super) async fn verify(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    Operator::of(&call).await?;
    let body: SignIn = call.json(BODY_LIMIT).await?;
    let from = call.origin();
    let origin = Origin { address: body.address.or(from.address), ..from };
    let login = body.login()?;
    let service = &call.dialects.enterprise_users;
    let told = service.verify_password(&login, &body.password, &origin).await.map_err(told)?;
    Ok(HttpResponse::Ok().json(json!({
        "valid": told.valid, "disabled": told.disabled, "locked": told.locked,
    })))
}

impl SignIn {
    fn login(&self) -> Result<Login, Error> {
        match (self.user_id, &self.nick_name, &self.enterprise_id, &self.email) {
            (Some(id), None, None, None) => Ok(Login::Id(UserId(id))),
            (None, Some(nick_name), Some(enterprise_id), None) => {
                Ok(Login::NickName { enterprise_id: enterprise_id.clone(), nick_name: nick_name.clone() })
            }
            (None, None, None, Some(email)) => Ok(Login::Email(email.clone())),
            _ => Err(Error::Invalid(
                "name the user once: user_id, or nick_name and enterprise_id, or email".into(),
            )),
        }
    }
}
