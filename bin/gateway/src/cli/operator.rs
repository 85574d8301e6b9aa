//! `roster operator`

use chrono::{DateTime, SecondsFormat};
use clap::Subcommand;
use roster_auth::Existing;

use super::{Common, Failure};
use crate::operators::{self, at_date, in_days};
use crate::print::{print, print_secret};
use crate::{admin, open};

/// Commands about operators.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Make an operator, or replace the token of one, and print the token. It is shown this once.
    #[command(after_help = "Examples:
  roster operator create alice
  roster operator create alice --expires-in 90
  roster operator create audit --expires 2027-01-31")]
    Create {
        /// The operator's name: 1 to 64 of A-Z a-z 0-9 . _ @ -
        name: String,
        /// How long the token lasts, in days: 1 to 3650; without end by default.
        #[arg(long, value_name = "DAYS", conflicts_with = "expires")]
        expires_in: Option<i64>,
        /// When the token expires: a date, whose first moment in UTC is meant, or a time as in RFC 3339.
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// List the operators by name: name, when the token was made and when it expires, with tabs between
    /// them. Tokens are never shown.
    List {
        /// Print one JSON object: `items`, a list of objects with `name`, `created_ms`, `expires_ms` and
        /// `expired`.
        #[arg(long)]
        json: bool,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// Revoke an operator's token: it stops at once.
    Revoke {
        /// The operator's name.
        name: String,
        /// Even if no operator is left whose token works.
        #[arg(long)]
        force: bool,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
}

impl OperatorCommand {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Create { name, expires_in, expires, common } => {
                operators::check_name(name)?;
                let house = open::to_change(&common.load()?).await?;
                let change = house.change("command line");
                let end = match (expires_in, expires) {
                    (Some(days), _) => Some(in_days(*days, change.at_ms)?),
                    (None, date) => date.as_deref().map(at_date).transpose()?,
                };
                let token = operators::put(&house, &change, name, end, Existing::Replace).await?;
                print_secret(format_args!("{}\n", token.expose()))?;
            }
            Self::List { json, common } => {
                let house = open::to_read(&common.load()?).await?;
                let (listed, now_ms) = (operators::list(&house).await?, house.clock.now_ms());
                if *json {
                    let shown = admin::operators_shown(&listed, now_ms);
                    print(format_args!("{}\n", serde_json::to_string_pretty(&shown)?))?;
                    return Ok(());
                }
                for operator in &listed {
                    let end = operator.expires_ms.map_or_else(|| "never".to_owned(), time);
                    let expired = if operator.is_expired(now_ms) { "\texpired" } else { "" };
                    print(format_args!(
                        "{}\t{}\t{end}{expired}\n",
                        operator.name,
                        time(operator.created_ms)
                    ))?;
                }
            }
            Self::Revoke { name, force, common } => {
                let house = open::to_change(&common.load()?).await?;
                let revoked = operators::revoke(&house, &house.change("command line"), name, *force).await;
                revoked.map_err(|refusal| match refusal {
                    operators::Refusal::Last(_) => format!("{refusal}, or say --force"),
                    other => other.to_string(),
                })?;
            }
        }
        Ok(())
    }
}

/// As `2026-11-22T09:15:00Z`.
fn time(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
