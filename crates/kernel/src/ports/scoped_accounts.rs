use async_trait::async_trait;

use super::PortError;
use crate::{Change, Realm, Secret};

/// An account as whoever manages it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInfo {
    /// Its name, unique in its realm.
    pub name: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When its secret was set.
    pub secret_set_ms: i64,
}

/// The accounts that reach one scope, for example the clients of one tenant. Whoever names a scope
/// reaches the accounts of that scope alone: those of another one are not there for him.
///
/// Each write is recorded with its [`Change`]. Ending the tokens of an account is the caller's.
#[async_trait]
pub trait ScopedAccounts: Send + Sync {
    /// The accounts of `scope`, by name.
    async fn list(&self, realm: Realm, scope: &str) -> Result<Vec<AccountInfo>, PortError>;

    /// Makes the account `name`; `false` if the realm has one of this name, of whatever scope.
    async fn create(
        &self,
        change: &Change,
        realm: Realm,
        scope: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<bool, PortError>;

    /// Gives the account a new secret; the one before stops. Whether there is such an account.
    async fn rotate(
        &self,
        change: &Change,
        realm: Realm,
        scope: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<bool, PortError>;

    /// Removes the account. Whether there was one.
    async fn remove(&self, change: &Change, realm: Realm, scope: &str, name: &str)
    -> Result<bool, PortError>;

    /// Removes all accounts of `scope`, and answers their names.
    async fn remove_all(&self, change: &Change, realm: Realm, scope: &str) -> Result<Vec<String>, PortError>;
}
