//! What the admin API fails with, and the one table from each to an RFC 9457 problem.

use roster_kernel::ports::PortError;
use roster_kernel::{Fault, IntoWire, ReplyContext, WireError};

/// What the admin API fails with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401. No operator's token.
    #[error("no operator token")]
    Unauthorized,
    /// 401. An operator's token whose time is over.
    #[error("expired operator token")]
    Expired,
    /// 400. A member of the body or the query breaks a rule; the text says which and how.
    #[error("invalid: {0}")]
    Invalid(String),
    /// 404. No such thing; the text says what.
    #[error("not found: {0}")]
    NotFound(String),
    /// 409. It is in the way of what is there; the text says of what.
    #[error("conflict: {0}")]
    Conflict(String),
    /// 409. Users who are there break a definition to be: who breaks what of it.
    #[error("users break the definition")]
    Broken(serde_json::Value),
    /// The transport's and the house's failures.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

impl IntoWire for Error {
    fn to_wire(&self, _: &ReplyContext) -> WireError {
        match self {
            Self::Unauthorized => {
                let detail = "send an operator's token as 'Authorization: Bearer TOKEN'";
                problem(401, detail).header("WWW-Authenticate", "Bearer")
            }
            Self::Expired => {
                let detail = "this operator's token has expired; `roster operator create NAME` or another \
                              operator makes a new one";
                problem(401, detail).header("WWW-Authenticate", "Bearer error=\"invalid_token\"")
            }
            Self::Invalid(detail) => problem(400, detail),
            Self::NotFound(detail) => problem(404, detail),
            Self::Conflict(detail) => problem(409, detail),
            Self::Broken(broken) => {
                let detail = "users break this definition; shared values and a change of type are always \
                              refused, all else is accepted with ?accept_broken=true";
                problem(409, detail).member("broken", broken.clone())
            }
            Self::Fault(fault) => problem(fault.status(), &fault.caller_message()).headers(fault.headers()),
        }
    }
}

fn problem(status: u16, detail: &str) -> WireError {
    let title = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    WireError::problem(status, title, detail)
}
