//! `roster operator`

use clap::Subcommand;

use super::Common;

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
