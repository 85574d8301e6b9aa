//! `roster init`

use std::sync::Arc;

use clap::Args;
use roster_kernel::SystemClock;

use super::{Common, Failure, opening};
use crate::compose::Dialects;
use crate::config_check::check;
use crate::first_start::FirstStart;
use crate::print::{print, print_secret};
use crate::{open, start};

/// Make a store, or begin an empty one, without serving: its tables, and the first credentials as the first
/// `roster serve` would make them. Their secrets are shown once: on the terminal, else in a file
/// first-start.txt beside the store (for PostgreSQL: in this folder) that only its owner reads.
///
/// Fails, and changes nothing, where the store was begun before.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster init --config /etc/roster.toml
  roster init --database-url postgres://roster@db/roster --json > secrets.json")]
pub struct Init {
    /// Print the secrets on standard output, as one JSON object, and write no file.
    #[arg(long)]
    pub json: bool,
    /// Begin with an empty store where the store is missing: its lock file, log or first-start.txt is there,
    /// and its file or tables are not. A log that is left is kept under another name.
    #[arg(long)]
    pub new: bool,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Init {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        check(&config)?;
        let opening = opening(self.new);
        let house = open::to_begin(&config, Arc::new(SystemClock), opening)?;
        let dialects = Dialects::new(&house, &config);
        let scheme = if config.tls.certificate.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://{}", config.listen);
        let show = |first: &FirstStart| -> Result<(), Failure> {
            if self.json {
                let secrets = serde_json::to_string_pretty(&first.to_json())?;
                return Ok(print_secret(format_args!("{secrets}\n"))?);
            }
            if let Some(path) = first.show(&base, house.db.url())? {
                print(format_args!("the secrets stand in {}, once\n", path.display()))?;
            }
            Ok(())
        };
        start::init(&house, &dialects, opening, show).await?;
        if !self.json {
            print(format_args!("the store at {} is ready: `roster serve` serves it\n", house.db.url()))?;
        }
        Ok(())
    }
}
