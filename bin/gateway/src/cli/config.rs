//! `roster config`

use std::sync::Arc;

use clap::Subcommand;
use roster_auth::Argon2Hasher;
use roster_kernel::OsRandom;

use super::{Common, Failure};
use crate::config::Config;
use crate::telemetry;

/// Look at the configuration: defaults, then the file, then the environment, then flags.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether a gateway would start with it; what is wrong is named with its key. Opens no store.
    #[command(after_help = "Example:
  roster config check --config /etc/roster.toml")]
    Check {
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// Print what holds, with every default, as a file that Roster would read. The store's URL is
    /// printed without its password.
    #[command(after_help = "Example:
  ROSTER_LISTEN=0.0.0.0:8080 roster config print --config /etc/roster.toml")]
    Print {
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
}

impl ConfigCommand {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Check { common } => {
                check(&common.config()?)?;
                println!("the configuration is good");
            }
            Self::Print { common } => print!("{}", shown(&common.config()?)?),
        }
        Ok(())
    }
}

/// What loading does not look at.
pub(super) fn check(config: &Config) -> Result<(), Failure> {
    telemetry::check(&config.log)?;
    config.tls.check()?;
    Argon2Hasher::new(&config.hashing, Arc::new(OsRandom)).map_err(|error| format!("hashing: {error}"))?;
    Ok(())
}

fn shown(config: &Config) -> Result<String, Failure> {
    let mut config = config.clone();
    config.database_url = config.database_url()?.to_string();
    Ok(toml::to_string(&config)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_loads_as_the_same_and_holds_no_password() {
        let mut config = Config { shutdown_seconds: 7, ..Config::default() };
        config.tenant_ciam.enabled = false;
        let text = shown(&config).expect("prints");
        assert_eq!(toml::from_str::<Config>(&text).expect("loads"), config);
        config.database_url = "postgres://roster:hunter2@db/roster?password=hunter2".into();
        let text = shown(&config).expect("prints");
        assert!(!text.contains("hunter2") && text.contains("postgres://db/roster"), "{text}");
    }

    #[test]
    fn what_only_a_start_would_find_is_found() {
        let mut config = Config::default();
        assert!(check(&config).is_ok());
        config.hashing.memory_kib = 1;
        assert!(check(&config).expect_err("refused").to_string().contains("hashing"));
        let mut config = Config::default();
        config.log.filter = "roster=loud".into();
        assert!(check(&config).expect_err("refused").to_string().contains("log.filter"));
    }
}
