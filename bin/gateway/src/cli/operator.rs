//! `roster operator`

use clap::Subcommand;
use roster_kernel::{Secret, hex_token};

use super::{Common, Failure};
use crate::compose::{ADMIN, House};
use crate::config::Config;
use crate::credentials::is_name;
use crate::start;

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

impl OperatorCommand {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let Self::Create { name, common } = self;
        println!("{}", create(&common.load()?, name).await?.expose());
        Ok(())
    }
}

/// Makes the operator `name`, or gives him a new token, which is answered. The token before stops
/// at once.
async fn create(config: &Config, name: &str) -> Result<Secret, Failure> {
    if !is_name(name) {
        return Err("an operator's name is 1 to 64 of A-Z a-z 0-9 . _ @ -".into());
    }
    let house = House::open(config)?;
    start::migrate(&house).await?;
    let token = Secret::new(hex_token(house.random.as_ref(), 32));
    house.tokens.put_lasting(&house.change("command line"), ADMIN, name, &token).await?;
    Ok(token)
}
