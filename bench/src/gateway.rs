//! The gateway as it is run: the release binary, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running gateway with the demonstration's data, which ends with its handle.
pub(crate) struct Gateway {
    /// `http://…`
    pub(crate) base: String,
    /// From the start of its process to its being ready.
    pub(crate) took: Duration,
    process: Child,
}

/// The binary beside this one.
pub(crate) fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("this program");
    let binary = own.with_file_name("roster");
    assert!(binary.exists(), "{} is not built: cargo build --release -p roster-gateway", binary.display());
    binary
}

/// The URL of a SQLite store.
pub(crate) fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

impl Gateway {
    /// Starts it on the store at `database_url`.
    pub(crate) fn start(database_url: &str) -> Self {
        let mut command = Command::new(binary());
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--database-url", database_url]);
        Self::wait(command)
    }

    /// Waits for the line that says where it, or anything that says it the same way, listens.
    pub(crate) fn wait(mut command: Command) -> Self {
        let begun = Instant::now();
        // Its log goes where a service's does: to a pipe, file or journal, never to a terminal.
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("it starts");
        let out = process.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("a line");
        let base = line.trim().strip_prefix("listening on ").expect("it is ready").to_owned();
        Self { base, took: begun.elapsed(), process }
    }

    /// A figure of its memory in MiB: `VmRSS` for now, `VmHWM` for the most so far.
    pub(crate) fn memory(&self, figure: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("a Linux with /proc");
        let line = status.lines().find_map(|line| line.strip_prefix(figure)).expect("the figure");
        let kib: f64 = line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number");
        kib / 1024.0
    }

    /// Sends one request with a JSON body and answers the JSON of its answer.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Value {
        let mut request =
            ureq::post(format!("{}{path}", self.base)).header("Content-Type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.send(body.to_string()).expect("an answer that is no error");
        serde_json::from_slice(&answer.body_mut().read_to_vec().expect("a body")).expect("JSON")
    }

    /// The body of what is at `path`.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut request = ureq::get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().expect("an answer that is no error").body_mut().read_to_vec().expect("a body")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It is a throw-away store, and what it holds was measured.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
