//! `/admin/v1/unlock`: ends the lock of an account or an address before its time.

use std::net::IpAddr;

use actix_web::HttpResponse;
use roster_web::Call;
use serde::Deserialize;
use serde_json::json;

use super::bodies::{Problem, Unlocked};
use super::{Desk, Error, Operator};
use crate::unlock::{Target, UnlockError, unlock};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// What is to be unlocked: `dialect` and `account`, or `address` alone.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"dialect": "device-users", "account": "admin"})))]
#[serde(deny_unknown_fields)]
pub(super) struct Unlock {
    /// The dialect of the account: `enterprise-users`, `device-users`, `tenant-ciam` or `iot-roles`.
    dialect: Option<String>,
    /// The account: a device account's name; a username of IoT roles; an enterprise user's user_id, e-mail
    /// address, or (with `enterprise_id`) nick_name; a CIAM user's user_id, user_name, e-mail address or
    /// mobile number (with `tenant`).
    account: Option<String>,
    /// The tenant of an account of `tenant-ciam`.
    tenant: Option<String>,
    /// The enterprise of an enterprise user given by nick_name.
    enterprise_id: Option<String>,
    /// A client address; of IPv6 its /64 is unlocked.
    #[schema(schema_with = super::bodies::address, required = false)]
    address: Option<IpAddr>,
}

/// Forgets the failed sign-ins of an account or an address.
///
/// `POST /admin/v1/unlock`: the account can sign in at once at every address. `unlocked` is false if there were
/// none.
#[utoipa::path(
    post,
    path = "/admin/v1/unlock",
    tag = "unlock",
    request_body(content = Unlock, description = "At most 64 KiB."),
    responses(
        (status = 200, description = "OK", body = Unlocked),
        (
            status = 404,
            description = "There is no such account",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let operator = Operator::of(&call).await?;
    let Unlock { dialect, account, tenant, enterprise_id, address } = call.json(BODY_LIMIT).await?;
    let target = Target { address, dialect, account, tenant, enterprise_id };
    let change = operator.change(&call.house, call.origin());
    let unlocked = unlock(&call.house, &call.dialects, &change, &target).await?;
    Ok(HttpResponse::Ok().json(json!({"unlocked": unlocked})))
}

impl From<UnlockError> for Error {
    fn from(error: UnlockError) -> Self {
        match error {
            UnlockError::Invalid(detail) => Self::Invalid(detail),
            UnlockError::NotFound(detail) => Self::NotFound(detail),
            UnlockError::Fault(fault) => Self::Fault(fault),
        }
    }
}
