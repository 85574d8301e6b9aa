//! `/admin/v1/operators`: who may use this API.

use actix_web::HttpResponse;
use roster_auth::{Existing, OperatorState};
use roster_web::Call;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bodies::{Items, OperatorListed, OperatorToken, Problem};
use super::{Desk, Error, Operator};
use crate::operators::{self, Refusal, in_days};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// When a token is to expire; without either, never.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// How long it lasts, in days; not beside `expires_ms`.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
    /// When it expires, in milliseconds since the epoch: after now, and within 3650 days.
    expires_ms: Option<i64>,
}

/// An operator that is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOperator {
    /// Required: 1 to 64 of `A-Z a-z 0-9 . _ @ -`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._@-]+$")]
    name: String,
    /// How long the token lasts, in days; not beside `expires_ms`. Without either it never expires.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<i64>,
    /// When it expires, in milliseconds since the epoch: after now, and within 3650 days.
    expires_ms: Option<i64>,
}

/// Lists the operators, by name, those too whose token has expired.
///
/// `GET /admin/v1/operators`: without their tokens.
#[utoipa::path(
    get,
    path = "/admin/v1/operators",
    tag = "operator",
    responses((status = 200, description = "OK", body = Items<OperatorListed>)),
)]
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    Operator::of(&call).await?;
    let listed = operators::list(&call.house).await?;
    Ok(HttpResponse::Ok().json(shown(&listed, call.house.clock.now_ms())))
}

/// Makes an operator.
///
/// `POST /admin/v1/operators`: the token is shown this once.
#[utoipa::path(
    post,
    path = "/admin/v1/operators",
    tag = "operator",
    request_body(content = NewOperator, description = "At most 64 KiB."),
    responses(
        (status = 201, description = "Made", body = OperatorToken),
        (
            status = 409,
            description = "There is an operator of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let operator = Operator::of(&call).await?;
    let NewOperator { name, expires_in_days, expires_ms } = call.json(BODY_LIMIT).await?;
    let when = NewToken { expires_in_days, expires_ms };
    put(&call, &operator, &name, &when, Existing::Refuse)
        .await
        .map(|token| HttpResponse::Created().json(token))
}

/// Replaces the token of an operator.
///
/// `POST /admin/v1/operators/{name}/rotate`: it is shown this once; the one before stops at once.
#[utoipa::path(
    post,
    path = "/admin/v1/operators/{name}/rotate",
    tag = "operator",
    params(("name" = String, Path, description = "The operator's name")),
    request_body(content = NewToken, description = "At most 64 KiB."),
    responses(
        (status = 200, description = "Replaced", body = OperatorToken),
        (
            status = 404,
            description = "There is no operator of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn rotate(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let operator = Operator::of(&call).await?;
    let when: NewToken = call.json(BODY_LIMIT).await?;
    let name = call.segment("name");
    put(&call, &operator, &name, &when, Existing::Demand).await.map(|token| HttpResponse::Ok().json(token))
}

/// Revokes the token of an operator.
///
/// `DELETE /admin/v1/operators/{name}`: it stops at once. The last one that has not expired stays.
#[utoipa::path(
    delete,
    path = "/admin/v1/operators/{name}",
    tag = "operator",
    params(("name" = String, Path, description = "The operator's name")),
    responses(
        (status = 204, description = "Revoked"),
        (
            status = 404,
            description = "There is no operator of this name",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "It is the last operator whose token has not expired",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn revoke(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let change = Operator::of(&call).await?.change(&call.house, call.origin());
    operators::revoke(&call.house, &change, &call.segment("name"), false).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn put(
    call: &Call<Desk>,
    by: &Operator,
    name: &str,
    when: &NewToken,
    existing: Existing,
) -> Result<Value, Error> {
    let change = by.change(&call.house, call.origin());
    let end = match (when.expires_in_days, when.expires_ms) {
        (Some(_), Some(_)) => {
            return Err(Error::Invalid("expires_in_days and expires_ms exclude each other".into()));
        }
        (Some(days), None) => Some(in_days(days, change.at_ms)?),
        (None, end) => end,
    };
    let token = operators::put(&call.house, &change, name, end, existing).await?;
    Ok(json!({"name": name, "token": token.expose(), "expires_ms": end}))
}

/// The operators as a list.
pub(crate) fn shown(listed: &[OperatorState], now_ms: i64) -> Value {
    let item = |one: &OperatorState| {
        json!({
            "name": one.name,
            "created_ms": one.created_ms,
            "expires_ms": one.expires_ms,
            "expired": one.is_expired(now_ms),
        })
    };
    json!({"items": listed.iter().map(item).collect::<Vec<_>>()})
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(what) => Self::Invalid(what),
            Refusal::NotFound(_) => Self::NotFound("there is no operator of this name".into()),
            Refusal::Taken(_) => Self::Conflict("there is an operator of this name".into()),
            Refusal::Last(_) => Self::Conflict(
                "this is the last operator whose token has not expired: make another one first".into(),
            ),
            Refusal::Port(error) => error.into(),
        }
    }
}
