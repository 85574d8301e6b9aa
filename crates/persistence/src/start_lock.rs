use std::fs::File;
use std::path::{Path, PathBuf};

use diesel::RunQueryDsl;

use crate::connection::AnyConn;
use crate::db::Db;
use crate::error::StoreError;
use crate::url::DatabaseUrl;

/// `pg_advisory_lock`'s key: "roster" in ASCII.
const ADVISORY_KEY: i64 = 0x0000_726f_7374_6572;

/// Held by the one process that may migrate the store or begin it; others wait. Dropping it lets
/// the next one in, and so does the end of the process, however it comes.
pub struct StartLock(#[expect(dead_code, reason = "held for its drop")] Held);

enum Held {
    /// The session that holds the advisory lock.
    Session(#[expect(dead_code, reason = "held for its drop")] Box<AnyConn>),
    /// The locked file beside the SQLite file.
    File(#[expect(dead_code, reason = "held for its drop")] File),
}

impl Db {
    /// Takes the start lock. Blocks the thread until it is free.
    ///
    /// # Errors
    /// If the lock file cannot be made, or the server refuses.
    pub fn lock_start(&self) -> Result<StartLock, StoreError> {
        let held = match self.url() {
            DatabaseUrl::Sqlite(path) => {
                let mut name = path.as_os_str().to_owned();
                name.push(".lock");
                let name = PathBuf::from(name);
                let cannot = |error: std::io::Error| {
                    let told = format!("cannot lock {}: {error}", name.display());
                    StoreError::Port(roster_kernel::PortError::failed(told))
                };
                let file = open(&name, path).map_err(cannot)?;
                file.lock().map_err(cannot)?;
                Held::File(file)
            }
            DatabaseUrl::Postgres(_) => {
                let mut conn = self.dedicated()?;
                diesel::sql_query("SELECT pg_advisory_lock($1)")
                    .bind::<diesel::sql_types::BigInt, _>(ADVISORY_KEY)
                    .execute(&mut conn)?;
                Held::Session(Box::new(conn))
            }
        };
        Ok(StartLock(held))
    }
}

/// The lock's file beside the store, which belongs to the store's owner.
#[cfg(unix)]
fn open(name: &Path, store: &Path) -> std::io::Result<File> {
    let like = if store.exists() { store } else { crate::owner::folder_of(store) };
    crate::owner::open_to_lock(name, like)
}

/// The lock's file beside the store.
#[cfg(not(unix))]
fn open(name: &Path, _: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(name)
}
