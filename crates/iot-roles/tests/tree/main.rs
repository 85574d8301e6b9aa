//! The tree on both databases: against a model of it, by what it asks of the database, and measured.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod model;
mod plans;
