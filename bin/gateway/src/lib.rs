//! The gateway: configuration, composition, server. Thin on purpose: what a call means stands in
//! the dialect's crate.
//!
//! [`Application::build`] opens the store, migrates it, begins it if it is new, and binds the
//! address; [`Application::run_until_stopped`] serves. Tests build it in their own process.

pub mod admin;
pub mod cli;
pub mod compose;
pub mod config;
mod credentials;
mod database;
pub mod demo;
pub mod device_account;
mod docs;
pub mod doctor;
pub mod first_start;
mod headers;
pub mod health;
mod import;
pub mod limits;
mod metrics;
mod server;
mod signals;
mod start;
pub mod sweep;
pub mod telemetry;
pub mod tls;

pub use config::Config;
pub use database::DatabaseConfig;
pub use server::{Application, Signals, StartError};
pub use start::Mode;
