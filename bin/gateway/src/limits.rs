//! Limits: how often one may call, and how long things may take.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use roster_auth::{RequestLimits, RequestLimitsConfig};
use roster_kernel::ports::RequestLimit;
use roster_web::{BodyRoom, ConnectionLimits, Limits, TrustedProxies, noting_principals};
use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use crate::process;

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
    /// Connections of one address at a time; 0 for any number. Those of trusted proxies do not count.
    pub address_connections: u32,
    /// How much of bodies is held at a time, beyond the first 4 KiB of each, in MiB.
    pub large_bodies_mib: NonZeroU32,
    /// How long a request's line and headers may take to arrive, in seconds; the handshake of TLS too.
    pub head_seconds: NonZeroU32,
    /// How long a body may take to arrive, in seconds.
    pub body_seconds: NonZeroU32,
    /// How long the work for a request may take, in seconds.
    pub request_seconds: NonZeroU32,
    /// The same where it grows with what is in the body or in the store, in seconds.
    pub long_request_seconds: NonZeroU32,
    /// How long an answer waits for a client that reads none of it, in seconds.
    pub answer_seconds: NonZeroU32,
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
            address_connections: 256,
            large_bodies_mib: number(64),
            head_seconds: number(10),
            body_seconds: number(120),
            request_seconds: number(60),
            long_request_seconds: number(600),
            answer_seconds: number(30),
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
        noting_principals(Arc::new(RequestLimits::new(&RequestLimitsConfig {
            principal_requests,
            address_requests,
            per_seconds,
        })))
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
            bodies: Some(BodyRoom::of(self.large_bodies_mib.get())),
            body: seconds(self.body_seconds),
            work: seconds(self.request_seconds),
            long_work: seconds(self.long_request_seconds),
        }
    }

    /// What the connections of a listener may cost that may have `total` at a time.
    pub(crate) fn of_connections(&self, total: usize, proxies: TrustedProxies) -> ConnectionLimits {
        ConnectionLimits {
            per_address: self.address_connections as usize,
            total,
            head: seconds(self.head_seconds),
            idle: seconds(self.keep_alive_seconds),
            answer: seconds(self.answer_seconds),
            proxies,
        }
    }
}

/// Files that may be opened beside connections and what [`process::files_needed`] counts.
const SPARE_FILES: usize = 32;

/// How many connections fit into the limit of open files beside a pool of `pool_size` database
/// connections.
pub(crate) fn connections(pool_size: u32) -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let kept = usize::try_from(process::files_needed(pool_size)).unwrap_or(usize::MAX);
    let files = usize::try_from(files).unwrap_or(usize::MAX).min(1 << 20);
    files.saturating_sub(kept.saturating_add(SPARE_FILES)).max(4)
}

/// The threads that serve requests.
pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
