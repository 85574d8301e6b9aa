//! Who waits for whose outcome in this process: one line for each account, first come, first served.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The lines that are not empty.
#[derive(Default)]
pub(super) struct Lines(Mutex<HashMap<String, Joined>>);

#[derive(Default)]
struct Joined {
    line: Arc<Line>,
    places: usize,
}

#[derive(Default)]
struct Line {
    turn: tokio::sync::Mutex<()>,
    outcome: Notify,
}

/// A place in a line. Only the first in it asks the store.
pub(super) struct Place<'a> {
    lines: &'a Lines,
    key: String,
    line: Arc<Line>,
}

impl Lines {
    pub(super) fn join(&self, key: String) -> Place<'_> {
        let line = {
            let mut lines = self.lock();
            let joined = lines.entry(key.clone()).or_default();
            joined.places += 1;
            joined.line.clone()
        };
        Place { lines: self, key, line }
    }

    /// Tells the first in the line that an outcome is known.
    pub(super) fn outcome(&self, key: &str) {
        if let Some(joined) = self.lock().get(key) {
            joined.line.outcome.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Joined>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Waits to be the first, and stays so until the guard is dropped.
    pub(super) async fn first(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.line.turn.lock().await
    }

    /// Waits for an outcome; one that came since the last call counts.
    pub(super) async fn outcome(&self) {
        self.line.outcome.notified().await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.lines.lock();
        let Some(joined) = lines.get_mut(&self.key) else { return };
        joined.places -= 1;
        if joined.places == 0 {
            lines.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctest_block_on as block_on;

    #[test]
    fn a_line_is_gone_with_its_last_place() {
        let lines = Lines::default();
        let (one, two) = (lines.join("a".into()), lines.join("a".into()));
        lines.outcome("a");
        lines.outcome("b");
        block_on(two.outcome());
        drop(one);
        assert_eq!(lines.lock().len(), 1);
        drop(two);
        assert_eq!(lines.lock().len(), 0);
    }
}
