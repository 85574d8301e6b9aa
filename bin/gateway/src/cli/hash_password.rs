//! `roster hash-password`

use std::sync::Arc;

use clap::Args;
use roster_auth::Argon2Hasher;
use roster_kernel::OsRandom;
use roster_kernel::ports::{Flow, PasswordHasher as _};

use super::{Common, Failure, secret_input};
use crate::print::print;

/// Hash a password as Roster would, and print it as a PHC string. The password is asked for, or read
/// from standard input.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster hash-password
  roster hash-password --config /etc/roster.toml < password.txt")]
pub struct HashPassword {
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl HashPassword {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        let hasher = Argon2Hasher::new(&config.hashing, Arc::new(OsRandom))?;
        let password = secret_input::ask("Password: ")?;
        if password.expose().is_empty() {
            return Err("the password is empty".into());
        }
        let hash = hasher.hash(&password, &Flow::default()).await?;
        Ok(print(format_args!("{}\n", hash.as_str()))?)
    }
}
