//! Before the first request: migrate the store, and begin it if it is new.

use std::path::PathBuf;

use roster_persistence::{DatabaseUrl, Opening, StartLock};

use crate::compose::{Dialects, House};
use crate::credentials::{Provisioner, Result};
use crate::first_start::FirstStart;
use crate::{demo, first_start, missing};

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
///
/// # Errors
/// If the store is missing, or any of it fails.
pub(crate) async fn migrate(house: &House, opening: Opening) -> Result<StartLock> {
    let lock = house.db.lock_start()?;
    missing::demand_tables(&house.db, opening).await?;
    house.db.migrate(&lock, roster_migrations::ALL)?;
    complete(house, &lock).await?;
    Ok(lock)
}

/// Makes a store that was begun known as such: to this process, and to later starts.
pub(crate) async fn identify(house: &House, lock: &StartLock) -> Result<()> {
    if house.db.mark(BEGUN).await?.is_some_and(|begun| begun != BEGINNING) {
        house.db.identify(lock).await?;
    }
    Ok(())
}

/// Brings the rows of an earlier version up to date, whose tables are.
pub(crate) async fn complete(house: &House, lock: &StartLock) -> Result<()> {
    roster_enterprise_users::DieselStore::new(house.db.clone()).fill_folded(lock).await?;
    roster_device_users::DieselStore::new(house.db.clone()).fill_folded(lock).await?;
    Ok(())
}

/// Migrates the store and begins it if it is new. Under the start lock, so that of several
/// gateways one does it and the others find it done.
pub(crate) async fn prepare(
    house: &House,
    dialects: &Dialects,
    mode: Mode,
    base: &str,
    opening: Opening,
) -> Result<()> {
    let lock = migrate(house, opening).await?;
    let begun = house.db.mark(BEGUN).await?.filter(|begun| begun != BEGINNING);
    match (begun.as_deref(), mode) {
        (None, _) => {
            begin(house, dialects, mode, &lock, |first| {
                if let Some(path) = first.show(base, house.db.url())? {
                    tracing::warn!(file = %path.display(), "a new store: its secrets stand in this file, once");
                }
                Ok(())
            })
            .await?;
        }
        (Some("demo"), Mode::Demo) => {}
        (Some(_), Mode::Demo) => {
            return Err("--demo wants an empty database, or one begun with --demo; this one is in use".into());
        }
        (Some("demo"), Mode::Serve) => {
            return Err("this database holds the demonstration's well-known credentials; \
                        start it with --demo, or begin a new one"
                .into());
        }
        (Some(_), Mode::Serve) => {}
    }
    identify(house, &lock).await
}

/// Makes the store, or begins one that was not begun, and hands its secrets to `show` before it counts
/// as begun.
///
/// # Errors
/// If it was begun before, which changes nothing; if it is missing, or any of it fails.
pub(crate) async fn init(
    house: &House,
    dialects: &Dialects,
    opening: Opening,
    show: impl FnOnce(&FirstStart) -> Result<()>,
) -> Result<()> {
    let lock = house.db.lock_start()?;
    let url = house.db.url();
    let versions = house.db.versions(roster_migrations::ALL).await?;
    let ours = versions.applied.iter().any(|version| !versions.unknown.contains(version));
    // An older store is not migrated either: that is for `roster migrate`.
    if ours && house.db.mark(BEGUN).await?.is_some_and(|begun| begun != BEGINNING) {
        return Err(format!(
            "the store at {url} was begun before, and nothing was changed; `roster operator create NAME` makes \
             a token where the first ones are lost"
        )
        .into());
    }
    if !versions.unknown.is_empty() {
        let unknown = versions.unknown.join(", ");
        return Err(
            format!("the database at {url} has had migrations that are not known here: {unknown}").into()
        );
    }
    missing::demand_tables(&house.db, opening).await?;
    house.db.migrate(&lock, roster_migrations::ALL)?;
    begin(house, dialects, Mode::Serve, &lock, show).await?;
    identify(house, &lock).await
}

/// Puts the first credentials into a store whose tables are there.
async fn begin(
    house: &House,
    dialects: &Dialects,
    mode: Mode,
    lock: &StartLock,
    show: impl FnOnce(&FirstStart) -> Result<()>,
) -> Result<()> {
    if house.db.mark(BEGUN).await?.as_deref() == Some(BEGINNING) {
        // It was never served from, and the secrets of its first half are lost: begin again.
        house.db.revert(lock, roster_migrations::ALL)?;
        house.db.migrate(lock, roster_migrations::ALL)?;
    }
    house.db.set_mark(BEGUN, BEGINNING).await?;
    let provisioner = Provisioner { house, dialects, principal: mode.name() };
    match mode {
        Mode::Demo => demo::seed(&provisioner).await?,
        // Shown before the store counts as begun: whatever happens, they are not lost.
        Mode::Serve => show(&first_start::seed(&provisioner).await?)?,
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
