//! The configuration: defaults, then the file, then the environment, then flags. An unknown key in the
//! file is an error that names it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use figment::providers::{Env, Format as _, Serialized, Toml};
use figment::{Figment, Source};
use ipnet::IpNet;
use roster_auth::HashingConfig;
use roster_persistence::DatabaseUrl;
use serde::{Deserialize, Serialize};

use crate::database::DatabaseConfig;
use crate::environment;
use crate::limits::LimitsConfig;
use crate::listen;
use crate::telemetry::LogConfig;
use crate::tls::TlsConfig;

/// Everything that can be set. `roster.example.toml` documents every key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen; a host's name is resolved when the configuration is read.
    #[serde(deserialize_with = "listen::address")]
    pub listen: SocketAddr,
    /// Where `/metrics` and `/admin/v1` are, if not with everything else.
    #[serde(deserialize_with = "listen::optional_address")]
    pub admin_listen: Option<SocketAddr>,
    /// The store.
    pub database_url: String,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a stop may take, in seconds: the listeners' last moment and requests in flight.
    pub shutdown_seconds: u64,
    /// How long the listeners stay open after a stop began and `/readyz` turned, in seconds; less than
    /// `shutdown_seconds`. By default 5 where an address can be reached from other machines, else 0.
    pub drain_seconds: Option<u64>,
    /// How often what has ended is taken away, in minutes; 0 for never.
    pub sweep_minutes: u64,
    /// Whether `/docs` is served.
    pub docs: bool,
    /// Logs.
    pub log: LogConfig,
    /// How often one may call, and how long things may take.
    pub limits: LimitsConfig,
    /// TLS at the listeners.
    pub tls: TlsConfig,
    /// The connections to the store.
    pub database: DatabaseConfig,
    /// Password hashing.
    pub hashing: HashingConfig,
    /// The dialect of enterprise users.
    pub enterprise_users: roster_enterprise_users::Config,
    /// The dialect of device users.
    pub device_users: roster_device_users::Config,
    /// The dialect of tenant CIAM.
    pub tenant_ciam: roster_tenant_ciam::Config,
    /// The dialect of IoT roles.
    pub iot_roles: roster_iot_roles::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin_listen: None,
            database_url: "sqlite:roster.sqlite".into(),
            trusted_proxies: Vec::new(),
            shutdown_seconds: 30,
            drain_seconds: None,
            sweep_minutes: 10,
            docs: true,
            log: LogConfig::default(),
            limits: LimitsConfig::default(),
            tls: TlsConfig::default(),
            database: DatabaseConfig::default(),
            hashing: HashingConfig::default(),
            enterprise_users: roster_enterprise_users::Config::default(),
            device_users: roster_device_users::Config::default(),
            tenant_ciam: roster_tenant_ciam::Config::default(),
            iot_roles: roster_iot_roles::Config::default(),
        }
    }
}

impl Config {
    /// How long the listeners stay open after a stop began.
    pub(crate) fn drain(&self) -> Duration {
        let is_public = [Some(self.listen), self.admin_listen]
            .into_iter()
            .flatten()
            .any(|address| !address.ip().to_canonical().is_loopback());
        let default = if is_public { DRAIN_SECONDS.min(self.shutdown_seconds / 2) } else { 0 };
        Duration::from_secs(self.drain_seconds.unwrap_or(default))
    }
}

/// How long a balancer may take to notice that a gateway is not ready, in seconds.
const DRAIN_SECONDS: u64 = 5;

/// A configuration that cannot be used; the message names the key and where it stands.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(String);

/// Reads `file` once for its form alone: the reader below would show the line that is wrong, which may
/// hold a password.
fn demand_toml(file: &Path) -> Result<(), ConfigError> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| ConfigError(format!("{shown}: {error}")))?;
    let Err(error) = toml::from_str::<toml::Table>(&text) else { return Ok(()) };
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    Err(ConfigError(format!("{shown}, line {line}: {}", error.message())))
}

/// The errors in words: where it was set, and what is wrong. figment would name places of this source.
fn plain(errors: figment::Error, file: Option<&Path>) -> String {
    let told = errors.into_iter().map(|error| {
        let key = error.path.join(".");
        let name = error.metadata.as_ref().map_or("", |metadata| &metadata.name);
        let place = match error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref()) {
            Some(Source::Code(_)) if key == "listen" => "--listen or ROSTER_LISTEN".to_owned(),
            Some(Source::Code(_)) => "--database-url or DATABASE_URL".to_owned(),
            Some(Source::File(path)) => format!("{}: {key}", path.display()),
            _ if name.contains("environment") => {
                format!("{}{}", environment::PREFIX, error.path.join("__").to_uppercase())
            }
            _ => match file {
                Some(path) => format!("{}: {key}", path.display()),
                None => key,
            },
        };
        let place = place.trim_end_matches([':', ' ']);
        format!("{place}: {}", error.kind)
    });
    told.collect::<Vec<_>>().join("; ")
}

impl Config {
    /// Reads the configuration: the defaults, `file`, the environment, then what the command line says.
    ///
    /// # Errors
    /// For a file that is not there, an unknown key in it, a value of the wrong type or form, a host name
    /// that cannot be resolved. An unknown variable is none: see [`crate::environment::unknown`].
    pub fn load(
        file: Option<&Path>,
        database_url: Option<&str>,
        listen: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = file {
            if !path.is_file() {
                return Err(ConfigError(format!("there is no file {}", path.display())));
            }
            demand_toml(path)?;
            figment = figment.merge(Toml::file_exact(path));
        }
        // What is no setting may be an orchestrator's: `environment::unknown` names the others.
        let variables = Env::prefixed(environment::PREFIX);
        figment = figment.merge(variables.filter(|name| environment::is_setting(name.as_str())).split("__"));
        if let Some(url) = database_url {
            figment = figment.merge(Serialized::default("database_url", url));
        }
        if let Some(listen) = listen {
            figment = figment.merge(Serialized::default("listen", listen));
        }
        let config: Self = figment.extract().map_err(|error| ConfigError(plain(error, file)))?;
        config.database_url()?;
        Ok(config)
    }

    /// The device dialect's settings, with the one that depends on where the gateway listens:
    /// unless it is set, Basic is taken on a loopback address without a proxy before it, and
    /// nowhere else, since it sends the password with every request. Where it is taken for want of a
    /// setting, it is not taken of forwarded requests: there is a proxy that is not configured.
    pub fn device_users(&self) -> roster_device_users::Config {
        let set = self.device_users.basic_auth;
        roster_device_users::Config {
            basic_auth: set.or(Some(self.is_alone())),
            basic_auth_forwarded: set == Some(true),
            ..self.device_users.clone()
        }
    }

    /// Whether only this machine reaches the gateway: it listens on a loopback address, and no proxy
    /// stands before it.
    pub fn is_alone(&self) -> bool {
        self.listen.ip().is_loopback() && self.trusted_proxies.is_empty()
    }

    /// Whether only this machine reaches `/metrics`.
    pub fn figures_are_open(&self) -> bool {
        self.admin_listen.unwrap_or(self.listen).ip().is_loopback() && self.trusted_proxies.is_empty()
    }

    /// The store's URL, taken apart.
    ///
    /// # Errors
    /// For a scheme that is neither `sqlite` nor `postgres`.
    pub fn database_url(&self) -> Result<DatabaseUrl, ConfigError> {
        self.database_url.parse().map_err(|error| ConfigError(format!("database_url: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn load(toml: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roster.toml");
        std::fs::write(&path, toml).expect("written");
        Config::load(Some(&path), None, None)
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        for (toml, key) in [
            ("lisen = \"127.0.0.1:1\"", "lisen"),
            ("[enterprise_users]\nnick_name_patern = \"x\"", "nick_name_patern"),
            ("[database]\npool = 3", "pool"),
        ] {
            let error = load(toml).expect_err("refused").to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_by_its_line_and_not_shown() {
        let error =
            load("listen = \"127.0.0.1:1\"\ndatabase_url = \"postgres://u:secret@h/n").expect_err("refused");
        let error = error.to_string();
        assert!(error.contains("roster.toml, line 2: ") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn wrong_values_are_refused_with_their_key() {
        for (toml, key) in [
            ("listen = \"here\"", "listen"),
            ("database_url = \"mysql://x\"", "database_url"),
            ("[enterprise_users]\nnick_name_pattern = \"(\"", "nick_name_pattern"),
            ("[enterprise_users]\ntime_zone = \"Mars/Base\"", "time_zone"),
            ("admin_listen = 1", "admin_listen"),
            ("[limits]\nper_seconds = 0", "per_seconds"),
            ("[limits]\nrequest_seconds = -1", "request_seconds"),
        ] {
            let error = load(toml).expect_err("refused").to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn basic_is_taken_where_nobody_listens() {
        let basic = |toml: &str| load(toml).expect("loads").device_users().basic_auth;
        assert_eq!(basic(""), Some(true));
        assert_eq!(basic("listen = \"0.0.0.0:8080\""), Some(false));
        assert_eq!(basic("trusted_proxies = [\"127.0.0.1/32\"]"), Some(false));
        assert_eq!(basic("[device_users]\nbasic_auth = false"), Some(false));
        assert_eq!(basic("listen = \"0.0.0.0:8080\"\n[device_users]\nbasic_auth = true"), Some(true));
    }

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roster.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\ndatabase_url = \"sqlite:a\"").expect("written");
        let config = Config::load(Some(&path), Some("sqlite:b"), Some("127.0.0.1:2")).expect("loads");
        assert_eq!((config.listen.port(), config.database_url.as_str()), (2, "sqlite:b"));
    }

    /// The example file sets every key to its default, and names its environment variable.
    #[test]
    fn the_example_file_is_complete_and_true() {
        let text = include_str!("../../../roster.example.toml");
        assert_eq!(load(text).expect("loads"), Config::default());
        // Keys without a default value (None) stand there commented out: uncommented they load too.
        let all: String = text
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        load(&all).expect("the optional keys load too");
        let mut paths = BTreeSet::new();
        let mut section = String::new();
        for line in all.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = format!("{name}__");
            } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
                paths.insert(format!("{section}{key}"));
            }
        }
        let defaults = serde_json::to_value(Config::default()).expect("serialises");
        for (key, value) in defaults.as_object().expect("an object") {
            let Some(inner) = value.as_object() else {
                assert!(paths.contains(key), "roster.example.toml lacks {key}");
                continue;
            };
            for inner in inner.keys() {
                assert!(
                    paths.contains(&format!("{key}__{inner}")),
                    "roster.example.toml lacks {key}.{inner}"
                );
            }
        }
        for path in paths.iter().filter(|path| *path != "database_url") {
            let variable = format!("ROSTER_{}", path.to_uppercase());
            assert!(text.contains(&variable), "roster.example.toml does not name {variable}");
        }
    }
}
