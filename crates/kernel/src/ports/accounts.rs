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
    /// Another one, at random and never used before, since its secret was last set, it was disabled or
    /// it was made: a token that names another is to be refused (D7).
    pub generation: String,
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
