//! What every [`Store`] must do, as tests for any implementation. Each function needs an empty store.

mod administrators;
mod imports;
mod keys;
mod passwords;
mod totals;
mod users;

use roster_kernel::ports::PasswordHash;
use roster_kernel::{AuditContext, ClientInfo};

use crate::base::{Email, EnterpriseId, NickName, Page, Phone, Search, UniqueField, User};
use crate::service::Store;
use crate::users::{InsertError, NewUser, Selection};

pub use administrators::*;
pub use imports::*;
pub use keys::*;
pub use passwords::*;
pub use totals::*;
pub use users::*;

/// A user to be created: `name` in `enterprise`.
pub fn new_user(enterprise: &str, name: &str) -> NewUser {
    let enterprise = EnterpriseId::parse(enterprise.to_owned()).expect("an enterprise");
    NewUser::new(enterprise, NickName::parse(name.to_owned()).expect("a nick name"))
}

fn context() -> AuditContext {
    AuditContext { principal: "contract".into(), origin: ClientInfo::default(), at_ms: 1_700_000_000_123 }
}

async fn insert(store: &dyn Store, user: NewUser) -> Result<User, InsertError> {
    store.insert(&context(), user, PasswordHash::new("$argon2id$x")).await
}

fn refused(result: &Result<User, InsertError>) -> Option<UniqueField> {
    match result {
        Err(InsertError::Taken(field)) => Some(*field),
        _ => None,
    }
}

fn email(text: &str) -> Email {
    Email::parse(text.to_owned()).expect("an address")
}

fn phone(text: &str) -> Phone {
    Phone::parse(text.to_owned()).expect("a number")
}

async fn made(store: &dyn Store, user: NewUser) -> User {
    insert(store, user).await.expect("inserted")
}

async fn boss(store: &dyn Store, enterprise: &str, name: &str) -> User {
    made(store, NewUser { administrator: true, ..new_user(enterprise, name) }).await
}

fn all_users() -> Selection {
    let page = Page::new(1, Page::MAX_SIZE);
    Selection { enterprise_id: None, administrators: false, search: Search::All, page }
}

async fn names(store: &dyn Store, selection: Selection) -> (Vec<String>, i64) {
    let listed = store.list(selection).await.expect("read");
    (listed.users.iter().map(|user| user.nick_name.as_str().to_owned()).collect(), listed.total)
}
