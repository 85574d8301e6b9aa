//! The command line as scripts and orchestrators use it: the binary itself.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod configuration;
mod environment;
mod init;
mod limits;
mod operators;
mod owner;
mod pipes;
mod stores;
mod unlock;
mod weak_passwords;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use roster_persistence::DatabaseUrl;
use roster_testkit::TestDatabase;

/// The binary, in a folder, with hashing that costs nothing.
fn roster(folder: &Path) -> Command {
    with_cheap_hashing(Command::new(env!("CARGO_BIN_EXE_roster")), folder)
}

/// The binary under a limit of the shell's `ulimit`.
fn limited(folder: &Path, limit: &str, arguments: &str) -> Command {
    let line = format!("ulimit {limit} && exec {} {arguments}", env!("CARGO_BIN_EXE_roster"));
    let mut command = Command::new("bash");
    command.args(["-c", &line]);
    with_cheap_hashing(command, folder)
}

fn with_cheap_hashing(mut command: Command, folder: &Path) -> Command {
    command
        .env_remove("DATABASE_URL")
        .env("ROSTER_HASHING__MEMORY_KIB", "8")
        .env("ROSTER_HASHING__ITERATIONS", "1")
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

fn url_of(database: &TestDatabase) -> String {
    match database.url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

/// What it printed.
#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it says went wrong: one line, without a panic or a path of the source.
#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!told.contains("panicked") && !told.contains(".rs:"), "{told}");
    let line = told.lines().find(|line| line.starts_with("roster: ")).unwrap_or_else(|| panic!("{told}"));
    line.to_owned()
}

/// The files of a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A gateway that serves, ended with its test.
struct Serving {
    child: Child,
    base: String,
}

impl Serving {
    /// Starts what `command` says, which is to serve, and waits until it does.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.trim().strip_prefix("listening on ") {
            Some(base) => Self { child, base: base.to_owned() },
            None => panic!("{line:?}: {:?}", child.wait_with_output().unwrap()),
        }
    }

    fn status(&self, path: &str, token: &str) -> u16 {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let call = agent.get(format!("{}{path}", self.base)).header("Authorization", token);
        call.call().unwrap().status().as_u16()
    }

    /// Ends it, and answers all that it logged.
    fn end(mut self) -> String {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut log).unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        log
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
