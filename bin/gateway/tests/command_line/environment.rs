//! Variables that begin with `ROSTER_`.

use super::{Serving, names, printed, refused, roster};

/// What Kubernetes sets in a pod beside the Services `roster` (ports http and admin), `roster-pg` and
/// `roster-web` (one UDP port), as `kubectl exec … env` shows it.
const POD: &str = "\
KUBERNETES_SERVICE_HOST=10.96.0.1
KUBERNETES_PORT=tcp://10.96.0.1:443
ROSTER_SERVICE_HOST=10.96.120.7
ROSTER_SERVICE_PORT=8080
ROSTER_SERVICE_PORT_HTTP=8080
ROSTER_SERVICE_PORT_ADMIN=9090
ROSTER_PORT=tcp://10.96.120.7:8080
ROSTER_PORT_8080_TCP=tcp://10.96.120.7:8080
ROSTER_PORT_8080_TCP_PROTO=tcp
ROSTER_PORT_8080_TCP_PORT=8080
ROSTER_PORT_8080_TCP_ADDR=10.96.120.7
ROSTER_PORT_9090_TCP=tcp://10.96.120.7:9090
ROSTER_PORT_9090_TCP_PROTO=tcp
ROSTER_PORT_9090_TCP_PORT=9090
ROSTER_PORT_9090_TCP_ADDR=10.96.120.7
ROSTER_PG_SERVICE_HOST=10.96.44.12
ROSTER_PG_SERVICE_PORT=5432
ROSTER_PG_PORT=tcp://10.96.44.12:5432
ROSTER_PG_PORT_5432_TCP=tcp://10.96.44.12:5432
ROSTER_PG_PORT_5432_TCP_PROTO=tcp
ROSTER_PG_PORT_5432_TCP_PORT=5432
ROSTER_PG_PORT_5432_TCP_ADDR=10.96.44.12
ROSTER_WEB_SERVICE_HOST=10.96.9.9
ROSTER_WEB_SERVICE_PORT=53
ROSTER_WEB_SERVICE_PORT_DNS_UDP=53
ROSTER_WEB_PORT=udp://10.96.9.9:53
ROSTER_WEB_PORT_53_UDP=udp://10.96.9.9:53
ROSTER_WEB_PORT_53_UDP_PROTO=udp
ROSTER_WEB_PORT_53_UDP_PORT=53
ROSTER_WEB_PORT_53_UDP_ADDR=10.96.9.9";

/// What `docker run --link roster --link roster_db_1:roster_1 --name web` sets.
const LINKS: &str = "\
ROSTER_NAME=/web/roster
ROSTER_PORT=tcp://172.17.0.3:8080
ROSTER_PORT_8080_TCP=tcp://172.17.0.3:8080
ROSTER_PORT_8080_TCP_ADDR=172.17.0.3
ROSTER_PORT_8080_TCP_PORT=8080
ROSTER_PORT_8080_TCP_PROTO=tcp
ROSTER_PORT_8000_TCP_START=tcp://172.17.0.3:8000
ROSTER_PORT_8000_TCP_PORT_START=8000
ROSTER_PORT_8003_TCP_END=tcp://172.17.0.3:8003
ROSTER_PORT_8003_TCP_PORT_END=8003
ROSTER_ENV_FOO=bar
ROSTER_ENV_LISTEN=0.0.0.0:1
ROSTER_1_NAME=/web/roster_1
ROSTER_1_PORT=tcp://172.17.0.4:5432
ROSTER_1_PORT_5432_TCP=tcp://172.17.0.4:5432
ROSTER_1_PORT_5432_TCP_ADDR=172.17.0.4
ROSTER_1_PORT_5432_TCP_PORT=5432
ROSTER_1_PORT_5432_TCP_PROTO=tcp
ROSTER_1_ENV_POSTGRES_PASSWORD=secret";

fn pairs(lines: &str) -> impl Iterator<Item = (&str, &str)> {
    lines.lines().map(|line| line.split_once('=').unwrap())
}

#[test]
fn a_gateway_starts_in_silence_beside_services_and_links_of_its_name() {
    for variables in [POD, LINKS] {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = roster(folder.path());
        serve.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).envs(pairs(variables));
        let serving = Serving::start(serve);
        assert_eq!(serving.status("/admin/v1/operator", "Bearer demo-operator-token"), 200);
        let log = serving.end();
        assert!(!log.contains("ROSTER_") && !log.contains("WARN"), "{log}");
        let checked =
            roster(folder.path()).args(["config", "check"]).envs(pairs(variables)).output().unwrap();
        assert_eq!(printed(&checked), "the configuration is good\n");
        assert_eq!(String::from_utf8(checked.stderr).unwrap(), "");
    }
}

#[test]
fn an_unknown_variable_is_named_once_without_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = [("ROSTER_LISTENS", "hunter2"), ("ROSTER_DATABASE__POOL", "3"), ("ROSTER_PORT", "8080")];
    let mut serve = roster(folder.path());
    serve.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).envs(unknown);
    let log = Serving::start(serve).end();
    for (name, _) in unknown {
        assert_eq!(log.matches(name).count(), 1, "{log}");
    }
    assert!(log.contains("WARN") && !log.contains("hunter2"), "{log}");
    let checked = roster(folder.path()).args(["config", "check"]).envs(unknown).output().unwrap();
    assert_eq!(printed(&checked), "the configuration is good\n");
    let told = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(told.lines().count(), 3, "{told}");
    assert!(told.contains("ROSTER_LISTENS is no setting") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_variable_of_the_wrong_type_and_a_misspelt_key_in_the_file_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, value) in
        [("ROSTER_LIMITS__PER_SECONDS", "often"), ("ROSTER_DOCS", "perhaps"), ("ROSTER_LIMITS", "3")]
    {
        for command in [["serve", "--demo"].as_slice(), &["config", "check"]] {
            let told = refused(&roster(folder).args(command).env(name, value).output().unwrap());
            assert!(told.starts_with(&format!("roster: configuration: {name}: ")), "{told}");
        }
    }
    for (file, key) in [("lisen = 1", "lisen"), ("[database]\npool = 1", "database.pool")] {
        std::fs::write(folder.join("roster.toml"), file).unwrap();
        let told = refused(&roster(folder).args(["serve", "--config", "roster.toml"]).output().unwrap());
        assert!(
            told.starts_with(&format!("roster: configuration: roster.toml: {key}: unknown field")),
            "{told}"
        );
    }
    assert_eq!(names(folder), ["roster.toml"], "no store was made");
}
