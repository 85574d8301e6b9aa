//! Waiting: for other processes, which have no way to notify this one.

use std::time::{Duration, Instant};

/// Waits for `time`.
pub(crate) fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "other processes are waited for")]
    std::thread::sleep(time);
}

/// Asks every 10 ms until there is an answer, and returns it with the time that it took.
///
/// # Errors
/// If there is none within `bound`; the message names `what`.
pub(crate) fn until<T>(
    what: &str,
    bound: Duration,
    mut ask: impl FnMut() -> Option<T>,
) -> Result<(T, Duration), String> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Ok((answer, begun.elapsed()));
        }
        if begun.elapsed() > bound {
            return Err(format!("{what}: not within {} s", bound.as_secs_f32()));
        }
        pause(Duration::from_millis(10));
    }
}
