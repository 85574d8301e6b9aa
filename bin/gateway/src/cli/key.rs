//! `roster key`

use clap::Subcommand;

use super::Common;

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
