//! The service on the real ports, under a clock of the test's own.

use std::net::IpAddr;
use std::sync::Arc;

use roster_auth::{AccountStore, Argon2Hasher, HashingConfig, JwtSigner, ThrottleStore};
use roster_device_users::{Caller, Config, DeviceUsers, DieselStore, GroupId, Ports, REALM, wire};
use roster_kernel::{Change, ManualClock, Origin, OsRandom, json};
use roster_migrations::{AUTH, DEVICE_USERS, PERSISTENCE};
use roster_persistence::testing::{TestDatabase, block_on};

pub(crate) const NOW_MS: i64 = 1_700_000_000_123;

pub(crate) struct House {
    pub(crate) clock: Arc<ManualClock>,
    ports: Ports,
    accounts: Arc<AccountStore>,
    _database: TestDatabase,
}

/// A house with the account `admin` / `demo-password` and the groups 1 and 2, on each database.
pub(crate) fn in_each_house(test: impl AsyncFn(House)) {
    for database in TestDatabase::each() {
        block_on(async { test(House::on(database).await).await });
    }
}

impl House {
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let clock = Arc::new(ManualClock::at(NOW_MS));
        let db = database.open_at(&[PERSISTENCE, AUTH, DEVICE_USERS], clock.clone());
        let hasher = Argon2Hasher::new(&HashingConfig::cheapest(), Arc::new(OsRandom)).unwrap();
        let accounts = Arc::new(AccountStore::new(db.clone(), Arc::new(hasher), Vec::new()));
        let ports = Ports {
            store: Arc::new(DieselStore::new(db.clone())),
            accounts: accounts.clone(),
            signer: Arc::new(JwtSigner::new(db.clone(), clock.clone(), Arc::new(OsRandom))),
            throttle: Arc::new(ThrottleStore::new(db, clock.clone())),
            clock: clock.clone(),
        };
        let house = Self { clock, ports, accounts, _database: database };
        house.put_account("admin", "demo-password", NOW_MS).await;
        let (service, myself) = (house.service(Config::default()), Caller::trusted("test"));
        service.ensure_group(&myself, GroupId(1), "staff").await.unwrap();
        service.ensure_groups(&myself, 0..=2).await.unwrap();
        house
    }

    pub(crate) fn service(&self, config: Config) -> DeviceUsers {
        DeviceUsers::new(config, self.ports.clone())
    }

    pub(crate) async fn put_account(&self, name: &str, password: &str, at_ms: i64) {
        let change = Change { principal: "test".into(), origin: Origin::default(), at_ms };
        self.accounts.put(&change, REALM, name, None, &password.into()).await.unwrap();
    }
}

pub(crate) fn from(last: u8) -> Origin {
    Origin { address: Some(IpAddr::from([192, 0, 2, last])), request_id: None }
}

pub(crate) fn login(username: &str, password: &str) -> wire::Login {
    let body = serde_json::json!({"username": username, "password": password});
    json::decode(body.to_string().as_bytes()).unwrap()
}
