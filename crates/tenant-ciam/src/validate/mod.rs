//! Requests, judged: first their shape, which no tenant can change, then the tenant's rules, in
//! the order of the dialect's error codes. The first fault is the answer.

pub mod center;
mod fields;
mod import;
mod look_up;
mod page;
mod password;
mod token;
mod update;
mod user;

pub use import::{ImportDraft, import_user};
pub use look_up::{look_up, look_up_form};
pub use page::page;
pub use password::{PasswordWish, change_password, change_password_verified};
pub use token::{Credentials, client_credentials};
pub(crate) use token::{form_decode, strip_scheme};
pub use update::{Update, UpdateDraft, update_user};
pub use user::{Draft, Judged, MAX_EXTENSION_KEYS, Profile, create_user};
