//! The law that every [`Store`] keeps, as tests for any implementation. Each function wants an
//! empty store.

use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, Origin};

use crate::domain::{AccessKey, Email, EnterpriseId, NewUser, NickName, Phone, UserId};
use crate::store::{InsertError, Store, UniqueField};

/// A user to be made: `name` in `enterprise`.
pub fn somebody(enterprise: &str, name: &str) -> NewUser {
    let enterprise = EnterpriseId::parse(enterprise.to_owned()).expect("an enterprise");
    NewUser::new(enterprise, NickName::parse(name.to_owned()).expect("a nick name"))
}

fn change() -> Change {
    Change { principal: "contract".into(), origin: Origin::default(), at_ms: 1_700_000_000_123 }
}

async fn insert(store: &dyn Store, user: NewUser) -> Result<crate::domain::User, InsertError> {
    store.insert(&change(), user, PasswordHash::new("$argon2id$x")).await
}

fn refused(result: &Result<crate::domain::User, InsertError>) -> Option<UniqueField> {
    match result {
        Err(InsertError::Taken(field)) => Some(*field),
        _ => None,
    }
}

/// What was inserted reads back equal, by id and by name.
pub async fn reads_back(store: &dyn Store) {
    let user = NewUser {
        email: Some(Email::parse("Ada@Example.com".into()).expect("an address")),
        phone: Some(Phone::parse("123".into()).expect("a number")),
        is_active: false,
        origion: Some("import".into()),
        client_ip: Some([192, 0, 2, 1].into()),
        ..somebody("e1", "ada")
    };
    let stored = insert(store, user).await.expect("inserted");
    assert_eq!(stored.email.as_ref().expect("kept").as_str(), "Ada@Example.com");
    assert_eq!(stored.client_ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(stored.created_ms, 1_700_000_000_123);
    assert_eq!(store.by_id(stored.user_id).await.expect("read"), Some(stored.clone()));
    assert_eq!(store.by_nick_name("e1", "ada").await.expect("read"), Some(stored.clone()));
    assert_eq!(store.by_nick_name("e2", "ada").await.expect("read"), None);
    assert_eq!(store.by_nick_name("e1", "Ada").await.expect("read"), None);
    assert_eq!(store.by_id(UserId(stored.user_id.0 + 1)).await.expect("read"), None);
}

/// Names are unique in an enterprise; addresses (without case) and phones over all. Of several
/// clashes the first in the spec's order is told, and nothing is stored.
pub async fn unique_fields(store: &dyn Store) {
    let with = |enterprise, name, email: &str, phone: &str| NewUser {
        email: Some(Email::parse(email.to_owned()).expect("an address")),
        phone: Some(Phone::parse(phone.to_owned()).expect("a number")),
        ..somebody(enterprise, name)
    };
    let first = insert(store, with("e1", "ada", "ada@example.com", "1")).await.expect("inserted");
    let clashes = [
        (with("e1", "ada", "ADA@example.com", "1"), UniqueField::NickName),
        (with("e1", "bob", "ADA@example.com", "1"), UniqueField::Email),
        (with("e2", "bob", "bob@example.com", "1"), UniqueField::Phone),
    ];
    for (user, field) in clashes {
        assert_eq!(store.taken(&user).await.expect("read"), Some(field));
        assert_eq!(refused(&insert(store, user).await), Some(field));
    }
    let second = with("e2", "ada", "bob@example.com", "2");
    assert_eq!(store.taken(&second).await.expect("read"), None);
    let second = insert(store, second).await.expect("inserted");
    assert!(second.user_id > first.user_id);
    insert(store, somebody("e3", "x")).await.expect("no address, no phone");
    insert(store, somebody("e3", "y")).await.expect("absent values never clash");
}

/// Of 32 inserts of one name at once exactly one succeeds; the others learn why.
pub async fn one_winner(store: &dyn Store) {
    let results = join_all((0..32).map(|_| insert(store, somebody("e1", "racer")))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let losers = results.iter().filter(|result| refused(result) == Some(UniqueField::NickName)).count();
    assert_eq!(losers, 31, "{results:?}");
}

/// A key finds its owner, with his rank; a key of the same note replaces the one before.
pub async fn keys(store: &dyn Store) {
    let boss = NewUser { administrator: true, ..somebody("e1", "boss") };
    let boss = insert(store, boss).await.expect("inserted");
    let member = insert(store, somebody("e1", "member")).await.expect("inserted");
    let key = |user_id, hash: &str| AccessKey {
        user_id,
        note: "n".into(),
        key_hash: hash.into(),
        expires_ms: Some(7),
    };
    for (user, hash) in [(boss.user_id, "b1"), (member.user_id, "m1"), (boss.user_id, "b2")] {
        store.put_key(&change(), key(user, hash)).await.expect("stored");
    }
    let owner = store.key_owner("b2").await.expect("read").expect("found");
    assert!(owner.administrator);
    assert_eq!((owner.user, owner.expires_ms), (boss, Some(7)));
    let owner = store.key_owner("m1").await.expect("read").expect("found");
    assert!(!owner.administrator);
    assert_eq!(store.key_owner("b1").await.expect("read"), None, "replaced");
}
