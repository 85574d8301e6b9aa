//! The **tenant CIAM** dialect: `/api/v2/tenant`, as shops and apps call it that register their
//! customers, each in its own tenant.
//!
//! As a plain library, without database or web framework (`default-features = false`):
//!
//! ```
//! use roster_kernel::json;
//! use roster_tenant_ciam::{AttributeDefinition, AttributeKind, ExtensionKey, TenantRules, validate};
//!
//! let body = r#"{"user_name": "zhangsan", "name": "张三", "mobile": "15200000000",
//!                "pwd": "qwe123!@#", "extension": {"age": "28"}}"#;
//! let draft = validate::create_user(json::decode(body.as_bytes()).unwrap()).unwrap();
//!
//! let age = AttributeDefinition::extension(ExtensionKey::parse("age").unwrap(), AttributeKind::Text);
//! let rules = TenantRules::defaults().with(age);
//! let judged = draft.judge(&rules).unwrap();
//! assert_eq!(judged.profile.mobile.as_ref().unwrap().to_string(), "+86-15200000000");
//! assert!(draft.judge_password(&judged, &rules).is_ok());
//!
//! let error = draft.judge(&TenantRules::defaults()).unwrap_err();
//! assert_eq!(error.code().unwrap().code(), "IDAAS.TENANT.USER.0033", "nobody defined `age`");
//! ```
//!
//! A request walks through the rooms in this order: `http` → [`wire`] → [`validate`] →
//! [`TenantCiam`] (the use cases) → [`Store`] (the port) → `diesel`. [`Error`] is the one place
//! where a failure becomes a status and a body, [`messages`] the one where it gets its text.
//!
//! What a tenant asks of its users is data: [`TenantRules`] holds its attribute definitions, its
//! [`mobile::AreaCodes`] and its [`password::PasswordPolicy`], and requests are judged by nothing
//! else.
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
//! `http`, and its failures, if new, in `error` and `messages`.

mod center_error;
mod config;
#[cfg(feature = "testing")]
pub mod contract;
mod definition;
#[cfg(feature = "diesel")]
mod diesel;
mod domain;
mod error;
#[cfg(feature = "actix")]
pub mod http;
pub mod messages;
pub mod mobile;
#[cfg(feature = "openapi")]
mod openapi;
pub mod password;
mod rules;
mod service;
mod store;
mod user;
pub mod validate;
pub mod wire;

#[cfg(feature = "diesel")]
pub use self::diesel::DieselStore;
pub use center_error::{CenterError, Missing};
pub use config::Config;
pub use definition::{
    AttributeDefinition, AttributeKind, Broken, DefinitionError, Demand, DisplayName, ExtensionValue,
    Pattern, Report, Survey, UniqueValue, ValueRule,
};
pub use domain::{Attribute, Builtin, ExtensionKey, Malformed, Picture, TenantId, UserId};
pub use error::{Error, OAuthError};
#[cfg(feature = "openapi")]
pub use openapi::document;
pub use rules::TenantRules;
pub use service::{
    Administrator, Batch, Client, Login, NewClient, Page, Ports, Put, PutOptions, TenantCiam, Verification,
};
pub use store::{
    Attributes, Credential, ImportError, ImportStore, InsertError, Listed, NewPassword, NewTenant, NewUser,
    PasswordChange, PasswordStore, Presence, PutAttributeError, Revised, Store, Tenant, TenantChange,
    TenantError, Tenants, UpdateError, UserChanges, UserStore, WeakEdit,
};
pub use user::{Selection, User, UserKey};

/// The realm of this dialect's credentials, and its name in the journal.
pub const REALM: roster_kernel::Realm = roster_kernel::Realm::new("tenant-ciam");
