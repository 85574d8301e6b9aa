//! The **IoT roles** dialect: users who administer a platform, or areas of a tree of domains and
//! sites, under `/server` and at the root.
//!
//! As a plain library, without database or web framework (`default-features = false`):
//!
//! ```
//! use roster_iot_roles::{Config, validate, wire};
//!
//! let body = br#"{"username": "ada", "password": "short", "role": "SYSTEM"}"#;
//! let body: wire::CreateUser = roster_kernel::json::decode(body).unwrap();
//! let draft = validate::draft(body).unwrap();
//! let error = validate::create_user(draft, &Config::default()).unwrap_err();
//! assert_eq!(error.to_string(), "password must have at least 8 characters");
//! ```
//!
//! A request walks through the rooms in this order: `http` → [`wire`] → [`validate`] →
//! [`IotRoles`] (the use cases) → [`Store`] (the port) → `diesel`. [`Error`] is the one place
//! where a failure becomes a status and a body.
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
pub mod contract;
pub mod demo;
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
pub use config::{Config, CorsOrigin, PASSWORD_MAX, PasswordMinLength, SessionDays};
pub use domain::{
    ATTRIBUTES_MAX, ActionType, AnyType, Area, AttType, Credential, DEFINITION_MAX, DEPTH_MAX, DataType,
    DataValue, Definition, Device, DeviceAttType, DeviceDefinition, DeviceType, Domain, Email, Kind, Listed,
    Name, Named, NewSite, NewSiteType, NewUser, ObjectId, PAGE_NUMBER_MAX, PAGE_SIZE_MAX, PageRequest,
    REPEAT_MS, Registrant, Role, Session, Site, SiteType, Status, Token, TokenKind, Tokens, Typed,
    USERNAME_MAX, User, Username, first_overlap,
};
pub use error::{AccountRefusal, BearerRefusal, Error};
#[cfg(feature = "openapi")]
pub use openapi::document;
pub use service::{Administrator, Caller, ImportDraft, IotRoles, Ports, Registered, SystemAdministrator};
pub use store::{
    Acting, AreasError, Arrival, DefinitionEdit, DomainKey, Exchanged, Exported, Ground, ImportStore,
    InsertError, NewObject, NewSession, NewType, ObjectFilter, OnlySession, Presence, PutError, Reach,
    RegisterError, RegisterIds, RegisterStore, SessionOwner, SessionStore, StandingError, Store, TokenOwner,
    TokenPair, TreeError, TreeState, TreeStore, UserStore,
};

/// The realm of this dialect's credentials, and its name in the journal.
pub const REALM: roster_kernel::Realm = roster_kernel::Realm::new("iot-roles");
