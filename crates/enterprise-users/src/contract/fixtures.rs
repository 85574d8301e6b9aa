//! Users and helpers of the tests.

use roster_kernel::ports::PasswordHash;
use roster_kernel::{AuditContext, ClientInfo};

use crate::base::{Email, EnterpriseId, NickName, Page, Phone, Search, UniqueField, User};
use crate::service::Store;
use crate::users::{InsertError, NewUser, Selection};

/// A user to be created: `name` in `enterprise`.
pub fn new_user(enterprise: &str, name: &str) -> NewUser {
    let enterprise = EnterpriseId::parse(enterprise.to_owned()).expect("an enterprise");
    NewUser::new(enterprise, NickName::parse(name.to_owned()).expect("a nick name"))
}

pub(super) fn context() -> AuditContext {
    AuditContext { principal: "contract".into(), origin: ClientInfo::default(), at_ms: 1_700_000_000_123 }
}

pub(super) async fn insert(store: &dyn Store, user: NewUser) -> Result<User, InsertError> {
    store.insert(&context(), user, PasswordHash::new("$argon2id$x")).await
}

pub(super) fn refused(result: &Result<User, InsertError>) -> Option<UniqueField> {
    match result {
        Err(InsertError::Taken(field)) => Some(*field),
        _ => None,
    }
}

pub(super) fn email(text: &str) -> Email {
    Email::parse(text.to_owned()).expect("an address")
}

pub(super) fn phone(text: &str) -> Phone {
    Phone::parse(text.to_owned()).expect("a number")
}

pub(super) async fn made(store: &dyn Store, user: NewUser) -> User {
    insert(store, user).await.expect("inserted")
}

pub(super) async fn boss(store: &dyn Store, enterprise: &str, name: &str) -> User {
    made(store, NewUser { administrator: true, ..new_user(enterprise, name) }).await
}

pub(super) fn all_users() -> Selection {
    let page = Page::new(1, Page::MAX_SIZE);
    Selection { enterprise_id: None, administrators: false, search: Search::All, page }
}

pub(super) async fn names(store: &dyn Store, selection: Selection) -> (Vec<String>, i64) {
    let listed = store.list(selection).await.expect("read");
    (listed.users.iter().map(|user| user.nick_name.as_str().to_owned()).collect(), listed.total)
}
