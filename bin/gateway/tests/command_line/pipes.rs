//! Readers that go away: `roster … | head`.

use std::path::Path;
use std::process::{Output, Stdio};

use roster_testkit::{TestDatabase, TestGateway};

use super::{printed, refused, roster, url_of};

/// Runs it with a standard output whose reader has gone.
fn unread(folder: &Path, arguments: &[&str]) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = roster(folder);
    command.args(arguments).stdout(writer).stderr(Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn printing_commands_end_quietly_where_the_reader_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |_| {});
        let url = url_of(gateway.database());
        for command in [
            "doctor",
            "doctor --json",
            "config check",
            "config print",
            "migrate",
            "migrate --check",
            "operator list",
            "operator list --json",
            "key list demo/admin",
            "device-account list",
            "tenant list",
            "client list demo",
            "signing-keys rotate",
            "sweep",
            "backup -o quiet.backup",
        ] {
            let arguments: Vec<&str> = command.split(' ').chain(["--database-url", &url]).collect();
            let (read, unread) =
                (roster(folder).args(&arguments).output().unwrap(), unread(folder, &arguments));
            assert_eq!(unread.status.code(), read.status.code(), "{command}: {unread:?}");
            // The findings of doctor are for standard output; what is an error stays one.
            assert_eq!(unread.stderr, read.stderr, "{command}");
        }
        for command in ["completions bash", "completions zsh", "--help", "--version", "serve --help"] {
            let unread = unread(folder, &command.split(' ').collect::<Vec<_>>());
            assert!(unread.status.success() && unread.stderr.is_empty(), "{command}: {unread:?}");
        }
    }
}

#[test]
fn what_must_arrive_whole_is_an_error_where_the_reader_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for database in TestDatabase::each() {
        let gateway = TestGateway::start(database, |_| {});
        let url = url_of(gateway.database());
        for (command, why) in [
            ("backup -o -", "standard output was closed"),
            ("export device-users --format csv", "standard output was closed"),
            ("operator create ada", "the new secret is lost"),
            ("key create demo/admin piped", "the new secret is lost"),
            ("client rotate demo demo-client", "the new secret is lost"),
            ("device-account create piped", "the new secret is lost"),
        ] {
            let arguments: Vec<&str> = command.split(' ').chain(["--database-url", &url]).collect();
            let told = refused(&unread(folder, &arguments));
            assert!(told.contains(why), "{command}: {told}");
        }
    }
}

#[test]
fn a_closed_standard_error_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut check = roster(folder.path());
    check.args(["config", "check"]).env("ROSTER_UNKNOWN", "1").stdout(Stdio::piped()).stderr(writer);
    let output = check.spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(printed(&output), "the configuration is good\n");
}

#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = roster(folder.path()).args(["config", "print"]).stdout(full).output().unwrap();
    assert!(refused(&output).contains("cannot write to standard output: No space left"), "{output:?}");
}
