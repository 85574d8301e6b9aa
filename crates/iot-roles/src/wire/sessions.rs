//! Sessions, as an administrator sees them.

use serde::Serialize;

#[cfg(feature = "openapi")]
use crate::domain;
use crate::error::timestamp;
use crate::store::SessionOwner;

/// A session: never its token.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session<'a> {
    /// Its id, the token's claim `sid`.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// Whose it is.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    user_id: &'a str,
    /// His name.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Username))]
    username: &'a str,
    /// What its token is for: `access` or `refresh`.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::token_kind))]
    kind: &'static str,
    /// The name of the domain that was chosen.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    domain: Option<&'a str>,
    /// When it began, as `2026-11-22T00:00:00.000+0000`.
    issued: String,
    /// When it ends, in the same form.
    expires: String,
}

impl<'a> From<&'a SessionOwner> for Session<'a> {
    fn from(owner: &'a SessionOwner) -> Self {
        let session = &owner.session;
        Self {
            id: session.id.as_str(),
            user_id: session.user_id.as_str(),
            username: owner.username.as_str(),
            kind: session.kind.name(),
            domain: session.domain.as_deref(),
            issued: timestamp(session.created_ms),
            expires: timestamp(session.expires_ms),
        }
    }
}
