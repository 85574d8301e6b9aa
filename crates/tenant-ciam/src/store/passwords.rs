use async_trait::async_trait;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, PortError};

use crate::domain::{TenantId, UserId};
use crate::user::{User, UserKey};

/// What a password is judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Credential {
    /// Whose it is, without his extension attributes and his picture.
    pub user: User,
    /// The hash of his password, if he has one.
    pub password: Option<PasswordHash>,
    /// The hashes of his last passwords, the newest first; the present one among them.
    pub former: Vec<PasswordHash>,
}

/// A password to be set.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// Its hash.
    pub hash: PasswordHash,
    /// Whether it is to be changed at the next login.
    pub must_modify: bool,
    /// The user's [`User::revision`] by which it was judged.
    pub revision: i64,
    /// The version of the tenant's rules by which it was judged.
    pub rules_version: i64,
    /// How many passwords are remembered from now on, this one among them; at least 1.
    pub remembered: u32,
}

/// What became of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordChange {
    /// It was set.
    Set,
    /// The user or the tenant's rules are not those by which it was judged.
    Stale,
    /// There is no such user.
    NoUser,
}

/// The passwords of a tenant's users.
#[async_trait]
pub trait PasswordStore: Send + Sync {
    /// The user whom `key` names, with the hash of his password and of the last `remembered`.
    async fn credential(
        &self,
        tenant: &TenantId,
        key: &UserKey,
        remembered: u32,
    ) -> Result<Option<Credential>, PortError>;

    /// Sets a user's password; of several at once that were judged by one state of him, one.
    async fn set_password(
        &self,
        change: &Change,
        tenant: &TenantId,
        id: &UserId,
        password: NewPassword,
    ) -> Result<PasswordChange, PortError>;

    /// Replaces the hash `old` of a user by `new`, which is of the same password; nothing, if he has
    /// another by now.
    async fn renew_hash(&self, id: &UserId, old: &PasswordHash, new: PasswordHash) -> Result<(), PortError>;

    /// Counts a sign-in at `at_ms` (milliseconds since the epoch). No change, and not recorded as one.
    async fn signed_in(&self, id: &UserId, at_ms: i64) -> Result<(), PortError>;
}
