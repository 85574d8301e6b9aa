//! Gives memory back to the system after a peak.

use std::time::Duration;

use actix_web::rt::time::interval;
use actix_web::web::block;

/// How often the process' memory is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// How much more than its least, beside a tenth of it, a process may hold before memory is given back, in
/// pages of 4 KiB.
const SLACK: u64 = 8 << 8;

/// How many looks are left out at the most where giving back was of no use.
const MOST_SKIPPED: u32 = 3;

/// Gives back what was freed, whenever the process is larger than it has to be.
pub(crate) async fn watch() {
    let Some(mut least) = resident() else { return };
    let mut looks = interval(LOOK);
    // A process that needs what it holds is trimmed less often.
    let (mut pause, mut skipped) = (0, 0);
    loop {
        looks.tick().await;
        if skipped < pause {
            skipped += 1;
            continue;
        }
        skipped = 0;
        let Some(before) = resident() else { return };
        if before > least + least / 10 + SLACK {
            // A thread that could not be had is tried again.
            let _ = block(roster_allocator::give_back).await;
            let after = resident().unwrap_or(before);
            tracing::debug!(before_pages = before, after_pages = after, "memory given back");
            pause = if after + SLACK / 8 < before { 0 } else { (2 * pause + 1).min(MOST_SKIPPED) };
            least = least.min(after);
        }
        least = least.min(before);
    }
}

/// The resident memory of this process, in pages; nothing where the system does not tell.
fn resident() -> Option<u64> {
    std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}
