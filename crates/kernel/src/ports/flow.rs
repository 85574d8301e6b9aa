use std::net::IpAddr;

use super::Attempt;
use crate::Change;

/// On whose behalf a password is hashed.
///
/// Hashing takes turns among addresses, and for each address among its accounts (fair queueing), so
/// a flood from one address delays others by a few hashes at most.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Flow {
    /// The client's address; `None` for what came over no network.
    pub address: Option<IpAddr>,
    /// The account that signs in, or the principal that sets a password.
    pub account: Option<String>,
}

impl From<&Attempt<'_>> for Flow {
    fn from(attempt: &Attempt<'_>) -> Self {
        let account = attempt.account.map(|account| format!("{} {}", account.kind, account.name));
        Self { address: attempt.address, account }
    }
}

impl From<&Change> for Flow {
    fn from(change: &Change) -> Self {
        Self { address: change.origin.address, account: Some(change.principal.clone()) }
    }
}
