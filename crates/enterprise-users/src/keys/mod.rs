//! Access keys, which the admin API and the command line manage.

pub mod command;
mod domain;
mod port;
mod service;
#[cfg(feature = "diesel")]
mod sql;

pub use domain::{AccessKey, KeyInfo, Note};
pub use port::{KeyInsertion, KeyStore};
