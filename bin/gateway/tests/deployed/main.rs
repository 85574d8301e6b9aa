//! The binary as it is deployed: with TLS, beside another on one store, logging to a file that others
//! read.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod displaced;
mod floods;
mod guessing;
mod logs;
mod running;
mod stopping;
mod tls;
mod two;
