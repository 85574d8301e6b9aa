//! `/admin/v1/enterprise-users/{user_id}/keys`: the access keys of a user.

use actix_web::HttpResponse;
use roster_enterprise_users::{Administrator, Error as DialectError, KeyInfo, UserId};
use roster_kernel::{Rule, Unit, Violation};
use roster_web::Call;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Desk, Error, Operator};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// A key that is to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    note: String,
    /// None for a key without an end.
    lifetime_seconds: Option<i64>,
}

/// `GET`: the keys, oldest first, without the keys themselves.
pub(super) async fn list(call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_enterprises(&call);
    let keys = call.dialects.enterprise_users.keys(&by, user_id(&call)?).await.map_err(told)?;
    Ok(HttpResponse::Ok().json(json!({"items": keys.iter().map(shown).collect::<Vec<_>>()})))
}

/// `POST`: a new key, shown this once.
pub(super) async fn create(mut call: Call<Desk>) -> Result<HttpResponse, Error> {
    let by = Operator::of(&call).await?.over_enterprises(&call);
    let (id, NewKey { note, lifetime_seconds }) = (user_id(&call)?, call.json(BODY_LIMIT).await?);
    let service = &call.dialects.enterprise_users;
    let key = service.issue_key(&by, id, &note, lifetime_seconds).await.map_err(told)?;
    Ok(HttpResponse::Created().json(json!({"note": note, "key": key.expose()})))
}

/// `DELETE …/{note}`: the key stops at once.
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
        Rule::Range { min, max, got } => format!("{field} is {min} to {max}, not {got}"),
        Rule::Format(form) => format!("{field}: {form}"),
        other => format!("{field}: {other:?}"),
    }
}
