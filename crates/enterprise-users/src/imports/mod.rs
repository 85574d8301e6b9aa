//! Many users at once, from a file and into one.

mod command;
mod domain;
mod port;
mod service;
#[cfg(feature = "diesel")]
mod sql;
pub mod wire;

pub use domain::{ImportDraft, ImportUser, Presence};
pub use port::{ImportError, ImportStore};
