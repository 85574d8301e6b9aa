//! Limits: how often one may call, and how long things may take.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use roster_auth::{RequestLimits, RequestLimitsConfig};
use roster_kernel::ports::RequestLimit;
use roster_web::{BodyRoom, Limits};
use serde::{Deserialize, Serialize};

/// How often one may call, and how long things may take. Each gateway counts for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Requests with good credentials of one principal in `per_seconds`; 0 for any number.
    pub principal_requests: u32,
    /// Requests from one address in `per_seconds`, good or bad; 0 for any number.
    pub address_requests: u32,
    /// The time for both, in seconds.
    pub per_seconds: NonZeroU32,
    /// How much of bodies larger than 256 KiB is held at a time, in MiB.
    pub large_bodies_mib: NonZeroU32,
    /// How long the first request's line and headers may take to arrive, in seconds; the handshake of
    /// TLS too.
    pub head_seconds: NonZeroU32,
    /// How long a body may take to arrive, in seconds.
    pub body_seconds: NonZeroU32,
    /// How long the work for a request may take, in seconds.
    pub request_seconds: NonZeroU32,
    /// The same where it grows with what is in the body or in the store, in seconds.
    pub long_request_seconds: NonZeroU32,
    /// How long a connection without a request is kept, in seconds.
    pub keep_alive_seconds: NonZeroU32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let number = |number: u32| NonZeroU32::MIN.saturating_add(number - 1);
        Self {
            principal_requests: 0,
            address_requests: 0,
            per_seconds: number(60),
            large_bodies_mib: number(64),
            head_seconds: number(10),
            body_seconds: number(120),
            request_seconds: number(60),
            long_request_seconds: number(600),
            // Longer than a proxy keeps its own end, which must be the first to close.
            keep_alive_seconds: number(75),
        }
    }
}

/// So many seconds.
pub(crate) fn seconds(seconds: NonZeroU32) -> Duration {
    Duration::from_secs(seconds.get().into())
}

impl LimitsConfig {
    /// What counts requests.
    pub(crate) fn requests(&self) -> Arc<dyn RequestLimit> {
        let Self { principal_requests, address_requests, per_seconds, .. } = *self;
        Arc::new(RequestLimits::new(&RequestLimitsConfig {
            principal_requests,
            address_requests,
            per_seconds,
        }))
    }

    /// How long a sign-in waits for the outcome of earlier ones for the same account: so long that it
    /// is answered 429 rather than cut off by `request_seconds`.
    pub(crate) fn sign_in_patience(&self) -> Duration {
        seconds(self.request_seconds) * 3 / 4
    }

    /// What the routes go by.
    pub(crate) fn of_routes(&self, requests: Arc<dyn RequestLimit>) -> Limits {
        Limits {
            requests: Some(requests),
            large_bodies: Some(BodyRoom::of(self.large_bodies_mib.get())),
            body: seconds(self.body_seconds),
            work: seconds(self.request_seconds),
            long_work: seconds(self.long_request_seconds),
        }
    }
}
