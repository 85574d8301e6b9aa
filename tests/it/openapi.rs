//! The API's documents are true: they are the checked-in ones, and they tell of all that is served and
//! of nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use roster_gateway::Config;
use roster_gateway::compose::Dialects;
use roster_testkit::{TestGateway, on_each_gateway, on_each_gateway_with};
use serde_json::Value;

/// Set to anything, the checked-in documents are written instead of compared.
const UPDATE: &str = "UPDATE_OPENAPI";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi")
}

fn names() -> Vec<&'static str> {
    Dialects::documents(&Config::default()).into_iter().map(|(name, _)| name).collect()
}

fn document(gateway: &TestGateway, name: &str) -> Value {
    gateway.get(&format!("/docs/openapi/{name}.json")).send().expect(200).json()
}

/// Each path's methods, `HEAD` left out: it goes where `GET` goes, and no document tells of it.
fn documented(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let methods = |item: &Value| item.as_object().unwrap().keys().map(|key| key.to_uppercase()).collect();
    document["paths"].as_object().unwrap().iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

fn without_head<'a>(methods: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    methods.into_iter().filter(|method| *method != "HEAD").map(str::to_owned).collect()
}

/// After a change that is meant: `UPDATE_OPENAPI=1 cargo test -p roster-tests --test it openapi`, and
/// read the difference.
#[test]
fn documents_are_the_checked_in_ones() {
    for (name, document) in Dialects::documents(&Config::default()) {
        let (path, text) = (folder().join(format!("{name}.json")), document.to_pretty_json().unwrap() + "\n");
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            known == text,
            "docs/openapi/{name}.json is of yesterday: set {UPDATE}=1, run again, read the diff"
        );
    }
}

#[test]
fn no_document_is_left_over() {
    let known: BTreeSet<_> = names().into_iter().map(|name| format!("{name}.json")).collect();
    let found = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name());
    let found = found.map(|name| name.into_string().unwrap()).filter(|name| name.ends_with(".json"));
    assert_eq!(found.collect::<BTreeSet<_>>(), known);
}

/// What is mounted and not in the document fails here, and so does the reverse.
#[test]
fn every_mounted_path_is_documented_with_its_methods() {
    let config = Config::default();
    let mounted: BTreeMap<_, _> = Dialects::mounted(&config).into_iter().collect();
    for (name, document) in Dialects::documents(&config) {
        let document = serde_json::to_value(document).unwrap();
        let mounted = mounted[name].iter();
        let mounted: BTreeMap<_, _> =
            mounted.map(|m| (m.path.clone(), without_head(m.methods.iter().copied()))).collect();
        assert_eq!(documented(&document), mounted, "{name}");
    }
}

/// The same of a gateway that runs: what is served is asked of itself.
#[test]
fn every_documented_path_is_served_with_its_methods_and_no_other() {
    on_each_gateway(|gateway| {
        for name in names() {
            for (path, methods) in documented(&document(gateway, name)) {
                let path = path.replace(['{', '}'], "");
                let refused = gateway.call("QUERY-7", &path).send().expect(405);
                let allow = refused.header("allow").unwrap_or_default().to_owned();
                assert_eq!(without_head(allow.split(", ")), methods, "{name} {path}");
            }
        }
    });
}

/// Clients are generated from the ids, and readers go by the texts.
#[test]
fn every_operation_has_an_id_of_its_own_a_summary_and_a_group() {
    for (name, document) in Dialects::documents(&Config::default()) {
        let document = serde_json::to_value(document).unwrap();
        let mut ids = BTreeSet::new();
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{name}: {id} twice");
                assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name} {id}");
                assert!(operation["description"].as_str().is_some_and(|text| text.len() > 10), "{name} {id}");
                assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name} {id}");
            }
        }
        assert_eq!(document["openapi"], "3.1.0", "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    for (name, document) in Dialects::documents(&Config::default()) {
        let document = serde_json::to_value(document).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let at = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(at).is_some(), "{name}: {reference}");
        }
    }
}

#[test]
fn docs_are_open_and_come_from_here_alone() {
    on_each_gateway(|gateway| {
        let moved = gateway.get("/docs").send().expect(308);
        assert_eq!(moved.header("location"), Some("docs/"), "relative: a proxy may have a prefix");
        let page = gateway.get("/docs/").send().expect(200);
        assert_eq!(page.header("content-type"), Some("text/html"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!page.text.contains("//"), "nothing of elsewhere: {}", page.text);
        let sources = ["href=\"", "src=\""].into_iter().flat_map(|start| page.text.split(start).skip(1));
        let files: Vec<_> = sources.map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(files.len() >= 5, "{files:?}");
        // The icons are no text, which is what the test's client reads.
        for file in files.iter().filter(|file| !file.ends_with(".png")) {
            gateway.get(&format!("/docs/{}", file.trim_start_matches("./"))).send().expect(200);
        }
        let initializer = gateway.get("/docs/swagger-initializer.js").send().expect(200);
        for name in names() {
            assert!(initializer.text.contains(&format!("openapi/{name}.json")), "{}", initializer.text);
        }
        for unknown in ["/docs/package.json", "/docs/openapi/nothing.json", "/docs/openapi", "/docs/a/b"] {
            gateway.get(unknown).send().expect(404);
        }
        gateway.call("POST", "/docs/").send().expect(405);
    });
}

#[test]
fn what_is_switched_off_is_not_documented() {
    on_each_gateway_with(
        |config| config.device_users.enabled = false,
        |gateway| {
            gateway.get("/docs/openapi/device-users.json").send().expect(404);
        },
    );
    on_each_gateway_with(
        |config| config.docs = false,
        |gateway| {
            gateway.get("/docs/").send().expect(404);
            gateway.get("/docs/openapi/device-users.json").send().expect(404);
        },
    );
}
