//! The dialect's service: its settings and ports. Each subject adds its use cases in its `service.rs`.

use std::sync::Arc;

use roster_kernel::ports::{PasswordHasher, Throttle};
use roster_kernel::{Clock, Random};

use crate::access::AccessStore;
use crate::administrators::AdministratorStore;
use crate::config::Config;
use crate::imports::ImportStore;
use crate::keys::KeyStore;
use crate::passwords::PasswordStore;
use crate::users::UserStore;

/// What all subjects need of a store; implemented by whatever implements the subjects' own ports.
pub trait Store:
    AccessStore + PasswordStore + UserStore + AdministratorStore + KeyStore + ImportStore
{
}

impl<T> Store for T where
    T: AccessStore + PasswordStore + UserStore + AdministratorStore + KeyStore + ImportStore
{
}

/// What the use cases need of other crates.
#[derive(Clone)]
pub struct Ports {
    /// Users, administrators, keys.
    pub store: Arc<dyn Store>,
    /// Password hashing.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Slows down the guessing of keys and passwords.
    pub throttle: Arc<dyn Throttle>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for new keys.
    pub random: Arc<dyn Random>,
}

/// Enterprise users: every use case, callable without HTTP.
pub struct EnterpriseUsers {
    pub(crate) config: Config,
    pub(crate) ports: Ports,
}

impl EnterpriseUsers {
    /// The service with these settings and ports.
    pub fn new(config: Config, ports: Ports) -> Self {
        Self { config, ports }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
