//! Administrators: users who may act on other users.

pub mod command;
#[cfg(feature = "actix")]
pub(crate) mod http;
mod port;
mod service;
#[cfg(feature = "diesel")]
mod sql;
pub mod wire;

pub use port::AdministratorStore;
