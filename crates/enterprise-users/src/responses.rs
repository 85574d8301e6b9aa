//! What the documentation of several subjects' routes shares.
#![expect(dead_code, reason = "the document alone has them")]

use utoipa::openapi::{OneOfBuilder, Ref, RefOr, Schema};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use crate::error::{ConsoleError, FieldErrors, FrameworkError};

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct UserIdPath {
    /// The user's id; what is no number is no user's (E9)
    #[param(min_length = 1)]
    user_id: String,
}

/// The body is no JSON object, or fields break rules: all at once (E7)
#[derive(IntoResponses)]
#[response(status = 400)]
pub(crate) struct InvalidFields(Refusal);

/// The user is the caller, or the last administrator (E13)
#[derive(IntoResponses)]
#[response(status = 400)]
pub(crate) struct RemovalRefused(Refusal);

/// The key is a plain member's, or the user is beyond the configured span (E10)
#[derive(IntoResponses)]
#[response(status = 403)]
pub(crate) struct Forbidden(Refusal);

/// There is no such user
#[derive(IntoResponses)]
#[response(status = 404)]
pub(crate) struct NoSuchUser(Refusal);

/// What every error of this dialect looks like: one of three.
pub(crate) struct Refusal;

impl PartialSchema for Refusal {
    fn schema() -> RefOr<Schema> {
        let one = |name: &str| Ref::from_schema_name(name);
        OneOfBuilder::new()
            .item(one("FrameworkError"))
            .item(one("ConsoleError"))
            .item(one("FieldErrors"))
            .description(Some("One of the dialect's three kinds of errors."))
            .into()
    }
}

impl ToSchema for Refusal {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("FrameworkError".into(), FrameworkError::schema()));
        schemas.push(("ConsoleError".into(), ConsoleError::schema()));
        schemas.push(("FieldErrors".into(), FieldErrors::schema()));
    }
}
