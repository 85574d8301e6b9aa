//! The one table that is printed.

use std::time::Duration;

/// The rows so far.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 6]>);

/// What a ratio should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// Cost: figure over bound is this at the most.
    AtMost(f64),
    /// Rate: figure over bound is this at the least.
    AtLeast(f64),
    /// Nothing: it stands beside its bound for who reads.
    None,
}

/// A figure with its unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    /// Shown in milliseconds.
    Time(Duration),
    /// Things a second.
    Rate(f64),
    /// Memory in MiB.
    Mebibytes(f64),
    /// How many.
    Count(usize),
}

impl Figure {
    fn value(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Rate(value) | Self::Mebibytes(value) => value,
            Self::Count(count) => count as f64,
        }
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{:.3} ms", time.as_secs_f64() * 1_000.0),
            Self::Rate(rate) if *rate < 1_000.0 => write!(f, "{rate:.1} /s"),
            Self::Rate(rate) => write!(f, "{rate:.0} /s"),
            Self::Mebibytes(size) => write!(f, "{size:.0} MiB"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

impl Table {
    /// A row for `figure` beside `bound`.
    pub(crate) fn row(&mut self, work: &str, figure: Figure, bound: Figure, target: Target) {
        let ratio = figure.value() / bound.value().max(f64::MIN_POSITIVE);
        let (shown, met) = match target {
            Target::AtMost(limit) => (format!("<= {limit}"), Some(ratio <= limit)),
            Target::AtLeast(limit) => (format!(">= {limit}"), Some(ratio >= limit)),
            Target::None => (String::new(), None),
        };
        let verdict = met.map_or("", |met| if met { "met" } else { "MISSED" });
        self.push([
            work.into(),
            figure.to_string(),
            bound.to_string(),
            format!("{ratio:.2}"),
            shown,
            verdict.into(),
        ]);
    }

    /// A row for something that others are measured by.
    pub(crate) fn bound(&mut self, work: &str, figure: Figure) {
        self.push([
            work.into(),
            figure.to_string(),
            String::new(),
            "1.00".into(),
            String::new(),
            "bound".into(),
        ]);
    }

    /// A row for a figure that has a limit of its own, such as memory.
    pub(crate) fn limit(&mut self, work: &str, figure: Figure, limit: Figure) {
        let verdict = if figure.value() <= limit.value() { "met" } else { "MISSED" };
        let target = format!("<= {limit}");
        self.push([work.into(), figure.to_string(), String::new(), String::new(), target, verdict.into()]);
    }

    fn push(&mut self, row: [String; 6]) {
        eprintln!("{}", row.join(" | "));
        self.0.push(row);
    }

    /// Prints it, as Markdown.
    pub(crate) fn print(&self) {
        let head = ["work", "figure", "bound", "ratio", "target", "verdict"].map(str::to_owned);
        let rows: Vec<&[String; 6]> = std::iter::once(&head).chain(&self.0).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..6).map(width).collect();
        for (number, row) in rows.iter().enumerate() {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("| {} |", cells.join(" | "));
            if number == 0 {
                let lines: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                println!("| {} |", lines.join(" | "));
            }
        }
    }
}
