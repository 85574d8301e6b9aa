//! Limits of the system: told, and never a panic.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;

use roster_persistence::DatabaseUrl;
use roster_testkit::TestDatabase;

use super::{Serving, limited, names, printed, refused, roster};

#[test]
fn too_few_open_files_are_told_with_what_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // The loader itself needs some.
    for files in (5..60).step_by(5).chain([24]) {
        let told =
            refused(&limited(folder, &format!("-n {files}"), "serve --listen 127.0.0.1:0").output().unwrap());
        assert!(told.contains(&format!("may open {files} files")) && told.contains("ulimit -n"), "{told}");
    }
    assert_eq!(names(folder), [""; 0], "no store was made");
    assert!(
        refused(&limited(folder, "-n 24", "config check").output().unwrap()).contains("may open 24 files")
    );
    printed(&limited(folder, "-n 40", "init").output().unwrap());
    printed(&limited(folder, "-n 40", "operator list").output().unwrap());
}

#[test]
fn a_soft_limit_of_open_files_is_raised_to_the_hard_one() {
    let folder = tempfile::tempdir().unwrap();
    printed(&limited(folder.path(), "-S -n 24", "init").output().unwrap());
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_no_signal() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Blocks of 1 KiB: from before the first table until after the last credential.
    for (n, blocks) in [0, 1, 50, 150, 300, 400].into_iter().enumerate() {
        let name = format!("store-{n}");
        let line = format!("init --database-url sqlite:{name}");
        let output = limited(folder, &format!("-f {blocks}"), &line).output().unwrap();
        assert_eq!(output.status.signal(), None, "{output:?}");
        let told = refused(&output);
        assert!(told.contains("disk I/O error") && told.contains("ulimit -f"), "{blocks}: {told}");
        // What was begun is begun anew where files may grow.
        printed(
            &roster(folder).args(["init", "--database-url", &format!("sqlite:{name}")]).output().unwrap(),
        );
    }
    let output =
        limited(folder, "-f 1", "backup -o small.backup --database-url sqlite:store-0").output().unwrap();
    assert_eq!(output.status.signal(), None, "{output:?}");
    assert!(refused(&output).contains("ulimit -f"), "{output:?}");
    assert!(!folder.join("small.backup").exists());
}

/// libpq warns of such a file on standard error by itself, at each connection.
#[test]
fn what_libpq_writes_to_standard_error_becomes_entries_of_the_log() {
    for database in TestDatabase::each() {
        let DatabaseUrl::Postgres(url) = database.url() else { continue };
        let folder = tempfile::tempdir().unwrap();
        let passwords = folder.path().join("pgpass");
        std::fs::write(&passwords, "*:*:*:*:secret").unwrap();
        std::fs::set_permissions(&passwords, std::fs::Permissions::from_mode(0o644)).unwrap();
        let mut serve = roster(folder.path());
        serve.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--database-url", url]);
        serve.env("PGPASSFILE", &passwords).env("ROSTER_LOG__FORMAT", "json");
        let log = Serving::start(serve).end();
        let lines: Vec<serde_json::Value> =
            log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
        let warned = lines.iter().find(|line| line["target"] == "stderr").unwrap_or_else(|| panic!("{log}"));
        assert_eq!(warned["level"], "WARN");
        assert!(
            warned["fields"]["message"].as_str().unwrap().contains("has group or world access"),
            "{warned}"
        );
        // A start that fails has its last word on standard error itself.
        let mut serve = roster(folder.path());
        serve.args(["serve", "--listen", "127.0.0.1:0", "--database-url", url]);
        let refusal = serve.env("ROSTER_LOG__FORMAT", "json").output().unwrap();
        assert!(refused(&refusal).contains("start it with --demo"), "{refusal:?}");
    }
}
