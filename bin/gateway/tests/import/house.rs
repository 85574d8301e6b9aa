//! What all of these tests need: a gateway with the demonstration's data, and the command beside it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use roster_persistence::DatabaseUrl;
use roster_testkit::{TestDatabase, TestGateway};
use serde_json::Value;

/// A store that was begun, and a folder for files.
pub(crate) struct House {
    pub(crate) gateway: TestGateway,
    folder: tempfile::TempDir,
}

/// One on each database.
pub(crate) fn on_each_house(test: impl Fn(&House)) {
    for database in TestDatabase::each() {
        test(&House::on(database));
    }
}

impl House {
    pub(crate) fn on(database: TestDatabase) -> Self {
        Self { gateway: TestGateway::start(database, |_| {}), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        url_of(self.gateway.database().url())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
        command
            .env("DATABASE_URL", self.url())
            .env("ROSTER_HASHING__MEMORY_KIB", "8")
            .env("ROSTER_HASHING__ITERATIONS", "1")
            // The first administrator has no address, and is exported and imported too.
            .env("ROSTER_IOT_ROLES__EMAIL_REQUIRED", "false")
            .args(arguments);
        command
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        std::fs::File::create(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
        self.path(name).display().to_string()
    }

    /// Runs `roster import`: whether it ended well, and what it said.
    pub(crate) fn import(&self, arguments: &[&str]) -> (bool, String) {
        told(&self.command(&[&["import"], arguments].concat()).stdin(Stdio::null()).output().unwrap())
    }

    /// The same of a file of this name and text; what it said.
    pub(crate) fn import_text(&self, dialect: &[&str], name: &str, text: &str) -> String {
        let file = self.file(name, text);
        self.import(&[dialect, &[&file]].concat()).1
    }

    /// What `roster export` writes.
    pub(crate) fn export(&self, arguments: &[&str]) -> String {
        let output = self.command(&[&["export"], arguments].concat()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

pub(crate) fn url_of(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

pub(crate) fn told(output: &Output) -> (bool, String) {
    (output.status.success(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// The lines of a report.
pub(crate) fn report(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
