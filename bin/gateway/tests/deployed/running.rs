use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;

use serde_json::Value;

/// A running gateway, ended with its test. Whatever it logs is kept.
pub(crate) struct Running {
    child: Child,
    pub(crate) base: String,
    lines: Mutex<mpsc::Receiver<String>>,
    reader: Option<JoinHandle<()>>,
    agent: ureq::Agent,
}

/// The binary, with hashing at its cheapest.
pub(crate) fn roster() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
    command
        .env_remove("DATABASE_URL")
        .env("ROSTER_HASHING__MEMORY_KIB", "8")
        .env("ROSTER_HASHING__ITERATIONS", "1");
    command
}

impl Running {
    /// Starts one, with these environment variables besides.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_by(roster(), arguments, environment)
    }

    /// Starts one by `command`, which runs the binary.
    pub(crate) fn start_by(mut command: Command, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        // Read while it runs: a full pipe would stop it.
        let reader = std::thread::spawn(move || {
            // Nobody may be left who listens.
            stderr.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(base) = line.trim().strip_prefix("listening on ") else {
            panic!("it does not start: {:?}", lines.iter().collect::<Vec<_>>())
        };
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        Self { base: base.to_owned(), child, lines: Mutex::new(lines), reader: Some(reader), agent }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens, as `127.0.0.1:…`.
    pub(crate) fn address(&self) -> &str {
        self.base.split_once("://").unwrap().1
    }

    /// Waits for a line of the log with this in it.
    pub(crate) fn wait_for(&self, what: &str) -> String {
        let line = self.lines.lock().unwrap().iter().find(|line| line.contains(what));
        line.unwrap_or_else(|| panic!("it ended without saying {what}"))
    }

    /// Waits for its end, which something else has asked for.
    pub(crate) fn ends_well(mut self) {
        assert!(self.child.wait().unwrap().success(), "a clean end");
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends it, and answers what it logged.
    pub(crate) fn logs(mut self) -> String {
        self.signal("-TERM");
        assert!(self.child.wait().unwrap().success(), "a clean end");
        self.reader.take().unwrap().join().unwrap();
        self.lines.lock().unwrap().iter().fold(String::new(), |logs, line| logs + &line + "\n")
    }

    /// One call: its status and body, or nothing if the connection broke.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<(u16, Value)> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = if body.is_empty() && method != "POST" {
            let request = request.body(()).unwrap();
            self.agent.run(self.agent.configure_request(request).allow_non_standard_methods(true).build())
        } else {
            let request = request.body(body.to_owned()).unwrap();
            self.agent.run(self.agent.configure_request(request).allow_non_standard_methods(true).build())
        }
        .ok()?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// One call with a JSON body.
    pub(crate) fn json(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        body: &str,
    ) -> Option<(u16, Value)> {
        let mut headers = vec![("Content-Type", "application/json")];
        if !authorization.is_empty() {
            headers.push(("Authorization", authorization));
        }
        self.call(method, path, &headers, body)
    }
}

impl Drop for Running {
    /// Asked to end, not killed, so that it takes its throw-away store with it.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        }
        let _ = self.child.wait();
    }
}
