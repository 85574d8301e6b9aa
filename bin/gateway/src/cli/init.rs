//! `roster init`

use clap::Args;

use super::{Common, Failure};
use crate::compose::{Dialects, House};
use crate::config_check::check;
use crate::first_start::FirstStart;
use crate::print::{print, print_secret};
use crate::start;

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
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Init {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        check(&config)?;
        let house = House::open(&config)?;
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
        start::init(&house, &dialects, show).await?;
        if !self.json {
            print(format_args!("the store at {} is ready: `roster serve` serves it\n", house.db.url()))?;
        }
        Ok(())
    }
}
