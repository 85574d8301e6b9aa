use diesel::result::{DatabaseErrorKind, Error};
use roster_kernel::PortError;

/// What a query can fail with. It never leaves a store: a unique violation becomes the port's own
/// answer, everything else a [`PortError`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique index refused the row.
    #[error("unique violation: {0:?}")]
    Unique(UniqueViolation),
    /// The database is locked by somebody else for too long, or two waited for each other.
    #[error("the database is locked")]
    Locked,
    /// The connection to the database broke.
    #[error("the database is away: {0}")]
    Away(#[source] Error),
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
            Error::DatabaseError(_, info)
                if matches!(info.message(), "database is locked" | "deadlock detected") =>
            {
                Self::Locked
            }
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => Self::Away(error),
            _ => Self::Database(error),
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
            StoreError::Away(error) => {
                // What was being written may stand or not, as after any request that got no answer.
                tracing::warn!(%error, "the connection to the store broke");
                Self::busy()
            }
            error => Self::failed(error),
        }
    }
}
