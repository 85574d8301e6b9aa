//! What the doctor found, for people and for machines.

use std::fmt::Write as _;

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is wrong.
    Ok,
    /// It works, but not as it should.
    Warning,
    /// It does not work, or not safely.
    Error,
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's name, which does not change.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is so, in one line.
    pub what: String,
    /// How to mend it, in one line; nothing where nothing is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// All that was found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Nothing is wrong here.
    pub(super) fn ok(&mut self, check: &'static str, what: impl Into<String>) {
        self.findings.push(Finding { check, level: Level::Ok, what: what.into(), mend: None });
    }

    /// It works, but not as it should.
    pub(super) fn warning(&mut self, check: &'static str, what: impl Into<String>, mend: impl Into<String>) {
        self.bad(check, Level::Warning, what.into(), mend.into());
    }

    /// It does not work, or not safely.
    pub(super) fn error(&mut self, check: &'static str, what: impl Into<String>, mend: impl Into<String>) {
        self.bad(check, Level::Error, what.into(), mend.into());
    }

    fn bad(&mut self, check: &'static str, level: Level, what: String, mend: String) {
        // What a database says goes over several lines.
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        self.findings.push(Finding { check, level, what, mend: Some(mend) });
    }

    /// How many are of this level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// For people: a line for each, and one more for how to mend it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Finding { check, level, what, mend } in &self.findings {
            let level = match level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Error => "ERROR  ",
            };
            // A string takes whatever is written to it.
            let _ = writeln!(text, "{level}  {check}: {what}");
            if let Some(mend) = mend {
                let _ = writeln!(text, "         mend: {mend}");
            }
        }
        text
    }
}
