//! Passwords: changed over HTTP, verified for services that sign users in.

pub mod command;
mod domain;
#[cfg(feature = "actix")]
pub(crate) mod http;
mod port;
mod service;
#[cfg(feature = "diesel")]
mod sql;
pub mod wire;

pub use domain::{Credential, Login, Password, Verification};
pub use port::PasswordStore;
