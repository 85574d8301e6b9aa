//! Access keys of enterprise users, from the command line.

use roster_enterprise_users::{Administrator, EnterpriseUsers, Error, KeyInfo, User};
use roster_kernel::Origin;

use crate::admin::explained;
use crate::cli::KeyCommand;
use crate::compose::{Dialects, House};
use crate::config::Config;
use crate::start;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Does what the command says, and answers what is to be printed.
///
/// # Errors
/// As the deed's own function.
pub async fn run(config: &Config, command: KeyCommand) -> Result<String> {
    match command {
        KeyCommand::Create { user, note, lifetime, .. } => {
            Ok(create(config, &user, &note, lifetime).await? + "\n")
        }
        KeyCommand::List { user, .. } => Ok(list(config, &user).await?.iter().map(line).collect()),
        KeyCommand::Revoke { user, note, .. } => revoke(config, &user, &note).await.map(|()| String::new()),
    }
}

/// Note, beginning and end, with tabs between them: notes may hold blanks.
fn line(key: &KeyInfo) -> String {
    let end = key.expires_ms.map_or_else(|| "never".to_owned(), |end| end.to_string());
    format!("{}\t{}\t{end}\n", key.note.as_str(), key.created_ms)
}

/// Gives a user a new key, which is answered this once.
///
/// # Errors
/// If there is no such user, he has a key of this note, note or lifetime are none, or the store does
/// not open.
pub async fn create(
    config: &Config,
    user: &str,
    note: &str,
    lifetime_seconds: Option<i64>,
) -> Result<String> {
    let keys = Keys::open(config, user).await?;
    let key = keys.service().issue_key(&keys.by, keys.user.user_id, note, lifetime_seconds).await;
    Ok(key.map_err(told)?.expose().clone())
}

/// The keys of a user, oldest first, without the keys themselves.
///
/// # Errors
/// If there is no such user, or the store does not open.
pub async fn list(config: &Config, user: &str) -> Result<Vec<KeyInfo>> {
    let keys = Keys::open(config, user).await?;
    Ok(keys.service().keys(&keys.by, keys.user.user_id).await.map_err(told)?)
}

/// Ends a user's key at once.
///
/// # Errors
/// If there is no such user or key, or the store does not open.
pub async fn revoke(config: &Config, user: &str, note: &str) -> Result<()> {
    let keys = Keys::open(config, user).await?;
    Ok(keys.service().revoke_key(&keys.by, keys.user.user_id, note).await.map_err(told)?)
}

/// The service, and the user whose keys are meant.
struct Keys {
    dialects: Dialects,
    by: Administrator,
    user: User,
}

impl Keys {
    async fn open(config: &Config, user: &str) -> Result<Self> {
        let house = House::open(config)?;
        start::migrate(&house).await?;
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
