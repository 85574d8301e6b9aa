//! `/admin/v1/enterprise-users/{user_id}/keys`: the access keys of a user.

use actix_web::HttpResponse;
use roster_enterprise_users::keys::command::issue_key;
use roster_enterprise_users::{Administrator, Error as DialectError, KeyInfo, UserId};
use roster_kernel::{Rule, Unit, Violation};
use roster_web::Call;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bodies::{Items, Key, MadeKey, Problem};
use super::{Desk, Error, Operator};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// A key that is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    /// Required: what it is for, 1 to 64 characters, no control characters, no `/`, no blanks at the ends.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s/\u0000-\u001f\u007f-\u009f]([^/\u0000-\u001f\u007f-\u009f]*[^\s/\u0000-\u001f\u007f-\u009f])?$"
    )]
    note: String,
    /// How long it is good, in seconds, at most a hundred years; null or absent for a key without an end.
    #[schema(minimum = 1, maximum = 3153600000_i64)]
    lifetime_seconds: Option<i64>,
}

/// Lists a user's access keys, oldest first.
///
/// `GET /admin/v1/enterprise-users/{user_id}/keys`: without the keys themselves.
#[utoipa::path(
    get,
    path = "/admin/v1/enterprise-users/{user_id}/keys",
    tag = "enterprise-users",
    params(("user_id" = i32, Path, description = "The user's id")),
    responses(
        (status = 200, description = "OK", body = Items<Key>),
        (
            status = 404,
            description = "There is no such user",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_enterprises(&call);
    let keys = call.dialects.enterprise_users.keys(&by, user_id(&call)?).await.map_err(told)?;
    Ok(HttpResponse::Ok().json(json!({"items": keys.iter().map(shown).collect::<Vec<_>>()})))
}

/// Makes an access key.
///
/// `POST /admin/v1/enterprise-users/{user_id}/keys`: it is shown this once.
#[utoipa::path(
    post,
    path = "/admin/v1/enterprise-users/{user_id}/keys",
    tag = "enterprise-users",
    params(("user_id" = i32, Path, description = "The user's id")),
    request_body(content = NewKey, description = "At most 64 KiB."),
    responses(
        (status = 201, description = "Made", body = MadeKey),
        (
            status = 404,
            description = "There is no such user",
            body = Problem,
            content_type = "application/problem+json",
        ),
        (
            status = 409,
            description = "The user has a key of this note",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_enterprises(&call);
    let (id, NewKey { note, lifetime_seconds }) = (user_id(&call)?, call.json(BODY_LIMIT).await?);
    let command = issue_key(&note, lifetime_seconds).map_err(|violations| told(violations.into()))?;
    let service = &call.dialects.enterprise_users;
    let key = service.issue_key(&by, id, command).await.map_err(told)?;
    Ok(HttpResponse::Created().json(json!({"note": note, "key": key.expose()})))
}

/// Revokes an access key.
///
/// `DELETE /admin/v1/enterprise-users/{user_id}/keys/{note}`: it stops at once.
#[utoipa::path(
    delete,
    path = "/admin/v1/enterprise-users/{user_id}/keys/{note}",
    tag = "enterprise-users",
    params(
        ("user_id" = i32, Path, description = "The user's id"),
        ("note" = String, Path, description = "What the key is for"),
    ),
    responses(
        (status = 204, description = "Revoked"),
        (
            status = 404,
            description = "There is no such user, or he has no key of this note",
            body = Problem,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn revoke(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_enterprises(&call);
    let (id, note) = (user_id(&call)?, call.segment("note"));
    call.dialects.enterprise_users.revoke_key(&by, id, &note).await.map_err(told)?;
    Ok(HttpResponse::NoContent().finish())
}

impl Operator {
    /// His right to act on enterprise users, of every enterprise.
    pub(super) fn over_enterprises(&self, call: &Call<Desk>) -> Administrator {
        Administrator::operator(&format!("operator:{}", self.name), call.origin())
    }
}

fn user_id(call: &Call<Desk>) -> Result<UserId, Error> {
    let id = call.segment("user_id").parse().map(UserId);
    id.map_err(|_| Error::NotFound("no such user".into()))
}

fn shown(key: &KeyInfo) -> Value {
    json!({"note": key.note.as_str(), "created_ms": key.created_ms, "expires_ms": key.expires_ms})
}

/// The dialect's failure as this API tells it.
pub(super) fn told(error: DialectError) -> Error {
    match error {
        DialectError::NotFound => Error::NotFound("no such user".into()),
        DialectError::NoSuchKey => Error::NotFound("the user has no key of this note".into()),
        DialectError::NoteTaken => Error::Conflict("the user has a key of this note".into()),
        DialectError::Invalid(violations) => {
            Error::Invalid(violations.iter().map(explained).collect::<Vec<_>>().join("; "))
        }
        DialectError::Fault(fault) => Error::Fault(fault),
        // Whatever else there is concerns a body of the dialect's own.
        other => Error::Invalid(other.to_string()),
    }
}

/// A broken rule in words.
pub(crate) fn explained(violation: &Violation) -> String {
    let field = &violation.field;
    match &violation.rule {
        Rule::NotBlank | Rule::NotNull => format!("{field} must not be blank"),
        Rule::Required => format!("{field} is required"),
        Rule::Type { expected, got } => format!("{field} must be of type {expected}, got {got}"),
        Rule::TooLong { max, got, unit: Unit::Items } => {
            format!("{field} has at most {max} items, not {got}")
        }
        Rule::TooLong { max, .. } => format!("{field} has at most {max} characters"),
        Rule::TooShort { min, .. } => format!("{field} has at least {min} characters"),
        Rule::Email => format!("{field} must be an e-mail address"),
        Rule::Range { min, max, got } => format!("{field} is {min} to {max}, not {got}"),
        Rule::Format(form) => format!("{field}: {form}"),
    }
}
