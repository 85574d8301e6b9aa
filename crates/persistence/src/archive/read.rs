//! From a file: first read whole, then into a store.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Read, Seek};

use flate2::bufread::GzDecoder;
use roster_migrations::MigrationSet;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::format::{self, damaged};
use super::load;
use super::row::Value;
use super::{ArchiveError, Summary};
use crate::catalogue::{self, Table, quoted};
use crate::connection::AnyConn;
use crate::db::Db;
use crate::migrate;
use crate::start_lock::StartLock;
use crate::store_lock::{LockError, StoreLock};

/// The longest line: a row with the largest picture, and far more. A damaged file may have no end of
/// line at all.
const LINE_MAX: u64 = 256 << 20;

/// What comes after the header.
pub(super) enum Item {
    /// A table begins; with the last number that it gave.
    Table(Table, Option<i64>),
    /// A row of it.
    Row(Vec<Value>),
}

/// Reads a backup line by line, and believes none that its end does not bear out.
pub(super) struct Items<R: Read> {
    lines: BufReader<GzDecoder<BufReader<R>>>,
    hash: Sha256,
    summary: Summary,
    columns: Option<Table>,
}

impl<R: Read> Items<R> {
    pub(super) fn open(file: R) -> Result<Self, ArchiveError> {
        let mut items = Self {
            lines: BufReader::new(GzDecoder::new(BufReader::new(file))),
            hash: Sha256::new(),
            summary: Summary {
                roster: String::new(),
                database: String::new(),
                taken_ms: 0,
                migrations: Vec::new(),
                rows: BTreeMap::new(),
            },
            columns: None,
        };
        let (line, text) = items.line()?;
        items.hash.update(&text);
        let Json::Object(line) = line else { return Err(damaged("it does not begin as one")) };
        items.summary = format::parse_header(&line)?;
        Ok(items)
    }

    /// The next table or row; none at the end, which has been found to fit.
    pub(super) fn next(&mut self) -> Result<Option<Item>, ArchiveError> {
        let (line, text) = self.line()?;
        match line {
            Json::Array(row) => {
                self.hash.update(&text);
                self.row(row).map(|row| Some(Item::Row(row)))
            }
            Json::Object(line) if line.contains_key("table") => {
                self.hash.update(&text);
                let (table, last) = format::parse_table(&line)?;
                if self.summary.rows.insert(table.name.clone(), 0).is_some() {
                    return Err(damaged(&format!("it has {} twice", table.name)));
                }
                self.columns = Some(table.clone());
                Ok(Some(Item::Table(table, last)))
            }
            Json::Object(line) => self.end(&line).map(|()| None),
            _ => Err(damaged("a line that is neither a table nor a row")),
        }
    }

    fn row(&mut self, row: Vec<Json>) -> Result<Vec<Value>, ArchiveError> {
        let table = self.columns.as_ref().ok_or_else(|| damaged("a row before any table"))?;
        let count = self.summary.rows.entry(table.name.clone()).or_default();
        *count += 1;
        let wrong = || damaged(&format!("row {count} of {} does not fit its columns", table.name));
        if row.len() != table.columns.len() {
            return Err(wrong());
        }
        let values = row.into_iter().zip(&table.columns);
        values.map(|(json, column)| Value::from_json(json, column.kind).ok_or_else(wrong)).collect()
    }

    fn end(&mut self, line: &Map<String, Json>) -> Result<(), ArchiveError> {
        let end = line.get("end").ok_or_else(|| damaged("a line that is neither a table nor a row"))?;
        let counted = serde_json::to_value(&self.summary.rows).map_err(std::io::Error::from)?;
        if end.get("rows") != Some(&counted) {
            return Err(damaged("the numbers of rows are not those that were written"));
        }
        let sha256 = hex::encode(self.hash.clone().finalize());
        if end.get("sha256").and_then(Json::as_str) != Some(&sha256) {
            return Err(damaged("its digest is not the one that was written"));
        }
        // To the very end: gzip's own sum stands there.
        let mut rest = [0];
        if self.lines.read(&mut rest).map_err(unreadable)? != 0
            || self.lines.get_mut().get_mut().read(&mut rest)? != 0
        {
            return Err(damaged("something follows its end"));
        }
        Ok(())
    }

    fn line(&mut self) -> Result<(Json, Vec<u8>), ArchiveError> {
        let mut text = Vec::new();
        (&mut self.lines).take(LINE_MAX).read_until(b'\n', &mut text).map_err(unreadable)?;
        if text.last() != Some(&b'\n') {
            return Err(damaged("it ends too early"));
        }
        let line = serde_json::from_slice(&text).map_err(|_| damaged("a line is no JSON"))?;
        Ok((line, text))
    }
}

/// What the decoder says of a file that it cannot read is a fact about the file.
fn unreadable(error: std::io::Error) -> ArchiveError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => damaged("it ends too early"),
        std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => damaged(&error.to_string()),
        _ => ArchiveError::Io(error),
    }
}

/// Reads a backup to its end and says what is in it. Blocks the thread.
///
/// # Errors
/// [`ArchiveError::Damaged`] if it is none, or not whole; [`ArchiveError::Refused`] if it is in another
/// format.
pub fn verify(file: impl Read) -> Result<Summary, ArchiveError> {
    let mut items = Items::open(file)?;
    while items.next()?.is_some() {}
    Ok(items.summary)
}

/// While it is there no other process uses the SQLite file.
struct Alone<'a>(Option<&'a StoreLock>);

impl<'a> Alone<'a> {
    fn of(db: &'a Db) -> Result<Self, ArchiveError> {
        // A store that was opened to be replaced has it alone until it is closed.
        let lock = db.store_lock().filter(|lock| !lock.is_alone());
        let refused = |error: LockError| ArchiveError::Refused(error.to_string());
        lock.map_or(Ok(()), StoreLock::make_exclusive).map_err(refused)?;
        Ok(Self(lock))
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.map(StoreLock::make_shared) {
            tracing::warn!(%error, "the store's lock was lost");
        }
    }
}

impl Db {
    /// Fills a store that has no rows, and that no other process uses if it is a SQLite file, with those of
    /// the backup `file`, of whichever kind of database it is, in one transaction; the tables of `sets` are
    /// up to date afterwards. `file` is read twice: whole, before anything is changed, and then again. The
    /// lock shows that no gateway begins the store at the same time. Blocks the thread.
    ///
    /// # Errors
    /// [`ArchiveError::Damaged`] if the file is not whole; [`ArchiveError::Refused`] for a store that has
    /// rows or that another process uses, and for a backup whose migrations this version does not know; else
    /// if the file or the store fails. The store is then as it was.
    pub fn restore(
        &self,
        _lock: &StartLock,
        sets: &[MigrationSet],
        mut file: impl Read + Seek,
    ) -> Result<Summary, ArchiveError> {
        let _alone = Alone::of(self)?;
        let summary = verify(&mut file)?;
        let unknown = migrate::unknown(self.backend(), sets, &summary.migrations)?;
        if !unknown.is_empty() {
            return Err(ArchiveError::Refused(format!(
                "the backup is of Roster {}, whose migrations {} this version ({}) does not know",
                summary.roster,
                unknown.join(", "),
                env!("CARGO_PKG_VERSION"),
            )));
        }
        file.rewind()?;
        let mut conn = self.dedicated()?;
        conn.begin_long_write()?;
        match fill(&mut conn, sets, file, &summary) {
            Ok(()) => conn.commit()?,
            Err(error) => {
                // The first error is the one to tell; the end of the connection rolls back too.
                if let Err(rollback) = conn.rollback() {
                    tracing::warn!(error = %rollback, "rollback failed");
                }
                return Err(error);
            }
        }
        Ok(summary)
    }
}

fn fill(
    conn: &mut AnyConn,
    sets: &[MigrationSet],
    file: impl Read,
    expected: &Summary,
) -> Result<(), ArchiveError> {
    empty(conn, sets)?;
    // The tables as they were when the backup was taken, then the rows, then what came since.
    migrate::run_only(conn, sets, &expected.migrations)?;
    let tables = catalogue::tables(conn, sets)?;
    let loosened = load::loosen(conn, &tables)?;
    let mut items = Items::open(file)?;
    let mut missing: HashSet<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let mut loader = None;
    while let Some(item) = items.next()? {
        match item {
            Item::Table(table, last) => {
                load::finish(conn, loader.take())?;
                if !missing.remove(table.name.as_str()) || !tables.iter().any(|own| alike(own, &table)) {
                    return Err(damaged(&format!("{} is not as its migrations make it", table.name)));
                }
                loader = Some(load::Loader::new(table, last));
            }
            Item::Row(row) => {
                if let Some(loader) = &mut loader {
                    loader.put(conn, row)?;
                }
            }
        }
    }
    load::finish(conn, loader.take())?;
    if items.summary != *expected {
        return Err(damaged("it changed while it was read"));
    }
    if let Some(table) = missing.iter().min() {
        return Err(damaged(&format!("it lacks {table}")));
    }
    load::tighten(conn, &loosened)?;
    migrate::run_all(conn, sets)?;
    Ok(())
}

/// Whether both have the same columns, in whatever order.
fn alike(own: &Table, other: &Table) -> bool {
    own.name == other.name
        && own.counter == other.counter
        && own.columns.len() == other.columns.len()
        && own.columns.iter().all(|column| other.columns.contains(column))
}

/// Takes the empty tables of a store away.
fn empty(conn: &mut AnyConn, sets: &[MigrationSet]) -> Result<(), ArchiveError> {
    let applied = catalogue::applied(conn)?;
    let unknown = migrate::unknown(conn.backend(), sets, &applied)?;
    if !unknown.is_empty() {
        return Err(ArchiveError::Refused(
            "the store was migrated by a newer version of Roster: restore with that one".to_owned(),
        ));
    }
    let tables = catalogue::tables(conn, sets)?;
    load::lock(conn, &tables)?;
    for table in &tables {
        let one = format!("SELECT count(*) AS n FROM (SELECT 1 FROM {} LIMIT 1) AS one", quoted(&table.name));
        if catalogue::number(conn, &one)? > 0 {
            return Err(ArchiveError::Refused(format!(
                "the store is not empty ({} has rows): a backup is restored into a new one",
                table.name
            )));
        }
    }
    migrate::revert_all_of(conn, sets)?;
    Ok(())
}
