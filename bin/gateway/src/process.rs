//! What this process is given by its system: open files, and the size of files.

use actix_web::rt::signal::unix::{SignalKind, signal};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::config::Config;
use crate::limits;

/// Open files that every command needs: standard streams, the runtime, the store.
const LEAST_FILES: u64 = 32;

/// No more open files are asked for than this, where the system would give any number.
const MOST_FILES: u64 = 1 << 16;

/// Open files of a worker: its runtime, its wakers, its listener.
const FILES_PER_WORKER: u64 = 8;

/// Open files of a connection to the store; SQLite has its log open too.
const FILES_PER_CONNECTION: u64 = 3;

/// Takes as many open files as the system lets this process take.
///
/// # Errors
/// If that is too few for any command: the runtime would panic.
pub fn prepare() -> Result<(), String> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(MOST_FILES, |maximum| maximum.min(MOST_FILES));
    if current.is_some_and(|current| current < wanted) {
        // Refused, the limit is what it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
    demand_files(LEAST_FILES)
}

/// Makes a write beyond the system's limit of a file's size an error that is told, instead of the end of
/// the process. To be called in a runtime.
///
/// # Errors
/// If the system does not let the signal be caught.
pub fn survive_large_files() -> std::io::Result<()> {
    // The handler stays when this is dropped.
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}

/// Whether there are open files enough to serve with `config`.
///
/// # Errors
/// The limit, and what is needed.
pub(crate) fn demand_files_to_serve(config: &Config) -> Result<(), String> {
    demand_files(files_needed(config.database.pool_size))
}

/// Open files that serving takes beside its connections, with a pool of `pool_size` connections to the
/// store.
pub(crate) fn files_needed(pool_size: u32) -> u64 {
    // Besides the pool: the clock's connection, and the one of the start.
    let connections = (u64::from(pool_size) + 2) * FILES_PER_CONNECTION;
    LEAST_FILES + limits::workers() as u64 * FILES_PER_WORKER + connections
}

fn demand_files(needed: u64) -> Result<(), String> {
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < needed => Err(format!(
            "this process may open {limit} files and connections, and needs {needed} at least: raise the limit \
             (`ulimit -n 1024`, or LimitNOFILE=65536 in the unit of systemd)"
        )),
        _ => Ok(()),
    }
}
