//! `roster sweep`

use std::time::Duration;

use clap::Args;
use roster_persistence::Swept;

use super::{Common, Failure};
use crate::print::print;
use crate::{open, sweep};

/// Take away at once what has ended: tokens, sessions, failures of sign-ins, keys that sign nothing any
/// more. Gateways do it by themselves, every `sweep_minutes`; this is for a store whose gateways do not.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  roster sweep --database-url postgres://roster@db/roster")]
pub struct Sweep {
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Sweep {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        let house = open::to_change(&config).await?;
        match sweep::sweeper(house.db.clone(), house.random.as_ref()).sweep(Duration::ZERO).await? {
            Swept::Rows(swept) => {
                swept.iter().try_for_each(|(table, rows)| print(format_args!("{table}\t{rows}\n")))?;
                Ok(())
            }
            Swept::NotNow => Err("a gateway is just sweeping this store".into()),
        }
    }
}
