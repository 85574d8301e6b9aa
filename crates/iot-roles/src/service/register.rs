use roster_kernel::ports::Flow;
use roster_kernel::{Change, Origin};

use super::{IotRoles, users};
use crate::domain::{ObjectId, User};
use crate::error::Error;
use crate::store::{RegisterError, RegisterIds};
use crate::{REALM, validate, wire};

impl IotRoles {
    /// Registers somebody whom nobody knows: a user of role AREA, and a domain that is his area, both
    /// named by his e-mail address (I8). Whether the address is his is not asked.
    ///
    /// Every attempt that keeps the rules counts against its address as a wrong credential would, so
    /// that nobody burns the cores with hashes or reads out who is registered.
    ///
    /// # Errors
    /// In this order: [`Error::Forbidden`] unless [`crate::Config::open_registration`];
    /// [`Error::Unreadable`]; [`Error::Invalid`]; 429; [`Error::Existed`].
    pub async fn register(&self, body: wire::Register, origin: Origin) -> Result<User, Error> {
        if !self.config.open_registration {
            return Err(Error::Forbidden);
        }
        let validate::Registration { registrant, password } = validate::registration(body, &self.config)?;
        self.ports.throttle.wrong(REALM, origin.address).await?;
        let existed = || Error::Existed(registrant.as_str().to_owned());
        // A hash is dear: not for a request that fails anyway.
        if !self.ports.store.may_register(&registrant).await? {
            return Err(existed());
        }
        let flow = Flow { address: origin.address, account: None };
        let hash = self.ports.hasher.hash(&password, &flow).await?;
        let at_ms = self.ports.clock.now_ms();
        let fresh = || ObjectId::fresh(self.ports.random.as_ref(), at_ms);
        let ids = RegisterIds { user: fresh(), domain: fresh() };
        let change = Change { principal: users::principal(&ids.user), origin, at_ms };
        let registered = self.ports.store.register(&change, &registrant, ids, hash).await;
        registered.map_err(|error| match error {
            RegisterError::NameTaken => existed(),
            RegisterError::Port(error) => error.into(),
        })
    }
}
