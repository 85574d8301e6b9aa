//! A store that was begun and is missing: it is not begun anew by chance.

use roster_persistence::{DatabaseUrl, Db, Opening, lock_of, missing, traces};

use crate::credentials::Result;
use crate::first_start;

/// What tells that a store was begun at `url` whose SQLite file is missing; nothing where it is there, and
/// of a server.
pub(crate) fn traces_of(url: &DatabaseUrl) -> Vec<String> {
    let Some(traces) = traces(url) else { return Vec::new() };
    let mut traces: Vec<String> = traces.iter().map(ToString::to_string).collect();
    traces.extend(first_start::remains(url, true).map(|path| format!("its {} remains", path.display())));
    traces
}

/// Whether the SQLite file at `url` may be made if it is not there.
///
/// # Errors
/// If a store was begun there; the message says what tells so, and what to do.
pub(crate) fn demand_file(url: &DatabaseUrl, opening: Opening) -> Result<()> {
    let traces = if opening == Opening::Serve { traces_of(url) } else { Vec::new() };
    if traces.is_empty() { Ok(()) } else { Err(missing(url, &traces).into()) }
}

/// What tells that a store was begun in a database that is there and has none of Roster's tables.
pub(crate) async fn traces_without_tables(db: &Db) -> Result<Vec<String>> {
    let url = db.url();
    let versions = db.versions(roster_migrations::ALL).await?;
    if versions.applied.iter().any(|version| !versions.unknown.contains(version)) {
        return Ok(Vec::new());
    }
    let mut traces = Vec::new();
    if lock_of(url).is_some_and(|lock| lock.store_id.is_some()) {
        traces
            .push("its lock file remains, and the file in its place has none of Roster's tables".to_owned());
    }
    if let Some(path) = first_start::remains(url, false) {
        traces.push(format!("its {} remains, and the database has none of Roster's tables", path.display()));
    }
    Ok(traces)
}

/// Whether a store may be begun in the database behind `db` if it has no tables. Callers hold the start
/// lock.
///
/// # Errors
/// If one was begun there before, as [`demand_file`].
pub(crate) async fn demand_tables(db: &Db, opening: Opening) -> Result<()> {
    let traces = if opening == Opening::Serve { traces_without_tables(db).await? } else { Vec::new() };
    if traces.is_empty() { Ok(()) } else { Err(missing(db.url(), &traces).into()) }
}
