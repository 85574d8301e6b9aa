use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use roster_kernel::PortError;

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::file_id::{FileId, beside, folder_of, real_path};
use crate::url::DatabaseUrl;

/// The advisory lock's key: "roster" in ASCII.
#[cfg(feature = "postgres")]
const ADVISORY_KEY: i64 = 0x0000_726f_7374_6572;

/// How often one who waits looks whether the lock is free.
const PAUSE: Duration = Duration::from_millis(50);

/// After so long a wait the log says who has it.
const SILENT: Duration = Duration::from_secs(1);

/// Held by the one process that may migrate the store or begin it; others wait. Dropping it lets
/// the next one in, and so does the end of the process, however it comes.
pub struct StartLock(Held);

enum Held {
    /// The transaction that holds the advisory lock: a session may be shared by others.
    Transaction(#[expect(dead_code, reason = "held for its drop")] Box<AnyConn>),
    /// The locked file beside the SQLite file. `<store>.lock` is another: gateways share that one for as
    /// long as they serve, and would keep the next one from starting.
    File(#[expect(dead_code, reason = "held for its drop")] File, PathBuf),
}

impl Drop for StartLock {
    /// The file is there only as long as a process starts.
    fn drop(&mut self) {
        if let Held::File(_, name) = &self.0 {
            // Still locked: who waits for it sees that it is gone, and makes another.
            let _ = std::fs::remove_file(name);
        }
    }
}

impl Db {
    /// Takes the start lock. Blocks the thread until it is free; after a second the log says who holds
    /// it.
    ///
    /// # Errors
    /// If the lock file cannot be made, or the server refuses.
    pub fn lock_start(&self) -> Result<StartLock, StoreError> {
        let held = match self.url() {
            DatabaseUrl::Sqlite(path) => {
                let name = beside(&real_path(path), ".starting");
                let locked = lock_file(&name, path)
                    .map_err(|error| PortError::failed(format!("cannot lock {}: {error}", name.display())))?;
                Held::File(locked, name)
            }
            DatabaseUrl::Postgres(_) => {
                let mut conn = self.dedicated()?;
                conn.begin_long_write()?;
                wait(|look| {
                    if try_lock(&mut conn)? {
                        return Ok(None);
                    }
                    Ok::<_, StoreError>(Some(if look { holder(&mut conn)? } else { String::new() }))
                })?;
                Held::Transaction(Box::new(conn))
            }
        };
        Ok(StartLock(held))
    }
}

/// Asks `held` until the lock is taken. Its argument says whether to name the lock's holder.
fn wait<E>(mut held: impl FnMut(bool) -> Result<Option<String>, E>) -> Result<(), E> {
    let begun = Instant::now();
    let mut logged = false;
    loop {
        let look = !logged && begun.elapsed() >= SILENT;
        let Some(holder) = held(look)? else { return Ok(()) };
        if look {
            logged = true;
            tracing::warn!(holder, "waiting for another process that starts or migrates this store");
        }
        #[expect(clippy::disallowed_methods, reason = "neither lock has a wake-up")]
        std::thread::sleep(PAUSE);
    }
}

/// The file says in it which process holds it.
fn lock_file(name: &Path, store: &Path) -> std::io::Result<File> {
    let mut locked = None;
    wait(|look| {
        let mut file = open(name, store)?;
        match file.try_lock() {
            // One that its last holder has removed locks nothing.
            Ok(()) if FileId::is_at(name, &file)? => {
                locked = Some(file);
                Ok(None)
            }
            Ok(()) => Ok(Some(String::new())),
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                if look {
                    file.read_to_string(&mut holder)?;
                }
                Ok(Some(holder.trim().to_owned()))
            }
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    })?;
    let mut file = locked.ok_or(std::io::ErrorKind::NotFound)?;
    // For the log of those who wait: a file that can only be read is a lock all the same.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "process {}", std::process::id()));
    Ok(file)
}

#[cfg(feature = "postgres")]
fn try_lock(conn: &mut AnyConn) -> Result<bool, StoreError> {
    use diesel::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        taken: bool,
    }
    let take = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS taken");
    Ok(take.bind::<diesel::sql_types::BigInt, _>(ADVISORY_KEY).get_result::<Row>(conn)?.taken)
}

/// Who holds the lock, as far as this role may see.
#[cfg(feature = "postgres")]
fn holder(conn: &mut AnyConn) -> Result<String, StoreError> {
    use diesel::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        holder: String,
    }
    let holders = diesel::sql_query(
        "SELECT concat('server process ', l.pid, ', application ', a.application_name, ', from ', \
         coalesce(host(a.client_addr), 'a local socket'), ', since ', a.xact_start) AS holder \
         FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND (l.classid::bigint << 32) | l.objid::bigint = $1",
    );
    let holders = holders.bind::<diesel::sql_types::BigInt, _>(ADVISORY_KEY).load::<Row>(conn)?;
    Ok(holders.into_iter().map(|row| row.holder).collect::<Vec<_>>().join("; "))
}

#[cfg(not(feature = "postgres"))]
fn try_lock(_: &mut AnyConn) -> Result<bool, StoreError> {
    Ok(true)
}

#[cfg(not(feature = "postgres"))]
fn holder(_: &mut AnyConn) -> Result<String, StoreError> {
    Ok(String::new())
}

/// The lock's file beside the store, which belongs to the store's owner.
#[cfg(unix)]
fn open(name: &Path, store: &Path) -> std::io::Result<File> {
    let like = if store.exists() { store } else { folder_of(store) };
    crate::owner::open_to_lock(name, like)
}

/// The lock's file beside the store.
#[cfg(not(unix))]
fn open(name: &Path, _: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).open(name)
}
