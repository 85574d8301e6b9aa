//! What would not start is refused by `config check` and by `serve` alike.

use std::path::Path;

use super::{Serving, names, printed, refused, roster};

/// Both commands refuse the file `toml`, and name `parts`.
#[track_caller]
fn both_refuse(folder: &Path, toml: &str, parts: &[&str]) {
    std::fs::write(folder.join("roster.toml"), toml).unwrap();
    for command in [["config", "check"].as_slice(), &["serve"], &["init"]] {
        let told = refused(&roster(folder).args(command).args(["--config", "roster.toml"]).output().unwrap());
        assert!(parts.iter().all(|part| told.contains(part)), "{command:?}: {told}");
    }
}

#[test]
fn what_would_not_start_is_refused_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("no.pem"), "no certificate").unwrap();
    let overlap = "listen = \"127.0.0.1:8081\"\nadmin_listen = \"127.0.0.1:8081\"";
    let no_file = "[tls]\ncertificate = \"none.pem\"\nkey = \"none.pem\"";
    let no_pem = "[tls]\ncertificate = \"no.pem\"\nkey = \"no.pem\"";
    for (toml, parts) in [
        (overlap, ["admin_listen 127.0.0.1:8081", "listen 127.0.0.1:8081"]),
        ("listen = \"192.0.2.1:80\"", ["listen", "192.0.2.1"]),
        ("listen = \"127.0.0.1:70000\"", ["roster.toml: listen", "70000"]),
        ("trusted_proxies = [\"10.0.0.0/40\"]", ["trusted_proxies", "roster.toml"]),
        ("shutdown_seconds = 9223372036854775807", ["shutdown_seconds must be 0 to 86400", ""]),
        ("[database]\npool_size = 0", ["database.pool_size must be 1", "not 0"]),
        ("[database]\npatience_seconds = 0", ["database.patience_seconds must be 1", "not 0"]),
        ("[hashing]\nmemory_kib = 4294967295", ["hashing.memory_kib must be 8", "4294967295"]),
        ("[hashing]\niterations = 0", ["hashing.iterations", "not 0"]),
        ("[limits]\nbody_seconds = 0", ["limits.body_seconds", "roster.toml"]),
        ("[log]\nfilter = \"roster=loud\"", ["log.filter", ""]),
        (no_file, ["tls.certificate", "none.pem"]),
        (no_pem, ["tls.certificate", "no.pem"]),
        ("[enterprise_users]\npassword_max_length = 7", ["enterprise_users.password_max_length", "8"]),
        ("[iot_roles]\npassword_min_length = 129", ["iot_roles.password_min_length", "1 to 128"]),
        ("database_url = \"sqlite:none/store\"", ["database_url", "there is no folder none"]),
        ("database_url = \"sqlite:.\"", ["database_url", "is a folder"]),
        ("database_url = \"sqlite:no.pem/store\"", ["database_url", "no.pem"]),
        (
            "database_url = \"postgres://h/n?sslmode=require\"",
            ["sslmode=require demands TLS", "system-libpq"],
        ),
        ("database_url = \"postgres://h/n?sslmode=verify-ca\"", ["sslmode=verify-ca", "system-libpq"]),
        ("database_url = \"postgres://u:hunter2@h/n?sslmode=verify-full\"", ["verify-full", "system-libpq"]),
        ("database_url = \"postgres://h/n?ssl=true\"", ["ssl=true demands TLS", "system-libpq"]),
        ("database_url = \"postgres://h/n?sslrootcert=system\"", ["sslrootcert=system", "system-libpq"]),
        ("database_url = \"postgres://h/n?sslmode=on\"", ["sslmode=on", "prefer"]),
    ] {
        // The environment of these tests sets these two.
        if toml.contains("[hashing]") {
            std::fs::write(folder.join("roster.toml"), toml).unwrap();
            for command in [["config", "check"].as_slice(), &["serve"]] {
                let mut command_line = roster(folder);
                command_line
                    .env_remove("ROSTER_HASHING__MEMORY_KIB")
                    .env_remove("ROSTER_HASHING__ITERATIONS");
                let told = command_line.args(command).args(["--config", "roster.toml"]).output().unwrap();
                let told = refused(&told);
                assert!(parts.iter().all(|part| told.contains(part)), "{told}");
            }
            continue;
        }
        both_refuse(folder, toml, &parts);
    }
    assert_eq!(names(folder), ["no.pem", "roster.toml"], "nothing was made");
}

#[test]
fn tls_that_a_variable_of_libpq_demands_is_refused_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut check = roster(folder.path());
    check.args(["config", "check", "--database-url", "postgres://h/n"]).env("PGSSLMODE", "require");
    let told = refused(&check.output().unwrap());
    assert!(told.contains("PGSSLMODE: sslmode=require demands TLS"), "{told}");
}

#[test]
fn a_host_name_is_listened_on_and_an_unknown_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = roster(folder.path());
    serve.args(["serve", "--demo", "--listen", "localhost:0"]);
    let serving = Serving::start(serve);
    assert!(serving.base.starts_with("http://127.0.0.1:"), "{}", serving.base);
    serving.end();
    for (listen, why) in [
        ("host.invalid:8080", "the host name 'host.invalid' cannot be resolved"),
        ("here", "'here' is no address to listen on"),
        ("localhost:x", "'x' is no port"),
    ] {
        let told = refused(&roster(folder.path()).args(["serve", "--listen", listen]).output().unwrap());
        assert!(told.contains(why) && told.contains("--listen"), "{told}");
    }
    let mut check = roster(folder.path());
    check.args(["config", "check"]).env("ROSTER_ADMIN_LISTEN", "localhost:9090");
    assert_eq!(printed(&check.output().unwrap()), "the configuration is good\n");
}
