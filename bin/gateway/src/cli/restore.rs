//! `roster restore`

use std::io::{Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use roster_kernel::SystemClock;
use roster_persistence::Opening;
use roster_persistence::archive::Summary;

use super::{Common, Failure};
use crate::compose::House;
use crate::config::Config;
use crate::print::print;
use crate::start;

/// Fill a new or empty store with what `roster backup` wrote, from either kind of database: all of it
/// or, if anything is wrong with the file, nothing. A store with rows in it is left alone, as is a SQLite
/// store that a gateway or another command uses.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster restore roster.backup --database-url sqlite:restored.sqlite
  roster restore roster.backup --database-url postgres://roster@db/roster
  ssh vault cat roster.backup | roster restore -")]
pub struct Restore {
    /// The backup; '-' for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Restore {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        let summary = if self.file.as_os_str() == "-" {
            // It is read twice: kept meanwhile in a file without a name, which nobody else can open.
            let within = std::env::temp_dir();
            let cannot = |error| format!("cannot keep standard input in {}: {error}", within.display());
            let mut kept = tempfile::tempfile_in(&within).map_err(cannot)?;
            std::io::copy(&mut std::io::stdin().lock(), &mut kept).map_err(cannot)?;
            kept.rewind().map_err(cannot)?;
            restore(&config, kept).await?
        } else {
            let cannot = |error| format!("cannot read {}: {error}", self.file.display());
            let file = std::fs::File::open(&self.file).map_err(cannot)?;
            restore(&config, file).await?
        };
        let taken = DateTime::from_timestamp_millis(summary.taken_ms).unwrap_or_default();
        print(format_args!(
            "{} rows of {} tables, taken {} by Roster {}\n",
            summary.total(),
            summary.rows.len(),
            taken.to_rfc3339_opts(SecondsFormat::Secs, true),
            summary.roster
        ))?;
        Ok(())
    }
}

/// Restores into a store that no other process uses, and takes a file that it made away again if it fails.
async fn restore(config: &Config, file: impl Read + Seek) -> Result<Summary, Failure> {
    let house = House::open_as(config, Arc::new(SystemClock), Opening::Replace)?;
    let restored = fill(&house, file).await;
    if restored.is_err()
        && let Err(error) = house.db.discard_made()
    {
        tracing::warn!(%error, store = %house.db.url(), "an empty store remains");
    }
    restored
}

/// Under the start lock, so that no gateway begins the store before it is whole.
async fn fill(house: &House, file: impl Read + Seek) -> Result<Summary, Failure> {
    let lock = house.db.lock_start()?;
    let summary = house.db.restore(&lock, roster_migrations::ALL, file)?;
    start::complete(house, &lock).await?;
    start::identify(house, &lock).await?;
    Ok(summary)
}
