//! Logs: to standard error, for people or for machines.

use std::io::{BufWriter, Write};

use serde::{Deserialize, Serialize};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::stray::Stray;

/// How logs look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// For people or for machines.
    pub format: LogFormat,
    /// What is logged, as `info` or `info,roster_web=warn`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Human, filter: "info".into() }
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text.
    Human,
    /// One JSON object a line.
    Json,
}

/// Whether logging could start with it.
///
/// # Errors
/// For a filter that is none.
pub(crate) fn check(config: &LogConfig) -> Result<EnvFilter, String> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| format!("log.filter: {error}"))?;
    // Its errors are reported with the client's address by `listen`, as what they are.
    let quiet = "actix_http::h1::dispatcher=off".parse().map_err(|error| format!("log.filter: {error}"))?;
    Ok(filter.add_directive(quiet))
}

/// Writes what is still to be written when it is dropped.
#[must_use]
pub struct Lines {
    /// Before the guard: what it took is written too.
    _stray: Option<Stray>,
    _guard: WorkerGuard,
}

/// Starts logging. To be called once.
///
/// # Errors
/// For a filter that is none.
pub fn init(config: &LogConfig) -> Result<(), Box<dyn std::error::Error>> {
    to(config, std::io::stderr)
}

/// Starts logging by a thread of its own, which writes lines together when many come: a line for each
/// request would else be a system call for each, and a lock that all workers wait for. No line is
/// dropped; a process that is killed takes its last milliseconds with it. With `foreign`, what a C library
/// writes to standard error becomes entries too, where the log is for machines. To be called once.
///
/// # Errors
/// For a filter that is none.
pub fn init_beside(config: &LogConfig, foreign: bool) -> Result<Lines, Box<dyn std::error::Error>> {
    let caught = (foreign && config.format == LogFormat::Json).then(Stray::catch).transpose()?;
    let (stray, out): (_, Box<dyn Write + Send>) = match caught {
        Some((stray, out)) => (Some(stray), Box::new(out)),
        None => (None, Box::new(std::io::stderr())),
    };
    let (lines, guard) = NonBlockingBuilder::default()
        .lossy(false)
        .thread_name("roster-log")
        // Flushed whenever nothing waits.
        .finish(BufWriter::with_capacity(64 * 1024, out));
    to(config, lines)?;
    Ok(Lines { _stray: stray, _guard: guard })
}

fn to(
    config: &LogConfig,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Result<(), Box<dyn std::error::Error>> {
    let filter = check(config)?;
    // What cannot be written is not told either: it would be told on standard error, by a macro that
    // panics where that is closed.
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).log_internal_errors(false);
    let started = match config.format {
        LogFormat::Human => {
            builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
        }
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| error.to_string().into())
}
