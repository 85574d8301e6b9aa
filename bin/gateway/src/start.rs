//! Before the first request: migrate the store, and begin it if it is new.

use std::path::PathBuf;

use roster_persistence::{DatabaseUrl, StartLock};

use crate::compose::{Dialects, House};
use crate::credentials::{Provisioner, Result};
use crate::{demo, first_start};

/// The mark that says how a store was begun.
pub(crate) const BEGUN: &str = "begun";

/// Its value while that is going on.
pub(crate) const BEGINNING: &str = "beginning";

/// How the gateway runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// On a store of its own.
    Serve,
    /// On demonstration data.
    Demo,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Demo => "demo",
        }
    }
}

/// Brings the tables up to date, alone, and the rows of an earlier version with them.
pub(crate) async fn migrate(house: &House) -> Result<StartLock> {
    let lock = house.db.lock_start()?;
    house.db.migrate(&lock, roster_migrations::ALL)?;
    complete(house, &lock).await?;
    Ok(lock)
}

/// Brings the rows of an earlier version up to date, whose tables are.
pub(crate) async fn complete(house: &House, lock: &StartLock) -> Result<()> {
    roster_enterprise_users::DieselStore::new(house.db.clone()).fill_folded(lock).await?;
    roster_device_users::DieselStore::new(house.db.clone()).fill_folded(lock).await?;
    Ok(())
}

/// Whether there is a store at all: opening a SQLite file would make it.
pub(crate) fn store_exists(url: &DatabaseUrl) -> Result<()> {
    match url {
        DatabaseUrl::Sqlite(path) if !path.is_file() => Err(format!("there is no store at {url}").into()),
        _ => Ok(()),
    }
}

/// Whether the store was begun to its end. One that is just being begun is begun again from nothing
/// when it is next started, with all that was put into it or restored from a backup of it.
pub(crate) async fn has_begun(house: &House) -> Result<()> {
    // Without tables there is no mark to be read: whoever wants them says so better.
    match house.db.mark(BEGUN).await {
        Ok(Some(begun)) if begun != BEGINNING => Ok(()),
        Ok(_) => {
            Err(format!("no gateway has begun the store at {} yet: run `roster serve` once", house.db.url())
                .into())
        }
        Err(_) => Ok(()),
    }
}

/// Migrates the store and begins it if it is new. Under the start lock, so that of several
/// gateways one does it and the others find it done.
pub(crate) async fn prepare(house: &House, dialects: &Dialects, mode: Mode, base: &str) -> Result<()> {
    let lock = migrate(house).await?;
    let mut begun = house.db.mark(BEGUN).await?;
    if begun.as_deref() == Some(BEGINNING) {
        // Nobody has served from it, and the secrets of its half are lost: begin again.
        house.db.revert(&lock, roster_migrations::ALL)?;
        house.db.migrate(&lock, roster_migrations::ALL)?;
        begun = None;
    }
    if begun.is_none() {
        house.db.set_mark(BEGUN, BEGINNING).await?;
    }
    let provisioner = Provisioner { house, dialects, principal: mode.name() };
    match (begun.as_deref(), mode) {
        (None, Mode::Demo) => demo::seed(&provisioner).await?,
        (Some("demo"), Mode::Demo) => return Ok(()),
        (Some(_), Mode::Demo) => {
            return Err("--demo wants an empty database, or one begun with --demo; this one is in use".into());
        }
        (Some("demo"), Mode::Serve) => {
            return Err("this database holds the demonstration's well-known credentials; \
                        start it with --demo, or begin a new one"
                .into());
        }
        (Some(_), Mode::Serve) => return Ok(()),
        (None, Mode::Serve) => {
            let first = first_start::seed(&provisioner).await?;
            // Shown before the store counts as begun: whatever happens, they are not lost.
            if let Some(path) = first.show(base, &folder(house.db.url()))? {
                tracing::warn!(file = %path.display(), "a new store: its secrets stand in this file, once");
            }
        }
    }
    Ok(house.db.set_mark(BEGUN, mode.name()).await?)
}

/// Beside a SQLite file, else where the gateway runs.
pub(crate) fn folder(url: &DatabaseUrl) -> PathBuf {
    match url {
        DatabaseUrl::Sqlite(path) => path.parent().map(PathBuf::from).unwrap_or_default(),
        DatabaseUrl::Postgres(_) => PathBuf::new(),
    }
}
