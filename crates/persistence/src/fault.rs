//! What is done about a failure of the database: the one table.
//!
//! | code | what is done | the connection |
//! |---|---|---|
//! | 40001 | the transaction runs again, then "unavailable" | stays |
//! | 25006 (the server takes no writes) | the transaction runs again on a new connection, then "unavailable" | all idle ones are closed |
//! | 08xxx, 57P0x, 25P03, and whatever else ends the session | again if nothing was committed, then "unavailable" | is closed |
//! | 40P01, 55P03, 57014, 53xxx, 58xxx | again, once, then "unavailable" | is closed |
//! | 42xxx with a position, 22xxx of our own text | an internal error | stays |
//! | 23xxx | the caller's own answer, else an internal error | stays |
//! | SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_NOMEM, SQLITE_PROTOCOL | "unavailable" | is closed |
//!
//! "Unavailable" is 503 with `Retry-After`. Nothing is decided by a server's message, which is in the
//! server's language. diesel distinguishes 40001, 25006, 23xxx and a session's end by their codes; of all other
//! codes it distinguishes none, so they are classified by what does not depend on a language: an error with a
//! position in the statement is one of the statement (class 42), any other means that the server gave up
//! on a statement it understood. SQLite has one constant text for each code, and no language.

use diesel::result::{DatabaseErrorKind as Kind, Error};

use crate::url::Backend;

/// What is done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The transaction runs again, a few times; then it is as with `Unavailable`.
    Retry,
    /// The same, once at the most: it may have taken long.
    RetryOnce,
    /// The caller may come again: 503.
    Unavailable,
    /// An error of ours, or of the data: 500.
    Internal,
}

/// What becomes of the connection, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Close {
    /// It stays.
    Nothing,
    /// It is closed.
    This,
    /// So are all that are idle: they lead to the same server.
    Idle,
}

/// A failure, judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) remedy: Remedy,
    pub(crate) close: Close,
}

const fn fault(remedy: Remedy, close: Close) -> Fault {
    Fault { remedy, close }
}

/// The texts of SQLite's result codes that pass, as `sqlite3_errstr` has them.
const PASSING: [&str; 8] = [
    "database is locked",                   // SQLITE_BUSY
    "database table is locked",             // SQLITE_LOCKED
    "database or disk is full",             // SQLITE_FULL
    "disk I/O error",                       // SQLITE_IOERR
    "attempt to write a readonly database", // SQLITE_READONLY
    "unable to open database file",         // SQLITE_CANTOPEN
    "out of memory",                        // SQLITE_NOMEM
    "locking protocol",                     // SQLITE_PROTOCOL
];

/// Whether SQLite found the file locked by another process.
pub(crate) fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(Kind::Unknown, info) if PASSING[..2].contains(&info.message()))
}

/// Judges `error` of `backend`.
pub(crate) fn of(error: &Error, backend: Backend) -> Fault {
    match (error, backend) {
        (Error::DatabaseError(Kind::SerializationFailure, _), _) => fault(Remedy::Retry, Close::Nothing),
        (Error::DatabaseError(Kind::ReadOnlyTransaction, _), _) => fault(Remedy::RetryOnce, Close::Idle),
        (Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _), Backend::Postgres)
        | (Error::BrokenTransactionManager, _) => fault(Remedy::Retry, Close::This),
        (Error::DatabaseError(Kind::Unknown, info), Backend::Postgres) => match info.statement_position() {
            Some(_) => fault(Remedy::Internal, Close::Nothing),
            None => fault(Remedy::RetryOnce, Close::This),
        },
        (Error::DatabaseError(Kind::Unknown, info), Backend::Sqlite) if PASSING.contains(&info.message()) => {
            fault(Remedy::Unavailable, Close::This)
        }
        (Error::RollbackErrorOnCommit { commit_error, .. }, _) => {
            Fault { close: Close::This, ..of(commit_error, backend) }
        }
        // Constraints, what was not found, what could not be read or written as a value.
        _ => fault(Remedy::Internal, Close::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: Kind, message: &str) -> Error {
        Error::DatabaseError(kind, Box::new(message.to_owned()))
    }

    /// Those that a server provokes are in `tests/faults.rs`.
    #[test]
    fn the_table() {
        let (sqlite, postgres) = (Backend::Sqlite, Backend::Postgres);
        for (kind, message, backend, remedy, close) in [
            (Kind::SerializationFailure, "", postgres, Remedy::Retry, Close::Nothing),
            (Kind::ReadOnlyTransaction, "", postgres, Remedy::RetryOnce, Close::Idle),
            (Kind::ClosedConnection, "", postgres, Remedy::Retry, Close::This),
            (Kind::UnableToSendCommand, "", postgres, Remedy::Retry, Close::This),
            (Kind::Unknown, "Verklemmung entdeckt", postgres, Remedy::RetryOnce, Close::This),
            (Kind::CheckViolation, "", postgres, Remedy::Internal, Close::Nothing),
            (Kind::Unknown, "database or disk is full", sqlite, Remedy::Unavailable, Close::This),
            (Kind::Unknown, "disk I/O error", sqlite, Remedy::Unavailable, Close::This),
            (Kind::Unknown, "no such table: t", sqlite, Remedy::Internal, Close::Nothing),
        ] {
            assert_eq!(of(&error(kind, message), backend), fault(remedy, close), "{message}");
        }
        let broken = Error::RollbackErrorOnCommit {
            rollback_error: Box::new(error(Kind::ClosedConnection, "")),
            commit_error: Box::new(error(Kind::Unknown, "")),
        };
        assert_eq!(of(&broken, postgres), fault(Remedy::RetryOnce, Close::This));
        assert!(is_locked(&error(Kind::Unknown, "database is locked")));
    }
}
