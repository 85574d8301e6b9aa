//! x
pub mod config;
pub mod definition;
pub mod domain;
pub mod error;
pub mod messages;
pub mod mobile;
pub mod password;
pub mod rules;
pub mod service;
pub mod store;
pub mod validate;
pub mod wire;
#[cfg(test)]
mod memory;
