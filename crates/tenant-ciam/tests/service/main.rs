//! The use cases, on a real store.
//!
//! One binary: add a module, not a target.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod center;
mod codes;
mod creates;
mod passwords;
mod properties;
mod tokens;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use roster_auth::{AccountStore, Argon2Hasher, HashingConfig, ThrottleStore, TokenStore};
use roster_kernel::ports::{Flow, PasswordHash, PasswordHasher, Verified};
use roster_kernel::{
    Change, IntoWire, ManualClock, Origin, OsRandom, PortError, ReplyContext, Secret, WireBody, json,
};
use roster_persistence::Db;
use roster_persistence::testing::TestDatabase;
use roster_tenant_ciam::mobile::AreaCodes;
use roster_tenant_ciam::password::PasswordPolicy;
use roster_tenant_ciam::validate::Update;
use roster_tenant_ciam::{
    AttributeDefinition, AttributeKind, Client, Config, DieselStore, Error, ExtensionKey, Ports, REALM,
    Store, TenantCiam, TenantId, UserChanges as _, UserId,
};

const SEED: &str = include_str!("../../../../tests/fixtures/seeds/tenant-ciam.create.request.json");
/// 2020-10-28T10:27:49.564Z
const NOW_MS: i64 = 1_603_880_869_564;

/// A hasher that counts, and lets the tenant's rules or a user change while it is at work: after the
/// judging, before the write.
struct Meddler {
    hasher: Argon2Hasher,
    store: Arc<DieselStore>,
    hashes: AtomicUsize,
    verifications: AtomicUsize,
    meanwhile: Mutex<Option<AttributeDefinition>>,
    meanwhile_user: Mutex<Option<(UserId, Update)>>,
}

#[async_trait]
impl PasswordHasher for Meddler {
    async fn hash(&self, password: &Secret, flow: &Flow) -> Result<PasswordHash, PortError> {
        self.hashes.fetch_add(1, Ordering::SeqCst);
        let definition = self.meanwhile.lock().unwrap().take();
        if let Some(definition) = definition {
            let tenant = TenantId::parse("demo").unwrap();
            assert!(self.store.put_attribute(&change(), &tenant, definition).await.unwrap());
        }
        let update = self.meanwhile_user.lock().unwrap().take();
        if let Some((id, update)) = update {
            let tenant = TenantId::parse("demo").unwrap();
            let version = self.store.rules(&tenant).await.unwrap().unwrap().version;
            assert!(self.store.update_user(&change(), version, &tenant, &id, update).await.unwrap());
        }
        self.hasher.hash(password, flow).await
    }

    async fn verify(
        &self,
        password: &Secret,
        hash: Option<&PasswordHash>,
        flow: &Flow,
    ) -> Result<Verified, PortError> {
        self.verifications.fetch_add(1, Ordering::SeqCst);
        self.hasher.verify(password, hash, flow).await
    }
}

/// The dialect on a SQLite file of its own.
struct House {
    service: TenantCiam,
    store: Arc<DieselStore>,
    hasher: Arc<Meddler>,
    accounts: Arc<AccountStore>,
    tokens: Arc<TokenStore>,
    clock: Arc<ManualClock>,
    db: Db,
    _database: TestDatabase,
}

impl House {
    fn new() -> Self {
        Self::with_random(Arc::new(OsRandom))
    }

    fn with_random(random: Arc<dyn roster_kernel::Random>) -> Self {
        let database = TestDatabase::sqlite();
        let clock = Arc::new(ManualClock::at(NOW_MS));
        let db = database.open_at(roster_migrations::ALL, clock.clone());
        let store = Arc::new(DieselStore::new(db.clone()));
        let hasher = Arc::new(Meddler {
            hasher: Argon2Hasher::new(&HashingConfig::cheapest(), Arc::new(OsRandom)).unwrap(),
            store: store.clone(),
            hashes: AtomicUsize::new(0),
            verifications: AtomicUsize::new(0),
            meanwhile: Mutex::new(None),
            meanwhile_user: Mutex::new(None),
        });
        let accounts = Arc::new(AccountStore::new(db.clone(), hasher.clone(), vec![REALM]));
        let tokens = Arc::new(TokenStore::new(db.clone(), clock.clone(), Arc::new(OsRandom)));
        let ports = Ports {
            store: store.clone(),
            hasher: hasher.clone(),
            tokens: tokens.clone(),
            accounts: accounts.clone(),
            clients: accounts.clone(),
            throttle: Arc::new(ThrottleStore::new(db.clone(), clock.clone())),
            clock: clock.clone(),
            random,
        };
        let service = TenantCiam::new(Config::default(), ports);
        Self { service, store, hasher, accounts, tokens, clock, db, _database: database }
    }

    /// A tenant whose users may have an `age`, and somebody who may act on it.
    async fn tenant(&self, id: &str) -> Client {
        let id = TenantId::parse(id).unwrap();
        let made = self.service.provision_tenant(&change(), &id, "A tenant", vec![extension("age")]).await;
        assert!(made.unwrap());
        Client::trusted(id, "test")
    }

    async fn create(&self, by: &Client, body: &str) -> Result<String, Error> {
        Ok(self.service.create(by, json::decode(body.as_bytes())?).await?.user_id)
    }

    async fn count(&self, from: &str) -> i64 {
        use diesel::prelude::*;
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let query = format!("SELECT count(*) AS n FROM {from}");
        self.db.read(move |conn| Ok(diesel::sql_query(query).get_result::<Count>(conn)?.n)).await.unwrap()
    }
}

fn change() -> Change {
    Change { principal: "test".into(), origin: Origin::default(), at_ms: NOW_MS }
}

fn extension(key: &str) -> AttributeDefinition {
    AttributeDefinition::extension(ExtensionKey::parse(key).unwrap(), AttributeKind::Text)
}

fn body(error: &Error, language: &str) -> String {
    let context = ReplyContext {
        path: "/api/v2/tenant/users".into(),
        accept_language: None,
        x_l: Some(language.into()),
        now_ms: NOW_MS,
    };
    let wire = error.to_wire(&context);
    let WireBody::Json(body) = wire.body else { panic!("no JSON: {wire:?}") };
    format!("{} {body}", wire.status)
}

/// What a case needs before its request.
enum Given {
    Attribute(AttributeDefinition),
    Codes(AreaCodes),
    Policy(PasswordPolicy),
    Weak(&'static str),
    /// A user who is there already.
    User(&'static str),
}

async fn arrange(house: &House, by: &Client, given: Given) {
    let (store, tenant) = (&house.store, by.tenant());
    match given {
        Given::Attribute(definition) => {
            assert!(store.put_attribute(&change(), tenant, definition).await.unwrap());
        }
        Given::Codes(codes) => assert!(store.put_area_codes(&change(), tenant, codes).await.unwrap()),
        Given::Policy(policy) => assert!(store.put_password_policy(&change(), tenant, policy).await.unwrap()),
        Given::Weak(word) => {
            let words = HashSet::from([word.to_owned()]);
            assert!(store.put_weak_passwords(&change(), tenant, words).await.unwrap());
        }
        Given::User(body) => {
            house.create(by, body).await.unwrap();
        }
    }
}
