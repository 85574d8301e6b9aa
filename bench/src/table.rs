//! The one table that is printed.

use std::time::Duration;

/// The rows so far.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 6]>);

impl Table {
    /// A row for something that may cost `limit` times what `bound` costs.
    pub(crate) fn at_most(&mut self, work: &str, took: Duration, bound: Duration, limit: f64) {
        let ratio = took.as_secs_f64() / bound.as_secs_f64().max(f64::MIN_POSITIVE);
        let verdict = if ratio <= limit { "met" } else { "MISSED" };
        self.push(work, shown(took), shown(bound), format!("{ratio:.2}"), format!("<= {limit}"), verdict);
    }

    /// A row for something that others are measured by.
    pub(crate) fn bound(&mut self, work: &str, took: Duration) {
        self.push(work, shown(took), String::new(), "1.00".into(), String::new(), "bound");
    }

    /// A row for something that has no target, beside what it is compared with.
    pub(crate) fn beside(&mut self, work: &str, took: Duration, bound: Duration) {
        let ratio = took.as_secs_f64() / bound.as_secs_f64().max(f64::MIN_POSITIVE);
        self.push(work, shown(took), shown(bound), format!("{ratio:.2}"), String::new(), "");
    }

    fn push(
        &mut self,
        work: &str,
        figure: String,
        bound: String,
        ratio: String,
        target: String,
        verdict: &str,
    ) {
        self.0.push([work.to_owned(), figure, bound, ratio, target, verdict.to_owned()]);
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

fn shown(took: Duration) -> String {
    format!("{:.3} ms", took.as_secs_f64() * 1_000.0)
}
