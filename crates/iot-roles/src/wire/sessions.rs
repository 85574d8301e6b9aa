//! Sessions, as an administrator sees them.

use serde::Serialize;

#[cfg(feature = "openapi")]
use crate::domain;
use crate::error::timestamp;
use crate::store::SessionOwner;

/// All sessions begin with a login.
const KIND: &str = "login";

/// A session, which is one login: never its tokens.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session<'a> {
    /// Its id, the claim `sid` of its tokens.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    id: &'a str,
    /// The user who signed in.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId))]
    user_id: &'a str,
    /// The user's name.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Username))]
    username: &'a str,
    /// What began it: `login`.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::session_kind))]
    kind: &'static str,
    /// The name of the domain that was chosen last.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    domain: Option<&'a str>,
    /// When it began, as `2026-11-22T00:00:00.000+0000`.
    issued: String,
    /// When it ends, however often it is refreshed, in the same form.
    expires: String,
    /// The address from which the user signed in.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    ip: Option<&'a str>,
    /// What the client called itself (`User-Agent`), at most 256 characters.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    device: Option<&'a str>,
    /// As `issued`.
    login_time: String,
    /// When its newest access token expires.
    expire: String,
    /// When its newest refresh token expires.
    refresh_expire: String,
}

impl<'a> From<&'a SessionOwner> for Session<'a> {
    fn from(owner: &'a SessionOwner) -> Self {
        let session = &owner.session;
        Self {
            id: session.id.as_str(),
            user_id: session.user_id.as_str(),
            username: owner.username.as_str(),
            kind: KIND,
            domain: session.domain.as_deref(),
            issued: timestamp(session.created_ms),
            expires: timestamp(session.last_ms),
            ip: session.address.as_deref(),
            device: session.device.as_deref(),
            login_time: timestamp(session.created_ms),
            expire: timestamp(session.access_expires_ms),
            refresh_expire: timestamp(session.refresh_expires_ms),
        }
    }
}
