//! Who has a SQLite store: any number of processes that use it, or one that replaces it.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::file_id::{FileId, beside, real_path};
#[cfg(unix)]
use crate::owner;

/// What the lock file says of a store that was begun.
const MARK: &str = "store ";

/// No mark is longer, in octets.
pub(crate) const MARK_LENGTH: u64 = 256;

/// The lock on `<store>.lock`, which ends with the process. The file stays: with its mark it tells that a
/// store belongs here.
pub(crate) struct StoreLock {
    file: File,
    path: PathBuf,
    is_alone: AtomicBool,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// The lock file cannot be made or opened.
    #[error("cannot lock {}: {error}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Another process replaces the store.
    #[error(
        "another process replaces the store and holds the lock {}{}: wait until it has ended, then start \
         again", path.display(), by(holders)
    )]
    Replaced {
        /// The lock file.
        path: PathBuf,
        /// The processes that hold it, as far as the system tells.
        holders: Vec<u32>,
    },
    /// Other processes use the store, which is to be replaced.
    #[error(
        "the store is in use, and the lock {} is held{}: stop every gateway and command that uses it, then \
         run this again", path.display(), by(holders)
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
        /// The processes that hold it, as far as the system tells.
        holders: Vec<u32>,
    },
}

/// Names them, behind a verb in the passive voice.
pub(crate) fn by(holders: &[u32]) -> String {
    match holders {
        [] => String::new(),
        [one] => format!(" by process {one}"),
        several => {
            let several: Vec<String> = several.iter().map(u32::to_string).collect();
            format!(" by processes {}", several.join(", "))
        }
    }
}

impl StoreLock {
    /// The lock file of the store at `store`: beside the file itself, whatever links lead to it.
    pub(crate) fn path_of(store: &Path) -> PathBuf {
        beside(&real_path(store), ".lock")
    }

    /// Takes the lock of the store at `store` together with others that use it.
    ///
    /// # Errors
    /// If another process replaces the store, or the lock file cannot be made or opened.
    pub(crate) fn share(store: &Path) -> Result<Self, LockError> {
        Self::take(store, true)
    }

    /// Takes the lock of the store at `store` alone, to replace the store.
    ///
    /// # Errors
    /// If another process uses the store, or the lock file cannot be made or opened.
    pub(crate) fn alone(store: &Path) -> Result<Self, LockError> {
        Self::take(store, false)
    }

    fn take(store: &Path, shared: bool) -> Result<Self, LockError> {
        let store = real_path(store);
        let path = beside(&store, ".lock");
        let failed = |error| LockError::Io { path: path.clone(), error };
        loop {
            let file = open(&path, &store).map_err(failed)?;
            let lock = Self { file, path: path.clone(), is_alone: AtomicBool::new(false) };
            lock.try_take(shared)?;
            // One that was removed in between locks nothing.
            if FileId::is_at(&path, &lock.file).map_err(failed)? {
                return Ok(lock);
            }
        }
    }

    fn try_take(&self, shared: bool) -> Result<(), LockError> {
        let taken = if shared { self.file.try_lock_shared() } else { self.file.try_lock() };
        let path = self.path.clone();
        self.is_alone.store(!shared && taken.is_ok(), Ordering::Relaxed);
        taken.map_err(|error| match error {
            TryLockError::Error(error) => LockError::Io { path, error },
            TryLockError::WouldBlock => {
                let holders = holders(&path);
                if shared {
                    LockError::Replaced { path, holders }
                } else {
                    LockError::InUse { path, holders }
                }
            }
        })
    }

    /// Whether no other process can use the store.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone.load(Ordering::Relaxed)
    }

    /// Makes a lock that is shared one that is held alone.
    ///
    /// # Errors
    /// If another process uses the store; the lock is then shared as before.
    #[cfg(feature = "archive")]
    pub(crate) fn make_exclusive(&self) -> Result<(), LockError> {
        self.change(false).inspect_err(|_| drop(self.change(true)))
    }

    /// Lets others use the store too.
    pub(crate) fn make_shared(&self) -> Result<(), LockError> {
        self.change(true)
    }

    fn change(&self, shared: bool) -> Result<(), LockError> {
        self.file.unlock().map_err(|error| LockError::Io { path: self.path.clone(), error })?;
        self.try_take(shared)
    }

    /// Says in the file that the store with this id belongs here, or that none does.
    pub(crate) fn mark(&self, id: Option<&str>) -> std::io::Result<()> {
        let text = id.map(|id| format!("{MARK}{id}\n")).unwrap_or_default();
        let mut file = &self.file;
        let mut now = String::new();
        file.rewind()?;
        file.read_to_string(&mut now)?;
        if now == text {
            return Ok(());
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}

impl Drop for StoreLock {
    /// Gives it up at once: a process that is just being started holds a copy of the file until it runs.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// The id of the store that was begun here, as the lock file at `path` says.
pub(crate) fn mark_at(path: &Path) -> Option<String> {
    // Neither a link nor a pipe is read.
    let mut text = String::new();
    std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    File::open(path).ok()?.take(MARK_LENGTH).read_to_string(&mut text).ok()?;
    id_in(&text)
}

/// The id in the text of a lock file, if that is a mark.
pub(crate) fn id_in(text: &str) -> Option<String> {
    let id = text.strip_prefix(MARK)?.strip_suffix('\n')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_id.then(|| id.to_owned())
}

/// The other processes that hold the lock file at `path`, as far as the system tells.
#[cfg(target_os = "linux")]
pub(crate) fn holders(path: &Path) -> Vec<u32> {
    let (Ok(id), Ok(locks)) = (FileId::at(path), std::fs::read_to_string("/proc/locks")) else {
        return Vec::new();
    };
    let mut holders: Vec<u32> = locks.lines().filter_map(|line| holder(line, id.number())).collect();
    holders.retain(|holder| *holder != std::process::id());
    holders.sort_unstable();
    holders.dedup();
    holders
}

/// The process of a line such as `1: FLOCK  ADVISORY  READ 4711 fe:00:1234 0 EOF`. The device is not
/// compared: of a layered file system the kernel names another one.
#[cfg(target_os = "linux")]
fn holder(line: &str, number: u64) -> Option<u32> {
    let mut words = line.split_whitespace().skip(1);
    let (kind, process, file) = (words.next()?, words.nth(2)?, words.next()?);
    let is_it = kind == "FLOCK" && file.rsplit(':').next()?.parse() == Ok(number);
    if is_it { process.parse().ok() } else { None }
}

/// The other processes that hold the lock file, which this system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn holders(_: &Path) -> Vec<u32> {
    Vec::new()
}

/// The lock file, which belongs to the owner of the store, or of its folder where there is no store.
#[cfg(unix)]
fn open(path: &Path, store: &Path) -> std::io::Result<File> {
    let like = if store.exists() { store } else { crate::file_id::folder_of(store) };
    owner::open_to_lock(path, like)
}

/// The lock file.
#[cfg(not(unix))]
fn open(path: &Path, _: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).open(path)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_holders_of_a_lock_are_read_from_the_kernels_list() {
        let held = "12: FLOCK  ADVISORY  READ  4711 fe:00:1234 0 EOF";
        assert_eq!(holder(held, 1234), Some(4711));
        for other in [
            "12: FLOCK  ADVISORY  READ  4711 fe:00:12345 0 EOF",
            "12: POSIX  ADVISORY  WRITE 4711 fe:00:1234 0 EOF",
            "12: -> FLOCK  ADVISORY  WRITE 4712 fe:00:1234 0 EOF",
            "",
        ] {
            assert_eq!(holder(other, 1234), None, "{other}");
        }
    }
}
