use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::{Change, Fault, Realm};

/// The account that a sign-in attempt is for.
///
/// Accounts of different kinds never share a counter, whatever their names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountKey<'a> {
    /// What `name` is, for example `user` or `unknown e-mail`: a constant of the dialect.
    pub kind: &'static str,
    /// The account's id, or what was given in its place if there is no such account.
    pub name: &'a str,
}

/// One attempt to sign in with a password.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The dialect.
    pub realm: Realm,
    /// The account; `None` counts for the address alone.
    pub account: Option<AccountKey<'a>>,
    /// The client's address, if the attempt came over a network.
    pub address: Option<IpAddr>,
}

/// Whether a request may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Free,
    /// It may not, before this time is over.
    Refused {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// The answer to [`Throttle::reserve`].
pub enum Reserved {
    /// The password may be checked; the outcome is to be reported.
    Granted(Box<dyn Reservation>),
    /// The password must not be checked before this time is over.
    Refused {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// An attempt that is counted before its password is checked. One that is dropped without an outcome,
/// since its client has gone, counts as failed; one whose gateway died ends after 60 seconds.
#[async_trait]
pub trait Reservation: Send + Sync {
    /// The password was right: gives the reservation back, remembers the address, and ends the
    /// account's failures in a row unless the address was known already.
    async fn succeeded(self: Box<Self>) -> Result<(), PortError>;

    /// The password was wrong. Returns how many more attempts may fail before the account is slowed
    /// down for this address; `None` for an attempt without an account.
    async fn failed(self: Box<Self>) -> Result<Option<u32>, PortError>;

    /// Neither: gives the reservation back and counts nothing.
    async fn released(self: Box<Self>) -> Result<(), PortError>;
}

impl dyn Reservation {
    /// Gives the reservation back if the password could not be checked.
    ///
    /// # Errors
    /// Those of the check, and of the store.
    pub async fn checked<T>(
        self: Box<Self>,
        outcome: Result<T, PortError>,
    ) -> Result<(Box<Self>, T), PortError> {
        match outcome {
            Ok(checked) => Ok((self, checked)),
            Err(error) => {
                self.released().await?;
                Err(error)
            }
        }
    }
}

/// What [`Throttle::unlock`] frees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock<'a> {
    /// An account of a dialect, at every address.
    Account(Realm, AccountKey<'a>),
    /// A client address. Of IPv6 it is the /64 that counts.
    Address(IpAddr),
}

/// Slows down guessing, across all gateways of one store.
///
/// Every attempt is reserved in the store **before** its password is checked, so the limits hold
/// exactly, however many attempts come at once:
///
/// * an account has ten failures in a row, then one attempt after 1 s, doubling to 5 min; an address
///   that has not failed for the account itself waits for at most 30 s after the last failure;
/// * an address has 100 failures in 5 minutes;
/// * an address from which the account signed in before has 100 failures an hour of its own for the
///   account, which come back one by one, and neither of the two limits above.
///
/// Attempts beyond what is left wait for the outcome of earlier ones.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Reserves `attempt`. Waits while other attempts, whose outcome is open, hold what is left.
    async fn reserve(&self, attempt: Attempt<'_>) -> Result<Reserved, PortError>;

    /// Counts a failure for an address alone, if it has any left; for what names no account (keys,
    /// bearer tokens, secrets of 128 random bits and more, open registration).
    async fn charge(&self, realm: Realm, address: Option<IpAddr>) -> Result<Admission, PortError>;

    /// Forgets the failures of an account or an address, and records that. Whether there were any.
    async fn unlock(&self, change: &Change, lock: Lock<'_>) -> Result<bool, PortError>;

    /// Whether a request with a good credential of `principal` may go on, by how often it calls.
    /// Unlike failures, each gateway counts this for itself. Without a limit it always may.
    fn request(&self, _realm: Realm, _principal: &str) -> Admission {
        Admission::Free
    }
}

impl dyn Throttle {
    /// Reserves `attempt`: to be called before a password is checked.
    ///
    /// # Errors
    /// [`Fault::TooMany`] if it is refused.
    pub async fn demand(&self, attempt: Attempt<'_>) -> Result<Box<dyn Reservation>, Fault> {
        match self.reserve(attempt).await? {
            Reserved::Granted(reservation) => Ok(reservation),
            Reserved::Refused { retry_after } => Err(Fault::TooMany(retry_after)),
        }
    }

    /// Counts a request with a good credential.
    ///
    /// # Errors
    /// [`Fault::TooMany`] if its principal calls too often.
    pub fn spend(&self, realm: Realm, principal: &str) -> Result<(), Fault> {
        self.request(realm, principal).demand()
    }

    /// Counts a failure for an address alone. Call it only once a key or token has turned out wrong,
    /// so that a good one never waits for the throttle; never for an expired token of our own.
    ///
    /// # Errors
    /// [`Fault::TooMany`], and nothing is counted, if the address has no failures left.
    pub async fn wrong(&self, realm: Realm, address: Option<IpAddr>) -> Result<(), Fault> {
        self.charge(realm, address).await?.demand()
    }
}

impl Admission {
    fn demand(self) -> Result<(), Fault> {
        match self {
            Self::Free => Ok(()),
            Self::Refused { retry_after } => Err(Fault::TooMany(retry_after)),
        }
    }
}
