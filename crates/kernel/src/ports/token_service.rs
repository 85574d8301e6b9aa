use std::time::Duration;

use async_trait::async_trait;

use super::{PortError, TokenRejection};
use crate::{Realm, Secret};

/// What an opaque token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Whose it is, for example a client's id.
    pub subject: String,
    /// What it reaches, for example a tenant's id.
    pub scope: Option<String>,
    /// When it stops, in milliseconds since the epoch; `None` for never.
    pub expires_ms: Option<i64>,
}

/// Opaque bearer tokens: random, stored as SHA-256, revocable at once.
#[async_trait]
pub trait TokenService: Send + Sync {
    /// Makes a token for `subject`, valid in `realm` for `lifetime`. Earlier ones stay valid.
    async fn issue(
        &self,
        realm: Realm,
        subject: &str,
        scope: Option<&str>,
        lifetime: Duration,
    ) -> Result<Secret, PortError>;

    /// What `token` stands for in `realm`.
    async fn verify(&self, realm: Realm, token: &str) -> Result<Result<Token, TokenRejection>, PortError>;

    /// Ends all tokens of `subject` in `realm`.
    async fn revoke_all(&self, realm: Realm, subject: &str) -> Result<(), PortError>;
}
