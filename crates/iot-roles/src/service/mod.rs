//! The use cases, and the only place with policy.

mod domains;
mod import;
mod objects;
mod reach;
mod register;
mod sessions;
mod types;
mod users;

use std::sync::Arc;

use roster_kernel::ports::{
    AccountKey, Attempt, Flow, JwtAlgorithm, PasswordHasher, Throttle, TokenRejection, TokenSigner,
};
use roster_kernel::{Change, Clock, Origin, Random, Secret, fold};
use serde_json::{Map, Value};

use crate::REALM;
use crate::config::Config;
use crate::domain::{
    Domain, NewSite, NewSiteType, NewUser, ObjectId, Role, Status, Token, TokenKind, Tokens, User, Username,
};
use crate::error::{BearerRefusal, Error};
use crate::store::{Exchanged, InsertError, PutError, Store, TokenOwner, TokenPair};
use crate::validate::{self, Credentials, UserDraft};

/// What the throttle counts a user by, with its id.
const USER: &str = "user";

pub use import::ImportDraft;
pub use objects::Registered;
pub use reach::Administrator;

/// What the use cases stand on.
#[derive(Clone)]
pub struct Ports {
    /// Users, sessions, the tree.
    pub store: Arc<dyn Store>,
    /// Password hashing.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Signs the tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// Slows down the guessing of passwords and tokens.
    pub throttle: Arc<dyn Throttle>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For ids.
    pub random: Arc<dyn Random>,
}

/// IoT users with roles and areas: every use case, callable without HTTP.
pub struct IotRoles {
    config: Config,
    ports: Ports,
}

/// Somebody with a good access token. Only [`IotRoles::caller`] makes one.
#[derive(Debug, Clone)]
pub struct Caller {
    owner: TokenOwner,
    origin: Origin,
}

impl Caller {
    /// The same as an administrator of the system.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody else.
    pub fn system(self) -> Result<SystemAdministrator, Error> {
        match self.owner.role {
            Role::System => Ok(SystemAdministrator {
                principal: users::principal(&self.owner.token.user_id),
                origin: self.origin,
            }),
            Role::Area | Role::Device => Err(Error::Forbidden),
        }
    }
}

/// The right to act on everything. Made from a token by [`Caller::system`], or with
/// [`SystemAdministrator::trusted`] by code that runs inside the process and answers for itself.
#[derive(Debug, Clone)]
pub struct SystemAdministrator {
    principal: String,
    origin: Origin,
}

impl SystemAdministrator {
    /// An administrator who needs no token: the command line, a first start, an embedding service
    /// that has its own authorisation.
    pub fn trusted(principal: &str) -> Self {
        Self::operator(principal, Origin::default())
    }

    /// The same for a call from `origin`, such as one of the admin API.
    pub fn operator(principal: &str, origin: Origin) -> Self {
        Self { principal: principal.to_owned(), origin }
    }
}

impl IotRoles {
    /// The service with these settings and ports.
    pub fn new(config: Config, ports: Ports) -> Self {
        Self { config, ports }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Who presents this `Authorization` header.
    ///
    /// # Errors
    /// [`Error::Bearer`], and 429 for an address that presented too many forged tokens, or a user who
    /// calls too often.
    pub async fn caller(&self, authorization: Option<&str>, origin: Origin) -> Result<Caller, Error> {
        let token = bearer(authorization)?;
        let claims = self.open(token, &origin).await?;
        let owner = self.owner(&claims, TokenKind::Access).await?;
        self.ports.throttle.spend(REALM, &users::principal(&owner.token.user_id))?;
        Ok(Caller { owner, origin })
    }

    /// Makes a user (I3).
    ///
    /// # Errors
    /// In this order: [`Error::Invalid`] and [`Error::Role`]; [`Error::NotFound`] for an area;
    /// [`Error::Overlap`]; [`Error::Conflict`] for the username.
    pub async fn create(&self, by: &SystemAdministrator, draft: UserDraft) -> Result<User, Error> {
        let creation = validate::create_user(draft, &self.config)?;
        self.insert(by, creation.user, &creation.password).await
    }

    /// Signs a user in, for a domain if one is chosen: begins a session. `device` is what the client calls
    /// itself, of which 256 characters are kept (I5).
    ///
    /// # Errors
    /// [`Error::AuthenticationFailed`], as dear for an unknown name as for a wrong password;
    /// [`Error::Disabled`]; [`Error::DomainDenied`]; [`Error::Account`] for a device that is signed
    /// in already; 429 after too many failures.
    pub async fn login(
        &self,
        with: Credentials,
        origin: Origin,
        device: Option<&str>,
    ) -> Result<Tokens, Error> {
        let credential = self.ports.store.credential(&with.username).await?;
        // An unknown user is throttled alike, so that the answers do not tell who exists.
        let unknown = fold(&with.username);
        let account = Some(match &credential {
            Some(credential) => AccountKey { kind: USER, name: credential.user_id.as_str() },
            None => AccountKey { kind: "unknown username", name: &unknown },
        });
        let attempt = Attempt { realm: REALM, account, address: origin.address };
        let (flow, reservation) = (Flow::from(&attempt), self.ports.throttle.demand(attempt).await?);
        let hash = credential.as_ref().map(|credential| &credential.password);
        let verified = self.ports.hasher.verify(&with.password, hash, &flow).await;
        let (reservation, verified) = reservation.checked(verified).await?;
        let Some(credential) = credential.filter(|_| verified.valid) else {
            reservation.failed().await?;
            return Err(Error::AuthenticationFailed);
        };
        if credential.status == Status::Pending {
            reservation.released().await?;
            return Err(Error::Disabled);
        }
        reservation.succeeded().await?;
        self.demand_domain(&credential.user_id, credential.role, with.domain.as_deref()).await?;
        if verified.outdated {
            let hash = self.ports.hasher.hash(&with.password, &flow).await?;
            self.ports.store.renew_hash(&credential.user_id, credential.password_version, hash).await?;
        }
        let session = self.new_session(&credential.user_id, with.domain, &origin, device);
        let tokens = self.sign(&with.username, &session.tokens).await?;
        if self.open_session(credential.role, session, credential.password_version).await? {
            Ok(tokens)
        } else {
            // The password or the user has changed since.
            Err(Error::AuthenticationFailed)
        }
    }

    /// A new pair for the refresh token in this `Authorization` header, which ends with it; access
    /// tokens already issued live on. Presented again within ten seconds it is answered with the same pair,
    /// unless that was refreshed in turn; otherwise the token was stolen, and the whole session
    /// ends (I5).
    ///
    /// # Errors
    /// [`Error::AccessDenied`] without anything that looks like a token of ours,
    /// [`Error::IllegalToken`] for an access token, [`Error::Bearer`] for a refresh token that is
    /// good no more, [`Error::DomainDenied`] if its domain is; 429 for a user who calls too often.
    pub async fn refresh(&self, authorization: Option<&str>, origin: Origin) -> Result<Tokens, Error> {
        let token = bearer(authorization).map_err(|_| Error::AccessDenied)?;
        let claims = match self.open(token, &origin).await {
            Err(Error::Bearer(BearerRefusal::Invalid)) => return Err(Error::AccessDenied),
            opened => opened?,
        };
        if claims.kind != TokenKind::Refresh {
            return Err(Error::IllegalToken);
        }
        let owner = self.owner(&claims, TokenKind::Refresh).await?;
        let TokenOwner { token, username, role, .. } = &owner;
        self.ports.throttle.spend(REALM, &users::principal(&token.user_id))?;
        self.demand_domain(&token.user_id, *role, token.domain.as_deref()).await?;
        let pair = self.next_pair(&owner, token.domain.clone());
        match self.ports.store.exchange_token(token, pair.clone()).await? {
            Exchanged::Opened => self.sign(username.as_str(), &pair).await,
            Exchanged::Repeated(pair) => self.sign(username.as_str(), &pair).await,
            Exchanged::Gone => Err(BearerRefusal::NotExist.into()),
            Exchanged::Reused => {
                self.end_reused(token, origin).await?;
                Err(BearerRefusal::NotExist.into())
            }
        }
    }

    /// Makes sure that there is this user, as a first start does, and answers him.
    ///
    /// # Errors
    /// As [`IotRoles::create`], but for what only a body can break.
    pub async fn ensure_user(
        &self,
        by: &SystemAdministrator,
        user: NewUser,
        password: &Secret,
    ) -> Result<User, Error> {
        match self.ports.store.by_username(&user.username).await? {
            Some(user) => Ok(user),
            None => self.insert(by, user, password).await,
        }
    }

    /// Makes sure that there is a domain of this id.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another has its name.
    pub async fn ensure_domain(&self, by: &SystemAdministrator, domain: Domain) -> Result<(), Error> {
        let name = format!("domain:{}", domain.name);
        let put = self.ports.store.put_domain(&self.change(by), domain).await;
        put.map(drop).map_err(|error| put_failed(error, &name))
    }

    /// Makes sure that there is a site type of this id.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another of its domain has its name, [`Error::NotFound`] without its
    /// domain.
    pub async fn ensure_site_type(
        &self,
        by: &SystemAdministrator,
        site_type: NewSiteType,
    ) -> Result<(), Error> {
        let put = self.ports.store.put_site_type(&self.change(by), site_type).await;
        put.map(drop).map_err(|error| put_failed(error, "site type name"))
    }

    /// Makes sure that there is a site of this id.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another of its type has its name there, [`Error::NotFound`] without
    /// its type or the site that it is to lie in.
    pub async fn ensure_site(&self, by: &SystemAdministrator, site: NewSite) -> Result<(), Error> {
        let put = self.ports.store.put_site(&self.change(by), site).await;
        put.map(drop).map_err(|error| put_failed(error, "site name"))
    }

    async fn insert(
        &self,
        by: &SystemAdministrator,
        user: NewUser,
        password: &Secret,
    ) -> Result<User, Error> {
        let username = user.username.clone();
        let failed = |error| insert_failed(error, &username);
        // A hash is dear: not for a request that fails anyway.
        self.ports.store.check(&user).await.map_err(failed)?;
        let change = self.change(by);
        let hash = self.ports.hasher.hash(password, &(&change).into()).await?;
        let id = ObjectId::fresh(self.ports.random.as_ref(), change.at_ms);
        self.ports.store.insert(&change, id, user, hash).await.map_err(failed)
    }

    /// The claims of `token`. Only forged tokens are counted, so a genuine one never waits for
    /// the throttle.
    async fn open(&self, token: &str, origin: &Origin) -> Result<Claims, Error> {
        match self.ports.signer.open(REALM, JwtAlgorithm::Hs512, token).await? {
            Ok(claims) => Claims::read(&claims).ok_or_else(|| BearerRefusal::Invalid.into()),
            Err(TokenRejection::Expired) => Err(BearerRefusal::Expired.into()),
            Err(TokenRejection::Malformed | TokenRejection::Signature | TokenRejection::Unknown) => {
                self.ports.throttle.wrong(REALM, origin.address).await?;
                Err(BearerRefusal::Invalid.into())
            }
        }
    }

    /// Whose token of this kind the claims name.
    async fn owner(&self, claims: &Claims, kind: TokenKind) -> Result<TokenOwner, Error> {
        let now = self.ports.clock.now_ms();
        let owner = self.ports.store.token(&claims.token_id).await?;
        match owner.filter(|owner| owner.token.kind == kind && now < owner.token.expires_ms) {
            Some(owner) if owner.status == Status::Pending => Err(BearerRefusal::Disabled.into()),
            Some(owner) => Ok(owner),
            // Sessions go with their user, and when the user is suspended.
            None => Err(match self.ports.store.credential(&claims.subject).await? {
                None => BearerRefusal::NoUser(claims.subject.clone()),
                Some(user) if user.status == Status::Pending => BearerRefusal::Disabled,
                Some(_) => BearerRefusal::NotExist,
            }
            .into()),
        }
    }

    /// Whether the user may work in the domain of this name, if any is named.
    async fn demand_domain(&self, user: &ObjectId, role: Role, domain: Option<&str>) -> Result<(), Error> {
        let Some(domain) = domain else { return Ok(()) };
        let allowed = match role {
            Role::System => self.ports.store.has_domain(domain).await?,
            Role::Area | Role::Device => self.ports.store.has_area_in(user, domain).await?,
        };
        if allowed { Ok(()) } else { Err(Error::DomainDenied(domain.to_owned())) }
    }

    async fn sign(&self, username: &str, pair: &TokenPair) -> Result<Tokens, Error> {
        let claims = |token| Claims::write(username, &self.config.issuer, token);
        let sign = |claims: Map<String, Value>| async move {
            self.ports.signer.sign(REALM, JwtAlgorithm::Hs512, &claims).await
        };
        Ok(Tokens { access: sign(claims(&pair.access)).await?, refresh: sign(claims(&pair.refresh)).await? })
    }

    fn change(&self, by: &SystemAdministrator) -> Change {
        Change {
            principal: by.principal.clone(),
            origin: by.origin.clone(),
            at_ms: self.ports.clock.now_ms(),
        }
    }
}

/// What a genuine token says.
struct Claims {
    subject: String,
    token_id: ObjectId,
    kind: TokenKind,
}

impl Claims {
    fn read(claims: &Map<String, Value>) -> Option<Self> {
        let text = |name| claims.get(name).and_then(Value::as_str);
        Some(Self {
            subject: text("sub")?.to_owned(),
            // Version 0.1.0 had one id for both.
            token_id: ObjectId::parse(text("tid").or_else(|| text("sid"))?)?,
            kind: if claims.contains_key("jti") { TokenKind::Refresh } else { TokenKind::Access },
        })
    }

    /// The same for the same token, so that it can be signed again.
    fn write(username: &str, issuer: &str, token: &Token) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("sub".into(), username.into());
        if let Some(domain) = &token.domain {
            claims.insert("scopes".into(), domain.as_str().into());
        }
        claims.insert("iss".into(), issuer.into());
        claims.insert("iat".into(), (token.created_ms / 1000).into());
        claims.insert("exp".into(), (token.expires_ms / 1000).into());
        claims.insert("sid".into(), token.session_id.as_str().into());
        claims.insert("tid".into(), token.id.as_str().into());
        if token.kind == TokenKind::Refresh {
            claims.insert("jti".into(), token.id.as_str().into());
        }
        claims
    }
}

/// The token behind `Bearer`.
fn bearer(authorization: Option<&str>) -> Result<&str, BearerRefusal> {
    let header = authorization.map(str::trim).filter(|header| !header.is_empty());
    let header = header.ok_or(BearerRefusal::Blank)?;
    header.strip_prefix("Bearer ").map(str::trim).ok_or(BearerRefusal::NotBearer)
}

fn insert_failed(error: InsertError, username: &Username) -> Error {
    match error {
        InsertError::UnknownArea(id) => Error::NotFound(format!("location id:{id}")),
        InsertError::Overlap(one, other) => Error::Overlap(one, other),
        InsertError::UsernameTaken => Error::Conflict(format!("user name:{username}")),
        InsertError::Port(error) => error.into(),
    }
}

fn put_failed(error: PutError, name: &str) -> Error {
    match error {
        PutError::NameTaken => Error::Conflict(name.to_owned()),
        PutError::Unknown(id) => Error::NotFound(id.to_string()),
        PutError::Port(error) => error.into(),
    }
}
