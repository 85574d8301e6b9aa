//! `roster migrate`

use clap::Args;

use super::{Common, Failure};
use crate::compose::House;
use crate::start;

/// Bring a store's tables up to date, as `serve` does at its start, and nothing else. Other gateways
/// may serve from it meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster migrate --check
  roster migrate --database-url postgres://roster@db/roster")]
pub struct Migrate {
    /// Change nothing: print what would be run, one migration a line, and fail if there is any.
    #[arg(long)]
    pub check: bool,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Migrate {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let house = House::open(&self.common.load()?)?;
        if !self.check {
            start::migrate(&house).await?;
            println!("the store is up to date");
            return Ok(());
        }
        let unknown = house.db.versions(roster_migrations::ALL).await?.unknown;
        if !unknown.is_empty() {
            let unknown = unknown.join(", ");
            return Err(format!("the store is of a newer version: {unknown} are not known here").into());
        }
        let pending = house.db.pending(roster_migrations::ALL)?;
        if pending.is_empty() {
            println!("the store is up to date");
            return Ok(());
        }
        for migration in &pending {
            println!("{migration}");
        }
        Err(format!("{} migrations are pending", pending.len()).into())
    }
}
