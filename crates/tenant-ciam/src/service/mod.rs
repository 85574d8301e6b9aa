//! The use cases. Policy stands here and nowhere else.

mod center;
mod import;
mod passwords;
mod users;

use std::sync::Arc;

use roster_kernel::ports::{
    Accounts, Authentication, Flow, PasswordHasher, ScopedAccounts, Throttle, TokenRejection, TokenService,
};
use roster_kernel::{Change, Clock, Origin, PortError, Random};

use crate::REALM;
use crate::config::Config;
use crate::definition::{AttributeDefinition, UniqueValue};
use crate::domain::{Attribute, Builtin, TenantId, UserId, generated_user_name};
use crate::error::{Error, OAuthError};
use crate::rules::TenantRules;
use crate::store::{InsertError, NewTenant, NewUser, Store};
use crate::validate::{self, Credentials};
use crate::wire;

pub use center::{Administrator, Batch, NewClient, Put, PutOptions};
pub use passwords::{Login, Verification};
pub use users::Page;

/// How often a create begins anew because the tenant's rules changed under it, or a generated user
/// name was taken. With the pauses between them that is longer than a request may take.
const MAX_ROUNDS: u32 = 1000;

/// What the use cases stand on.
#[derive(Clone)]
pub struct Ports {
    /// Tenants, their rules and their users.
    pub store: Arc<dyn Store>,
    /// Password hashing.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Access tokens; a token's scope is its tenant.
    pub tokens: Arc<dyn TokenService>,
    /// Clients; an account's scope is its tenant.
    pub accounts: Arc<dyn Accounts>,
    /// The same clients, those of one tenant at a time: for whoever configures it.
    pub clients: Arc<dyn ScopedAccounts>,
    /// Slows down the guessing of secrets and tokens.
    pub throttle: Arc<dyn Throttle>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For ids and generated user names.
    pub random: Arc<dyn Random>,
}

/// Tenant CIAM: every use case, callable without HTTP.
pub struct TenantCiam {
    config: Config,
    ports: Ports,
}

/// A client that may act on the users of its tenant. There are two ways to get one: a valid access
/// token ([`TenantCiam::client`]), or trust ([`Client::trusted`]).
#[derive(Debug, Clone)]
pub struct Client {
    tenant: TenantId,
    principal: String,
    origin: Origin,
}

impl Client {
    /// A caller in the same process, who answers for his right to act on `tenant` himself.
    /// `principal` is what the journal shows.
    pub fn trusted(tenant: TenantId, principal: &str) -> Self {
        Self { tenant, principal: principal.to_owned(), origin: Origin::default() }
    }

    /// The tenant that it acts on.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// What the journal shows.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    fn flow(&self) -> Flow {
        Flow { address: self.origin.address, account: Some(self.principal.clone()) }
    }
}

impl TenantCiam {
    /// The service with these settings and ports.
    pub fn new(config: Config, ports: Ports) -> Self {
        Self { config, ports }
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The client whose bearer token `authorization` holds.
    ///
    /// `host` is the request's `Host`: where it is bound to a tenant, tokens of others are refused.
    ///
    /// # Errors
    /// [`OAuthError::MissingToken`], [`OAuthError::InvalidToken`]; [`roster_kernel::Fault::TooMany`] for an address
    /// with too many wrong tokens, or a client that calls too often.
    pub async fn client(
        &self,
        authorization: Option<&str>,
        host: Option<&str>,
        origin: Origin,
    ) -> Result<Client, Error> {
        let token = authorization
            .and_then(|value| validate::strip_scheme(value, "bearer"))
            .ok_or(OAuthError::MissingToken)?;
        let token = match self.ports.tokens.verify(REALM, token).await? {
            Ok(token) => token,
            Err(rejection) => {
                // An expired token is one of ours, not a guess.
                if rejection != TokenRejection::Expired {
                    self.ports.throttle.wrong(REALM, origin.address).await?;
                }
                return Err(OAuthError::InvalidToken.into());
            }
        };
        let tenant = token.scope.as_deref().and_then(|scope| TenantId::parse(scope).ok());
        let tenant = tenant.ok_or(OAuthError::InvalidToken)?;
        if let Some(host) = host.map(bare_host)
            && self.ports.store.tenant_of_host(&host).await?.is_some_and(|bound| bound != tenant)
        {
            return Err(OAuthError::InvalidToken.into());
        }
        let principal = format!("client:{}", token.subject);
        self.ports.throttle.spend(REALM, &principal)?;
        Ok(Client { tenant, principal, origin })
    }

    /// Gives a client an access token. Earlier ones stay valid.
    ///
    /// # Errors
    /// [`OAuthError::InvalidClient`], or [`roster_kernel::Fault::TooMany`] for an address with too many
    /// wrong secrets.
    pub async fn token(
        &self,
        credentials: &Credentials,
        origin: &Origin,
    ) -> Result<wire::AccessToken, Error> {
        let Credentials { client_id, client_secret, basic } = credentials;
        let flow = Flow { address: origin.address, account: Some(client_id.clone()) };
        let authenticate = || self.ports.accounts.authenticate(REALM, client_id, client_secret, &flow);
        let account = match authenticate().await? {
            Authentication::Granted(account) => account,
            Authentication::UnknownAccount | Authentication::WrongSecret => {
                // A secret of 256 random bits cannot be guessed: its client is never locked out.
                self.ports.throttle.wrong(REALM, origin.address).await?;
                return Err(OAuthError::InvalidClient { basic: *basic }.into());
            }
        };
        let lifetime = self.config.token_lifetime();
        let token = self.ports.tokens.issue(REALM, &account.name, account.scope.as_deref(), lifetime).await?;
        // A rotation that came in between has ended the tokens that were there, but not this one.
        let still = authenticate().await?;
        if still != Authentication::Granted(account) {
            return Err(OAuthError::InvalidClient { basic: *basic }.into());
        }
        Ok(wire::AccessToken {
            access_token: token.expose().clone(),
            token_type: "bearer",
            expires_in: self.config.token_lifetime_seconds.get(),
            scope: "all",
        })
    }

    /// Waits before every round but the first.
    async fn give_way(&self, round: u32) {
        if round > 0 {
            self.ports.store.overtaken(round).await;
        }
    }

    /// Makes a user of the client's tenant.
    ///
    /// # Errors
    /// The first fault in the order of the dialect's codes: shape, empty, rules, area code,
    /// duplicates, password.
    pub async fn create(&self, by: &Client, body: wire::CreateUser) -> Result<wire::CreatedUser, Error> {
        let draft = validate::create_user(body)?;
        let mut hash = None;
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            // A client may outlive its tenant.
            let rules = self.ports.store.rules(&by.tenant).await?.ok_or(OAuthError::InvalidToken)?;
            let judged = draft.judge(&rules)?;
            if let Some(attribute) = self.ports.store.taken(&by.tenant, &judged.unique).await? {
                return Err(Error::Taken(attribute));
            }
            let password = draft.judge_password(&judged, &rules)?;
            if let (Some(password), None) = (password, &hash) {
                hash = Some(self.ports.hasher.hash(password, &by.flow()).await?);
            }
            let now_ms = self.ports.clock.now_ms();
            let generated = judged.profile.user_name.is_none();
            let user = self.new_user(by, judged, hash.clone(), &rules, now_ms);
            let id = user.id.clone();
            let change = self.change(by, now_ms);
            match self.ports.store.insert(&change, rules.version, user).await {
                Ok(()) => return Ok(wire::CreatedUser { user_id: id.as_str().to_owned() }),
                Err(InsertError::RulesChanged) => {}
                Err(InsertError::Taken(Attribute::Builtin(Builtin::UserName))) if generated => {}
                Err(InsertError::Taken(attribute)) => return Err(Error::Taken(attribute)),
                Err(InsertError::Port(error)) => return Err(error.into()),
            }
        }
        Err(overtaken())
    }

    /// Makes a tenant with the default rules and these extension attributes; `false` if it is
    /// there already, which then stays as it is.
    ///
    /// # Errors
    /// [`PortError`] if the store fails.
    pub async fn provision_tenant(
        &self,
        change: &Change,
        id: &TenantId,
        name: &str,
        extension: Vec<AttributeDefinition>,
    ) -> Result<bool, PortError> {
        let rules = extension.into_iter().fold(TenantRules::defaults(), TenantRules::with);
        let tenant = NewTenant { id: id.clone(), name: name.to_owned(), rules };
        self.ports.store.insert_tenant(change, tenant).await
    }

    fn new_user(
        &self,
        by: &Client,
        judged: validate::Judged,
        password: Option<roster_kernel::ports::PasswordHash>,
        rules: &TenantRules,
        now_ms: i64,
    ) -> NewUser {
        let validate::Judged { profile, mut unique } = judged;
        let user_name = profile.user_name.clone().unwrap_or_else(|| {
            let (name, own) = self.generated_name(rules);
            unique.splice(..0, own);
            name
        });
        let id = UserId::generate(self.ports.random.as_ref(), now_ms, self.config.time_zone);
        NewUser { tenant: by.tenant.clone(), id, user_name, profile, password, unique, disabled: false }
    }

    /// A generated user name, and what of it nobody else may have.
    fn generated_name(&self, rules: &TenantRules) -> (String, Option<UniqueValue>) {
        let name = generated_user_name(self.ports.random.as_ref());
        let is_unique = rules.builtin(Builtin::UserName).is_unique();
        let unique = is_unique.then(|| UniqueValue::new(Builtin::UserName.into(), &name));
        (name, unique)
    }

    fn change(&self, by: &Client, at_ms: i64) -> Change {
        Change { principal: by.principal.clone(), origin: by.origin.clone(), at_ms }
    }
}

/// Every round was overtaken by a change of the rules or of the user.
fn overtaken() -> Error {
    PortError::busy().into()
}

/// The host as it is bound: lower case, without port and final dot.
fn bare_host(host: &str) -> String {
    let host = match host.rsplit_once(':') {
        // `[::1]` has colons of its own.
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}
