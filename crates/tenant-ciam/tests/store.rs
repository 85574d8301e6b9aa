//! The port's law, on both databases.

use roster_migrations::{PERSISTENCE, TENANT_CIAM};
use roster_persistence::testing::on_each_database;
use roster_tenant_ciam::{DieselStore, contract};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, TENANT_CIAM];

#[test]
fn tenants() {
    on_each_database(SETS, async |db| contract::tenants(&DieselStore::new(db)).await);
}

#[test]
fn rules_read_back() {
    on_each_database(SETS, async |db| contract::rules_read_back(&DieselStore::new(db)).await);
}

#[test]
fn unique_values() {
    on_each_database(SETS, async |db| contract::unique_values(&DieselStore::new(db)).await);
}

#[test]
fn stale_rules() {
    on_each_database(SETS, async |db| contract::stale_rules(&DieselStore::new(db)).await);
}

#[test]
fn uniqueness_changes() {
    on_each_database(SETS, async |db| contract::uniqueness_changes(&DieselStore::new(db)).await);
}

#[test]
fn rules_and_inserts_never_cross() {
    on_each_database(SETS, async |db| contract::rules_and_inserts_never_cross(&DieselStore::new(db)).await);
}

#[test]
fn hosts() {
    on_each_database(SETS, async |db| contract::hosts(&DieselStore::new(db)).await);
}

#[test]
fn one_winner() {
    on_each_database(SETS, async |db| contract::one_winner(&DieselStore::new(db)).await);
}
