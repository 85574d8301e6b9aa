//! The words that all dialects of Roster share.
//!
//! ```
//! use roster_kernel::{Member, json};
//!
//! #[derive(serde::Deserialize)]
//! struct Body {
//!     #[serde(default)]
//!     name: Member<String>,
//! }
//!
//! let body: Body = json::decode(br#"{"name": 7, "unknown": []}"#).unwrap();
//! assert!(matches!(body.name, Member::Invalid(roster_kernel::JsonKind::Integer)));
//! assert!(json::decode::<Body>(b"[]").is_err(), "a body is an object");
//! ```
//!
//! Nothing here knows a database, a web framework or a runtime, and nothing here knows a
//! dialect. A piece earns its place by having two users.
//!
//! * Values: [`Secret`], [`Realm`], [`Change`], [`Origin`], [`Violation`], [`Member`].
//! * Time and chance are arguments: [`Clock`], [`Random`].
//! * What goes wrong on the way in is a [`Fault`]; what goes out is a [`WireError`], made by
//!   the dialect's own `error.rs` through [`IntoWire`].
//! * [`ports`]: what a dialect needs of the house and never implements itself.

mod change;
mod clock;
mod email;
mod fault;
#[cfg(feature = "gate")]
mod gate;
mod import;
pub mod json;
mod json_kind;
mod language;
mod member;
pub mod ports;
mod random;
mod realm;
mod secret;
mod text;
mod violation;
#[cfg(feature = "weak-passwords")]
mod weak_passwords;
mod wire_error;

pub use change::{Change, Origin};
#[cfg(feature = "testing")]
pub use clock::ManualClock;
pub use clock::{Clock, SystemClock};
pub use email::{EMAIL_MAX_CHARS, is_email};
pub use fault::Fault;
#[cfg(feature = "gate")]
pub use gate::{Gate, GateSettings, Permit};
pub use import::{Brought, Column, ColumnKind, IfExists, Imported, foreign_hash, hashes_of};
pub use json_kind::JsonKind;
pub use language::Language;
pub use member::Member;
pub use ports::PortError;
#[cfg(feature = "testing")]
pub use random::CountingRandom;
pub use random::{OsRandom, Random, hex_id, hex_token};
pub use realm::Realm;
pub use secret::{Secret, digest};
pub use text::{chars, fold, has_control};
pub use violation::{Rule, Unit, Violation};
#[cfg(feature = "weak-passwords")]
pub use weak_passwords::{NOT_WEAK, WeakPasswords, is_weak_password};
pub use wire_error::{IntoWire, ReplyContext, WireBody, WireError};

// The names of the glossary. Each crate moves to them with its layout; the last one takes the old names away.
pub use change::{Change as AuditContext, Origin as ClientInfo};
pub use import::Brought as ImportedPassword;
pub use member::Member as Field;
pub use realm::Realm as Dialect;
