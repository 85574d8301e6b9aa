//! `roster config`

use clap::Subcommand;
use roster_persistence::Opening;

use super::{Common, Failure};
use crate::config::Config;
use crate::config_check::check;
use crate::print::{print, tell};
use crate::{environment, missing};

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
                let config = common.config()?;
                for variable in environment::unknown() {
                    tell(format_args!("roster: warning: {variable} is no setting, and is ignored\n"));
                }
                check(&config)?;
                missing::demand_file(&config.database_url()?, Opening::Serve)?;
                Ok(print(format_args!("the configuration is good\n"))?)
            }
            Self::Print { common } => Ok(print(format_args!("{}", shown(&common.config()?)?))?),
        }
    }
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
}
