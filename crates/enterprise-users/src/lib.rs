//! The **enterprise users** dialect: `/openapi/v1`, as PaaS consoles and their SDKs call it.
//!
//! As a plain library, without database or web framework (`default-features = false`):
//!
//! ```
//! use roster_enterprise_users::Config;
//! use roster_enterprise_users::users::command;
//!
//! let body = br#"{"nick_name": "ada", "password": "analytical", "enterprise_id": "e1", "phone": ""}"#;
//! let body = roster_kernel::json::decode(body).unwrap();
//! let violations = command::create_user(body, &Config::default()).unwrap_err();
//! assert_eq!(violations[0].field, "phone");
//! ```
//!
//! Each subject has a folder with the same files, through which a request walks once: `http` (method, path, body,
//! answer) → `wire` (bodies) → `command` (rules) → `service` (policy, on [`EnterpriseUsers`]) → `port` (a trait) →
//! `sql` (its implementation). [`Error`] is the one place where a failure becomes a status and a body.
//!
//! | feature | adds |
//! |---|---|
//! | `actix` (default) | `http::routes`, to mount in an actix-web app |
//! | `diesel` (default) | `DieselStore`, on SQLite and PostgreSQL |
//! | `openapi` | `document`, the OpenAPI document of the routes |
//! | `testing` | `contract`, the tests that any [`Store`] must pass |
//!
//! To add an endpoint, open the folder of its subject: the body in `wire`, its rules in `command`, the use case in
//! `service`, what that needs of a store in `port` and `sql` (with a test in `contract`), the handler in `http`; a new
//! failure in `error`, its texts in `messages`.

mod base;
mod config;
mod error;
mod messages;
#[cfg(feature = "diesel")]
mod schema;
mod service;
#[cfg(feature = "diesel")]
mod store;

// The subjects. Domain, command and service of each import only those above it; the blank lines keep the order.
mod access;

pub mod passwords;

pub mod users;

pub mod administrators;

pub mod keys;

pub mod imports;

#[cfg(feature = "testing")]
pub mod contract;
#[cfg(feature = "actix")]
pub mod http;
#[cfg(feature = "openapi")]
mod openapi;
#[cfg(feature = "openapi")]
mod responses;

pub use access::{AccessStore, AdminScope, Administrator, KeyOwner, PlainMember};
pub use administrators::AdministratorStore;
pub use base::{
    Email, EnterpriseId, Flag, Id, NickName, Page, Phone, Search, UniqueField, User, UserId, UserOrigin,
};
pub use config::{AdministratorsSpan, Config, DIALECT, NickNamePattern};
pub use error::{Error, Operation};
pub use imports::{ImportDraft, ImportError, ImportStore, ImportUser, Presence};
pub use keys::{AccessKey, KeyInfo, KeyInsertion, KeyStore, Note};
#[cfg(feature = "openapi")]
pub use openapi::document;
pub use passwords::{Credential, Login, Password, PasswordStore, Verification};
pub use service::{EnterpriseUsers, Ports, Store};
#[cfg(feature = "diesel")]
pub use store::DieselStore;
pub use users::{InsertError, NewUser, Removal, Selection, UpdateError, UserPage, UserStore, UserUpdate};
