//! The **device users** dialect: `/v1/user`, as access-control software calls it to enrol faces
//! and cards on a face-recognition terminal.
//!
//! As a plain library, without database or web framework (`default-features = false`):
//!
//! ```
//! use roster_device_users::{Config, validate, wire};
//!
//! let body = br#"{"user_id": 3, "name": "Jack", "avatar": "data:image/jpeg;base64,/9j/"}"#;
//! let body: wire::CreateUser = roster_kernel::json::decode(body).unwrap();
//! let violations = validate::create_user(body, &Config::default()).unwrap_err();
//! assert_eq!(violations[0].field, "avatar");
//! ```
//!
//! A request walks through the rooms in this order: `http` → [`wire`] → [`validate`] →
//! [`DeviceUsers`] (the use cases) → [`Store`] (the port) → `diesel`. [`Error`] is the one
//! place where a failure becomes a status and a body.
//!
//! | feature | adds |
//! |---|---|
//! | `actix` (default) | `http::routes`, to mount in an actix-web app |
//! | `diesel` (default) | `DieselStore`, on SQLite and PostgreSQL |
//! | `openapi` | `document`, the OpenAPI document of the routes |
//! | `testing` | `contract`, the law that any [`Store`] must keep |
//!
//! To add an endpoint: its body in `wire`, its rules in `validate`, its use case in `service`,
//! what it needs of the store in `store` (with its law in `contract`) and `diesel`, its handler in
//! `http`, and its failures, if new, in `error` (with their codes).

mod avatar;
mod config;
#[cfg(feature = "testing")]
pub mod contract;
#[cfg(feature = "diesel")]
mod diesel;
mod domain;
mod error;
#[cfg(feature = "actix")]
pub mod http;
#[cfg(feature = "openapi")]
mod openapi;
mod service;
mod store;
pub mod validate;
pub mod wire;

#[cfg(feature = "diesel")]
pub use self::diesel::DieselStore;
pub use config::{AvatarFormat, Config, Issuer, UserIdMax};
pub use domain::{
    AccountName, Avatar, Edit, Feature, Group, GroupEdit, GroupId, GuestTime, Listed, Membership, Name,
    Number, Profile, Remark, RuleId, Search, User, UserId, UserType, Version, Window,
};
pub use error::{Error, Schemes};
#[cfg(feature = "openapi")]
pub use openapi::document;
pub use service::{Caller, DeviceUsers, Ports, Refused};
pub use store::{GroupError, IfTaken, ImportStore, InsertError, MembersError, Store, UpdateError};

/// The realm of this dialect's credentials, and its name in the journal.
pub const REALM: roster_kernel::Realm = roster_kernel::Realm::new("device-users");
