use async_trait::async_trait;

use super::{Flow, PortError};
use crate::{Realm, Secret};

/// An account that may sign in but is no user of a dialect: a device account, a CIAM client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name in the realm.
    pub name: String,
    /// What it reaches, for example a tenant's id.
    pub scope: Option<String>,
    /// When its secret was last set, in milliseconds since the epoch: tokens from before are
    /// to be refused.
    pub secret_set_ms: i64,
}

/// The answer to name and secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// They belong together.
    Granted(Account),
    /// No such account, or one that is switched off. Took as long as a wrong secret.
    UnknownAccount,
    /// The account is there, the secret is another.
    WrongSecret,
}

/// The accounts of the house.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Checks `secret` for the account `name` of `realm`, in turn for `flow` if it has to be hashed.
    async fn authenticate(
        &self,
        realm: Realm,
        name: &str,
        secret: &Secret,
        flow: &Flow,
    ) -> Result<Authentication, PortError>;

    /// The account, if it is there and switched on.
    async fn find(&self, realm: Realm, name: &str) -> Result<Option<Account>, PortError>;
}
