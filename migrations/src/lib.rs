//! The schema of every set, embedded into the binary.
//!
//! A set is a folder here: `<set>/{sqlite,postgres}/<time stamp>_<what>/{up,down}.sql`, with the
//! same folder names for both databases. Its tables carry its prefix, and its version numbers are
//! its own: no two sets share one (all stand in one `__diesel_schema_migrations`). A released
//! migration is never edited; the next one mends it. A table whose name ends with `_totals` is kept by
//! triggers, and no backup holds it.
//!
//! To add a set: make the folder, add a constant below and a line to [`ALL`].

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The migrations of one set of tables.
#[derive(Clone, Copy)]
pub struct MigrationSet {
    /// The folder's name.
    pub name: &'static str,
    /// What every table of the set begins with.
    pub table_prefix: &'static str,
    /// For SQLite.
    pub sqlite: fn() -> EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: fn() -> EmbeddedMigrations,
}

impl std::fmt::Debug for MigrationSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MigrationSet").field("name", &self.name).finish_non_exhaustive()
    }
}

macro_rules! set {
    ($(#[$doc:meta])* $constant:ident, $name:literal, $prefix:literal, $sqlite:literal, $postgres:literal) => {
        $(#[$doc])*
        pub const $constant: MigrationSet = MigrationSet {
            name: $name,
            table_prefix: $prefix,
            sqlite: || {
                const SET: EmbeddedMigrations = embed_migrations!($sqlite);
                SET
            },
            postgres: || {
                const SET: EmbeddedMigrations = embed_migrations!($postgres);
                SET
            },
        };
    };
}

set!(
    /// The journal and the marks of the store itself.
    PERSISTENCE, "persistence", "store_", "persistence/sqlite", "persistence/postgres"
);
set!(
    /// Accounts, tokens, signing keys, throttle.
    AUTH, "auth", "auth_", "auth/sqlite", "auth/postgres"
);
set!(
    /// Enterprise users.
    ENTERPRISE_USERS, "enterprise-users", "enterprise_", "enterprise-users/sqlite", "enterprise-users/postgres"
);
set!(
    /// Tenants, their rules and their users.
    TENANT_CIAM, "tenant-ciam", "tenant_", "tenant-ciam/sqlite", "tenant-ciam/postgres"
);
set!(
    /// Device users.
    DEVICE_USERS, "device-users", "device_", "device-users/sqlite", "device-users/postgres"
);
set!(
    /// IoT users, their sessions, and the tree of domains and sites.
    IOT_ROLES, "iot-roles", "iot_", "iot-roles/sqlite", "iot-roles/postgres"
);

/// All sets, in the order in which they run.
pub const ALL: &[MigrationSet] = &[PERSISTENCE, AUTH, ENTERPRISE_USERS, TENANT_CIAM, DEVICE_USERS, IOT_ROLES];
