//! The gateway: configuration, composition, server. Thin on purpose: what a call means stands in
//! the dialect's crate.
//!
//! [`Application::build`] opens the store, migrates it, begins it if it is new, and binds the
//! address; [`Application::run_until_stopped`] serves. Tests build it in their own process.

// Everything is printed through `print`: these macros panic where the reader has gone.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod admin;
pub mod cli;
pub mod compose;
pub mod config;
mod config_check;
mod credentials;
mod database;
pub mod demo;
pub mod device_account;
mod docs;
pub mod doctor;
pub mod environment;
pub mod first_start;
mod front;
mod headers;
mod health;
mod import;
pub mod limits;
mod listen;
mod listener;
mod memory;
mod metrics;
mod missing;
mod open;
mod operators;
pub mod print;
pub mod process;
mod server;
mod shutdown;
mod signals;
mod start;
mod stray;
pub mod sweep;
pub mod telemetry;
pub mod tls;
mod unlock;

pub use config::Config;
pub use config_check::check as check_config;
pub use database::DatabaseConfig;
pub use server::{Application, Signals, StartError};
pub use start::Mode;
