//! Requests, judged: first their shape, which no tenant can change, then the tenant's rules, in
//! the order of the dialect's error codes. The first fault is the answer.

pub mod center;
mod fields;
mod token;
mod user;

pub(crate) use token::strip_scheme;
pub use token::{Credentials, client_credentials};
pub use user::{Draft, Judged, MAX_EXTENSION_KEYS, Profile, create_user};
