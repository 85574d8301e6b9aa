use diesel::result::{DatabaseErrorKind, Error};
use roster_kernel::PortError;

use crate::fault::{self, Remedy};
use crate::url::Backend;

/// What a query can fail with. It never leaves a store: a unique violation becomes the port's own
/// answer, everything else a [`PortError`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique index refused the row.
    #[error("unique violation: {0:?}")]
    Unique(UniqueViolation),
    /// Another process holds the file for too long, or another transaction has changed what this one read.
    #[error("the database is locked")]
    Locked,
    /// The database is gone, full, read-only, or gave up on the statement: it may be done again later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] Error),
    /// The database refused or broke.
    #[error("database: {0}")]
    Database(#[source] Error),
    /// A row that the code could not have written.
    #[error("inconsistent row: {table}.{column} of {id}: {what}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// No connection, or no permit for one.
    #[error(transparent)]
    Port(PortError),
}

/// Which index refused a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueViolation(String);

impl UniqueViolation {
    /// Whether it was this one. PostgreSQL names the `index`, SQLite its `columns`
    /// (`table.a, table.b`).
    pub fn hits(&self, index: &str, columns: &str) -> bool {
        self.0 == index || self.0 == columns
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                let name = info.constraint_name().map_or_else(
                    || info.message().trim_start_matches("UNIQUE constraint failed: ").to_owned(),
                    str::to_owned,
                );
                Self::Unique(UniqueViolation(name))
            }
            _ if fault::is_locked(&error) => Self::Locked,
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// The same, with a transient failure of the database as [`StoreError::Unavailable`].
    pub(crate) fn judged(self, backend: Backend) -> Self {
        match self {
            Self::Database(error) if fault::of(&error, backend).remedy != Remedy::Internal => {
                Self::Unavailable(error)
            }
            other => other,
        }
    }

    /// Whether it says for sure that the transaction was not committed, even of a commit.
    pub(crate) fn is_undone(&self) -> bool {
        use DatabaseErrorKind::SerializationFailure;
        matches!(
            self,
            Self::Database(Error::DatabaseError(SerializationFailure, _))
                | Self::Unavailable(Error::DatabaseError(SerializationFailure, _))
        )
    }

    /// What is done about it.
    pub(crate) fn remedy(&self, backend: Backend) -> Remedy {
        match self {
            Self::Database(error) | Self::Unavailable(error) => fault::of(error, backend).remedy,
            Self::Locked | Self::Port(PortError::Busy { .. }) => Remedy::Unavailable,
            _ => Remedy::Internal,
        }
    }
}

impl From<PortError> for StoreError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Port(error) => error,
            StoreError::Locked => Self::busy(),
            StoreError::Unavailable(error) => {
                // What was being written may stand or not, as after any request that got no answer.
                tracing::warn!(%error, "the store is unavailable");
                Self::unavailable(error)
            }
            error => Self::failed(error),
        }
    }
}
