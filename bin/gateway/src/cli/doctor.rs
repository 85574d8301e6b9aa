//! `roster doctor`

use clap::Args;

use super::{Common, Failure};
use crate::doctor::{Level, examine};
use crate::print::print;

/// Say what is wrong with this installation and how to mend it: the configuration, the files, the
/// database, the credentials. It changes nothing, and gateways may run meanwhile. Fails if there is an
/// error; warnings alone are no failure.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster doctor --config /etc/roster.toml
  roster doctor --json | jq '.findings[] | select(.level != \"ok\")'")]
pub struct Doctor {
    /// Print one JSON object: `findings`, a list of objects with `check`, `level`, `what` and `mend`.
    #[arg(long)]
    pub json: bool,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Doctor {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let report = examine(self.common.config(), self.common.config.as_deref()).await;
        if self.json {
            print(format_args!("{}\n", serde_json::to_string_pretty(&report)?))?;
        } else {
            print(format_args!("{}", report.text()))?;
        }
        match report.count(Level::Error) {
            0 => Ok(()),
            1 => Err("one error was found".into()),
            n => Err(format!("{n} errors were found").into()),
        }
    }
}
