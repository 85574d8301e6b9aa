//! A gateway's insides on a throw-away store, as it runs: durable writes, hashing at full cost.

use roster_auth::HashingConfig;
use roster_gateway::Config;
use roster_gateway::compose::{Dialects, House};
use roster_kernel::Change;

/// The services, and the folder that goes with them.
pub(crate) struct Services {
    pub(crate) house: House,
    pub(crate) dialects: Dialects,
    _folder: tempfile::TempDir,
}

impl Services {
    /// On a new SQLite file.
    pub(crate) fn on_sqlite(hashing: HashingConfig) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database_url = format!("sqlite:{}", folder.path().join("bench.sqlite").display());
        let config = Config { database_url, hashing, ..Config::default() };
        let house = House::open(&config).expect("opens");
        let lock = house.db.lock_start().expect("the start lock");
        house.db.migrate(&lock, roster_migrations::ALL).expect("migrates");
        drop(lock);
        Self { dialects: Dialects::new(&house, &config), house, _folder: folder }
    }

    pub(crate) fn change(&self) -> Change {
        self.house.change("benchmark")
    }
}
