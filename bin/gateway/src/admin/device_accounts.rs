//! `/admin/v1/device-accounts`

use actix_web::HttpResponse;
use roster_kernel::{Member, Secret};
use roster_web::Call;
use serde::Deserialize;
use serde_json::json;

use super::bodies::{DeviceAccount, Items, MadeDeviceAccount, Problem};
use super::{Desk, Error, Operator};
use crate::device_account::{self, Refusal};

/// The largest body, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// A device account that is to be.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct NewAccount {
    /// Required: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
    #[schema(value_type = String, required, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._@-]+$")]
    #[serde(default)]
    name: Member<String>,
    /// At least 8 characters, at most 1024 bytes, none of the most common passwords; null or absent, one is
    /// generated.
    #[schema(value_type = Option<String>, min_length = 8, max_length = 1024, format = "password")]
    #[serde(default)]
    password: Member<Secret>,
}

/// A device account's new password.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct NewPassword {
    /// Required: at least 8 characters, at most 1024 bytes, none of the most common passwords.
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = "password")]
    #[serde(default)]
    password: Member<Secret>,
}

/// Lists the device accounts, by name.
///
/// `GET /admin/v1/device-accounts`
#[utoipa::path(
    get,
    path = "/admin/v1/device-accounts",
    tag = "device-accounts",
    responses((status = 200, description = "OK", body = Items<DeviceAccount>)),
)]
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    Operator::of(&call).await?;
    let accounts = device_account::list(&call.house).await?;
    let items: Vec<_> = accounts
        .iter()
        .map(|a| json!({"name": a.name, "enabled": !a.disabled, "created_ms": a.created_ms, "password_set_ms": a.secret_set_ms}))
        .collect();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// Makes a device account.
///
/// `POST /admin/v1/device-accounts`: a password that is generated is shown this once.
#[utoipa::path(
    post,
    path = "/admin/v1/device-accounts",
    tag = "device-accounts",
    request_body(content = NewAccount, description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Made", body = MadeDeviceAccount),
        (
            status = 409,
            description = "There is a device account of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    let body: NewAccount = call.json(MAX_BYTES).await?;
    let name = required("name", body.name)?;
    let password = optional("password", body.password)?;
    let generated = device_account::create(&call.house, &change, &name, password).await?;
    let mut answer = json!({"name": name});
    if let Some(password) = generated {
        answer["password"] = password.expose().as_str().into();
    }
    Ok(HttpResponse::Created().json(answer))
}

/// Sets an account's password.
///
/// `PUT /admin/v1/device-accounts/{name}/password`: tokens of the one before stop.
#[utoipa::path(
    put,
    path = "/admin/v1/device-accounts/{name}/password",
    tag = "device-accounts",
    params(("name" = String, Path, description = "The account's name")),
    request_body(content = NewPassword, description = "At most 256 KiB."),
    responses(
        (status = 204, description = "Set"),
        (
            status = 404,
            description = "There is no device account of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn set_password(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    let body: NewPassword = call.json(MAX_BYTES).await?;
    let password = required("password", body.password)?;
    device_account::set_password(&call.house, &change, &call.segment("name"), password).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Switches an account on.
///
/// `PUT /admin/v1/device-accounts/{name}/enable`
#[utoipa::path(
    put,
    path = "/admin/v1/device-accounts/{name}/enable",
    tag = "device-accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 204, description = "Switched on"),
        (
            status = 404,
            description = "There is no device account of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn enable(call: Call<Desk>) -> Result<HttpResponse, Error> {
    set_disabled(call, false).await
}

/// Switches an account off.
///
/// `PUT /admin/v1/device-accounts/{name}/disable`: its tokens stop.
#[utoipa::path(
    put,
    path = "/admin/v1/device-accounts/{name}/disable",
    tag = "device-accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 204, description = "Switched off"),
        (
            status = 404,
            description = "There is no device account of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn disable(call: Call<Desk>) -> Result<HttpResponse, Error> {
    set_disabled(call, true).await
}

async fn set_disabled(call: Call<Desk>, disabled: bool) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    device_account::set_disabled(&call.house, &change, &call.segment("name"), disabled).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Removes an account.
///
/// `DELETE /admin/v1/device-accounts/{name}`
#[utoipa::path(
    delete,
    path = "/admin/v1/device-accounts/{name}",
    tag = "device-accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = 204, description = "Removed"),
        (
            status = 404,
            description = "There is no device account of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn delete(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    device_account::delete(&call.house, &change, &call.segment("name")).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn required<T>(field: &str, member: Member<T>) -> Result<T, Error> {
    optional(field, member)?.ok_or_else(|| Error::Invalid(format!("{field} is required")))
}

/// Null is the same as absent.
fn optional<T>(field: &str, member: Member<T>) -> Result<Option<T>, Error> {
    match member {
        Member::Invalid(got) => Err(Error::Invalid(format!("{field} must be a string, got {got}"))),
        other => Ok(other.given()),
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(what) => Self::Invalid(what),
            Refusal::NotFound(_) => Self::NotFound("there is no device account of this name".into()),
            Refusal::Taken(_) => Self::Conflict("there is a device account of this name".into()),
            Refusal::Port(error) => error.into(),
        }
    }
}
