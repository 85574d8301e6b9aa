//! `/admin/v1/device-accounts`

use actix_web::HttpResponse;
use roster_kernel::{Member, Secret};
use roster_web::Call;
use serde::Deserialize;
use serde_json::json;

use super::{Desk, Error, Operator};
use crate::device_account::{self, Refusal};

/// The largest body, in bytes.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    name: Member<String>,
    password: Member<Secret>,
}

/// `GET /device-accounts`
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    Operator::of(&call).await?;
    let accounts = device_account::list(&call.house).await?;
    let items: Vec<_> = accounts
        .iter()
        .map(|a| json!({"name": a.name, "enabled": !a.disabled, "created_ms": a.created_ms, "password_set_ms": a.secret_set_ms}))
        .collect();
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// `POST /device-accounts`: a password that is generated is shown this once.
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    let body: Body = call.json(MAX_BYTES).await?;
    let name = required("name", body.name)?;
    let password = optional("password", body.password)?;
    let generated = device_account::create(&call.house, &change, &name, password).await?;
    let mut answer = json!({"name": name});
    if let Some(password) = generated {
        answer["password"] = password.expose().as_str().into();
    }
    Ok(HttpResponse::Created().json(answer))
}

/// `PUT /device-accounts/{name}/password`
pub(super) async fn set_password(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    let body: Body = call.json(MAX_BYTES).await?;
    let password = required("password", body.password)?;
    device_account::set_password(&call.house, &change, &call.segment("name"), password).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `PUT /device-accounts/{name}/enable`
pub(super) async fn enable(call: Call<Desk>) -> Result<HttpResponse, Error> {
    set_disabled(call, false).await
}

/// `PUT /device-accounts/{name}/disable`
pub(super) async fn disable(call: Call<Desk>) -> Result<HttpResponse, Error> {
    set_disabled(call, true).await
}

async fn set_disabled(call: Call<Desk>, disabled: bool) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    device_account::set_disabled(&call.house, &change, &call.segment("name"), disabled).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /device-accounts/{name}`
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
