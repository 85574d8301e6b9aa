use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use roster_migrations::MigrationSet;

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::start_lock::StartLock;

/// A migration that did not run. The store is as it was before that migration.
#[derive(Debug, thiserror::Error)]
#[error("migrating the set '{set}': {reason}")]
pub struct MigrationError {
    set: &'static str,
    reason: String,
}

impl Db {
    /// Brings the tables of `sets` up to date, in their order. Blocks the thread. The lock shows
    /// that nobody else does the same.
    pub fn migrate(&self, _lock: &StartLock, sets: &[MigrationSet]) -> Result<(), MigrationError> {
        for set in sets {
            let applied = self.on_each(set, run_pending)?;
            for version in applied {
                tracing::info!(set = set.name, version, "migrated");
            }
        }
        Ok(())
    }

    /// What [`Db::migrate`] would run, in its order, as `SET VERSION`. Changes nothing, but for
    /// making an empty SQLite file where there is none. Blocks the thread.
    pub fn pending(&self, sets: &[MigrationSet]) -> Result<Vec<String>, MigrationError> {
        let mut all = Vec::new();
        for set in sets {
            let pending = self.on_each(set, pending)?;
            all.extend(pending.into_iter().map(|version| format!("{} {version}", set.name)));
        }
        Ok(all)
    }

    /// Takes the tables of `sets` away again, last first. For tests and for a rollback of a fresh
    /// installation: it destroys their rows.
    pub fn revert(&self, _lock: &StartLock, sets: &[MigrationSet]) -> Result<(), MigrationError> {
        for set in sets.iter().rev() {
            self.on_each(set, revert_all)?;
        }
        Ok(())
    }

    fn on_each<T>(
        &self,
        set: &MigrationSet,
        work: impl FnOnce(&mut AnyConn, &MigrationSet) -> Result<T, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<T, MigrationError> {
        let failed = |reason: String| MigrationError { set: set.name, reason };
        let mut conn = self.dedicated().map_err(|e: StoreError| failed(e.to_string()))?;
        work(&mut conn, set).map_err(|e| failed(e.to_string()))
    }
}

type Boxed = Box<dyn std::error::Error + Send + Sync>;

fn run_pending(conn: &mut AnyConn, set: &MigrationSet) -> Result<Vec<String>, Boxed> {
    Ok(match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(conn) => names(&conn.run_pending_migrations((set.sqlite)())?),
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => names(&conn.run_pending_migrations((set.postgres)())?),
    })
}

fn pending(conn: &mut AnyConn, set: &MigrationSet) -> Result<Vec<String>, Boxed> {
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(conn) => pending_on(conn, (set.sqlite)()),
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => pending_on(conn, (set.postgres)()),
    }
}

fn pending_on<C, B>(conn: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, Boxed>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    let pending = conn.pending_migrations(source)?;
    Ok(pending.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn names(versions: &[diesel::migration::MigrationVersion<'_>]) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

/// Reverts the set's own migrations, newest first, and nobody else's: the harness' own
/// `revert_all_migrations` would look for every version that the store has.
fn revert_all(conn: &mut AnyConn, set: &MigrationSet) -> Result<(), Boxed> {
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(conn) => revert_on(conn, (set.sqlite)()),
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => revert_on(conn, (set.postgres)()),
    }
}

fn revert_on<C, B>(conn: &mut C, source: EmbeddedMigrations) -> Result<(), Boxed>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    let applied = conn.applied_migrations()?;
    let mut migrations = source.migrations()?;
    migrations.sort_unstable_by(|a, b| b.name().version().cmp(&a.name().version()));
    for migration in migrations {
        if applied.contains(&migration.name().version()) {
            conn.revert_migration(&migration)?;
        }
    }
    Ok(())
}
