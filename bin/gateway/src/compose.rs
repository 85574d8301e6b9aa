//! THE list of dialects: what the house is made of, and who gets what.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::ServiceConfig;
use roster_auth::{AccountStore, Argon2Hasher, JwtSigner, ThrottleStore, TokenStore};
use roster_device_users::DeviceUsers;
use roster_enterprise_users::EnterpriseUsers;
use roster_iot_roles::IotRoles;
use roster_kernel::ports::{PasswordHasher, RequestLimit};
use roster_kernel::{Change, Clock, Origin, OsRandom, PortError, Random, Realm, SystemClock};
use roster_persistence::{Db, DbSettings, Opening, store_clock};
use roster_tenant_ciam::TenantCiam;
use roster_web::Mounted;
use utoipa::openapi::OpenApi;

use crate::admin;
use crate::config::Config;

/// The realm of operators' tokens.
pub const ADMIN: Realm = roster_auth::OPERATORS;

/// What all dialects stand on.
pub struct House {
    /// The store.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Password hashing.
    pub hasher: Arc<Argon2Hasher>,
    /// Device accounts and CIAM clients.
    pub accounts: Arc<AccountStore>,
    /// Opaque tokens.
    pub tokens: Arc<TokenStore>,
    /// JSON web tokens.
    pub signer: Arc<JwtSigner>,
    /// Failures.
    pub throttle: Arc<ThrottleStore>,
    /// How often one may call.
    pub requests: Arc<dyn RequestLimit>,
    /// How long a sign-in waits for the outcome of earlier ones.
    pub sign_in_patience: Duration,
}

impl House {
    /// Opens the store and puts the credentials on it.
    ///
    /// # Errors
    /// If the store cannot be opened, or the hashing parameters are none.
    pub fn open(config: &Config) -> Result<Self, Box<dyn std::error::Error>> {
        Self::open_as(config, Arc::new(SystemClock), Opening::Serve)
    }

    /// Opens the store for what `opening` says, on a machine whose clock is `wall`.
    ///
    /// # Errors
    /// If the store is missing or cannot be opened, or the hashing parameters are none.
    pub fn open_as(
        config: &Config,
        wall: Arc<dyn Clock>,
        opening: Opening,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let url = config.database_url()?;
        let cannot = |error: PortError| format!("cannot open {url}: {error}");
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let settings = DbSettings::from(config.database);
        let clock = store_clock(&url, &settings.postgres, wall).map_err(cannot)?;
        let db = Db::open_as(&url, settings, clock.clone(), random.clone(), opening).map_err(cannot)?;
        Self::on(db, config, clock, random)
    }

    /// The same on a store whose database refuses every write, and which is not made where there is none.
    ///
    /// # Errors
    /// As [`House::open`].
    pub fn open_to_look(config: &Config) -> Result<Self, Box<dyn std::error::Error>> {
        let url = config.database_url()?;
        let cannot = |error: PortError| format!("cannot open {url}: {error}");
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let settings = DbSettings::from(config.database);
        let clock = store_clock(&url, &settings.postgres, Arc::new(SystemClock)).map_err(cannot)?;
        let db = Db::open_to_look(&url, settings, clock.clone(), random.clone()).map_err(cannot)?;
        Self::on(db, config, clock, random)
    }

    /// Puts the credentials on a store that is open.
    ///
    /// # Errors
    /// If the hashing parameters are none.
    pub fn on(
        db: Db,
        config: &Config,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let hasher = Arc::new(Argon2Hasher::new(&config.hashing, random.clone())?);
        let (requests, patience) = (config.limits.requests(), config.limits.sign_in_patience());
        Ok(Self::furnished(db, clock, random, hasher, requests, patience))
    }

    /// The same house on another view of its store, such as one long transaction.
    pub(crate) fn over(&self, db: Db) -> Self {
        let (clock, random) = (self.clock.clone(), self.random.clone());
        let (hasher, requests) = (self.hasher.clone(), self.requests.clone());
        Self::furnished(db, clock, random, hasher, requests, self.sign_in_patience)
    }

    fn furnished(
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        hasher: Arc<Argon2Hasher>,
        requests: Arc<dyn RequestLimit>,
        sign_in_patience: Duration,
    ) -> Self {
        let throttle = ThrottleStore::new(db.clone(), clock.clone())
            .with_request_limit(requests.clone())
            .with_patience(sign_in_patience);
        Self {
            accounts: Arc::new(AccountStore::new(
                db.clone(),
                hasher.clone(),
                vec![roster_tenant_ciam::REALM],
            )),
            tokens: Arc::new(TokenStore::new(db.clone(), clock.clone(), random.clone())),
            signer: Arc::new(JwtSigner::new(db.clone(), clock.clone(), random.clone())),
            throttle: Arc::new(throttle),
            requests,
            sign_in_patience,
            db,
            clock,
            random,
            hasher,
        }
    }

    /// A change by the gateway itself, or by somebody at its command line.
    pub fn change(&self, principal: &str) -> Change {
        Change { principal: principal.to_owned(), origin: Origin::default(), at_ms: self.clock.now_ms() }
    }

    /// Whether the store would take a write. Answers within a second.
    ///
    /// # Errors
    /// If it would not; the message says why, for the log.
    pub async fn ready(&self) -> Result<(), PortError> {
        self.db.ready().await
    }
}

/// The dialects of this gateway. One that is switched off still has its service, so that a first
/// start gives it its credential; it has no routes.
#[derive(Clone)]
pub struct Dialects {
    /// `/openapi/v1`
    pub enterprise_users: Arc<EnterpriseUsers>,
    /// `/v1`, `/v2`
    pub device_users: Arc<DeviceUsers>,
    /// `/api/v2/tenant`
    pub tenant_ciam: Arc<TenantCiam>,
    /// `/server` and the root
    pub iot_roles: Arc<IotRoles>,
}

impl Dialects {
    /// Puts every dialect on the house.
    pub fn new(house: &House, config: &Config) -> Self {
        Self::hashing(house, config, house.hasher.clone())
    }

    /// The same with another hasher for passwords.
    pub(crate) fn hashing(house: &House, config: &Config, hasher: Arc<dyn PasswordHasher>) -> Self {
        Self {
            enterprise_users: Arc::new(EnterpriseUsers::new(
                config.enterprise_users.clone(),
                roster_enterprise_users::Ports {
                    store: Arc::new(roster_enterprise_users::DieselStore::new(house.db.clone())),
                    hasher: hasher.clone(),
                    throttle: house.throttle.clone(),
                    clock: house.clock.clone(),
                    random: house.random.clone(),
                },
            )),
            device_users: Arc::new(DeviceUsers::new(
                config.device_users(),
                roster_device_users::Ports {
                    store: Arc::new(roster_device_users::DieselStore::new(house.db.clone())),
                    accounts: house.accounts.clone(),
                    signer: house.signer.clone(),
                    throttle: house.throttle.clone(),
                    clock: house.clock.clone(),
                },
            )),
            iot_roles: Arc::new(IotRoles::new(
                config.iot_roles.clone(),
                roster_iot_roles::Ports {
                    store: Arc::new(roster_iot_roles::DieselStore::new(house.db.clone())),
                    hasher: hasher.clone(),
                    signer: house.signer.clone(),
                    throttle: house.throttle.clone(),
                    clock: house.clock.clone(),
                    random: house.random.clone(),
                },
            )),
            tenant_ciam: Arc::new(TenantCiam::new(
                config.tenant_ciam.clone(),
                roster_tenant_ciam::Ports {
                    store: Arc::new(roster_tenant_ciam::DieselStore::new(house.db.clone())),
                    hasher: hasher.clone(),
                    tokens: house.tokens.clone(),
                    accounts: house.accounts.clone(),
                    clients: house.accounts.clone(),
                    throttle: house.throttle.clone(),
                    clock: house.clock.clone(),
                    random: house.random.clone(),
                },
            )),
        }
    }

    /// Whose route this pattern is, for figures and logs.
    pub fn name_of(pattern: &str) -> &'static str {
        let first = pattern.trim_start_matches('/').split(['/', '{']).next().unwrap_or_default();
        match first {
            "openapi" => roster_enterprise_users::DIALECT.name(),
            "v1" | "v2" => roster_device_users::REALM.name(),
            "api" => roster_tenant_ciam::REALM.name(),
            "admin" => ADMIN.name(),
            "docs" | "healthz" | "readyz" | "metrics" | "" => "",
            // Its paths stand at the root too.
            _ => roster_iot_roles::REALM.name(),
        }
    }

    /// The OpenAPI documents of what is served, by the names under which they stand at `/docs/openapi`.
    pub fn documents(config: &Config) -> Vec<(&'static str, OpenApi)> {
        let mut documents = Vec::new();
        if config.enterprise_users.enabled {
            documents.push((roster_enterprise_users::DIALECT.name(), roster_enterprise_users::document()));
        }
        if config.device_users.enabled {
            documents.push((roster_device_users::REALM.name(), roster_device_users::document()));
        }
        if config.tenant_ciam.enabled {
            documents.push((roster_tenant_ciam::REALM.name(), roster_tenant_ciam::document()));
        }
        if config.iot_roles.enabled {
            documents.push((roster_iot_roles::REALM.name(), roster_iot_roles::document()));
        }
        documents.push((ADMIN.name(), admin::document()));
        documents
    }

    /// Every path that is mounted, with its methods, by the name of its document.
    pub fn mounted(config: &Config) -> Vec<(&'static str, Vec<Mounted>)> {
        let mut mounted = Vec::new();
        if config.enterprise_users.enabled {
            mounted.push((roster_enterprise_users::DIALECT.name(), roster_enterprise_users::http::mounted()));
        }
        if config.device_users.enabled {
            mounted.push((roster_device_users::REALM.name(), roster_device_users::http::mounted()));
        }
        if config.tenant_ciam.enabled {
            mounted.push((roster_tenant_ciam::REALM.name(), roster_tenant_ciam::http::mounted()));
        }
        if config.iot_roles.enabled {
            mounted
                .push((roster_iot_roles::REALM.name(), roster_iot_roles::http::mounted(&config.iot_roles)));
        }
        mounted.push((ADMIN.name(), admin::mounted()));
        mounted
    }

    /// Mounts every dialect that is switched on.
    pub fn mount(&self, app: &mut ServiceConfig) {
        if self.enterprise_users.config().enabled {
            app.configure(roster_enterprise_users::http::routes(self.enterprise_users.clone()));
        }
        if self.device_users.config().enabled {
            app.configure(roster_device_users::http::routes(self.device_users.clone()));
        }
        if self.tenant_ciam.config().enabled {
            app.configure(roster_tenant_ciam::http::routes(self.tenant_ciam.clone()));
        }
        // The last: it has paths at the root, each of which is tried before what comes after it.
        if self.iot_roles.config().enabled {
            app.configure(roster_iot_roles::http::routes(self.iot_roles.clone()));
        }
    }
}
