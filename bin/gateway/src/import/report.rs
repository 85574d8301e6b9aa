//! What is told of lines that were refused.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use roster_kernel::{IntoWire, ReplyContext, WireBody};
use serde_json::{Value, json};

/// How many refused lines are shown where nobody asked for a file of them.
const SHOWN: u64 = 20;

/// A line that was refused, and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The status that the dialect would answer; none, if the line did not even become a body.
    pub(crate) status: Option<u16>,
    /// The body that it would answer, or what is wrong in words.
    pub(crate) error: Value,
}

impl Refusal {
    /// What the dialect says.
    pub(crate) fn of(error: &impl IntoWire, context: &ReplyContext) -> Self {
        let wire = error.to_wire(context);
        let error = match wire.body {
            WireBody::Json(text) | WireBody::Problem(text) => {
                serde_json::from_str(&text).unwrap_or(text.into())
            }
            WireBody::Text(text) => text.into(),
        };
        Self { status: Some(wire.status), error }
    }

    /// What is wrong with a line that no dialect has seen.
    pub(crate) fn plain(text: String) -> Self {
        Self { status: None, error: text.into() }
    }

    fn line(&self, line: u64) -> Value {
        match self.status {
            Some(status) => json!({"line": line, "status": status, "error": self.error}),
            None => json!({"line": line, "error": self.error}),
        }
    }
}

/// Where refused lines are told.
pub(crate) enum Report {
    /// All of them, as JSON Lines.
    File(BufWriter<File>),
    /// The first of them, on standard error; this many so far.
    Shown(u64),
}

impl Report {
    /// Into the file at `path`, which only its owner reads: error bodies may name users.
    pub(crate) fn to(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self::Shown(0)) };
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Self::File(BufWriter::new(file)))
    }

    /// Tells of one line; `show` writes to standard error.
    pub(crate) fn tell(&mut self, line: u64, refusal: &Refusal, show: impl Fn(&str)) -> io::Result<()> {
        match self {
            Self::File(file) => writeln!(file, "{}", refusal.line(line)),
            Self::Shown(shown) => {
                *shown += 1;
                match *shown {
                    n if n <= SHOWN => show(&format!("roster: {}", refusal.line(line))),
                    n if n == SHOWN + 1 => show("roster: … and more; --errors FILE tells all of them"),
                    _ => {}
                }
                Ok(())
            }
        }
    }

    /// Writes what is still held back.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Shown(_) => Ok(()),
        }
    }
}
