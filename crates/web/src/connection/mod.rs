//! The connections of a server: how many there are, what each of them waits for, and when it is closed.
//!
//! A server that accepts connections itself registers each of them with [`Connections::open`], wraps its
//! stream into [`GuardedStream`], and hands the [`Connection`] to its requests as connection data
//! (`on_connect`). [`track`] is the middleware that tells a connection when a request is in progress.

mod scan;
mod state;
mod stream;
mod table;
mod track;

pub use self::state::Connection;
pub use self::stream::{Arrivals, GuardedStream};
pub use self::table::{ConnectionLimits, Connections, OpenConnection};
pub use self::track::track;

pub(crate) use self::state::{network, of_request, receiving};
