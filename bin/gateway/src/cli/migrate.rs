//! `roster migrate`

use std::sync::Arc;

use clap::Args;
use roster_kernel::SystemClock;
use roster_persistence::migrations;

use super::{Common, Failure, opening};
use crate::compose::House;
use crate::config::Config;
use crate::print::print;
use crate::{missing, open, start};

const UP_TO_DATE: &str = "the store is up to date";

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
    /// Begin with an empty store where the store is missing: its lock file, log or first-start.txt is there,
    /// and its file or tables are not. A log that is left is kept under another name.
    #[arg(long)]
    pub new: bool,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Migrate {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        if !self.check {
            let opening = opening(self.new);
            let house = open::to_begin(&config, Arc::new(SystemClock), opening)?;
            let lock = start::migrate(&house, opening).await?;
            start::identify(&house, &lock).await?;
            return Ok(print(format_args!("{UP_TO_DATE}\n"))?);
        }
        let pending = pending(&config).await?;
        if pending.is_empty() {
            return Ok(print(format_args!("{UP_TO_DATE}\n"))?);
        }
        for migration in &pending {
            print(format_args!("{migration}\n"))?;
        }
        Err(format!("{} migrations are pending", pending.len()).into())
    }
}

/// What would be run; where there is no store, all of it.
async fn pending(config: &Config) -> Result<Vec<String>, Failure> {
    let url = config.database_url()?;
    missing::demand_file(&url, opening(false))?;
    if open::is_there(&url).is_err() {
        return Ok(migrations(url.backend(), roster_migrations::ALL)?);
    }
    let house = House::open_to_look(config)?;
    let unknown = house.db.versions(roster_migrations::ALL).await?.unknown;
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return Err(format!("the store is of a newer version: {unknown} are not known here").into());
    }
    Ok(house.db.pending(roster_migrations::ALL).await?)
}
