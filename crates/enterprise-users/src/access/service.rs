//! The use cases, and the only place with policy.

#[path = "../administrators/service.rs"]
mod administrators;
#[path = "../imports/service.rs"]
mod import;
#[path = "../keys/service.rs"]
mod keys;
#[path = "../passwords/service.rs"]
mod passwords;
#[path = "../users/service.rs"]
mod users;

use std::sync::Arc;

use roster_kernel::ports::{PasswordHasher, Throttle};
use roster_kernel::{Change, Clock, Origin, Random, digest};

use crate::REALM;
use crate::config::{AdministratorsSpan, Config};
use crate::domain::{User, UserId};
use crate::error::Error;
use crate::store::{Circle, KeyOwner, Store};

pub use import::ImportDraft;
pub use passwords::Verification;

/// What the use cases stand on.
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
    /// Chance, for new keys.
    pub random: Arc<dyn Random>,
}

/// Enterprise users: every use case, callable without HTTP.
pub struct EnterpriseUsers {
    config: Config,
    ports: Ports,
}

/// Somebody with a good key. Only [`EnterpriseUsers::member`] makes one.
#[derive(Debug, Clone)]
pub struct Member {
    owner: KeyOwner,
    origin: Origin,
}

impl Member {
    /// Who he is.
    pub fn user(&self) -> &User {
        &self.owner.user
    }

    /// His right to act on others, if he is an administrator.
    pub fn administrator(&self) -> Option<Administrator> {
        self.owner.administrator.then(|| Administrator {
            principal: self.principal(),
            user_id: Some(self.owner.user.user_id),
            enterprise_id: self.owner.user.enterprise_id.as_str().to_owned(),
            everywhere: false,
            origin: self.origin.clone(),
        })
    }

    fn principal(&self) -> String {
        format!("user:{}", self.owner.user.user_id)
    }
}

/// The right to act on users. Made from an administrator's key by
/// [`EnterpriseUsers::administrator`], or with [`Administrator::trusted`] by code that runs inside
/// the process and answers for itself.
#[derive(Debug, Clone)]
pub struct Administrator {
    principal: String,
    /// He himself, if he is a user.
    user_id: Option<UserId>,
    /// Where names are looked up, and the border of his span, if it is one.
    enterprise_id: String,
    /// Whether he reaches all whatever the span of administrators is.
    everywhere: bool,
    origin: Origin,
}

impl Administrator {
    /// An administrator of `enterprise_id` who needs no key: the command line, a first start, an
    /// embedding service that has its own authorisation.
    pub fn trusted(principal: &str, enterprise_id: &str) -> Self {
        Self {
            principal: principal.to_owned(),
            user_id: None,
            enterprise_id: enterprise_id.to_owned(),
            everywhere: false,
            origin: Origin::default(),
        }
    }

    /// Who runs the platform: of no enterprise, and confined to none.
    pub fn operator(principal: &str, origin: Origin) -> Self {
        Self { everywhere: true, origin, ..Self::trusted(principal, "") }
    }
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

    /// Who presents this `Authorization` header: the raw key, or one behind `Bearer` or `Token`
    /// (E10).
    ///
    /// # Errors
    /// [`Error::NoToken`], [`Error::BadToken`] (unknown, expired, or of a user who is not active),
    /// and 429 for an address that tried too many, or a user who calls too often.
    pub async fn member(&self, authorization: Option<&str>, origin: Origin) -> Result<Member, Error> {
        let key = authorization.map(raw_key).filter(|key| !key.is_empty()).ok_or(Error::NoToken)?;
        let owner = self.ports.store.key_owner(&digest(key)).await?;
        let now = self.ports.clock.now_ms();
        let owner = owner.filter(|o| o.user.is_active && o.expires_ms.is_none_or(|end| now < end));
        if let Some(owner) = owner {
            let member = Member { owner, origin };
            self.ports.throttle.spend(REALM, &member.principal())?;
            return Ok(member);
        }
        self.ports.throttle.wrong(REALM, origin.address).await?;
        Err(Error::BadToken)
    }

    /// The same, of an administrator.
    ///
    /// # Errors
    /// As [`EnterpriseUsers::member`], and [`Error::Forbidden`] for a plain member.
    pub async fn administrator(
        &self,
        authorization: Option<&str>,
        origin: Origin,
    ) -> Result<Administrator, Error> {
        self.member(authorization, origin).await?.administrator().ok_or(Error::Forbidden)
    }

    fn reaches(&self, by: &Administrator, enterprise_id: &str) -> bool {
        self.border(by).is_none_or(|own| own == enterprise_id)
    }

    /// The one enterprise that `by` reaches, if he does not reach all.
    fn border<'a>(&self, by: &'a Administrator) -> Option<&'a str> {
        let confined = self.config.administrators_span == AdministratorsSpan::Own && !by.everywhere;
        confined.then_some(by.enterprise_id.as_str())
    }

    /// Among whom an administrator must remain when `user` goes: among those who could have
    /// appointed another.
    fn circle(&self, user: &User) -> Circle {
        self.circle_of(user.enterprise_id.as_str())
    }

    fn circle_of(&self, enterprise_id: &str) -> Circle {
        match self.config.administrators_span {
            AdministratorsSpan::All => None,
            AdministratorsSpan::Own => Some(enterprise_id.to_owned()),
        }
    }

    /// The user of this id, if `by` reaches him. What is no integer is nobody's id.
    async fn reached(&self, by: &Administrator, reference: &str) -> Result<User, Error> {
        let id = reference.parse().map(UserId).map_err(|_| Error::NotFound)?;
        let user = self.ports.store.by_id(id).await?;
        user.filter(|user| self.reaches(by, user.enterprise_id.as_str())).ok_or(Error::NotFound)
    }

    fn change(&self, by: &Administrator) -> Change {
        Change {
            principal: by.principal.clone(),
            origin: by.origin.clone(),
            at_ms: self.ports.clock.now_ms(),
        }
    }
}

fn raw_key(header: &str) -> &str {
    let header = header.trim();
    match header.split_once(' ') {
        Some((scheme, key))
            if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") =>
        {
            key.trim()
        }
        _ => header,
    }
}
