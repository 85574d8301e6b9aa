use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};
use roster_kernel::ports::{Admission, RequestLimit, Requester};

/// Clients that are counted each for himself. More than that at a time share [`CROWD`] counts.
const CLIENTS: usize = 100_000;

/// The counts that clients share for whom there is no room.
const CROWD: u64 = 1024;

/// After so many requests those are forgotten who have not called for a while.
const SWEEP_EVERY: usize = 4096;

/// How often a client may call: `requests` in `seconds`, all at once if he likes, and then as evenly
/// as they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimitsConfig {
    /// Requests of one principal; 0 for any number.
    pub principal_requests: u32,
    /// Requests from one address; 0 for any number.
    pub address_requests: u32,
    /// In which time, in seconds.
    pub per_seconds: NonZeroU32,
}

impl Default for RequestLimitsConfig {
    fn default() -> Self {
        Self { principal_requests: 0, address_requests: 0, per_seconds: NonZeroU32::MIN.saturating_add(59) }
    }
}

/// Limits by principal and by address. They know clients by a keyed hash of 64 bits and are bounded:
/// some 5 MB each, whoever calls.
pub struct RequestLimits {
    principals: Option<Limit<MonotonicClock>>,
    addresses: Option<Limit<MonotonicClock>>,
}

impl RequestLimits {
    /// Limits with these settings; without any, everything may go on.
    pub fn new(config: &RequestLimitsConfig) -> Self {
        let limit = |requests| {
            let quota = quota(requests, config.per_seconds)?;
            Some(Limit::new(quota, CLIENTS, MonotonicClock))
        };
        Self { principals: limit(config.principal_requests), addresses: limit(config.address_requests) }
    }
}

impl RequestLimit for RequestLimits {
    fn count(&self, requester: Requester<'_>) -> Admission {
        match requester {
            Requester::Address(address) => match &self.addresses {
                Some(limit) => limit.count(&network(address)),
                None => Admission::Free,
            },
            Requester::Principal(realm, name) => match &self.principals {
                Some(limit) => {
                    let admission = limit.count(&(realm.name(), name));
                    if admission != Admission::Free {
                        let labels = [("dialect", realm.name()), ("by", "principal")];
                        metrics::counter!("roster_rate_limited_total", &labels).increment(1);
                    }
                    admission
                }
                None => Admission::Free,
            },
        }
    }
}

fn quota(requests: u32, seconds: NonZeroU32) -> Option<Quota> {
    let requests = NonZeroU32::new(requests)?;
    let each = Duration::from_secs(seconds.get().into()) / requests.get();
    Some(Quota::with_period(each)?.allow_burst(requests))
}

/// IPv6 clients own a /64, so they are counted by it.
fn network(address: IpAddr) -> [u8; 8] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            // No /64 begins with 0 outside of what is reserved.
            [0, 0, 0, 0, a, b, c, d]
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h, ..] = address.octets();
            [a, b, c, d, e, f, g, h]
        }
    }
}

/// One quota for each of many clients.
struct Limit<C: Clock> {
    limiter: RateLimiter<u64, Counts, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    /// Keyed anew in each process, so that nobody picks his neighbour.
    hasher: RandomState,
    asked: AtomicUsize,
}

impl<C: Clock + Clone> Limit<C> {
    fn new(quota: Quota, room: usize, clock: C) -> Self {
        let counts = Counts { room, by_client: Mutex::default() };
        Self {
            limiter: RateLimiter::new(quota, counts, clock.clone()),
            clock,
            hasher: RandomState::new(),
            asked: AtomicUsize::new(0),
        }
    }

    fn count(&self, client: &impl std::hash::Hash) -> Admission {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&self.hasher.hash_one(client)) {
            Ok(()) => Admission::Free,
            Err(not_until) => Admission::Refused { retry_after: not_until.wait_time_from(self.clock.now()) },
        }
    }
}

/// When each client's requests will have come back. Governor's own store grows with the clients.
struct Counts {
    room: usize,
    by_client: Mutex<HashMap<u64, Nanos>>,
}

impl Counts {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Nanos>> {
        self.by_client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Counts {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, client: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut counts = self.lock();
        let full = counts.len() >= self.room && !counts.contains_key(client);
        let client = if full { client % CROWD } else { *client };
        let (outcome, replaced) = measure(counts.get(&client).copied())?;
        counts.insert(client, replaced);
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<u64> for Counts {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut counts = self.lock();
        counts.retain(|_, at| *at > drop_below);
        counts.shrink_to(1024);
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;
    use roster_kernel::Realm;

    use super::*;

    fn limit(requests: u32, seconds: u32, room: usize) -> (Limit<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let quota = quota(requests, NonZeroU32::new(seconds).unwrap()).unwrap();
        (Limit::new(quota, room, clock.clone()), clock)
    }

    fn free(limit: &Limit<FakeRelativeClock>, client: u32) -> bool {
        limit.count(&client) == Admission::Free
    }

    #[test]
    fn a_client_has_his_requests_at_once_and_then_as_they_come_back() {
        let (limit, clock) = limit(3, 60, CLIENTS);
        assert_eq!([(); 4].map(|()| free(&limit, 1)), [true, true, true, false]);
        assert_eq!(limit.count(&1), Admission::Refused { retry_after: Duration::from_secs(20) });
        assert!(free(&limit, 2), "another is another");
        clock.advance(Duration::from_secs(19));
        assert!(!free(&limit, 1), "who asks and is refused pays nothing, and wins nothing");
        clock.advance(Duration::from_secs(1));
        assert_eq!([(); 2].map(|()| free(&limit, 1)), [true, false]);
        clock.advance(Duration::from_secs(3600));
        assert_eq!([(); 4].map(|()| free(&limit, 1)), [true, true, true, false], "no more than three");
    }

    #[test]
    fn whoever_is_gone_is_forgotten() {
        let (limit, clock) = limit(1, 60, CLIENTS);
        for client in 0..1000 {
            assert!(free(&limit, client));
        }
        clock.advance(Duration::from_secs(300));
        assert!(free(&limit, 1000));
        limit.limiter.retain_recent();
        assert_eq!(limit.limiter.len(), 1);
        assert!(!free(&limit, 1000), "but nobody who is still counted");
    }

    #[test]
    fn a_sweep_comes_by_itself() {
        let (limit, clock) = limit(1, 60, CLIENTS);
        for client in 0..1000 {
            free(&limit, client);
        }
        clock.advance(Duration::from_secs(300));
        for _ in 0..SWEEP_EVERY {
            free(&limit, 1000);
        }
        assert_eq!(limit.limiter.len(), 1);
    }

    /// However many call, memory is bounded, those who were there keep their own counts, and the
    /// crowd is limited all the same.
    #[test]
    fn a_crowd_shares_what_room_there_is() {
        let (limit, _) = limit(2, 60, 100);
        for client in 0..100 {
            assert!(free(&limit, client));
        }
        let let_in = (100..50_100).filter(|client| free(&limit, *client)).count();
        assert!(let_in <= 2 * CROWD as usize, "{let_in}");
        assert!(limit.limiter.len() <= 100 + CROWD as usize);
        assert!(free(&limit, 5) && !free(&limit, 5), "the second and the third of a known one");
    }

    #[test]
    fn addresses_count_by_what_one_client_owns() {
        let key = |text: &str| network(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    }

    #[test]
    fn principals_and_addresses_are_limited_each_for_himself_or_not_at_all() {
        let off = RequestLimits::new(&RequestLimitsConfig::default());
        let config = RequestLimitsConfig { principal_requests: 1, ..RequestLimitsConfig::default() };
        let on = RequestLimits::new(&config);
        let (here, there) = (Realm::new("here"), Realm::new("there"));
        let address = Requester::Address("192.0.2.1".parse().unwrap());
        let mut answers = Vec::new();
        for limits in [&off, &on] {
            for requester in [
                Requester::Principal(here, "a"),
                Requester::Principal(here, "a"),
                Requester::Principal(here, "b"),
                Requester::Principal(there, "a"),
                address,
                address,
            ] {
                answers.push(limits.count(requester) == Admission::Free);
            }
        }
        assert_eq!(answers[..6], [true; 6]);
        assert_eq!(answers[6..], [true, false, true, true, true, true]);
    }
}
