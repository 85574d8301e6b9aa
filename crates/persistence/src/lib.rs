//! What the stores of Roster have in common.
//!
//! A dialect's `diesel.rs` writes every query once, against [`AnyConn`], and hands closures to a
//! [`Db`]:
//!
//! * [`Db::read`] runs one on a pooled connection;
//! * [`Db::look_up`] is for one row by its key, and costs no thread where a thread costs more;
//! * [`Db::snapshot`] runs one whose several queries must see the same moment, and
//!   [`Db::look_up_whole`] one that looks up one subject by several;
//! * [`Db::write`] runs one in a write transaction, and takes a [`roster_kernel::Change`] and a
//!   journal [`Entry`] for it: a change that is not recorded does not compile;
//! * [`Db::bookkeep`] is for rows that are no one's data and soon gone (sessions, throttles).
//!
//! What is asked often should stay prepared: one row by its key is `get_result`, not `first`, whose
//! bound `LIMIT` makes SQLite prepare the statement anew each time; a row to insert has
//! `treat_none_as_default_value = false`, or its statement differs with what is absent; and
//! [`each_backend!`] finds a statement by its type where [`AnyConn`] has to write its text.
//!
//! Four properties to keep when you add a query: it stands once for both databases
//! ([`each_backend!`] for what [`AnyConn`] cannot type); one port method is one transaction; not
//! found is `Ok(None)`; the unique index decides, and [`UniqueViolation::hits`] names it.
//!
//! Everything is `async` and needs no runtime: closures run behind a bounded
//! [`roster_kernel::Gate`].

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("roster-persistence needs at least one of its features `sqlite` and `postgres`");

mod activity;
#[cfg(feature = "archive")]
pub mod archive;
mod aside;
mod beliefs;
#[cfg_attr(not(feature = "archive"), allow(dead_code, reason = "backups alone need all of it"))]
mod catalogue;
mod checkpoint;
mod clock;
mod close;
mod connection;
mod db;
mod error;
mod fault;
mod file_id;
mod identity;
mod inspect;
mod journal;
mod manager;
mod marks;
mod migrate;
mod opening;
#[cfg(unix)]
mod owner;
mod pool;
mod probe;
mod readiness;
mod savepoint;
mod settings;
mod start_lock;
mod store_lock;
mod sweep;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod transaction;
mod url;
mod watch;
mod writer;

pub use activity::{Activity, Session};
pub use aside::Whole;
pub use beliefs::Beliefs;
#[cfg(feature = "postgres")]
pub use clock::DatabaseClock;
pub use clock::store_clock;
pub use close::Closed;
pub use connection::AnyConn;
pub use db::{Db, Outcome};
pub use error::{StoreError, UniqueViolation};
pub use identity::Displaced;
pub use inspect::{Facts, PostgresFacts, SqliteFacts, Versions};
pub use journal::Entry;
pub use migrate::{MigrationError, migrations};
pub use opening::{LockFile, Opening, Trace, foreign_log, lock_of, missing, traces};
#[cfg(unix)]
pub use owner::create_private;
pub use settings::{DbSettings, PostgresSettings};
pub use start_lock::StartLock;
pub use sweep::{Expiring, Sweeper, Swept};
pub use tls::{TLS_TO_POSTGRES, TlsError, check_tls_variables};
pub use url::{Backend, DatabaseUrl, DatabaseUrlError};
