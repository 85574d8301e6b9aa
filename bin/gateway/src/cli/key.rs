//! `roster key`

use clap::Subcommand;
use roster_enterprise_users::keys::command::issue_key;
use roster_enterprise_users::{Administrator, EnterpriseUsers, Error, KeyInfo, User};
use roster_kernel::Origin;

use super::{Common, Failure};
use crate::admin::explained;
use crate::compose::{Dialects, House};
use crate::config::Config;
use crate::open;
use crate::print::{print, print_secret};

/// Commands about access keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Give a user a new access key and print it. It is shown this once.
    #[command(after_help = "Examples:
  roster key create default/admin deploy
  roster key create 7 nightly --lifetime 86400")]
    Create {
        /// The user: an id, or ENTERPRISE/NICK_NAME.
        user: String,
        /// What the key is for: 1 to 64 characters, unique to its user.
        note: String,
        /// How long it lasts, in seconds; without end by default.
        #[arg(long, value_name = "SECONDS")]
        lifetime: Option<i64>,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// List a user's keys: note, when made and when ending, in milliseconds since the epoch.
    #[command(after_help = "Example:
  roster key list default/admin")]
    List {
        /// The user: an id, or ENTERPRISE/NICK_NAME.
        user: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
    /// End a user's key at once.
    #[command(after_help = "Example:
  roster key revoke default/admin deploy")]
    Revoke {
        /// The user: an id, or ENTERPRISE/NICK_NAME.
        user: String,
        /// The key's note.
        note: String,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
}

impl KeyCommand {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Create { user, note, lifetime, common } => {
                let keys = Keys::open(common, user).await?;
                let command = issue_key(note, *lifetime).map_err(|violations| told(violations.into()))?;
                let key = keys.service().issue_key(&keys.by, keys.user.user_id, command).await;
                print_secret(format_args!("{}\n", key.map_err(told)?.expose()))?;
            }
            Self::List { user, common } => {
                let config = common.load()?;
                let keys = Keys::of(open::to_read(&config).await?, &config, user).await?;
                let listed = keys.service().keys(&keys.by, keys.user.user_id).await.map_err(told)?;
                listed.iter().try_for_each(|key| print(format_args!("{}", line(key))))?;
            }
            Self::Revoke { user, note, common } => {
                let keys = Keys::open(common, user).await?;
                keys.service().revoke_key(&keys.by, keys.user.user_id, note).await.map_err(told)?;
            }
        }
        Ok(())
    }
}

/// Note, beginning and end, with tabs between them: notes may hold blanks.
fn line(key: &KeyInfo) -> String {
    let end = key.expires_ms.map_or_else(|| "never".to_owned(), |end| end.to_string());
    format!("{}\t{}\t{end}\n", key.note.as_str(), key.created_ms)
}

/// The service, and the user whose keys are meant.
struct Keys {
    dialects: Dialects,
    by: Administrator,
    user: User,
}

impl Keys {
    async fn open(common: &Common, user: &str) -> Result<Self, Failure> {
        let config = common.load()?;
        Self::of(open::to_change(&config).await?, &config, user).await
    }

    async fn of(house: House, config: &Config, user: &str) -> Result<Self, Failure> {
        let dialects = Dialects::new(&house, config);
        let by = Administrator::operator("command line", Origin::default());
        let service = &dialects.enterprise_users;
        // A nick name has no '/'.
        let found = match user.rsplit_once('/') {
            Some((enterprise_id, nick_name)) => service.named(&by, enterprise_id, nick_name).await,
            None if user.parse::<i32>().is_ok() => service.find(&by, user).await,
            None => return Err(format!("'{user}' is neither a user's id nor ENTERPRISE/NICK_NAME").into()),
        };
        Ok(Self { user: found.map_err(told)?, by, dialects })
    }

    fn service(&self) -> &EnterpriseUsers {
        &self.dialects.enterprise_users
    }
}

/// The failure in words.
fn told(error: Error) -> String {
    match error {
        Error::Invalid(violations) => violations.iter().map(explained).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}
