use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::{Fault, Realm};

/// One try to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Where.
    pub realm: Realm,
    /// As whom; `None` where the credential itself names nobody (keys, bearers).
    pub account: Option<&'a str>,
    /// From where, if it came over a network.
    pub address: Option<IpAddr>,
}

/// Whether an attempt may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Free,
    /// Not before this time is over.
    Refused {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// Slows down guessing, over all gateways of one store.
///
/// An account is slowed after ten failures in a row, 1 s doubling to 5 min; an address after 100
/// failures in 5 minutes. An address from which this account signed in before is always free.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Whether `attempt` may go on. Ask before a password is hashed.
    async fn admit(&self, attempt: Attempt<'_>) -> Result<Admission, PortError>;

    /// It failed. Answers how many more failures in a row the account may have before it is slowed;
    /// `None` for an attempt as nobody.
    async fn failed(&self, attempt: Attempt<'_>) -> Result<Option<u32>, PortError>;

    /// It succeeded: the account's failures are forgotten, its address is remembered.
    async fn succeeded(&self, attempt: Attempt<'_>) -> Result<(), PortError>;

    /// A request with a good credential of `principal`: whether it may go on, by how often he calls.
    /// Unlike failures this is counted by each gateway for itself. Without a limit it always may.
    fn request(&self, _realm: Realm, _principal: &str) -> Admission {
        Admission::Free
    }
}

impl dyn Throttle {
    /// Goes on if `attempt` may: for whatever is judged by a password.
    ///
    /// # Errors
    /// [`Fault::TooMany`] if it may not.
    pub async fn demand(&self, attempt: Attempt<'_>) -> Result<(), Fault> {
        match self.admit(attempt).await? {
            Admission::Free => Ok(()),
            Admission::Refused { retry_after } => Err(Fault::TooMany(retry_after)),
        }
    }

    /// Counts a request with a good credential. To be asked wherever one has turned out good.
    ///
    /// # Errors
    /// [`Fault::TooMany`] if its principal calls too often.
    pub fn spend(&self, realm: Realm, principal: &str) -> Result<(), Fault> {
        match self.request(realm, principal) {
            Admission::Free => Ok(()),
            Admission::Refused { retry_after } => Err(Fault::TooMany(retry_after)),
        }
    }

    /// Counts a wrong key or bearer, by its address alone. Ask only when it has turned out wrong, so
    /// that a good one never waits for the throttle.
    ///
    /// # Errors
    /// [`Fault::TooMany`] instead of being counted, if the address has had enough.
    pub async fn wrong(&self, realm: Realm, address: Option<IpAddr>) -> Result<(), Fault> {
        let attempt = Attempt { realm, account: None, address };
        self.demand(attempt).await?;
        self.failed(attempt).await?;
        Ok(())
    }
}
