//! The **enterprise users** dialect: `/openapi/v1`, as PaaS consoles and their SDKs call it.
//!
//! As a plain library, without database or web framework (`default-features = false`):
//!
//! ```
//! use roster_enterprise_users::{Config, validate, wire};
//!
//! let body = br#"{"nick_name": "ada", "password": "analytical", "enterprise_id": "e1", "phone": ""}"#;
//! let body: wire::CreateUser = roster_kernel::json::decode(body).unwrap();
//! let violations = validate::create_user(body, &Config::default()).unwrap_err();
//! assert_eq!(violations[0].field, "phone");
//! ```
//!
//! A request walks through the rooms in this order: `http` → [`wire`] → [`validate`] →
//! [`EnterpriseUsers`] (the use cases) → [`Store`] (the port) → `diesel`. [`Error`] is the one
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
//! `http`, and its failures, if new, in `error`.

mod config;
#[cfg(feature = "testing")]
#[path = "contract/users.rs"]
pub mod contract;
#[cfg(feature = "diesel")]
#[path = "store.rs"]
mod diesel;
#[path = "users/domain.rs"]
mod domain;
mod error;
#[cfg(feature = "actix")]
pub mod http;
#[cfg(feature = "openapi")]
mod openapi;
#[path = "access/service.rs"]
mod service;
#[path = "users/port.rs"]
mod store;
#[path = "users/command.rs"]
pub mod validate;
#[path = "users/wire.rs"]
pub mod wire;

#[cfg(feature = "diesel")]
pub use self::diesel::DieselStore;
pub use config::{AdministratorsSpan, Config, NickNamePattern};
pub use domain::{
    AccessKey, Changes, Email, EnterpriseId, KeyInfo, NewUser, NickName, Note, Page, Phone, Search,
    Selection, User, UserId,
};
pub use error::{Deed, Error};
#[cfg(feature = "openapi")]
pub use openapi::document;
pub use service::{Administrator, EnterpriseUsers, ImportDraft, Member as PlainMember, Ports, Verification};
pub use store::{
    Arrival, Circle, Credential, ImportError, ImportStore, InsertError, KeyInsertion, KeyOwner, Listed,
    Login, Presence, Removal, Store, UniqueField, UpdateError,
};

/// The realm of this dialect's credentials, and its name in the journal.
pub const REALM: roster_kernel::Realm = roster_kernel::Realm::new("enterprise-users");
