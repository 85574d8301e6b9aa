//! Why something of the Enterprise Center is refused. Its callers are operators, through whatever
//! interface; this dialect's own error bodies are not for them.

use roster_kernel::{PortError, Violation};

use crate::definition::Report;

/// What was looked for and is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The tenant.
    Tenant,
    /// The client, or it is another tenant's.
    Client,
    /// The extension attribute.
    Attribute,
    /// The user.
    User,
}

impl Missing {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tenant => "no such tenant",
            Self::Client => "the tenant has no such client",
            Self::Attribute => "the tenant has no such extension attribute",
            Self::User => "the tenant has no such user",
        }
    }
}

/// Why a change of a tenant is refused.
#[derive(Debug, thiserror::Error)]
pub enum CenterError {
    /// A value breaks a rule.
    #[error("{}: {:?}", .0.field, .0.rule)]
    Invalid(Violation),
    /// It is not there.
    #[error("{}", .0.words())]
    NotFound(Missing),
    /// It is in the way of what is there; the text says of what, and holds no personal value.
    #[error("{0}")]
    Conflict(String),
    /// Users who are there break a definition to be.
    #[error("users break the definition")]
    Broken(Report),
    /// The house failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<Violation> for CenterError {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation)
    }
}

impl From<Missing> for CenterError {
    fn from(missing: Missing) -> Self {
        Self::NotFound(missing)
    }
}
