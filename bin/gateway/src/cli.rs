//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Manage the operators of the admin API.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Manage the access keys of enterprise users.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Manage the accounts of the software that calls the device users API.
    #[command(subcommand)]
    DeviceAccount(DeviceAccountCommand),
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

/// Commands about operators.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Make an operator, or give one a new token, and print the token. It is shown this once.
    #[command(after_help = "Example:
  roster operator create alice")]
    Create {
        /// The operator's name: 1 to 64 of A-Z a-z 0-9 . _ @ -
        name: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
}

/// Commands about access keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Give a user a new access key and print it. It is shown this once.
    #[command(after_help = "Examples:
  roster key create default/admin deploy
  roster key create 7 nightly --lifetime 86400")]
    Create {
        /// The user: an id, or ENTERPRISE/NICK_NAME.
        user: String,
        /// What the key is for: 1 to 64 characters, unique to its user.
        note: String,
        /// How long it lasts, in seconds; without end by default.
        #[arg(long, value_name = "SECONDS")]
        lifetime: Option<i64>,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// List a user's keys: note, when made and when ending, in milliseconds since the epoch.
    #[command(after_help = "Example:
  roster key list default/admin")]
    List {
        /// The user: an id, or ENTERPRISE/NICK_NAME.
        user: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// End a user's key at once.
    #[command(after_help = "Example:
  roster key revoke default/admin deploy")]
    Revoke {
        /// The user: an id, or ENTERPRISE/NICK_NAME.
        user: String,
        /// The key's note.
        note: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
}

impl KeyCommand {
    /// The options that all commands share.
    pub fn common(&self) -> &Common {
        match self {
            Self::Create { common, .. } | Self::List { common, .. } | Self::Revoke { common, .. } => common,
        }
    }
}

/// Commands about device accounts.
#[derive(Debug, Subcommand)]
pub enum DeviceAccountCommand {
    /// Make an account. Its password is generated and printed this once, or read from standard
    /// input.
    #[command(after_help = "Examples:
  roster device-account create gate
  roster device-account create gate --password-stdin < password.txt")]
    Create {
        /// The account's name: 1 to 64 of A-Z a-z 0-9 . _ @ -
        name: String,
        /// Read the password from standard input: at least 8 characters.
        #[arg(long)]
        password_stdin: bool,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// Print the accounts, one a line: name, a tab, `enabled` or `disabled`.
    List {
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// Remove an account; what is signed in with it stops at once.
    Delete {
        /// The account's name.
        name: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// Switch an account off; what is signed in with it stops at once.
    Disable {
        /// The account's name.
        name: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// Switch an account on again.
    Enable {
        /// The account's name.
        name: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
}

impl DeviceAccountCommand {
    /// The options that all commands share.
    pub fn common(&self) -> &Common {
        match self {
            Self::Create { common, .. }
            | Self::List { common }
            | Self::Delete { common, .. }
            | Self::Disable { common, .. }
            | Self::Enable { common, .. } => common,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
