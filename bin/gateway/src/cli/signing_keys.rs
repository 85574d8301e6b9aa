//! `roster signing-keys`

use clap::{Subcommand, ValueEnum};
use roster_kernel::Realm;

use super::{Common, Failure};
use crate::open;
use crate::print::print;

/// Manage the keys that sign the tokens of device users and IoT roles.
#[derive(Debug, Subcommand)]
pub enum SigningKeysCommand {
    /// Sign with a new key from now on. Tokens that older keys signed stay good until they expire,
    /// unless --revoke ends them.
    #[command(after_help = "Examples:
  roster signing-keys rotate
  roster signing-keys rotate --dialect iot-roles --revoke")]
    Rotate {
        /// Of this dialect alone.
        #[arg(long, value_enum)]
        dialect: Option<Signing>,
        /// End every token that an older key signed: everybody has to sign in again.
        #[arg(long)]
        revoke: bool,
        /// The options that all commands share.
        #[command(flatten)]
        common: Common,
    },
}

/// A dialect whose tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Signing {
    /// Device users.
    DeviceUsers,
    /// IoT roles.
    IotRoles,
}

impl Signing {
    fn realm(self) -> Realm {
        match self {
            Self::DeviceUsers => roster_device_users::REALM,
            Self::IotRoles => roster_iot_roles::REALM,
        }
    }
}

impl SigningKeysCommand {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let Self::Rotate { dialect, revoke, common } = self;
        let house = open::to_change(&common.load()?).await?;
        for signing in Signing::value_variants() {
            if dialect.is_none_or(|dialect| dialect == *signing) {
                let realm = signing.realm();
                house.signer.rotate(&house.change("command line"), realm, *revoke).await?;
                print(format_args!("{realm}: signs with a new key\n"))?;
            }
        }
        Ok(())
    }
}
