//! The configuration: what loads and is still not wise.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use roster_auth::{Argon2Hasher, HashingConfig};
use roster_kernel::ports::{Flow, PasswordHasher as _};
use roster_kernel::{OsRandom, Secret, WeakPasswords};

use roster_web::TrustedProxies;

use super::Report;
use crate::config::Config;
use crate::{config_check, environment, front};

/// The least that OWASP's Password Storage Cheat Sheet takes for argon2id: memory in KiB, and passes.
const LEAST: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// A hash that takes longer keeps people waiting, and is a lever for whoever wants to.
const SLOW_HASH: Duration = Duration::from_secs(1);

pub(super) async fn check(report: &mut Report, config: &Config, file: Option<&Path>) {
    match config_check::check(config) {
        Ok(()) => report.ok("configuration", "a gateway would start with it"),
        Err(error) => report.error("configuration", error, "write it as in roster.example.toml"),
    }
    let unknown = environment::unknown();
    if unknown.is_empty() {
        report.ok("environment", "no variable that begins with ROSTER_ is unknown");
    } else {
        let what = format!("{} are no settings, and are ignored", unknown.join(", "));
        report.warning("environment", what, "correct the names as in roster.example.toml, or unset them");
    }
    if let Some(path) = file {
        config_file(report, config, path);
    }
    listen(report, config);
    trusted_proxies(report, config);
    hashing(report, &config.hashing).await;
    let on = [
        config.enterprise_users.enabled,
        config.device_users.enabled,
        config.tenant_ciam.enabled,
        config.iot_roles.enabled,
    ];
    match on.iter().filter(|enabled| **enabled).count() {
        0 => report.warning("dialects", "none is switched on", "set `enabled = true` where you call one"),
        n => report.ok("dialects", format!("{n} of 4 are switched on")),
    }
    weak_passwords(report, config);
    match config.sweep_minutes {
        0 => report.warning(
            "sweep",
            "what has ended stays in the store",
            "set sweep_minutes, or run `roster sweep` by a timer",
        ),
        n => report.ok("sweep", format!("every {n} minutes")),
    }
}

/// Whether dialects that are switched on take the most common passwords.
fn weak_passwords(report: &mut Report, config: &Config) {
    let (enterprise, iot) = (&config.enterprise_users, &config.iot_roles);
    let taken: Vec<&str> = [
        ("enterprise_users", enterprise.enabled, enterprise.weak_passwords),
        ("iot_roles", iot.enabled, iot.weak_passwords),
    ]
    .into_iter()
    .filter(|(_, enabled, weak)| *enabled && *weak == WeakPasswords::Accept)
    .map(|(section, ..)| section)
    .collect();
    if taken.is_empty() {
        report.ok("weak-passwords", "the most common passwords are refused where one is set");
    } else {
        report.warning(
            "weak-passwords",
            format!("[{}] takes the most common passwords, such as 'password'", taken.join("] and [")),
            "set weak_passwords = \"refuse\" there; passwords that were set before stay good",
        );
    }
}

/// Who reads and who writes the file.
fn config_file(report: &mut Report, config: &Config, path: &Path) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let (mode, shown) = (metadata.permissions().mode() & 0o777, path.display());
    let holds_password = config.database_url().is_ok_and(|url| config.database_url != url.to_string());
    if mode & 0o022 != 0 {
        let what = format!("others may write {shown} (mode {mode:o})");
        report.error("config-file", what, format!("chmod go-w {shown}"));
    } else if mode & 0o004 != 0 && holds_password && config.database_url.starts_with("postgres") {
        let what = format!("everybody may read {shown} (mode {mode:o}), and the store's URL holds a secret");
        report.warning("config-file", what, format!("chmod o-r {shown}, or put the URL into DATABASE_URL"));
    } else {
        report.ok("config-file", format!("{shown} (mode {mode:o})"));
    }
}

fn listen(report: &mut Report, config: &Config) {
    let listen = config.listen;
    let is_bare = config.tls.certificate.is_none() && config.trusted_proxies.is_empty();
    if !listen.ip().is_loopback() && is_bare {
        report.warning(
            "listen",
            format!(
                "{listen} is open to the network, without TLS: passwords and tokens can be read on their way"
            ),
            "set [tls], or put a proxy with TLS before it, listen on 127.0.0.1 and name it in trusted_proxies",
        );
    } else {
        report.ok("listen", listen.to_string());
    }
}

fn trusted_proxies(report: &mut Report, config: &Config) {
    let all: Vec<String> =
        config.trusted_proxies.iter().filter(|net| is_wide(net)).map(ToString::to_string).collect();
    if all.is_empty() {
        report.ok("trusted-proxies", format!("{} networks", config.trusted_proxies.len()));
    } else {
        report.error(
            "trusted-proxies",
            format!(
                "{} holds the whole internet or much of it: every client names its own address",
                all.join(", ")
            ),
            "name the addresses of your proxies alone",
        );
    }
}

/// How long a proxy that was noted is reported, in milliseconds: a gateway notes it once a day.
const REPORTED_MS: i64 = 2 * 24 * 60 * 60 * 1000;

/// Whether a proxy that is not configured forwarded requests; `mark` is what gateways noted of it.
pub(super) fn untrusted_proxy(report: &mut Report, config: &Config, mark: Option<&str>, now_ms: i64) {
    let noted = mark.and_then(front::noted);
    let noted = noted.filter(|(peer, at)| {
        let trusted = TrustedProxies::new(config.trusted_proxies.clone());
        now_ms.saturating_sub(*at) < REPORTED_MS && !trusted.contain(*peer)
    });
    let Some((peer, _)) = noted else {
        return report.ok("untrusted-proxy", "no requests were forwarded by a proxy that is not configured");
    };
    report.warning(
        "untrusted-proxy",
        format!(
            "requests were forwarded by {peer}, which is not in trusted_proxies: all its clients count as one \
             address, and one that guesses passwords slows them all down"
        ),
        format!(
            "if it is your proxy, set trusted_proxies = [\"{}\"]; if it is a client that sends \
             X-Forwarded-For itself, leave it: the header is ignored",
            IpNet::from(peer)
        ),
    );
}

/// Whether it is larger than any network that one operator has.
fn is_wide(net: &IpNet) -> bool {
    match net {
        IpNet::V4(net) => net.prefix_len() < 8,
        IpNet::V6(net) => net.prefix_len() < 16,
    }
}

async fn hashing(report: &mut Report, config: &HashingConfig) {
    let HashingConfig { memory_kib, iterations, parallelism, .. } = config;
    let shown = format!("argon2id, {memory_kib} KiB, {iterations} passes, {parallelism} lanes");
    let hasher = config_check::hashing(config).and_then(|()| {
        Argon2Hasher::new(config, std::sync::Arc::new(OsRandom)).map_err(|error| error.to_string())
    });
    let hasher = match hasher {
        Ok(hasher) => hasher,
        Err(error) => return report.error("hashing", error, "take [hashing] from roster.example.toml"),
    };
    if LEAST.iter().any(|(memory, passes)| memory_kib >= memory && iterations >= passes) {
        report.ok("hashing", shown);
    } else {
        report.warning(
            "hashing",
            format!("{shown}: less than OWASP's minimum"),
            "set memory_kib = 12288 and iterations = 3, or more; hashes are renewed at the next sign-in",
        );
    }
    let begun = Instant::now();
    match hasher.hash(&Secret::new("doctor".to_owned()), &Flow::default()).await {
        Ok(_) => {
            let took = begun.elapsed();
            let what = format!("one password takes {} ms here", took.as_millis());
            if took > SLOW_HASH {
                report.warning("hash-time", what, "set fewer iterations, or take a faster machine");
            } else {
                report.ok("hash-time", what);
            }
        }
        Err(error) => report.error(
            "hash-time",
            format!("hashing failed: {error}"),
            "set a smaller [hashing] memory_kib, or give the machine more memory",
        ),
    }
}
