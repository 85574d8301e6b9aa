//! The port's law, on both databases.

use roster_enterprise_users::{DieselStore, contract};
use roster_migrations::{ENTERPRISE_USERS, PERSISTENCE};
use roster_persistence::testing::on_each_database;

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, ENTERPRISE_USERS];

#[test]
fn reads_back() {
    on_each_database(SETS, async |db| contract::reads_back(&DieselStore::new(db)).await);
}

#[test]
fn unique_fields() {
    on_each_database(SETS, async |db| contract::unique_fields(&DieselStore::new(db)).await);
}

#[test]
fn one_winner() {
    on_each_database(SETS, async |db| contract::one_winner(&DieselStore::new(db)).await);
}

#[test]
fn keys() {
    on_each_database(SETS, async |db| contract::keys(&DieselStore::new(db)).await);
}
