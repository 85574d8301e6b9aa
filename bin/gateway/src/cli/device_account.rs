//! `roster device-account`

use clap::Subcommand;

use super::{Common, Failure, secret_input};
use crate::device_account::{create, delete, list, set_disabled};
use crate::open;
use crate::print::{print, print_secret};

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
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common().load()?;
        let house = match self {
            Self::List { .. } => open::to_read(&config).await?,
            _ => open::to_change(&config).await?,
        };
        let change = house.change("command line");
        match self {
            Self::Create { name, password_stdin, .. } => {
                let password = if *password_stdin { Some(secret_input::from_stdin()?) } else { None };
                if let Some(password) = create(&house, &change, name, password).await? {
                    print_secret(format_args!("{}\n", password.expose()))?;
                }
            }
            Self::List { .. } => {
                for account in list(&house).await? {
                    let state = if account.disabled { "disabled" } else { "enabled" };
                    print(format_args!("{}\t{state}\n", account.name))?;
                }
            }
            Self::Delete { name, .. } => delete(&house, &change, name).await?,
            Self::Disable { name, .. } => set_disabled(&house, &change, name, true).await?,
            Self::Enable { name, .. } => set_disabled(&house, &change, name, false).await?,
        }
        Ok(())
    }

    fn common(&self) -> &Common {
        match self {
            Self::Create { common, .. }
            | Self::List { common }
            | Self::Delete { common, .. }
            | Self::Disable { common, .. }
            | Self::Enable { common, .. } => common,
        }
    }
}
