//! Users.

pub mod command;
mod domain;
#[cfg(feature = "actix")]
pub(crate) mod http;
mod port;
pub(crate) mod service;
#[cfg(feature = "diesel")]
pub(crate) mod sql;
pub mod wire;

pub use domain::{NewUser, Selection, UserPage, UserUpdate};
pub use port::{InsertError, Removal, UpdateError, UserStore};
