//! Sessions, as an administrator sees them.

use serde::Serialize;

use crate::error::timestamp;
use crate::store::SessionOwner;

/// A session: never its token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session<'a> {
    id: &'a str,
    user_id: &'a str,
    username: &'a str,
    kind: &'static str,
    domain: Option<&'a str>,
    issued: String,
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
