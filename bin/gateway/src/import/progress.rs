//! How far it is: a bar on a terminal, nothing elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar with the rate and the remaining time.
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
}

impl Progress {
    /// Over `size` bytes, if that is known. Shows nothing where standard error is no terminal.
    pub(crate) fn new(size: Option<u64>) -> Self {
        let (bar, template) = match size {
            Some(size) => (
                ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr()),
                "{bar:30} {percent:>3}%  {msg}  {eta} left",
            ),
            None => (
                ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
                "{spinner} {bytes}  {msg}",
            ),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, begun: Instant::now() }
    }

    /// So many `lines` are done, which are so many `bytes`.
    pub(crate) fn at(&self, bytes: u64, lines: u64) {
        self.bar.set_position(bytes);
        self.bar.set_message(format!("{lines} lines, {:.0} a second", self.rate(lines)));
    }

    /// `lines` for each second so far.
    pub(crate) fn rate(&self, lines: u64) -> f64 {
        let seconds = self.begun.elapsed().as_secs_f64();
        if seconds > 0.0 { f64::from(u32::try_from(lines).unwrap_or(u32::MAX)) / seconds } else { 0.0 }
    }

    /// A line of text above the bar.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| crate::print::tell(format_args!("{text}\n")));
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
