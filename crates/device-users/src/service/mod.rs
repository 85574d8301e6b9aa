//! The use cases, and the only place with policy.

mod groups;
mod import;
mod users;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use roster_kernel::ports::{
    Account, AccountKey, Accounts, Attempt, Authentication, Flow, JwtAlgorithm, Lock, Throttle,
    TokenRejection, TokenSigner,
};
use roster_kernel::{Change, Clock, Origin, Secret};
use serde_json::{Map, Value};

use crate::REALM;
use crate::avatar::LENIENT;
use crate::config::Config;
use crate::domain::AccountName;
use crate::error::{Error, Schemes};
use crate::store::Store;
use crate::validate;
use crate::wire;

/// How this dialect signs its tokens.
const ALGORITHM: JwtAlgorithm = JwtAlgorithm::Hs256;

/// The claim that names the account's generation, with which a token ends (D7).
const GENERATION: &str = "gen";
/// What the throttle counts an account by, with its name.
const ACCOUNT: &str = "account";

/// What the use cases stand on.
#[derive(Clone)]
pub struct Ports {
    /// Users and groups.
    pub store: Arc<dyn Store>,
    /// Who may sign in; their names are [`AccountName`]s of the realm [`REALM`].
    pub accounts: Arc<dyn Accounts>,
    /// Signs tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// Slows down guessing.
    pub throttle: Arc<dyn Throttle>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Device users: every use case, callable without HTTP.
pub struct DeviceUsers {
    config: Config,
    ports: Ports,
}

/// An entry of a batch that failed; the others are done.
#[derive(Debug)]
pub struct Refused {
    /// The entry's own id, if it has an integer for one.
    pub id: Option<i64>,
    /// What the single call would have answered.
    pub error: Error,
}

/// The right to act on users. Made from credentials by [`DeviceUsers::caller`], or with
/// [`Caller::trusted`] by code that runs inside the process and answers for itself.
#[derive(Debug, Clone)]
pub struct Caller {
    principal: String,
    origin: Origin,
}

impl Caller {
    /// A caller who needs no credentials: the command line, a first start, an embedding service
    /// that has its own authorisation.
    pub fn trusted(principal: &str) -> Self {
        Self::operator(principal, Origin::default())
    }

    /// The same for a call from `origin`, such as one of the admin API.
    pub fn operator(principal: &str, origin: Origin) -> Self {
        Self { principal: principal.to_owned(), origin }
    }
}

impl DeviceUsers {
    /// The service with these settings and ports.
    pub fn new(config: Config, ports: Ports) -> Self {
        Self { config, ports }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Signs in: a token for name and password (D7).
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::UnknownAccount`] and [`Error::WrongPassword`], which tell
    /// accounts apart and are therefore throttled: 429 after too many.
    pub async fn login(&self, body: wire::Login, origin: Origin) -> Result<Secret, Error> {
        let login = validate::login(body).map_err(Error::Invalid)?;
        match self.authenticate(&login.username, &login.password, &origin).await? {
            Authentication::Granted(account) => self.token(&account, login.valid_time).await,
            Authentication::UnknownAccount => Err(Error::UnknownAccount),
            Authentication::WrongSecret => Err(Error::WrongPassword),
        }
    }

    /// Who presents this `Authorization` header: `Bearer` with a token of [`DeviceUsers::login`],
    /// or `Basic` where the settings take it (D7).
    ///
    /// # Errors
    /// [`Error::NoCredentials`], [`Error::BadCredentials`] (wrong, expired, from before the
    /// account's password was set or it was disabled, or of an account that is gone), and 429 after too many, or for an account
    /// that calls too often.
    pub async fn caller(&self, authorization: Option<&str>, origin: Origin) -> Result<Caller, Error> {
        let (scheme, credentials) = authorization
            .and_then(|header| header.trim().split_once(' '))
            .ok_or(Error::NoCredentials(self.schemes()))?;
        let credentials = credentials.trim();
        let account = if scheme.eq_ignore_ascii_case("bearer") {
            self.bearer(credentials, &origin).await?
        } else if scheme.eq_ignore_ascii_case("basic") && self.schemes() == Schemes::BearerAndBasic {
            self.basic(credentials, &origin).await?
        } else {
            return Err(Error::NoCredentials(self.schemes()));
        };
        let principal = format!("account:{}", account.name);
        self.ports.throttle.spend(REALM, &principal)?;
        Ok(Caller { principal, origin })
    }

    /// The same for a request that came through a proxy which is not trusted: `Basic` is refused unless
    /// [`Config::basic_auth_forwarded`].
    ///
    /// # Errors
    /// As [`DeviceUsers::caller`].
    pub async fn forwarded_caller(
        &self,
        authorization: Option<&str>,
        origin: Origin,
    ) -> Result<Caller, Error> {
        let scheme = authorization.and_then(|header| header.trim().split_once(' '));
        if scheme.is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            && !self.config.basic_auth_forwarded
        {
            return Err(Error::NoCredentials(Schemes::Bearer));
        }
        self.caller(authorization, origin).await
    }

    async fn bearer(&self, token: &str, origin: &Origin) -> Result<Account, Error> {
        let owner = match self.ports.signer.open(REALM, ALGORITHM, token).await? {
            Ok(claims) => self.token_owner(&claims).await?,
            Err(TokenRejection::Expired) => None,
            Err(TokenRejection::Malformed | TokenRejection::Signature | TokenRejection::Unknown) => {
                // Only a forged token can be a guess.
                self.ports.throttle.wrong(REALM, origin.address).await?;
                None
            }
        };
        owner.ok_or_else(|| Error::BadCredentials(self.schemes()))
    }

    async fn token_owner(&self, claims: &Map<String, Value>) -> Result<Option<Account>, Error> {
        let text = |name| claims.get(name).and_then(Value::as_str);
        let (Some(name), Some(generation)) = (text("userId"), text(GENERATION)) else { return Ok(None) };
        let account = self.ports.accounts.find(REALM, name).await?;
        Ok(account.filter(|account| account.generation == generation))
    }

    async fn basic(&self, credentials: &str, origin: &Origin) -> Result<Account, Error> {
        let bad = || Error::BadCredentials(self.schemes());
        let decoded = Secret::new(LENIENT.decode(credentials).map_err(|_| bad())?);
        let text = std::str::from_utf8(decoded.expose()).map_err(|_| bad())?;
        let (username, password) = text.split_once(':').ok_or_else(bad)?;
        let password = validate::password(password.into()).map_err(|_| bad())?;
        match self.authenticate(username, &password, origin).await? {
            Authentication::Granted(account) => Ok(account),
            Authentication::UnknownAccount | Authentication::WrongSecret => Err(bad()),
        }
    }

    /// Checks name and password, throttled. A name that no account can have is unknown without a
    /// look, and counts for the address alone.
    async fn authenticate(
        &self,
        username: &str,
        password: &Secret,
        origin: &Origin,
    ) -> Result<Authentication, Error> {
        let name = AccountName::parse(username).ok();
        let name = name.as_ref().map(AccountName::as_str);
        let account = name.map(|name| AccountKey { kind: ACCOUNT, name });
        let attempt = Attempt { realm: REALM, account, address: origin.address };
        let reservation = self.ports.throttle.demand(attempt).await?;
        let outcome = match name {
            Some(name) => {
                let flow = Flow::from(&attempt);
                self.ports.accounts.authenticate(REALM, name, password, &flow).await
            }
            None => Ok(Authentication::UnknownAccount),
        };
        let (reservation, outcome) = reservation.checked(outcome).await?;
        match outcome {
            Authentication::Granted(_) => reservation.succeeded().await?,
            _ => drop(reservation.failed().await?),
        }
        Ok(outcome)
    }

    /// Forgets the failed sign-ins of an account, so that it can sign in at once at every address.
    /// Whether there were any.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unlock(&self, by: &Caller, name: &AccountName) -> Result<bool, Error> {
        let lock = Lock::Account(REALM, AccountKey { kind: ACCOUNT, name: name.as_str() });
        Ok(self.ports.throttle.unlock(&self.change(by), lock).await?)
    }

    async fn token(&self, account: &Account, valid_time: Duration) -> Result<Secret, Error> {
        let iat = self.ports.clock.now_ms().div_euclid(1000);
        let exp = iat.saturating_add_unsigned(valid_time.as_secs());
        let claims = Map::from_iter([
            ("exp".to_owned(), exp.into()),
            (GENERATION.to_owned(), account.generation.as_str().into()),
            ("iat".to_owned(), iat.into()),
            ("iss".to_owned(), self.config.issuer.as_str().into()),
            ("userId".to_owned(), account.name.as_str().into()),
        ]);
        Ok(self.ports.signer.sign(REALM, ALGORITHM, &claims).await?)
    }

    fn schemes(&self) -> Schemes {
        if self.config.basic_auth == Some(true) { Schemes::BearerAndBasic } else { Schemes::Bearer }
    }

    fn change(&self, by: &Caller) -> Change {
        Change {
            principal: by.principal.clone(),
            origin: by.origin.clone(),
            at_ms: self.ports.clock.now_ms(),
        }
    }
}
