//! End-to-end tests: every row of every contract, over real HTTP, on both databases.
//!
//! One binary: add a module, not a target.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod architecture;
mod backup;
mod bad_input;
mod clocks;
mod device_users;
mod doctor;
mod enterprise_users;
mod examples;
mod gateway;
mod iot_roles;
mod limits;
mod nul;
mod old_stores;
mod openapi;
mod operators;
mod outages;
mod replicas;
mod revocations;
mod sweep;
mod tenant_center;
mod tenant_ciam;
mod throttle;
mod weak_passwords;
