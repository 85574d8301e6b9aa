//! The limits, as arithmetic on what the store holds. Every time that lies in the future is clamped
//! to what the rule could have put there, so a clock that was wrong locks out for no longer.

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Failures in a row after which an account is slowed down.
pub(super) const ACCOUNT_FAILURES: i32 = 10;
/// The longest that an account is slowed down after a failure.
const ACCOUNT_MAX_BLOCK_MS: i64 = 5 * MINUTE_MS;
/// The same for an address that has not failed for the account itself: one failure of a stranger
/// every five minutes must not lock the owner out at a new address.
const NEW_ADDRESS_MAX_BLOCK_MS: i64 = 30 * SECOND_MS;
/// How long failures in a row are remembered after the last one.
pub(super) const ACCOUNT_MEMORY_MS: i64 = DAY_MS;
/// How long it is remembered that an address failed for an account.
pub(super) const PAIR_MEMORY_MS: i64 = HOUR_MS;

/// Failures of an address within its window.
pub(super) const ADDRESS_FAILURES: i32 = 100;
/// The window of an address.
pub(super) const ADDRESS_WINDOW_MS: i64 = 5 * MINUTE_MS;

/// Failures for an account at an address from which it signed in before.
const KNOWN_FAILURES: i64 = 100;
/// How long one of them takes to come back: a hundred an hour.
const KNOWN_FAILURE_MS: i64 = HOUR_MS / KNOWN_FAILURES;
/// How long an address is known after a sign-in.
pub(super) const KNOWN_ADDRESS_MS: i64 = 90 * DAY_MS;

/// How long a reservation counts whose outcome is never reported.
pub(super) const RESERVATION_MS: i64 = MINUTE_MS;
/// From now on: a reservation that ends later was made by a clock that was wrong.
pub(super) const IMPOSSIBLE_MS: i64 = 2 * RESERVATION_MS;

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Budget {
    /// So many attempts may be open at a time.
    Attempts(i64),
    /// None for so many milliseconds.
    Refused(i64),
}

/// What an account has left after `failures` in a row, at an address that itself `failed_here` or not.
pub(super) fn account(failures: i32, last_failure_ms: i64, failed_here: bool, now: i64) -> Budget {
    if failures < ACCOUNT_FAILURES {
        return Budget::Attempts((ACCOUNT_FAILURES - failures).into());
    }
    let doublings = u32::try_from(failures - ACCOUNT_FAILURES).unwrap_or(0).min(20);
    let longest = if failed_here { ACCOUNT_MAX_BLOCK_MS } else { NEW_ADDRESS_MAX_BLOCK_MS };
    let block = (SECOND_MS << doublings).min(longest);
    match last_failure_ms.min(now) + block - now {
        left if left > 0 => Budget::Refused(left),
        _ => Budget::Attempts(1),
    }
}

/// What an address has left after `failures` in the window that began at `window_ms`.
pub(super) fn address(failures: i32, window_ms: i64, now: i64) -> Budget {
    let left = window_ms.min(now) + ADDRESS_WINDOW_MS - now;
    if left <= 0 {
        Budget::Attempts(ADDRESS_FAILURES.into())
    } else if failures < ADDRESS_FAILURES {
        Budget::Attempts((ADDRESS_FAILURES - failures).into())
    } else {
        Budget::Refused(left)
    }
}

/// What an account has left at a known address, whose allowance is whole again at `spent_until_ms`.
pub(super) fn known(spent_until_ms: i64, now: i64) -> Budget {
    let missing_ms = clamped(spent_until_ms, now) - now;
    let left = KNOWN_FAILURES
        - missing_ms.max(0).unsigned_abs().div_ceil(KNOWN_FAILURE_MS.unsigned_abs()).cast_signed();
    if left > 0 {
        Budget::Attempts(left)
    } else {
        Budget::Refused(missing_ms - (KNOWN_FAILURES - 1) * KNOWN_FAILURE_MS)
    }
}

/// When that allowance is whole again after another failure.
pub(super) fn spent(spent_until_ms: i64, now: i64) -> i64 {
    clamped(spent_until_ms, now).max(now) + KNOWN_FAILURE_MS
}

/// A time that the rule can have set: an allowance that is used up is whole again in an hour.
pub(super) fn clamped(spent_until_ms: i64, now: i64) -> i64 {
    spent_until_ms.min(now + HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn an_account_is_slowed_after_ten_failures_doubling_to_five_minutes() {
        assert_eq!(account(0, 0, false, NOW), Budget::Attempts(10));
        assert_eq!(account(9, NOW, true, NOW), Budget::Attempts(1));
        for (failures, seconds) in [(10, 1), (11, 2), (12, 4), (18, 256), (19, 300), (i32::MAX, 300)] {
            assert_eq!(account(failures, NOW, true, NOW), Budget::Refused(seconds * 1000), "{failures}");
            assert_eq!(account(failures, NOW - seconds * 1000, true, NOW), Budget::Attempts(1), "{failures}");
        }
    }

    #[test]
    fn a_new_address_waits_for_half_a_minute_at_most() {
        assert_eq!(account(12, NOW, false, NOW), Budget::Refused(4_000));
        assert_eq!(account(40, NOW, false, NOW), Budget::Refused(30_000));
        assert_eq!(account(40, NOW - 30_000, false, NOW), Budget::Attempts(1));
    }

    #[test]
    fn an_address_is_refused_until_its_window_ends() {
        assert_eq!(address(99, NOW, NOW), Budget::Attempts(1));
        assert_eq!(address(100, NOW - 60_000, NOW), Budget::Refused(240_000));
        assert_eq!(address(100, NOW - 300_000, NOW), Budget::Attempts(100));
    }

    #[test]
    fn a_known_address_gets_its_hundred_back_one_by_one() {
        let mut spent_until = 0;
        for left in (1..=100).rev() {
            assert_eq!(known(spent_until, NOW), Budget::Attempts(left));
            spent_until = spent(spent_until, NOW);
        }
        assert_eq!(known(spent_until, NOW), Budget::Refused(36_000));
        assert_eq!(known(spent_until, NOW + 35_999), Budget::Refused(1));
        assert_eq!(known(spent_until, NOW + 36_000), Budget::Attempts(1));
        assert_eq!(known(spent_until, NOW + 3_600_000), Budget::Attempts(100));
    }

    #[test]
    fn times_from_the_future_lock_for_no_longer_than_the_rule_says() {
        let next_year = NOW + 365 * DAY_MS;
        assert_eq!(account(40, next_year, true, NOW), Budget::Refused(300_000));
        assert_eq!(address(100, next_year, NOW), Budget::Refused(300_000));
        assert_eq!(known(next_year, NOW), Budget::Refused(36_000));
    }
}
