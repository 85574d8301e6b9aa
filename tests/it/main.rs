//! End-to-end tests: every row of every contract, over real HTTP, on both databases.
//!
//! One binary: add a module, not a target.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod architecture;
mod bad_input;
mod device_users;
mod enterprise_users;
mod examples;
mod gateway;
mod iot_roles;
mod old_stores;
mod openapi;
mod tenant_center;
mod tenant_ciam;
