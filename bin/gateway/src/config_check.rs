//! What a configuration that loads can still be wrong in: whatever would keep a gateway from starting.
//! It opens no store and changes nothing.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use roster_auth::{Argon2Hasher, HashingConfig};
use roster_kernel::OsRandom;
use roster_persistence::{DatabaseUrl, TLS_TO_POSTGRES, check_tls_variables};
use rustix::fs::{Access, access};

use crate::config::Config;
use crate::{listen, start, telemetry};

/// No wait of a request is longer, in seconds.
const HOUR: u64 = 3600;

/// What can be asked of argon2: as much memory as 4 GiB, in KiB.
const MEMORY_KIB: RangeInclusive<u64> = 8..=4 * 1024 * 1024;

/// Checks `config`, and names everything that is wrong in it with its key and what to write instead.
///
/// # Errors
/// All that was found, in one line.
pub fn check(config: &Config) -> Result<(), String> {
    let checks = [
        telemetry::check(&config.log).map(drop),
        numbers(config),
        hashing(&config.hashing),
        drain(config),
        config.tls.check(),
        listeners(config),
        config.enterprise_users.check().map_err(|error| format!("enterprise_users.{error}")),
        store(config),
    ];
    let found: Vec<String> = checks.into_iter().filter_map(Result::err).collect();
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

/// The numbers that would be no time to wait, or no pool.
fn numbers(config: &Config) -> Result<(), String> {
    let database = &config.database;
    within(&[
        ("shutdown_seconds", config.shutdown_seconds, 0..=24 * HOUR),
        ("sweep_minutes", config.sweep_minutes, 0..=365 * 24 * 60),
        ("database.pool_size", database.pool_size.into(), 1..=10_000),
        ("database.patience_seconds", database.patience_seconds, 1..=HOUR),
        ("database.slow_query_ms", database.slow_query_ms, 0..=1000 * 24 * HOUR),
        ("database.believe_ms", database.believe_ms, 0..=1000 * HOUR),
    ])
}

/// Whether the listeners close before the time for a stop is over.
fn drain(config: &Config) -> Result<(), String> {
    match config.drain_seconds {
        Some(drain) if drain > 0 && drain >= config.shutdown_seconds => Err(format!(
            "drain_seconds must be less than shutdown_seconds ({}), not {drain}",
            config.shutdown_seconds
        )),
        _ => Ok(()),
    }
}

/// Whether passwords can be hashed with it, and without more memory than there is: that would end the
/// process.
pub(crate) fn hashing(config: &HashingConfig) -> Result<(), String> {
    within(&[
        ("hashing.memory_kib", config.memory_kib.into(), MEMORY_KIB),
        ("hashing.iterations", config.iterations.into(), 1..=1000),
        ("hashing.parallelism", config.parallelism.into(), 1..=256),
        ("hashing.patience_seconds", config.patience_seconds, 1..=HOUR),
    ])?;
    Argon2Hasher::new(config, Arc::new(OsRandom)).map(drop).map_err(|error| format!("hashing: {error}"))
}

/// Names the keys whose number is not in its range.
fn within(numbers: &[(&str, u64, RangeInclusive<u64>)]) -> Result<(), String> {
    let wrong = numbers.iter().filter(|(_, number, range)| !range.contains(number));
    let wrong: Vec<String> = wrong
        .map(|(key, number, range)| {
            format!("{key} must be {} to {}, not {number}", range.start(), range.end())
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

fn listeners(config: &Config) -> Result<(), String> {
    let mut keys = vec![("listen", config.listen)];
    if let Some(admin) = config.admin_listen {
        if listen::overlap(config.listen, admin) {
            return Err(format!(
                "admin_listen {admin} is the same port as listen {}: give it a port of its own, or leave it out",
                config.listen
            ));
        }
        keys.push(("admin_listen", admin));
    }
    for (key, address) in keys {
        listen::is_local(address).map_err(|error| {
            format!(
                "{key}: this machine cannot listen on {}: {error}; 0.0.0.0 is all its addresses",
                address.ip()
            )
        })?;
    }
    Ok(())
}

/// Whether the store can be where it is said to be.
fn store(config: &Config) -> Result<(), String> {
    let wrong = |what: String| Err(format!("database_url: {what}"));
    let path = match config.database_url().map_err(|error| error.to_string())? {
        DatabaseUrl::Postgres(url) => return tls_of_postgres(&url, |key| std::env::var(key).ok()),
        DatabaseUrl::Sqlite(path) => path,
    };
    let folder = start::folder(&DatabaseUrl::sqlite(&path));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    if !folder.is_dir() {
        return wrong(format!("there is no folder {}: make it, or name another", folder.display()));
    }
    if path.is_dir() {
        return wrong(format!("{} is a folder: name a file in it", path.display()));
    }
    if let Err(error) = access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        return wrong(format!(
            "this user may not write into the folder {}, where SQLite keeps its log: {error}",
            folder.display()
        ));
    }
    match access(&path, Access::READ_OK | Access::WRITE_OK) {
        Err(error) if error != rustix::io::Errno::NOENT => {
            wrong(format!("this user may not read and write {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Whether this build's libpq can do what the URL's parameters and libpq's variables demand of it.
fn tls_of_postgres(url: &str, variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    check_tls_variables(url, &variable).map_err(|(key, error)| format!("{key}: {error}"))?;
    if TLS_TO_POSTGRES { files_of_tls(url, variable) } else { Ok(()) }
}

/// Whether this user may read the files of TLS that the URL or libpq's variables name. libpq itself
/// connects without a client certificate that is not there.
fn files_of_tls(url: &str, variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for (name, key) in [
        ("sslrootcert", "PGSSLROOTCERT"),
        ("sslcert", "PGSSLCERT"),
        ("sslkey", "PGSSLKEY"),
        ("sslcrl", "PGSSLCRL"),
    ] {
        let named = query.split('&').filter_map(|pair| pair.split_once('=')).rfind(|pair| pair.0 == name);
        let (place, path) = match named {
            Some((_, path)) => {
                (format!("database_url: {name}"), percent_decode_str(path).decode_utf8_lossy().into_owned())
            }
            None => (key.to_owned(), variable(key).unwrap_or_default()),
        };
        // `system` is no file, and a key with a colon is one of an OpenSSL engine.
        if path.is_empty() || path == "system" || (name == "sslkey" && path.contains(':')) {
            continue;
        }
        access(Path::new(&path), Access::READ_OK)
            .map_err(|error| format!("{place}: this user may not read {path}: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
        change(&mut config);
        check(&config).expect_err("refused")
    }

    #[test]
    fn what_only_a_start_would_find_is_found_with_its_key() {
        assert_eq!(check(&Config::default()), Ok(()));
        let folder = tempfile::tempdir().expect("a folder");
        let within = folder.path().join("none/roster.sqlite");
        for (error, parts) in [
            (refused(|c| c.log.filter = "roster=loud".into()), ["log.filter", ""]),
            (refused(|c| c.hashing.memory_kib = 1), ["hashing.memory_kib must be 8 to", "not 1"]),
            (refused(|c| c.hashing.memory_kib = u32::MAX), ["hashing.memory_kib", "not 4294967295"]),
            (
                refused(|c| (c.hashing.memory_kib, c.hashing.parallelism) = (8, 2)),
                ["hashing: ", "parameters"],
            ),
            (refused(|c| c.database.pool_size = 0), ["database.pool_size must be 1", "not 0"]),
            (refused(|c| c.database.patience_seconds = 0), ["database.patience_seconds", "not 0"]),
            (refused(|c| c.shutdown_seconds = u64::MAX), ["shutdown_seconds must be 0 to 86400", ""]),
            (refused(|c| c.tls.key = Some("key.pem".into())), ["tls", "no certificate"]),
            (
                refused(|c| {
                    c.listen = ([0, 0, 0, 0], 8080).into();
                    c.admin_listen = Some(([127, 0, 0, 1], 8080).into());
                }),
                ["admin_listen 127.0.0.1:8080", "listen 0.0.0.0:8080"],
            ),
            (refused(|c| c.listen = ([192, 0, 2, 1], 8080).into()), ["listen", "192.0.2.1"]),
            (
                refused(|c| c.enterprise_users.password_max_length = 7),
                ["enterprise_users.password_max_length", "8"],
            ),
            (refused(|c| c.database_url = format!("sqlite:{}", within.display())), ["database_url", "none"]),
            (
                refused(|c| c.database_url = format!("sqlite:{}", folder.path().display())),
                ["database_url", "is a folder"],
            ),
        ] {
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
        let both = refused(|c| {
            c.database.pool_size = 0;
            c.log.filter = "roster=loud".into();
        });
        assert!(both.contains("pool_size") && both.contains("log.filter"), "{both}");
    }

    #[test]
    fn tls_that_only_the_environment_demands_is_found() {
        let check =
            |url: &str, mode: &str| tls_of_postgres(url, |key| (key == "PGSSLMODE").then(|| mode.to_owned()));
        let required = check("postgres://h/n", "require");
        assert_eq!(required.is_ok(), TLS_TO_POSTGRES);
        assert!(required.err().is_none_or(|error| error.contains("PGSSLMODE")));
        assert_eq!(check("postgres://h/n?sslmode=disable", "require"), Ok(()));
        assert_eq!(check("postgres://h/n", "prefer"), Ok(()));
    }

    #[test]
    fn files_of_tls_that_cannot_be_read_are_told_by_their_parameter() {
        let url = "postgres://h/n?sslmode=require&sslcert=/none/a%2Epem";
        let error = files_of_tls(url, |_| None).unwrap_err();
        assert!(error.starts_with("database_url: sslcert: this user may not read /none/a.pem: "), "{error}");
        let key = |key: &str| (key == "PGSSLKEY").then(|| "/none/key".to_owned());
        let error = files_of_tls("postgres://h/n", key).unwrap_err();
        assert!(error.starts_with("PGSSLKEY: this user may not read /none/key: "), "{error}");
        let no_files = "postgres://h/n?sslrootcert=system&sslkey=pkcs11:x&sslcert=";
        assert_eq!(files_of_tls(no_files, key), Ok(()));
        assert_eq!(files_of_tls("postgres://h/n", |_| None), Ok(()));
    }
}
