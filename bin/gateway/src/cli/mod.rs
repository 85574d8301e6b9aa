//! The command line: what can be asked for, a file for each command, and who does it.

mod backup;
mod completions;
mod config;
mod device_account;
mod doctor;
mod export;
mod hash_password;
mod import;
mod init;
mod key;
mod migrate;
mod operator;
mod output;
mod restore;
mod secret_input;
mod signing_keys;
mod sweep;
mod tenant;
mod unlock;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use roster_persistence::{Backend, Opening};

pub use self::backup::Backup;
pub use self::completions::Completions;
pub use self::config::ConfigCommand;
pub use self::device_account::DeviceAccountCommand;
pub use self::doctor::Doctor;
pub use self::export::Export;
pub use self::hash_password::HashPassword;
pub use self::import::Import;
pub use self::init::Init;
pub use self::key::KeyCommand;
pub use self::migrate::Migrate;
pub use self::operator::OperatorCommand;
pub use self::restore::Restore;
pub use self::signing_keys::SigningKeysCommand;
pub use self::sweep::Sweep;
pub use self::tenant::{ClientCommand, TenantCommand};
pub use self::unlock::Unlock;
use crate::config::{Config, ConfigError};
use crate::environment;
use crate::server::{Application, Signals};
use crate::start::Mode;
use crate::{process, telemetry};

/// One self-hosted user directory behind four provisioning APIs.
#[derive(Debug, Parser)]
#[command(name = "roster", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway.
    #[command(after_help = "Examples:
  roster serve
  roster serve --config /etc/roster.toml --listen 0.0.0.0:8080
  roster serve --demo")]
    Serve(Serve),
    /// Make a store and its first credentials, without serving.
    Init(Init),
    /// Bring a store's tables up to date, as `serve` does at its start, and nothing else.
    Migrate(Migrate),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage the operators of the admin API.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Manage the access keys of enterprise users.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Manage the accounts of the software that calls the device users API.
    #[command(subcommand)]
    DeviceAccount(DeviceAccountCommand),
    /// Manage the tenants of CIAM.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Manage the clients of CIAM's tenants.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Manage the keys that sign the tokens of device users and IoT roles.
    #[command(subcommand)]
    SigningKeys(SigningKeysCommand),
    /// Forget the failed sign-ins of an account or an address.
    Unlock(Unlock),
    /// Write the whole store into one file.
    Backup(Backup),
    /// Fill an empty store with a backup.
    Restore(Restore),
    /// Say what is wrong with this installation, and how to mend it.
    Doctor(Doctor),
    /// Take away what has ended.
    Sweep(Sweep),
    /// Put many users into a dialect, from a file.
    Import(Import),
    /// Write a dialect's users to a file that `import` reads.
    Export(Export),
    /// Hash a password as Roster would, and print it as a PHC string.
    HashPassword(HashPassword),
    /// Print what makes a shell complete Roster's commands.
    Completions(Completions),
}

/// What SQLite says where the system refuses to read or write one of its files.
const IO_ERROR: &str = "disk I/O error";

const IO_ADVICE: &str = "the system refused to read or write a file of the store; look at the disk, and at \
                         the limit on the size of files (`ulimit -f`)";

/// What went wrong, for people.
pub type Failure = Box<dyn std::error::Error>;

impl Cli {
    /// Does what is asked for.
    ///
    /// # Errors
    /// What went wrong, in one line.
    pub async fn run(self) -> Result<(), Failure> {
        self.dispatch().await.map_err(|error| match error.to_string() {
            text if text.contains(IO_ERROR) => format!("{text}: {IO_ADVICE}").into(),
            _ => error,
        })
    }

    async fn dispatch(self) -> Result<(), Failure> {
        match self.command {
            Command::Serve(serve) => serve.run().await,
            Command::Init(init) => init.run().await,
            Command::Migrate(migrate) => migrate.run().await,
            Command::Config(command) => command.run(),
            Command::Operator(command) => command.run().await,
            Command::Key(command) => command.run().await,
            Command::DeviceAccount(command) => command.run().await,
            Command::Tenant(command) => command.run().await,
            Command::Client(command) => command.run().await,
            Command::SigningKeys(command) => command.run().await,
            Command::Unlock(unlock) => unlock.run().await,
            Command::Backup(backup) => backup.run().await,
            Command::Restore(restore) => restore.run().await,
            Command::Doctor(doctor) => doctor.run().await,
            Command::Sweep(sweep) => sweep.run().await,
            Command::Import(command) => command.run().await,
            Command::Export(command) => command.run().await,
            Command::HashPassword(command) => command.run().await,
            Command::Completions(command) => command.run(),
        }
    }
}

impl Common {
    fn config(&self) -> Result<Config, ConfigError> {
        self.config_at(None)
    }

    fn config_at(&self, listen: Option<&str>) -> Result<Config, ConfigError> {
        Config::load(self.config.as_deref(), self.database_url.as_deref(), listen)
    }

    /// The configuration that they lead to; logs as it says from now on.
    fn load(&self) -> Result<Config, Failure> {
        let config = self.config()?;
        telemetry::init(&config.log)?;
        warn_of_unknown_variables();
        Ok(config)
    }
}

fn warn_of_unknown_variables() {
    let unknown = environment::unknown();
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        tracing::warn!(variables = names, "environment variables that are no settings are ignored");
    }
}

impl Serve {
    async fn run(self) -> Result<(), Failure> {
        let config = self.common.config_at(self.listen.as_deref())?;
        let _lines =
            telemetry::init_beside(&config.log, config.database_url()?.backend() == Backend::Postgres)?;
        warn_of_unknown_variables();
        process::demand_files_to_serve(&config)?;
        let mode = if self.demo { Mode::Demo } else { Mode::Serve };
        let explicit = self.common.database_url.is_some();
        let mut application = match self.new {
            true => Application::build_new(config, mode, explicit, Signals::Handled).await?,
            false => Application::build(config, mode, explicit, Signals::Handled).await?,
        };
        application.announce().await?;
        Ok(application.run_until_stopped().await?)
    }
}

/// Options of `roster serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
    /// Where to listen, as ADDR:PORT; port 0 picks a free one.
    #[arg(long, value_name = "ADDR:PORT", env = "ROSTER_LISTEN")]
    pub listen: Option<String>,
    /// Run on well-known demonstration data, in a throw-away database unless --database-url names
    /// one; only on a loopback address.
    #[arg(long, env = "ROSTER_DEMO")]
    pub demo: bool,
    /// Begin with an empty store where the store is missing: its lock file, log or first-start.txt is there,
    /// and its file or tables are not. A log that is left is kept under another name.
    #[arg(long)]
    pub new: bool,
}

/// What a store is opened for by a command that may make it.
fn opening(new: bool) -> Opening {
    if new { Opening::New } else { Opening::Serve }
}

/// Options that all commands share.
#[derive(Debug, Default, Args)]
pub struct Common {
    /// The configuration file; see roster.example.toml.
    #[arg(long, value_name = "FILE", env = "ROSTER_CONFIG")]
    pub config: Option<PathBuf>,
    /// The store: sqlite:PATH or postgres://USER@HOST/NAME.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
