//! Tokens whose time of issue lies in the future, because the clock was ahead and was put right.

use std::sync::{Mutex, PoisonError};

use roster_kernel::Clock;

/// How far in the future a token may have been issued: what the clocks of two processes may differ by.
const TOLERANCE_MS: i64 = 60_000;

/// Remembers by how much the clock was set back while this process ran, so that tokens from before live as
/// long as they were to live, and no longer: otherwise a token that was issued while the clock was a year
/// ahead would be good for a year.
#[derive(Default)]
pub(crate) struct Setbacks(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// The latest time that the clock showed.
    latest_ms: i64,
    /// When it was first seen to show less, by the monotonic clock; `None` while it does not.
    set_back_at: Option<i64>,
}

impl Setbacks {
    /// Whether a token is expired that was issued at `issued_ms` for `lifetime_ms`. One from the future
    /// is good only if this process saw the clock show that time, and then for its lifetime from when the
    /// clock was seen to be set back.
    pub(crate) fn is_expired(&self, clock: &dyn Clock, issued_ms: i64, lifetime_ms: i64) -> bool {
        let (now, monotonic) = (clock.now_ms(), clock.monotonic_ms());
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.look(now, monotonic);
        if issued_ms.saturating_add(lifetime_ms) <= now {
            return true;
        }
        if issued_ms <= now.saturating_add(TOLERANCE_MS) {
            return false;
        }
        let known = issued_ms <= seen.latest_ms.saturating_add(TOLERANCE_MS);
        let lived = seen.set_back_at.map(|at| monotonic.saturating_sub(at));
        !(known && lived.is_some_and(|lived| lived < lifetime_ms))
    }

    /// Looks at the clock; to be called when a token is issued.
    pub(crate) fn look(&self, clock: &dyn Clock) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.look(clock.now_ms(), clock.monotonic_ms());
    }
}

impl Seen {
    fn look(&mut self, now_ms: i64, monotonic_ms: i64) {
        if now_ms >= self.latest_ms {
            *self = Self { latest_ms: now_ms, set_back_at: None };
        } else if now_ms < self.latest_ms.saturating_sub(TOLERANCE_MS) {
            self.set_back_at.get_or_insert(monotonic_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use roster_kernel::ManualClock;

    use super::*;

    const YEAR_MS: i64 = 365 * 24 * 3_600_000;
    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn a_token_ends_with_its_lifetime() {
        let (clock, setbacks) = (ManualClock::at(NOW), Setbacks::default());
        assert!(!setbacks.is_expired(&clock, NOW, 300_000));
        clock.advance(299_999);
        assert!(!setbacks.is_expired(&clock, NOW, 300_000));
        clock.advance(1);
        assert!(setbacks.is_expired(&clock, NOW, 300_000));
    }

    #[test]
    fn a_token_from_the_future_lives_its_lifetime_from_the_setback_on() {
        let (clock, setbacks) = (ManualClock::at(NOW + YEAR_MS), Setbacks::default());
        setbacks.look(&clock);
        clock.set(NOW);
        assert!(!setbacks.is_expired(&clock, NOW + YEAR_MS, 300_000));
        // Lives as long as it may, whatever else is asked.
        clock.advance(299_999);
        assert!(!setbacks.is_expired(&clock, NOW + YEAR_MS, 300_000));
        clock.advance(1);
        assert!(setbacks.is_expired(&clock, NOW + YEAR_MS, 300_000));
        // One that is issued now has nothing to do with it.
        let issued = clock.now_ms();
        assert!(!setbacks.is_expired(&clock, issued, 300_000));
    }

    #[test]
    fn a_process_that_never_saw_that_time_takes_no_token_of_it() {
        let (clock, setbacks) = (ManualClock::at(NOW), Setbacks::default());
        assert!(!setbacks.is_expired(&clock, NOW + TOLERANCE_MS, 300_000));
        assert!(setbacks.is_expired(&clock, NOW + TOLERANCE_MS + 1, 300_000));
        assert!(setbacks.is_expired(&clock, NOW + YEAR_MS, 300_000));
    }
}
