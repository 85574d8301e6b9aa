//! A write transaction of PostgreSQL, and when it runs again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use roster_kernel::Random;

use crate::connection::AnyConn;
use crate::error::StoreError;
use crate::fault::Remedy;
use crate::pool::Lease;
use crate::writer::Verdict;

/// How often a transaction runs at the most.
const ATTEMPTS: u32 = 4;

/// What took longer does not run again: the caller would wait for too long.
const SHORT: Duration = Duration::from_secs(5);

/// How far a transaction got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// Nothing can have been committed.
    Work,
    /// The commit was sent: without an answer its outcome is unknown.
    Commit,
}

/// Runs `work` in a transaction, and again where that is safe and may help. After an unknown outcome of
/// the commit it does not: the write may be stored, and the caller gets 503.
pub(crate) fn run<T, F>(
    lease: &Lease,
    work: F,
    commits: &AtomicU64,
    random: &dyn Random,
) -> Result<T, StoreError>
where
    F: FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError> + Clone,
{
    let begin = lease.manager().begin_write();
    let begun = Instant::now();
    for attempt in 1.. {
        lease.check_writes()?;
        let mut reached = Reached::Work;
        let failed = match lease.with(|conn| once(conn, work.clone(), &begin, commits, &mut reached)) {
            Ok(value) => return Ok(value),
            Err(failed) => failed,
        };
        let remedy = failed.remedy(lease.backend());
        let most = match remedy {
            Remedy::Retry => ATTEMPTS,
            Remedy::RetryOnce => 2,
            Remedy::Unavailable | Remedy::Internal => 1,
        };
        let may_be_committed = reached == Reached::Commit && !failed.is_undone();
        if attempt >= most || begun.elapsed() >= SHORT || may_be_committed || lease.is_abandoned() {
            return Err(failed);
        }
        tracing::debug!(error = %failed, attempt, "a transaction runs again");
        metrics::counter!("roster_transaction_retries_total").increment(1);
        pause(attempt, random);
    }
    unreachable!("the last attempt returns")
}

fn once<T>(
    conn: &mut AnyConn,
    work: impl FnOnce(&mut AnyConn) -> Result<(T, Verdict), StoreError>,
    begin: &str,
    commits: &AtomicU64,
    reached: &mut Reached,
) -> Result<T, StoreError> {
    conn.begin_write(begin)?;
    match work(conn) {
        Ok((value, Verdict::Keep)) => {
            *reached = Reached::Commit;
            conn.commit()?;
            commits.fetch_add(1, Ordering::Release);
            Ok(value)
        }
        Ok((value, Verdict::Undo)) => conn.rollback().map(|()| value).map_err(StoreError::from),
        Err(error) => {
            // The first error is the cause; a broken connection is dropped by the pool.
            if let Err(rollback) = conn.rollback() {
                tracing::debug!(error = %rollback, "rollback failed");
            }
            Err(error)
        }
    }
}

/// Waits before the next attempt: 10 ms, twice as long each time, with jitter.
fn pause(attempt: u32, random: &dyn Random) {
    let mut jitter = [0];
    random.fill(&mut jitter);
    let base = Duration::from_millis(10) * (1 << attempt.min(6));
    #[expect(clippy::disallowed_methods, reason = "a pause between two attempts is no synchronisation")]
    std::thread::sleep(base / 2 + base * u32::from(jitter[0]) / 512);
}
