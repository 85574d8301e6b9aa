use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use roster_kernel::PortError;
use roster_migrations::MigrationSet;

use crate::catalogue;
use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::start_lock::StartLock;
use crate::url::Backend;

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
            let applied = self.alone(set, run_pending)?;
            for version in applied {
                tracing::info!(set = set.name, version, "migrated");
            }
        }
        Ok(())
    }

    /// What [`Db::migrate`] would run, in its order, as `SET VERSION`. Changes nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn pending(&self, sets: &'static [MigrationSet]) -> Result<Vec<String>, PortError> {
        let applied = self.read(catalogue::applied).await?;
        let mut all = migrations(self.backend(), sets).map_err(PortError::failed)?;
        all.retain(|named| !applied.iter().any(|version| named.ends_with(&format!(" {version}"))));
        Ok(all)
    }

    /// Takes the tables of `sets` away again, last first. For tests and for a rollback of a fresh
    /// installation: it destroys their rows.
    pub fn revert(&self, _lock: &StartLock, sets: &[MigrationSet]) -> Result<(), MigrationError> {
        sets.iter().rev().try_for_each(|set| self.alone(set, revert_all))
    }

    /// Does `work` on a connection that it has for itself: where sessions are shared, that is for one
    /// transaction, and all of the set are kept or none.
    fn alone<T>(
        &self,
        set: &MigrationSet,
        work: impl FnOnce(&mut AnyConn, &MigrationSet) -> Result<T, Boxed>,
    ) -> Result<T, MigrationError> {
        let shared = self.shares_sessions();
        on(&mut self.connection_for(set)?, set, |conn, set| {
            if !shared {
                return work(conn, set);
            }
            conn.begin_long_write()?;
            // If it fails, the connection goes, and its transaction with it.
            let done = work(conn, set)?;
            conn.commit()?;
            Ok(done)
        })
    }

    fn connection_for(&self, set: &MigrationSet) -> Result<AnyConn, MigrationError> {
        self.dedicated().map_err(|e: StoreError| MigrationError { set: set.name, reason: e.to_string() })
    }
}

/// Does `work` for `set`, and says of a failure whose it is.
fn on<T>(
    conn: &mut AnyConn,
    set: &MigrationSet,
    work: impl FnOnce(&mut AnyConn, &MigrationSet) -> Result<T, Boxed>,
) -> Result<T, MigrationError> {
    work(conn, set).map_err(|e| MigrationError { set: set.name, reason: e.to_string() })
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

/// What [`Db::migrate`] would run on a new store of this kind, as `SET VERSION`.
///
/// # Errors
/// If the migrations that are built in cannot be read.
pub fn migrations(backend: Backend, sets: &[MigrationSet]) -> Result<Vec<String>, MigrationError> {
    let mut all = Vec::new();
    for set in sets {
        let versions = known(backend, std::slice::from_ref(set))?;
        all.extend(versions.into_iter().map(|version| format!("{} {version}", set.name)));
    }
    Ok(all)
}

/// The versions of all migrations of `sets`, sorted.
pub(crate) fn known(backend: Backend, sets: &[MigrationSet]) -> Result<Vec<String>, MigrationError> {
    let mut known = Vec::new();
    for set in sets {
        let versions = match backend {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite => versions::<diesel::sqlite::Sqlite>((set.sqlite)()),
            #[cfg(feature = "postgres")]
            Backend::Postgres => versions::<diesel::pg::Pg>((set.postgres)()),
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            _ => Ok(Vec::new()),
        };
        known.extend(versions.map_err(|e| MigrationError { set: set.name, reason: e.to_string() })?);
    }
    known.sort_unstable();
    Ok(known)
}

/// Which of `applied` are no migrations of `sets`: a newer Roster's.
#[cfg(feature = "archive")]
pub(crate) fn unknown(
    backend: Backend,
    sets: &[MigrationSet],
    applied: &[String],
) -> Result<Vec<String>, MigrationError> {
    let known = known(backend, sets)?;
    Ok(applied.iter().filter(|version| known.binary_search(version).is_err()).cloned().collect())
}

fn versions<B: diesel::backend::Backend>(source: EmbeddedMigrations) -> Result<Vec<String>, Boxed>
where
    EmbeddedMigrations: MigrationSource<B>,
{
    Ok(source.migrations()?.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// Runs what is pending, within the caller's transaction.
#[cfg(feature = "archive")]
pub(crate) fn run_all(conn: &mut AnyConn, sets: &[MigrationSet]) -> Result<(), MigrationError> {
    sets.iter().try_for_each(|set| on(conn, set, run_pending).map(|_| ()))
}

/// Runs those of `only` and no others, within the caller's transaction.
#[cfg(feature = "archive")]
pub(crate) fn run_only(
    conn: &mut AnyConn,
    sets: &[MigrationSet],
    only: &[String],
) -> Result<(), MigrationError> {
    sets.iter().try_for_each(|set| {
        on(conn, set, |conn, set| match conn {
            #[cfg(feature = "sqlite")]
            AnyConn::Sqlite(conn) => run_some(conn, (set.sqlite)(), only),
            #[cfg(feature = "postgres")]
            AnyConn::Postgres(conn) => run_some(conn, (set.postgres)(), only),
        })
    })
}

#[cfg(feature = "archive")]
fn run_some<C, B>(conn: &mut C, source: EmbeddedMigrations, only: &[String]) -> Result<(), Boxed>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    // In their order.
    for migration in conn.pending_migrations(source)? {
        if only.contains(&migration.name().version().to_string()) {
            conn.run_migration(&migration)?;
        }
    }
    Ok(())
}

/// Takes the tables of `sets` away, within the caller's transaction.
#[cfg(feature = "archive")]
pub(crate) fn revert_all_of(conn: &mut AnyConn, sets: &[MigrationSet]) -> Result<(), MigrationError> {
    sets.iter().rev().try_for_each(|set| on(conn, set, revert_all))
}
