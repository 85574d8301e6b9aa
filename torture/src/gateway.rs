//! A gateway's process.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::wait::until;

/// How a gateway is started: again and again the same way.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The program.
    pub(crate) program: PathBuf,
    /// The store.
    pub(crate) database_url: String,
    /// Further environment variables.
    pub(crate) environment: Vec<(String, String)>,
    /// Where its log is appended.
    pub(crate) log: PathBuf,
}

/// A running gateway, which ends with this value.
pub(crate) struct Gateway {
    /// `http://127.0.0.1:…`
    pub(crate) base: String,
    process: Child,
}

impl Gateway {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// If it ends instead; the message has the last lines of its log.
    pub(crate) fn start(launch: &Launch) -> Result<Self, String> {
        let log = File::options().create(true).append(true).open(&launch.log).map_err(|e| e.to_string())?;
        let mut command = Command::new(&launch.program);
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--database-url", &launch.database_url]);
        // Hashing at its cheapest: the store is under test, not the processor.
        command.env("ROSTER_HASHING__MEMORY_KIB", "8").env("ROSTER_HASHING__ITERATIONS", "1");
        // The verifier's wrong passwords come from an address of their own each.
        command.env("ROSTER_TRUSTED_PROXIES", r#"["127.0.0.0/8"]"#);
        command.env("ROSTER_LOG__FILTER", "warn");
        command.envs(launch.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().map_err(|e| format!("{}: {e}", launch.program.display()))?;
        let out = process.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).map_err(|e| e.to_string())?;
        let Some(base) = line.trim().strip_prefix("listening on ") else {
            let _ = process.kill();
            let _ = process.wait();
            return Err(format!("the gateway did not start:\n{}", last_lines(&launch.log, 10)));
        };
        Ok(Self { base: base.to_owned(), process })
    }

    /// The process's id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Sends SIGTERM and returns how long it takes to end.
    ///
    /// # Errors
    /// If it takes longer than `bound`.
    pub(crate) fn terminate(&mut self, bound: Duration) -> Result<Duration, String> {
        let begun = Instant::now();
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().map_err(|e| e.to_string())?;
        until("the end after SIGTERM", bound, || self.process.try_wait().ok().flatten())?;
        Ok(begun.elapsed())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The errors and panics that were logged after the first `from` bytes, which is moved to the log's end.
pub(crate) fn logged_errors(log: &Path, from: &mut u64) -> Vec<String> {
    let Ok(mut file) = File::open(log) else { return Vec::new() };
    if file.seek(SeekFrom::Start(*from)).is_err() {
        return Vec::new();
    }
    let mut new = Vec::new();
    let _ = file.read_to_end(&mut new);
    *from += new.len() as u64;
    let text = String::from_utf8_lossy(&new);
    let is_error = |line: &&str| line.contains(" ERROR ") || line.contains("panicked");
    text.lines().filter(is_error).map(str::to_owned).collect()
}

fn last_lines(log: &Path, count: usize) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
