use std::borrow::Cow;

use async_trait::async_trait;

use super::{Flow, PortError};
use crate::Secret;

/// A stored password hash in PHC string form (`$argon2id$v=19$m=…`).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string as it stands in a store.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for a store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The outcome of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whether the password belongs to the hash.
    pub valid: bool,
    /// Whether it does, and the hash was made with other parameters than today's, so that the
    /// caller should store a new one. Never where the hash does not tell the password from a longer one.
    pub outdated: bool,
}

/// Hashes and verifies passwords. Slow on purpose: never call it while a transaction is open.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes `password` with a fresh salt, in turn for `flow`.
    async fn hash(&self, password: &Secret, flow: &Flow) -> Result<PasswordHash, PortError>;

    /// Verifies `password` against `hash`, in turn for `flow`. With `None` (no such user, or one without a password)
    /// the same time is spent and the answer is "not valid".
    async fn verify(
        &self,
        password: &Secret,
        hash: Option<&PasswordHash>,
        flow: &Flow,
    ) -> Result<Verified, PortError>;

    /// Hashes many passwords, in their order. One after the other, unless the hasher knows better.
    async fn hash_all(&self, passwords: Vec<Secret>, flow: &Flow) -> Result<Vec<PasswordHash>, PortError> {
        let mut hashes = Vec::with_capacity(passwords.len());
        for password in &passwords {
            hashes.push(self.hash(password, flow).await?);
        }
        Ok(hashes)
    }

    /// Takes a hash that another system made, as users bring it along when they are imported.
    /// Whoever takes one verifies it, at a cost that he bounds here, and calls it outdated.
    ///
    /// # Errors
    /// What the hash must be, for people, in words behind "must be"; never the hash. A hasher that says nothing of it takes
    /// none.
    fn adopt(&self, foreign: &str) -> Result<PasswordHash, Cow<'static, str>> {
        let _ = foreign;
        Err("absent, hashes of other systems are not taken".into())
    }
}
