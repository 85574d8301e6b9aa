//! The service on the real ports: its use cases on both databases, and its routes.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod house;
mod http;
mod use_cases;
