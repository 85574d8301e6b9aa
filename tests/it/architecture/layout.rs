//! The rules of the crates that are cut by subject (ARCHITECTURE.md, "The layout of a dialect").

use std::collections::{BTreeMap, BTreeSet};

use super::{files, root};

/// The dialects that are cut by subject. The others follow one at a time.
const CUT_BY_SUBJECT: [&str; 1] = ["roster-enterprise-users"];

/// Names that docs/glossary.md replaces. Names of persistence's own (`Beliefs`, `look_up`, `queue`) are left out
/// until that crate has moved.
const REPLACED: &str = "House furnished Desk Door Aside Whole Judge judge judged told shown explained Asked hold Deed \
                        ElsewhereEmployed Circle circle Ground Standing Brought Arrived Arrival arrive coming \
                        Registrant Demand Broken Survey Census Wish figures Chance step_back patient steady Realm \
                        REALM Member Origin Change Changes somebody nobody everybody";

/// Rooms that are compiled without a database and a web framework.
const INNER: [&str; 5] = ["domain", "wire", "command", "service", "port"];

pub(super) fn is_cut_by_subject(package: &str) -> bool {
    CUT_BY_SUBJECT.contains(&package)
}

/// A crate's modules: their paths, with the text of their files without comments and unit tests.
struct Crate(BTreeMap<Vec<String>, String>);

impl Crate {
    fn read(package: &str) -> Self {
        let src = root().join("crates").join(package.trim_start_matches("roster-")).join("src");
        let mut found = Vec::new();
        files(&src, ".rs", &mut found);
        let module = |path: std::path::PathBuf| {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.lines().count() <= 400, "{} has more than 400 lines", path.display());
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let name = path.strip_prefix(&src).unwrap().with_extension("");
            let mut name: Vec<_> = name.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            name.pop_if(|last| ["lib", "mod"].contains(&last.as_str()));
            (name, code.collect::<Vec<_>>().join("\n"))
        };
        Self(found.into_iter().map(module).collect())
    }

    /// The modules that `module` imports.
    fn imports(&self, module: &[String]) -> BTreeSet<Vec<String>> {
        let text = &self.0[module];
        let mut found = BTreeSet::new();
        for (at, _) in text.match_indices("crate::") {
            for path in expanded(&text[at + "crate::".len()..]) {
                found.insert(self.file_of(&path));
            }
        }
        for (at, _) in text.match_indices("use ") {
            for mut path in expanded(&text[at + "use ".len()..]) {
                let mut from = module.to_vec();
                while path.first().is_some_and(|first| first == "super") {
                    path.remove(0);
                    from.pop();
                }
                from.extend(path);
                let file = self.file_of(&from);
                // Other crates' names lead nowhere, that is, to the module itself.
                if file != module && (file.len() > module.len() || text[at..].starts_with("use super::")) {
                    found.insert(file);
                }
            }
        }
        found
    }

    /// The module that holds what `path` names.
    fn file_of(&self, path: &[String]) -> Vec<String> {
        let known =
            (0..=path.len()).rev().map(|length| &path[..length]).find(|path| self.0.contains_key(*path));
        known.unwrap_or_default().to_vec()
    }

    /// The subjects in the order of `lib.rs`.
    fn subjects(&self) -> Vec<String> {
        let lib = &self.0[&Vec::new()];
        let declared = lib.lines().filter_map(|line| {
            line.trim_start_matches("pub ").strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'))
        });
        let has_rooms = |name: &&str| self.0.contains_key(&vec![(*name).to_owned(), "port".to_owned()]);
        declared.filter(has_rooms).map(str::to_owned).collect()
    }
}

/// The paths that a `use` names from here on: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expanded(text: &str) -> Vec<Vec<String>> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let head: Vec<String> =
        text[..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let Some(list) = text[end..].strip_prefix('{') else { return vec![head] };
    let (mut depth, mut from, mut all) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                for tail in expanded(list[from..at].trim()) {
                    all.push(head.iter().cloned().chain(tail).collect());
                }
                from = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    all
}

fn each_crate(test: impl Fn(&Crate)) {
    CUT_BY_SUBJECT.iter().for_each(|package| test(&Crate::read(package)));
}

#[test]
fn imports_are_read_as_they_are_written() {
    let paths = |text| expanded(text).iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(paths("a::{b, c::{self, D},\n    e};"), ["a::b", "a::c::self", "a::c::D", "a::e"]);
    assert_eq!(paths("a::b(c)"), ["a::b"]);
    each_crate(|all| {
        let name = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
        let imports = all.imports(&name("users::service"));
        for expected in ["users::command", "users::port", "access::service", "base", "error", "service"] {
            assert!(imports.contains(&name(expected)), "{expected} of {imports:?}");
        }
    });
}

/// No file imports itself by way of others.
#[test]
fn no_imports_go_in_a_circle() {
    fn visit<'a>(
        all: &'a Crate,
        module: &'a Vec<String>,
        path: &mut Vec<&'a Vec<String>>,
        done: &mut BTreeSet<&'a Vec<String>>,
    ) {
        if let Some(at) = path.iter().position(|seen| *seen == module) {
            panic!("a circle of imports: {:?} and back", &path[at..]);
        }
        if !done.contains(module) {
            path.push(module);
            for import in all.imports(module) {
                let (import, _) = all.0.get_key_value(&import).unwrap();
                visit(all, import, path, done);
            }
            path.pop();
            done.insert(module);
        }
    }
    each_crate(|all| {
        let mut done = BTreeSet::new();
        all.0.keys().for_each(|module| visit(all, module, &mut Vec::new(), &mut done));
    });
}

/// Rules, use cases and types of a subject import only the subjects above it in `lib.rs`, and only `command` and `http`
/// know wire types.
#[test]
fn subjects_import_those_above_them() {
    each_crate(|all| {
        let subjects = all.subjects();
        assert!(subjects.len() > 1, "{subjects:?}");
        for module in all.0.keys().filter(|module| module.len() > 1 && subjects.contains(&module[0])) {
            let place = |name: &String| subjects.iter().position(|subject| subject == name);
            let room = module[1].as_str();
            for import in all.imports(module) {
                let above = import.first().and_then(place) <= place(&module[0]);
                assert!(
                    above || !["domain", "command", "service"].contains(&room),
                    "{module:?} → {import:?}"
                );
                let wire = import.last().is_some_and(|name| name == "wire");
                assert!(
                    !wire || ["command", "http", "wire", "admin"].contains(&room),
                    "{module:?} → {import:?}"
                );
                let outer =
                    ["sql", "http", "store", "schema"].iter().any(|outer| import.iter().any(|i| i == outer));
                assert!(!outer || !INNER.contains(&room), "{module:?} → {import:?}");
            }
        }
        for import in all.imports(&["error".to_owned()]) {
            assert!(["base", "messages"].contains(&import[0].as_str()), "error → {import:?}");
        }
    });
}

#[test]
fn replaced_names_are_gone() {
    each_crate(|all| {
        let replaced: BTreeSet<_> = REPLACED.split_whitespace().collect();
        for (module, text) in &all.0 {
            let names = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let found: BTreeSet<_> = names.filter(|name| replaced.contains(name)).collect();
            assert_eq!(found, BTreeSet::new(), "{module:?}: docs/glossary.md has other words");
            let inner = module
                .last()
                .is_some_and(|room| ["domain", "service", "port", "user"].contains(&room.as_str()));
            assert!(!inner || !text.contains("origion"), "{module:?}: the misprint stays in wire types");
        }
    });
}

/// A handler's annotation is short: what its documentation needs is said once, in types.
#[test]
fn annotations_have_at_most_eight_lines() {
    each_crate(|all| {
        let mut handlers = 0;
        for (module, text) in &all.0 {
            for rest in text.split("#[route(").skip(1) {
                let lines = rest.split("\n)]").next().unwrap().lines().count() + 1;
                assert!(lines <= 8, "{module:?}: {lines} lines of annotation: {rest:.60}");
                handlers += 1;
            }
        }
        assert!(handlers > 0);
    });
}
