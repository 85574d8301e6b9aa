//! What a dialect needs of the house: hashing, tokens, signatures, accounts, throttling.
//!
//! `roster-auth` implements all of them; an embedder may fill any himself. Each is `async`,
//! needs no runtime, and fails with a [`PortError`] only when the house itself fails: a wrong
//! password or an unknown token is an answer, not an error.

mod accounts;
mod flow;
mod password_hasher;
mod request_limit;
mod scoped_accounts;
mod throttle;
mod token_service;
mod token_signer;

use std::time::Duration;

pub use accounts::{Account, Accounts, Authentication};
pub use flow::Flow;
pub use password_hasher::{PasswordHash, PasswordHasher, Verified};
pub use request_limit::{RequestLimit, Requester};
pub use scoped_accounts::{AccountInfo, ScopedAccounts};
pub use throttle::{AccountKey, Admission, Attempt, Lock, Reservation, Reserved, Throttle};
pub use token_service::{Token, TokenService};
pub use token_signer::{JwtAlgorithm, TokenRejection, TokenSigner};

/// Why a port could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Too many wait already; nothing was begun.
    #[error("busy{}", cause.as_deref().map(|cause| format!(": {cause}")).unwrap_or_default())]
    Busy {
        /// When to come again.
        retry_after: Duration,
        /// What does not work at the moment, for the log and the command line alone.
        cause: Option<String>,
    },
    /// Something broke. For the log alone; the caller learns nothing of it.
    #[error("{0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl PortError {
    /// Busy for the moment: whoever asked may come again in a second.
    pub fn busy() -> Self {
        Self::Busy { retry_after: Duration::from_secs(1), cause: None }
    }

    /// Busy for the moment, since something does not work that may work again in a second.
    pub fn unavailable(cause: impl std::fmt::Display) -> Self {
        Self::Busy { retry_after: Duration::from_secs(1), cause: Some(cause.to_string()) }
    }

    /// A failure with `source` for the log.
    pub fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(source.into())
    }
}
