//! What every [`crate::Store`] must do, as tests for any implementation. Each function needs an empty store.

mod administrators;
mod fixtures;
mod imports;
mod keys;
mod passwords;
mod totals;
mod users;

pub use administrators::*;
pub use fixtures::new_user;
pub use imports::*;
pub use keys::*;
pub use passwords::*;
pub use totals::*;
pub use users::*;
