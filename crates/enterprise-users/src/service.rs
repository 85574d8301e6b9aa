//! The use cases, and the only place with policy.

use std::sync::Arc;

use roster_kernel::ports::{Admission, Attempt, PasswordHasher, Throttle};
use roster_kernel::{Change, Clock, Fault, Origin, Secret, digest};

use crate::REALM;
use crate::config::{AdministratorsSpan, Config};
use crate::domain::{AccessKey, NewUser, NickName, User, UserId};
use crate::error::Error;
use crate::store::{InsertError, KeyOwner, Store};
use crate::validate;
use crate::wire;

/// What the use cases stand on.
#[derive(Clone)]
pub struct Ports {
    /// Users, administrators, keys.
    pub store: Arc<dyn Store>,
    /// Password hashing.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Slows down the guessing of keys.
    pub throttle: Arc<dyn Throttle>,
    /// The time.
    pub clock: Arc<dyn Clock>,
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

/// The right to act on users. Made from an administrator's key by
/// [`EnterpriseUsers::administrator`], or with [`Administrator::trusted`] by code that runs inside
/// the process and answers for itself.
#[derive(Debug, Clone)]
pub struct Administrator {
    principal: String,
    /// Where names are looked up, and the border of his span, if it is one.
    enterprise_id: String,
    origin: Origin,
}

impl Administrator {
    /// An administrator of `enterprise_id` who needs no key: the command line, a first start, an
    /// embedding service that has its own authorisation.
    pub fn trusted(principal: &str, enterprise_id: &str) -> Self {
        let origin = Origin::default();
        Self { principal: principal.to_owned(), enterprise_id: enterprise_id.to_owned(), origin }
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
    /// and 429 for an address that tried too many.
    pub async fn member(&self, authorization: Option<&str>, origin: Origin) -> Result<Member, Error> {
        let key = authorization.map(raw_key).filter(|key| !key.is_empty()).ok_or(Error::NoToken)?;
        let owner = self.ports.store.key_owner(&digest(key)).await?;
        let now = self.ports.clock.now_ms();
        let owner = owner.filter(|o| o.user.is_active && o.expires_ms.is_none_or(|end| now < end));
        if let Some(owner) = owner {
            return Ok(Member { owner, origin });
        }
        // Only wrong keys are counted, so a good one never waits for the throttle.
        let attempt = Attempt { realm: REALM, account: None, address: origin.address };
        if let Admission::Refused { retry_after } = self.ports.throttle.admit(attempt).await? {
            return Err(Fault::TooMany(retry_after).into());
        }
        self.ports.throttle.failed(attempt).await?;
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
        let Member { owner, origin } = self.member(authorization, origin).await?;
        if !owner.administrator {
            return Err(Error::Forbidden);
        }
        Ok(Administrator {
            principal: format!("user:{}", owner.user.user_id),
            enterprise_id: owner.user.enterprise_id.as_str().to_owned(),
            origin,
        })
    }

    /// Makes a user (E2–E7).
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation; [`Error::Taken`], in the order nick name, e-mail,
    /// phone; [`Error::Forbidden`] for an enterprise beyond the administrator's span.
    pub async fn create(&self, by: &Administrator, body: wire::CreateUser) -> Result<User, Error> {
        let creation = validate::create_user(body, &self.config).map_err(Error::Invalid)?;
        let user = NewUser { client_ip: by.origin.address, ..creation.user };
        if !self.reaches(by, user.enterprise_id.as_str()) {
            return Err(Error::Forbidden);
        }
        self.insert(by, user, &creation.password).await
    }

    /// The user whom `reference` names: an id of any enterprise, else a nick name of the
    /// administrator's own (E8).
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find(&self, by: &Administrator, reference: &str) -> Result<User, Error> {
        let by_id = match reference.parse::<i32>() {
            Ok(id) => self.ports.store.by_id(UserId(id)).await?,
            Err(_) => None,
        };
        let user = match by_id.filter(|user| self.reaches(by, user.enterprise_id.as_str())) {
            Some(user) => Some(user),
            // What is no nick name is nobody's; some of it no database could even take.
            None if NickName::parse(reference.to_owned()).is_err() => None,
            None => self.ports.store.by_nick_name(&by.enterprise_id, reference).await?,
        };
        user.ok_or(Error::NotFound)
    }

    /// Gives `user` the access key `key`, without an end; one with the same note is replaced.
    pub async fn grant_key(
        &self,
        by: &Administrator,
        user: &User,
        note: &str,
        key: &Secret,
    ) -> Result<(), Error> {
        let key = AccessKey {
            user_id: user.user_id,
            note: note.to_owned(),
            key_hash: digest(key.expose()),
            expires_ms: None,
        };
        Ok(self.ports.store.put_key(&self.change(by), key).await?)
    }

    /// Makes sure that there is this user, as a first start does, and answers him.
    pub async fn ensure(&self, by: &Administrator, user: NewUser, password: &Secret) -> Result<User, Error> {
        let (enterprise, name) = (user.enterprise_id.clone(), user.nick_name.clone());
        match self.ports.store.by_nick_name(enterprise.as_str(), name.as_str()).await? {
            Some(user) => Ok(user),
            None => self.insert(by, user, password).await,
        }
    }

    async fn insert(&self, by: &Administrator, user: NewUser, password: &Secret) -> Result<User, Error> {
        // A hash is dear: not for a request that fails anyway.
        if let Some(field) = self.ports.store.taken(&user).await? {
            return Err(taken(field, &user));
        }
        let hash = self.ports.hasher.hash(password).await?;
        match self.ports.store.insert(&self.change(by), user.clone(), hash).await {
            Ok(user) => Ok(user),
            Err(InsertError::Taken(field)) => Err(taken(field, &user)),
            Err(InsertError::Port(error)) => Err(error.into()),
        }
    }

    fn reaches(&self, by: &Administrator, enterprise_id: &str) -> bool {
        match self.config.administrators_span {
            AdministratorsSpan::All => true,
            AdministratorsSpan::Own => by.enterprise_id == enterprise_id,
        }
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

fn taken(field: crate::store::UniqueField, user: &NewUser) -> Error {
    use crate::store::UniqueField;
    let value = match field {
        UniqueField::NickName => user.nick_name.as_str(),
        UniqueField::Email => user.email.as_ref().map_or("", |email| email.as_str()),
        UniqueField::Phone => user.phone.as_ref().map_or("", |phone| phone.as_str()),
    };
    Error::Taken { field, value: value.to_owned() }
}
