//! `roster unlock`

use std::net::IpAddr;

use clap::Args;

use super::{Common, Failure};
use crate::compose::Dialects;
use crate::open;
use crate::print::print;
use crate::unlock::{Target, unlock};

/// Options of `roster unlock`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster unlock device-users admin
  roster unlock iot-roles admin
  roster unlock enterprise-users ada@example.com
  roster unlock enterprise-users ada --enterprise acme
  roster unlock tenant-ciam zhangsan --tenant demo
  roster unlock --address 192.0.2.7")]
pub struct Unlock {
    /// The account's dialect: enterprise-users, device-users, tenant-ciam or iot-roles.
    #[arg(required_unless_present = "address", requires = "account")]
    pub dialect: Option<String>,
    /// The account, by its name or id as it signs in.
    pub account: Option<String>,
    /// The tenant of an account of tenant-ciam.
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// The enterprise of an enterprise user given by nick_name.
    #[arg(long, value_name = "ID")]
    pub enterprise: Option<String>,
    /// A client address instead of an account; of IPv6 its /64 is unlocked.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["dialect", "account", "tenant", "enterprise"])]
    pub address: Option<IpAddr>,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Unlock {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        let house = open::to_change(&config).await?;
        let dialects = Dialects::new(&house, &config);
        let target = Target {
            address: self.address,
            dialect: self.dialect.clone(),
            account: self.account.clone(),
            tenant: self.tenant.clone(),
            enterprise_id: self.enterprise.clone(),
        };
        let change = house.change("command line");
        let unlocked = unlock(&house, &dialects, &change, &target).await?;
        print(format_args!("{}\n", if unlocked { "unlocked" } else { "was not locked" }))?;
        Ok(())
    }
}
