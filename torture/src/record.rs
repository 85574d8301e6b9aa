//! The figures of a run, and the promises that broke.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many broken promises are printed in full.
const SHOWN: usize = 20;

/// Figures of a cycle, or of several.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Disturbances.
    pub(crate) cycles: usize,
    /// Writes that were sent.
    pub(crate) attempts: usize,
    /// Those that were acknowledged.
    pub(crate) acknowledged: usize,
    /// Those of which no answer tells whether they were done.
    pub(crate) unknown: usize,
    /// Subjects whose content was compared.
    pub(crate) verified: usize,
    /// Subjects whose content is none that it may be.
    pub(crate) lost: usize,
    /// Answers with status 500.
    pub(crate) internal_errors: usize,
    /// The longest time between two good answers that a dialect gave to its prober.
    pub(crate) outage: Duration,
    /// The longest time from the end of a disturbance to a dialect's first good answer.
    pub(crate) recovery: Duration,
    /// The longest time that `/readyz` took.
    pub(crate) readyz: Duration,
}

impl Figures {
    /// Adds those of another cycle.
    pub(crate) fn add(&mut self, other: &Self) {
        self.cycles += other.cycles;
        self.attempts += other.attempts;
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.verified += other.verified;
        self.lost += other.lost;
        self.internal_errors += other.internal_errors;
        self.outage = self.outage.max(other.outage);
        self.recovery = self.recovery.max(other.recovery);
        self.readyz = self.readyz.max(other.readyz);
    }
}

/// The figures of the cycle that runs, shared by all threads.
#[derive(Debug, Default)]
pub(crate) struct Record {
    figures: Mutex<Figures>,
    /// When writes of the cycle were acknowledged.
    acknowledged: Mutex<Vec<Instant>>,
    broken: Mutex<Vec<String>>,
}

impl Record {
    /// Changes the figures.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.figures.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Counts an acknowledged write.
    pub(crate) fn acknowledged(&self) {
        self.count(|figures| figures.acknowledged += 1);
        self.acknowledged.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(Instant::now());
    }

    /// How long after `instant` the first write of this cycle was acknowledged.
    pub(crate) fn acknowledged_after(&self, instant: Instant) -> Option<Duration> {
        let all = self.acknowledged.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.iter().find(|&&at| at >= instant).map(|&at| at - instant)
    }

    /// Notes a promise that broke, and prints it.
    pub(crate) fn broken(&self, what: String) {
        let mut broken = self.broken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if broken.len() < SHOWN {
            eprintln!("BROKEN: {what}");
        } else if broken.len() == SHOWN {
            eprintln!("BROKEN: further ones are counted only");
        }
        broken.push(what);
    }

    /// Takes the figures of the cycle, and begins the next one.
    pub(crate) fn take(&self) -> Figures {
        self.acknowledged.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        std::mem::take(&mut self.figures.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// How many promises broke.
    pub(crate) fn broken_count(&self) -> usize {
        self.broken.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len()
    }
}

/// One disturbance's row of the summary.
#[derive(Debug)]
pub(crate) struct Row {
    /// As `kill on sqlite`.
    pub(crate) name: String,
    pub(crate) figures: Figures,
    pub(crate) broken: usize,
    /// Why it could not be run, if so.
    pub(crate) skipped: Option<String>,
}

impl Row {
    /// The row of a disturbance that this machine does not allow; says so at once.
    pub(crate) fn skipped(name: &str, reason: String) -> Self {
        eprintln!("*** SKIPPED: {name}: {reason} ***");
        Self { name: name.to_owned(), figures: Figures::default(), broken: 0, skipped: Some(reason) }
    }
}

/// Prints the summary.
pub(crate) fn summary(rows: &[Row]) {
    let head = [
        "disturbance",
        "cycles",
        "attempts",
        "acknowledged",
        "unknown",
        "verified",
        "lost",
        "500s",
        "outage s",
        "recovery s",
        "readyz s",
        "broken",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    for row in rows {
        let f = &row.figures;
        let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
        lines.push([
            row.name.clone(),
            f.cycles.to_string(),
            f.attempts.to_string(),
            f.acknowledged.to_string(),
            f.unknown.to_string(),
            f.verified.to_string(),
            f.lost.to_string(),
            f.internal_errors.to_string(),
            seconds(f.outage),
            seconds(f.recovery),
            seconds(f.readyz),
            if row.skipped.is_some() { "SKIPPED".to_owned() } else { row.broken.to_string() },
        ]);
    }
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
        println!("| {} |", cells.join(" | "));
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
            println!("| {} |", rules.join(" | "));
        }
    }
    for row in rows {
        if let Some(reason) = &row.skipped {
            println!("SKIPPED: {}: {reason}", row.name);
        }
    }
}
