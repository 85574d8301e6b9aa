//! The house rules that can be read from the tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

mod layout;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

const DIALECTS: [&str; 4] =
    ["roster-enterprise-users", "roster-device-users", "roster-tenant-ciam", "roster-iot-roles"];

/// What a package may depend on, of ours: always, and with a feature.
fn allowed(package: &str) -> BTreeSet<&'static str> {
    let kernel = "roster-kernel";
    match package {
        "roster-allocator" | "roster-kernel" | "roster-migrations" | "roster-tests" | "roster-web-macros" => {
            BTreeSet::new()
        }
        "roster-persistence" => BTreeSet::from([kernel, "roster-migrations"]),
        "roster-web" => BTreeSet::from([kernel, "roster-web-macros"]),
        "roster-auth" => BTreeSet::from([kernel, "roster-persistence", "roster-migrations"]),
        "roster-testkit" => {
            BTreeSet::from(["roster-gateway", "roster-kernel", "roster-persistence", "roster-auth"])
        }
        "roster-gateway" => {
            let mut all = BTreeSet::from(DIALECTS);
            all.extend([kernel, "roster-persistence", "roster-migrations", "roster-auth", "roster-web"]);
            all.insert("roster-allocator");
            all
        }
        "roster-torture" => BTreeSet::from(["roster-persistence"]),
        "roster-bench" => {
            let mut all = BTreeSet::from(DIALECTS);
            all.extend([kernel, "roster-persistence", "roster-migrations", "roster-auth", "roster-gateway"]);
            all
        }
        dialect if DIALECTS.contains(&dialect) => {
            BTreeSet::from([kernel, "roster-persistence", "roster-migrations", "roster-web"])
        }
        other => panic!("who is {other}? Say in ARCHITECTURE.md and here what it may import"),
    }
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn nobody_imports_whom_he_may_not() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() >= DIALECTS.len() + 8);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let allowed = allowed(name);
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            if !on.starts_with("roster-") || dependency["kind"] == "dev" {
                continue;
            }
            assert!(allowed.contains(on), "{name} must not import {on}");
            let optional = dependency["optional"].as_bool().unwrap();
            let only_by_feature = DIALECTS.contains(&name) && on != "roster-kernel";
            assert!(optional || !only_by_feature, "{name} may import {on} behind a feature only");
        }
    }
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                files(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

/// Wire, domain, rules and use cases compile without a database and without a web framework; the
/// feature checks of CI prove it for the crate, this for each file.
#[test]
fn inner_rooms_know_no_database_and_no_web_framework() {
    for dialect in DIALECTS {
        let mut rooms = Vec::new();
        files(
            &root().join("crates").join(dialect.trim_start_matches("roster-")).join("src"),
            ".rs",
            &mut rooms,
        );
        for room in rooms {
            let path = room.display().to_string();
            let outer = ["/diesel", "/http", "/openapi", "/sql.rs", "/sql/", "/base/row.rs", "src/schema.rs"];
            let store = layout::is_cut_by_subject(dialect) && path.ends_with("src/store.rs");
            if store || path.ends_with("lib.rs") || outer.iter().any(|outer| path.contains(outer)) {
                continue;
            }
            let text = std::fs::read_to_string(&room).unwrap();
            for outer in ["diesel::", "actix_web", "roster_web", "roster_persistence"] {
                assert!(!text.contains(outer), "{path} mentions {outer}");
            }
        }
    }
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let root = root();
    let mut pages = Vec::new();
    files(&root, ".md", &mut pages);
    assert!(pages.len() > 10);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = page.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(target.exists(), "{} links to {link}", page.display());
        }
        let first = ["bench/", "bin/", "crates/", "migrations/", "tests/", "docs/", ".ci/"];
        let spans = text.split('`').skip(1).step_by(2);
        for span in spans.filter(|span| first.iter().any(|prefix| span.starts_with(prefix))) {
            if span.contains(['<', '*', '{', ' ', '…']) {
                continue;
            }
            assert!(root.join(span).exists(), "{} names {span}", page.display());
        }
    }
}

#[test]
fn no_snapshot_is_orphaned() {
    let root = root();
    let (mut snapshots, mut sources) = (Vec::new(), Vec::new());
    files(&root, ".snap", &mut snapshots);
    files(&root, ".rs", &mut sources);
    let asserted: usize = sources
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap().matches("insta::assert_snapshot!(").count())
        .sum();
    // This file mentions the macro once, in the line above.
    assert_eq!(snapshots.len(), asserted - 1, "{snapshots:?}");
}
