use std::net::IpAddr;

use super::Admission;
use crate::Realm;

/// Whose request it is.
#[derive(Debug, Clone, Copy)]
pub enum Requester<'a> {
    /// Not known yet: whoever is at this address. Of IPv6 it is the /64 that counts.
    Address(IpAddr),
    /// Somebody whose credential is good, as the journal calls him.
    Principal(Realm, &'a str),
}

/// How often one client may call, whether he does anything wrong or not. Asked on every request, so
/// it waits for nothing; what it counts is this process' own.
///
/// Every request counts for its address, before its body is read and before the store is asked; one
/// with a good credential counts for its principal too.
pub trait RequestLimit: Send + Sync {
    /// Counts one request, if it may go on.
    fn count(&self, requester: Requester<'_>) -> Admission;
}
