//! Environment variables: which of those that begin with `ROSTER_` are settings, and which of the others
//! an orchestrator has set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use crate::config::Config;

/// What the names of Roster's variables begin with.
pub(crate) const PREFIX: &str = "ROSTER_";

/// Variables of the command line's flags that are no keys of the configuration.
const FLAGS: [&str; 2] = ["config", "demo"];

/// Every key of the configuration and every section, as `database` and `database__pool_size`.
static SETTINGS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut settings = BTreeSet::new();
    if let Ok(Value::Object(all)) = serde_json::to_value(Config::default()) {
        for (key, value) in all {
            if let Value::Object(inner) = value {
                settings.extend(inner.keys().map(|inner| format!("{key}__{inner}")));
            }
            settings.insert(key);
        }
    }
    settings
});

/// Whether the variable `ROSTER_<name>` sets a key of the configuration. Case does not matter.
pub(crate) fn is_setting(name: &str) -> bool {
    SETTINGS.contains(&name.to_ascii_lowercase())
}

/// The names of the variables of this process that begin with `ROSTER_` and are neither settings nor
/// set by an orchestrator for a service or a container of that name; sorted, without their values.
pub fn unknown() -> Vec<String> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    unknown_of(std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))))
}

fn unknown_of(variables: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let ours: BTreeMap<String, String> =
        variables.filter(|(name, _)| name.to_ascii_uppercase().starts_with(PREFIX)).collect();
    let is_known = |name: &str| {
        let key = name[PREFIX.len()..].to_ascii_lowercase();
        FLAGS.contains(&key.as_str()) || is_setting(&key)
    };
    ours.iter()
        .filter(|(name, value)| !is_known(name) && !is_link(name, value, &ours))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Whether it is a variable by which Kubernetes tells of a Service, or `docker --link` of a container,
/// whose name begins with `roster`.
fn is_link(name: &str, value: &str, all: &BTreeMap<String, String>) -> bool {
    // `ROSTER_SERVICE_HOST`, `ROSTER_PG_SERVICE_PORT`, `ROSTER_SERVICE_PORT_HTTP`.
    if name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return true;
    }
    // `ROSTER_PORT=tcp://10.0.0.1:8080`, `ROSTER_PORT_8080_TCP`, `ROSTER_PORT_8080_TCP_ADDR`.
    if name.ends_with("_PORT") && is_endpoint(value) || has_port_and_protocol(name) {
        return true;
    }
    // `ROSTER_NAME=/web/roster`, and beside it `ROSTER_ENV_ANYTHING`.
    let names_container = |value: &str| value.starts_with('/') && value.matches('/').count() == 2;
    if name.ends_with("_NAME") && names_container(value) {
        return true;
    }
    name.match_indices("_ENV_")
        .any(|(at, _)| all.get(&format!("{}_NAME", &name[..at])).is_some_and(|value| names_container(value)))
}

/// Whether it is `tcp://HOST:PORT`.
fn is_endpoint(value: &str) -> bool {
    ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme))
}

/// Whether it ends as `_PORT_8080_TCP` or `_PORT_8080_TCP_ADDR` do; a range has `_START` and `_END` too.
fn has_port_and_protocol(name: &str) -> bool {
    let mut parts = name.rsplit('_').peekable();
    parts.next_if(|part| matches!(*part, "START" | "END"));
    parts.next_if(|part| matches!(*part, "ADDR" | "PORT" | "PROTO"));
    parts.next().is_some_and(|part| matches!(part, "TCP" | "UDP" | "SCTP"))
        && parts.next().is_some_and(|part| part.parse::<u16>().is_ok())
        && parts.next() == Some("PORT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(variables: &[&str]) -> Vec<String> {
        let pairs = variables.iter().map(|pair| pair.split_once('=').expect("NAME=VALUE"));
        unknown_of(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    #[test]
    fn settings_and_flags_are_known_by_their_names() {
        for known in [
            "LISTEN",
            "listen",
            "ADMIN_LISTEN",
            "DATABASE",
            "DATABASE__POOL_SIZE",
            "TLS__KEY",
            "CONFIG",
            "DEMO",
        ] {
            assert_eq!(unknown(&[&format!("ROSTER_{known}=x")]), [""; 0], "{known}");
        }
        assert!(is_setting("iot_roles__password_min_length") && !is_setting("config"));
    }

    #[test]
    fn all_others_are_named() {
        let given = [
            "ROSTER_LISTENS=x",
            "ROSTER_DATABASE_POOL_SIZE=3",
            "ROSTER_DATABASE__POOL=3",
            "ROSTER_LISTEN__PORT=1",
            "ROSTER_PORT=8080",
            "ROSTER_NAME=roster",
            "ROSTER_ENV_FOO=x",
            "ROSTER_PORT_X_TCP=tcp://10.0.0.1:8080",
            "ROSTERS=x",
            "PATH=/bin",
        ];
        let mut expected: Vec<_> = given[..8].iter().map(|pair| pair.split('=').next().unwrap()).collect();
        expected.sort_unstable();
        assert_eq!(unknown(&given), expected);
    }

    #[test]
    fn links_of_services_and_containers_are_passed_over() {
        for link in [
            "ROSTER_PORT=tcp://10.0.0.1:8080",
            "ROSTER_PORT_8080_TCP=tcp://10.0.0.1:8080",
            "ROSTER_PORT_53_UDP_PROTO=udp",
            "ROSTER_PORT_8080_TCP_ADDR=10.0.0.1",
            "ROSTER_PORT_8000_TCP_PORT_START=8000",
            "ROSTER_PORT_8000_TCP_START=tcp://172.17.0.5:8000",
            "ROSTER_PORT_8000_TCP_END=tcp://172.17.0.5:8010",
            "ROSTER_SERVICE_HOST=10.0.0.1",
            "ROSTER_SERVICE_PORT=8080",
            "ROSTER_SERVICE_PORT_HTTP_ADMIN=9090",
            "ROSTER_PG_SERVICE_HOST=10.0.0.2",
            "ROSTER_PG_PORT_5432_TCP_PORT=5432",
            "ROSTER_1_PORT=tcp://172.17.0.5:8080",
            "ROSTER_1_NAME=/web/roster_1",
        ] {
            assert_eq!(unknown(&[link]), [""; 0], "{link}");
        }
        assert_eq!(unknown(&["ROSTER_NAME=/web/roster", "ROSTER_ENV_FOO=x"]), [""; 0]);
        assert_eq!(unknown(&["ROSTER_NAME=/web/roster", "ROSTER_1_ENV_FOO=x"]), ["ROSTER_1_ENV_FOO"]);
    }
}
