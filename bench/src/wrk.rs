//! The load generator: `wrk`, as a process of its own.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What is sent, and by how many at a time.
pub(crate) struct Load<'a> {
    /// Where to.
    pub(crate) url: String,
    /// Besides those that wrk sends by itself.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// Each sends its next request when the last one is answered.
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    /// In Lua, if requests differ; see wrk's SCRIPTING.
    pub(crate) script: Option<&'a str>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    /// Answers a second.
    pub(crate) rate: f64,
    /// What 99 of 100 answers took at the most.
    pub(crate) p99: Duration,
}

/// A load that runs.
pub(crate) struct Running(Child);

impl Load<'_> {
    /// Runs it to its end.
    ///
    /// # Panics
    /// If wrk is not to be had, or any answer was an error: such figures mean nothing.
    pub(crate) fn run(&self) -> Report {
        self.start().report()
    }

    /// Starts it.
    pub(crate) fn start(&self) -> Running {
        let mut command = Command::new("wrk");
        command.args(["--latency", "-t", "1", "-c", &self.connections.to_string()]);
        command.args(["-d", &format!("{}s", self.seconds), "--timeout", "30s"]);
        for (name, value) in self.headers {
            command.args(["-H", &format!("{name}: {value}")]);
        }
        let script = self.script.map(|script| {
            let mut file = tempfile::Builder::new().suffix(".lua").tempfile().expect("a temporary file");
            file.write_all(script.as_bytes()).expect("a script");
            file.into_temp_path().keep().expect("kept")
        });
        if let Some(script) = &script {
            command.arg("-s").arg(script);
        }
        let child = command.arg(&self.url).stdout(Stdio::piped()).spawn();
        Running(child.expect("wrk is installed (Debian's package wrk)"))
    }
}

impl Running {
    /// Waits for its end.
    pub(crate) fn report(self) -> Report {
        let output = self.0.wait_with_output().expect("wrk ends");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "wrk: {text}");
        for bad in ["Non-2xx or 3xx responses:", "Socket errors:"] {
            assert!(!text.contains(bad), "the load met errors:\n{text}");
        }
        let after = |label: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(label));
            line.unwrap_or_else(|| panic!("no {label} in:\n{text}")).trim().to_owned()
        };
        Report { rate: after("Requests/sec:").parse().expect("a number"), p99: duration(&after("99%")) }
    }
}

/// As wrk writes it: `123.00us`, `1.23ms`, `1.23s`, `1.02m`.
fn duration(text: &str) -> Duration {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        other => panic!("an unknown unit: {other}"),
    };
    Duration::from_secs_f64(digits.parse::<f64>().expect("a number") * seconds)
}
