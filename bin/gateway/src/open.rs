//! Opening a store that is there, for the commands that neither make one nor change its tables.

use std::sync::Arc;

use roster_kernel::Clock;
use roster_persistence::{DatabaseUrl, Db, Opening};

use crate::compose::House;
use crate::config::Config;
use crate::credentials::Result;
use crate::missing;
use crate::start::{BEGINNING, BEGUN};

/// Opens the store for a command that makes it where none has been, on a machine whose clock is `wall`.
///
/// # Errors
/// If the store is missing, as [`missing::demand_file`]; if it cannot be opened.
pub(crate) fn to_begin(config: &Config, wall: Arc<dyn Clock>, opening: Opening) -> Result<House> {
    missing::demand_file(&config.database_url()?, opening)?;
    House::open_as(config, wall, opening)
}

/// Opens the store to read it: its database refuses every write.
///
/// # Errors
/// As [`to_change`].
pub(crate) async fn to_read(config: &Config) -> Result<House> {
    let url = config.database_url()?;
    is_there(&url)?;
    let house = House::open_to_look(config)?;
    is_ready(&house.db).await?;
    Ok(house)
}

/// Opens the store to change its rows.
///
/// # Errors
/// Where there is no store, none of Roster's, one that was not begun, one whose migrations are pending or
/// one of a newer version; none of them is changed. The message says what to run.
pub(crate) async fn to_change(config: &Config) -> Result<House> {
    drop(to_read(config).await?);
    House::open(config)
}

/// Whether there is a store at all: opening a SQLite file would make it.
pub(crate) fn is_there(url: &DatabaseUrl) -> Result<()> {
    let DatabaseUrl::Sqlite(path) = url else { return Ok(()) };
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(format!("{url} is a folder; name the store's file").into()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            missing::demand_file(url, Opening::Serve)?;
            Err(none_at(url, "there is no such file"))
        }
        Err(error) => Err(format!("cannot look at the store at {url}: {error}").into()),
    }
}

fn none_at(url: &DatabaseUrl, why: &str) -> Box<dyn std::error::Error> {
    format!("there is no store at {url}: {why}; `roster init` or `roster serve` makes one").into()
}

/// Whether the tables are those of this version, and the store was begun to its end. One that is just
/// being begun is begun again from nothing, with all that was put into it.
async fn is_ready(db: &Db) -> Result<()> {
    let (url, versions) = (db.url(), db.versions(roster_migrations::ALL).await?);
    // Another program of diesel has versions of its own.
    if versions.applied.iter().all(|version| versions.unknown.contains(version)) {
        missing::demand_tables(db, Opening::Serve).await?;
        return Err(none_at(url, "the database has none of Roster's tables"));
    }
    if !versions.unknown.is_empty() {
        let unknown = versions.unknown.join(", ");
        return Err(format!(
            "the store at {url} is of a newer version of Roster: {unknown} are not known here"
        )
        .into());
    }
    if !versions.pending.is_empty() {
        return Err(format!(
            "{} migrations are pending on the store at {url}: run `roster migrate`, or start the gateway, first",
            versions.pending.len()
        )
        .into());
    }
    match db.mark(BEGUN).await? {
        Some(begun) if begun != BEGINNING => Ok(()),
        _ => Err(format!(
            "no gateway has begun the store at {url} yet: run `roster init` or `roster serve` once"
        )
        .into()),
    }
}
