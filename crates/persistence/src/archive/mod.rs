//! A whole store as one file, which either kind of database is restored from.
//!
//! The file is gzip over lines of JSON, so that `zcat` shows it:
//!
//! ```text
//! {"roster_backup":1,"roster":"0.1.0","database":"sqlite","taken_ms":1700000000000,"migrations":["20261122010000",…]}
//! {"table":"auth_accounts","columns":[["realm","text"],["name","text"],…],"counter":null}
//! ["device-users","admin",…]
//! {"table":"auth_known_addresses",…}
//! …
//! {"end":{"rows":{"auth_accounts":1,…},"sha256":"…"}}
//! ```
//!
//! A row is a list with a value for each column: a text, a number, `true` or `false`, `null`, and
//! octets as hexadecimal text. The last line counts the rows of every table and holds the SHA-256 of
//! all lines before it, so that a file that was cut short or damaged is known for one. The tables come
//! from the database's catalogue, all of them in one snapshot.

mod format;
mod load;
mod read;
mod row;
mod write;

use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::migrate::MigrationError;

pub use read::verify;

/// The version of the format that is written, and the only one that is read.
const FORMAT: u64 = 1;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The version of Roster that wrote it.
    pub roster: String,
    /// The kind of database that it is of: `sqlite` or `postgres`.
    pub database: String,
    /// When it was taken, in milliseconds since the epoch.
    pub taken_ms: i64,
    /// The versions of the migrations that the store had.
    pub migrations: Vec<String>,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
}

impl Summary {
    /// How many rows all tables have.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// Why there is no backup, or none is restored.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The file is no backup, or was cut short or damaged.
    #[error("not a whole backup: {0}")]
    Damaged(String),
    /// It cannot be done with this store, or this version.
    #[error("{0}")]
    Refused(String),
    /// A migration did not run.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The database refused or broke.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<diesel::result::Error> for ArchiveError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}
