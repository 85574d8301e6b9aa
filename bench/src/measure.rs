//! How long things take.

use std::time::{Duration, Instant};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Enough to see that it runs.
    Short,
    /// Enough to believe it.
    Full,
}

impl Effort {
    /// How often each thing is done.
    pub(crate) fn rounds(self, full: usize) -> usize {
        match self {
            Self::Short => full.div_ceil(20).max(2).min(full),
            Self::Full => full,
        }
    }

    /// How long a load lasts.
    pub(crate) fn seconds(self, full: u64) -> u64 {
        match self {
            Self::Short => 1,
            Self::Full => full,
        }
    }
}

/// The median of what each run of `work` took. A tenth as many runs before are not counted.
pub(crate) async fn median<F: Future<Output = ()>>(
    rounds: usize,
    mut work: impl FnMut(usize) -> F,
) -> Duration {
    let warm_up = rounds.div_ceil(10);
    let mut took = Vec::with_capacity(rounds);
    for round in 0..warm_up + rounds {
        let begun = Instant::now();
        work(round).await;
        took.push(begun.elapsed());
    }
    let took = &mut took[warm_up..];
    took.sort_unstable();
    took[took.len() / 2]
}

/// Of pairs that were measured in turns the one whose ratio is the middle one: what slows the machine down
/// for a while slows both down.
pub(crate) fn middle_pair(mut pairs: Vec<(f64, f64)>) -> (f64, f64) {
    pairs.sort_unstable_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    pairs[pairs.len() / 2]
}

/// The middle one.
pub(crate) fn median_of(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
