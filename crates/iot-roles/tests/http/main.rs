//! The dialect over HTTP, as a caller meets it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod create;
mod house;
mod register;
mod tokens;
