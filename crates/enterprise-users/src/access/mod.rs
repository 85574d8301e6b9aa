//! Who calls, and which users they reach.

mod domain;
mod port;
pub(crate) mod service;
#[cfg(feature = "diesel")]
pub(crate) mod sql;

pub use domain::{AdminScope, Administrator, KeyOwner, PlainMember};
pub use port::AccessStore;
