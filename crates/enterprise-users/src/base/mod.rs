//! The words that all subjects use.

mod json;
mod names;
mod page;
#[cfg(feature = "diesel")]
pub(crate) mod row;
mod user;
mod validator;

pub use json::{Flag, Id};
pub(crate) use names::length;
pub use names::{Email, EnterpriseId, NickName, Phone, UniqueField, UserId, UserOrigin};
pub use page::{Page, Search};
pub(crate) use page::{first_of, page_of};
pub use user::User;
pub(crate) use validator::{Validator, unless_empty};
