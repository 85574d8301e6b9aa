//! Whether the store at the URL is still the one that was opened. A SQLite file is known by its device and
//! number, which cost no more than a look at its name; the store of a server by the id in its tables.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use roster_kernel::PortError;

use crate::connection::AnyConn;
use crate::error::StoreError;
use crate::file_id::{FileId, Pin, beside, real_path};
use crate::url::DatabaseUrl;

/// Why the store that was opened takes no writes any more, until it is back in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Displaced {
    /// SQLite: nothing is at the file's path.
    #[error(
        "the store's file is gone; put it back, or stop the gateway and restore a backup: writes are refused"
    )]
    FileGone,
    /// SQLite: another file is at the path.
    #[error(
        "another file is in the place of the store's file; put the right one back, or restart the gateway to \
         serve from the one that is there: writes are refused"
    )]
    FileReplaced,
    /// SQLite: the write-ahead log of the running process was removed or replaced.
    #[error(
        "the store's log (-wal) was removed; stop the gateway, which brings what it holds into the store's \
         file, and start it again: writes are refused"
    )]
    LogGone,
    /// PostgreSQL: the database has none of Roster's tables, or a store that was not begun.
    #[error(
        "the store is gone from the database; restore its backup, or restart the gateway to begin a new one: \
         requests are refused"
    )]
    StoreGone,
    /// PostgreSQL: the database holds another store.
    #[error(
        "the database holds another store than the one that was opened; bring the right one back, or restart \
         the gateway to serve from the one that is there: requests are refused"
    )]
    StoreReplaced,
}

impl Displaced {
    /// The same in a few words without any value, which a probe may be told.
    pub fn cause(self) -> &'static str {
        match self {
            Self::FileGone => "the store's file is gone",
            Self::FileReplaced => "another file is in the place of the store's file",
            Self::LogGone => "the store's log was removed",
            Self::StoreGone => "the store is gone from the database",
            Self::StoreReplaced => "the database holds another store",
        }
    }
}

impl From<Displaced> for StoreError {
    fn from(displaced: Displaced) -> Self {
        Self::Port(PortError::unavailable(displaced))
    }
}

/// What is known of the store that was opened. Shared by all its connections.
pub(crate) struct Identity {
    /// How the store is named in the log.
    shown: String,
    /// The SQLite file; not of one that is only looked at.
    file: Option<StoreFile>,
    /// The store's id, once it is known.
    id: OnceLock<String>,
    /// What was found last.
    last: Mutex<Option<Displaced>>,
    /// Whether the store was closed: what becomes of it then is not reported.
    is_closed: AtomicBool,
}

struct StoreFile {
    path: PathBuf,
    id: FileId,
    _pin: Pin,
    log_path: PathBuf,
    /// The log that the writer's connection has open.
    log: Mutex<Option<FileId>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.shown)
    }
}

impl Identity {
    /// Of the store at `url`, whose file is there if it is one of SQLite.
    ///
    /// # Errors
    /// If the file cannot be looked at.
    pub(crate) fn of(url: &DatabaseUrl) -> std::io::Result<Self> {
        let file = match url {
            DatabaseUrl::Sqlite(path) => Some(StoreFile {
                path: path.clone(),
                _pin: Pin::at(path),
                id: FileId::at(path)?,
                log_path: beside(&real_path(path), "-wal"),
                log: Mutex::default(),
            }),
            DatabaseUrl::Postgres(_) => None,
        };
        Ok(Self { file, ..Self::unwatched(url) })
    }

    /// Of a store that is only looked at: it is not compared with anything.
    pub(crate) fn unwatched(url: &DatabaseUrl) -> Self {
        let (shown, is_closed) = (url.to_string(), AtomicBool::new(false));
        Self { shown, file: None, id: OnceLock::new(), last: Mutex::default(), is_closed }
    }

    /// Whether the store is in its place: of a SQLite file as it is now, of a server as it was found last.
    ///
    /// # Errors
    /// [`Displaced`] with the reason if it is not.
    pub(crate) fn check(&self) -> Result<(), Displaced> {
        match &self.file {
            Some(file) => {
                let found = file.check();
                self.note(found.err());
                found
            }
            None => self.last.lock().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err),
        }
    }

    /// As [`Identity::check`] of a SQLite file; a server is asked by [`Identity::confirm`].
    ///
    /// # Errors
    /// [`Displaced`] with the reason.
    pub(crate) fn check_file(&self) -> Result<(), Displaced> {
        if self.file.is_some() { self.check() } else { Ok(()) }
    }

    /// Remembers the log that the writer's connection has open, which it has while a transaction runs; or
    /// that it has none.
    pub(crate) fn keep_log(&self, is_open: bool) {
        if let Some(file) = &self.file {
            let mut log = file.log.lock().unwrap_or_else(PoisonError::into_inner);
            *log = if is_open { log.or_else(|| FileId::at(&file.log_path).ok()) } else { None };
        }
    }

    /// Reports no longer what becomes of the store.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Sets the id by which a server's store is known from now on.
    pub(crate) fn know(&self, id: String) {
        let _ = self.id.set(id);
    }

    /// Whether [`Identity::confirm`] compares anything.
    pub(crate) fn is_known(&self) -> bool {
        self.file.is_none() && self.id.get().is_some()
    }

    /// Asks the database behind `conn`, which is in no transaction, for the store's id, and remembers
    /// whether it is the right one.
    ///
    /// # Errors
    /// The database's own if it does not answer; then nothing is known.
    pub(crate) fn confirm(&self, conn: &mut AnyConn) -> diesel::QueryResult<Result<(), Displaced>> {
        let Some(id) = self.id.get().filter(|_| self.is_known()) else { return Ok(Ok(())) };
        let found = match crate::marks::id_of(conn) {
            Ok(Some(found)) if found == *id => Ok(()),
            Ok(Some(_)) => Err(Displaced::StoreReplaced),
            Ok(None) => Err(Displaced::StoreGone),
            // The statement is right: it is the table that is missing.
            Err(diesel::result::Error::DatabaseError(_, info)) if info.statement_position().is_some() => {
                Err(Displaced::StoreGone)
            }
            Err(error) => return Err(error),
        };
        self.note(found.err());
        Ok(found)
    }

    /// Remembers what was found, and logs what changed.
    fn note(&self, found: Option<Displaced>) {
        let before = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, found)
        };
        match found {
            _ if found == before || self.is_closed.load(Ordering::Acquire) => {}
            Some(displaced) => tracing::error!(store = self.shown, "{displaced}"),
            None => tracing::info!(store = self.shown, "the store is back in its place"),
        }
    }
}

impl StoreFile {
    fn check(&self) -> Result<(), Displaced> {
        match FileId::at(&self.path) {
            Ok(id) if id == self.id => {}
            Ok(_) => return Err(Displaced::FileReplaced),
            Err(_) => return Err(Displaced::FileGone),
        }
        let log = *self.log.lock().unwrap_or_else(PoisonError::into_inner);
        match log {
            Some(log) if FileId::at(&self.log_path).ok() != Some(log) => Err(Displaced::LogGone),
            _ => Ok(()),
        }
    }
}
