//! How a store is opened: which file it is, who has it, and whether it is there at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use roster_kernel::{Clock, PortError, Random};

use crate::connection::{Access, AnyConn};
use crate::db::Db;
use crate::file_id::{beside, folder_of, real_path};
use crate::identity::Identity;
use crate::settings::DbSettings;
use crate::store_lock::{self, LockError, StoreLock};
use crate::url::DatabaseUrl;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// To use it together with others. A SQLite file is made where no store has been; where one is missing
    /// it is not.
    Serve,
    /// The same, and a SQLite store that is missing is begun anew as an empty one.
    New,
    /// To fill it from a backup: of SQLite no other process may use it, and none can until this one has
    /// ended.
    Replace,
}

/// What tells of a SQLite store that was begun and whose file is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// Its lock file, with the processes that hold it.
    Lock(PathBuf, Vec<u32>),
    /// Its write-ahead log, which may hold its last writes.
    Log(PathBuf),
}

impl std::fmt::Display for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lock(path, holders) if holders.is_empty() => {
                write!(f, "its lock file {} remains", path.display())
            }
            Self::Lock(path, holders) => {
                write!(f, "its lock file {} is held{}", path.display(), store_lock::by(holders))
            }
            Self::Log(path) => write!(f, "its log {} remains", path.display()),
        }
    }
}

/// What remains beside the SQLite file at `url` of a store that was begun there, if the file is missing or
/// empty; `None` if it is there, and of a server. Changes nothing.
pub fn traces(url: &DatabaseUrl) -> Option<Vec<Trace>> {
    let DatabaseUrl::Sqlite(path) = url else { return None };
    if !is_missing(path) {
        return None;
    }
    let (lock, log) = (StoreLock::path_of(path), log_of(path));
    let mut traces = Vec::new();
    if store_lock::mark_at(&lock).is_some() {
        let holders = store_lock::holders(&lock);
        traces.push(Trace::Lock(lock, holders));
    }
    if is_there(&log) {
        traces.push(Trace::Log(log));
    }
    Some(traces)
}

/// The lock file of a SQLite store, as it is at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// Where it is.
    pub path: PathBuf,
    /// The id of the store that was begun here last.
    pub store_id: Option<String>,
    /// The other processes that hold the lock, as far as the system tells.
    pub holders: Vec<u32>,
}

impl LockFile {
    /// Says who holds it.
    pub fn text(&self) -> String {
        match self.holders.as_slice() {
            [] => format!("no other process is known to hold {}", self.path.display()),
            holders => format!("{} is held{}", self.path.display(), store_lock::by(holders)),
        }
    }
}

/// The lock file of the SQLite store at `url`; nothing for a server. Takes no lock, and changes nothing.
pub fn lock_of(url: &DatabaseUrl) -> Option<LockFile> {
    let DatabaseUrl::Sqlite(store) = url else { return None };
    let path = StoreLock::path_of(store);
    let (store_id, holders) = (store_lock::mark_at(&path), store_lock::holders(&path));
    Some(LockFile { path, store_id, holders })
}

/// Says of a SQLite file whose log is of another store what to do; nothing where it is not, as far as can be
/// told. Changes nothing.
pub fn foreign_log(url: &DatabaseUrl) -> Option<String> {
    let DatabaseUrl::Sqlite(path) = url else { return None };
    let log = log_of(path);
    let lock = StoreLock::path_of(path);
    let served = store_lock::mark_at(&lock).filter(|_| is_there(&log))?;
    // SQLite itself cannot tell, and would write the one into the other.
    let own = AnyConn::open_without_log(path).and_then(|mut conn| crate::marks::id_of(&mut conn).ok()?)?;
    (own != served).then(|| {
        format!(
            "the log {} is of another store than the file at {url}, in the place of which that one was: put the \
             right file back, or move the log away; if both came here together, remove {}",
            log.display(),
            lock.display()
        )
    })
}

/// Says of a store that it is missing, by which traces that is known, and what to do.
pub fn missing(url: &DatabaseUrl, traces: &[String]) -> String {
    let traces = traces.join(" and ");
    format!(
        "the store at {url} is missing: {traces}. Put its file back (with its -wal, if that was moved too), or \
         restore a backup with `roster restore`, or pass --new to `roster serve`, `init` or `migrate` to begin \
         with an empty store"
    )
}

fn log_of(path: &Path) -> PathBuf {
    beside(&real_path(path), "-wal")
}

/// Whether there is no store: SQLite writes something into a file as soon as it opens it.
fn is_missing(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(metadata) => metadata.is_file() && metadata.len() == 0,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn is_there(log: &Path) -> bool {
    std::fs::metadata(log).is_ok_and(|metadata| metadata.len() > 0)
}

impl Db {
    /// Opens the store at `url` to use it, and tries one connection. Of SQLite a lock file beside the store
    /// is held from now on, together with others that use it; the file is made where no store has been.
    ///
    /// # Errors
    /// [`PortError::Failed`] if there is no connection to be had; of SQLite also if the lock file cannot be
    /// made, if another process replaces the store, and if the store is missing. Blocks the thread.
    pub fn open(
        url: &DatabaseUrl,
        settings: DbSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, PortError> {
        Self::open_as(url, settings, clock, random, Opening::Serve)
    }

    /// Opens the store at `url` for what `opening` says.
    ///
    /// # Errors
    /// As [`Db::open`]; with [`Opening::Replace`] also if another process uses a SQLite store.
    pub fn open_as(
        url: &DatabaseUrl,
        settings: DbSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        opening: Opening,
    ) -> Result<Self, PortError> {
        let prepared = match url {
            DatabaseUrl::Sqlite(path) => Some(prepare(url, path, opening)?),
            DatabaseUrl::Postgres(_) => None,
        };
        let cannot = |error| PortError::failed(format!("cannot look at the file of {url}: {error}"));
        let identity = Identity::of(url).map_err(cannot)?;
        Self::assemble(url, settings, (clock, random), Access::Serve, identity, prepared)
    }

    /// Opens the store at `url` to look at it: its database refuses every write, nothing is made where
    /// there is none, nothing is set that lasts, and no lock is held.
    ///
    /// # Errors
    /// [`PortError::Failed`] if there is no connection to be had, or the log of a SQLite file is of another
    /// store. Blocks the thread.
    pub fn open_to_look(
        url: &DatabaseUrl,
        settings: DbSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, PortError> {
        demand_own_log(url)?;
        Self::assemble(url, settings, (clock, random), Access::Look, Identity::unwatched(url), None)
    }

    /// Takes a SQLite file away again that this store was opened with [`Opening::Replace`] and made by, and
    /// closes it; does nothing else. Blocks the thread.
    ///
    /// # Errors
    /// If it cannot be closed or removed.
    pub fn discard_made(&self) -> Result<(), PortError> {
        let (DatabaseUrl::Sqlite(path), Some(prepared)) = (self.url(), self.prepared()) else {
            return Ok(());
        };
        if !prepared.has_made || !prepared.lock.is_alone() {
            return Ok(());
        }
        self.close(std::time::Duration::ZERO)?;
        let (real, log) = (real_path(path), log_of(path));
        std::fs::remove_file(&real).map_err(PortError::failed)?;
        // They go with the last connection, mostly.
        for file in [&log, &beside(&real, "-shm")] {
            let _ = std::fs::remove_file(file);
        }
        match &prepared.kept_log {
            Some(kept) => std::fs::rename(kept, &log).map_err(PortError::failed),
            None => Ok(()),
        }
    }
}

/// Whether SQLite may open the file with the log beside it: the end of any connection, of one that only
/// reads too, writes the log into the file.
fn demand_own_log(url: &DatabaseUrl) -> Result<(), PortError> {
    foreign_log(url).map_or(Ok(()), |foreign| Err(PortError::failed(foreign)))
}

/// A SQLite file that was prepared to be opened.
pub(crate) struct Prepared {
    pub(crate) lock: StoreLock,
    /// Whether the file was made.
    has_made: bool,
    /// Where a log that was there without its file is kept.
    kept_log: Option<PathBuf>,
}

/// Takes the lock, and makes the file where there is none.
fn prepare(url: &DatabaseUrl, path: &Path, opening: Opening) -> Result<Prepared, PortError> {
    let real = real_path(path);
    if !folder_of(&real).is_dir() {
        return Err(PortError::failed(format!("the folder of {} does not exist", path.display())));
    }
    // A missing store is begun anew by one that has it alone: a gateway may still serve the removed file.
    let is_new = opening == Opening::New && traces(url).is_some_and(|traces| !traces.is_empty());
    let alone = opening == Opening::Replace || is_new;
    let lock = if alone { StoreLock::alone(path) } else { StoreLock::share(path) };
    let locked = |error: LockError| PortError::failed(error.to_string());
    let lock = lock.map_err(locked)?;
    demand_own_log(url)?;
    let (mut has_made, mut kept_log) = (false, None);
    if let Some(traces) = traces(url) {
        let failed = |error| PortError::failed(format!("cannot begin the store at {url} anew: {error}"));
        match opening {
            Opening::Serve if traces.is_empty() => {}
            Opening::Serve => {
                let traces: Vec<String> = traces.iter().map(ToString::to_string).collect();
                return Err(PortError::failed(missing(url, &traces)));
            }
            Opening::New | Opening::Replace => kept_log = set_log_aside(&log_of(path)).map_err(failed)?,
        }
        has_made = make_for_its_owner(&real);
    }
    if is_new {
        lock.mark(None).map_err(|error| PortError::failed(error.to_string()))?;
        lock.make_shared().map_err(locked)?;
    }
    Ok(Prepared { lock, has_made, kept_log })
}

/// Keeps the log of a store that is missing under another name: SQLite would delete it, and it may hold
/// what the store's file lacks.
fn set_log_aside(log: &Path) -> std::io::Result<Option<PathBuf>> {
    if !is_there(log) {
        return Ok(None);
    }
    let names = (1..10_000).map(|number| beside(log, &format!(".{number}")));
    let free = names.into_iter().find(|name| !name.exists()).ok_or(std::io::ErrorKind::AlreadyExists)?;
    std::fs::rename(log, &free)?;
    tracing::warn!(file = %free.display(), "the log of the store that was here before is kept in this file");
    Ok(Some(free))
}

/// Makes the file where there is none, so that only its owner reads it; SQLite itself would let everybody.
/// Its two companions get the same mode and owner from SQLite. Answers whether it was made: one that is there
/// already, or cannot be made, SQLite opens, or says why not.
fn make_for_its_owner(path: &Path) -> bool {
    #[cfg(unix)]
    let made = crate::owner::create_private(path, Some(folder_of(path)));
    #[cfg(not(unix))]
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    made.is_ok()
}
