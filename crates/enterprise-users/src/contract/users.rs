//! The law that every [`Store`] keeps, as tests for any implementation. Each function wants an
//! empty store.

#[path = "imports.rs"]
mod import;
#[path = "totals.rs"]
mod totals;

use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, Origin};

use crate::domain::{
    AccessKey, Changes, Email, EnterpriseId, NewUser, NickName, Page, Phone, Search, Selection, User, UserId,
};
use crate::store::{InsertError, KeyInsertion, Login, Removal, Store, UniqueField, UpdateError};

pub use import::*;
pub use totals::*;

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
    made(store, NewUser { administrator: true, ..somebody(enterprise, name) }).await
}

fn everybody() -> Selection {
    let page = Page::new(1, Page::MAX_SIZE);
    Selection { enterprise_id: None, administrators: false, search: Search::Everybody, page }
}

async fn names(store: &dyn Store, selection: Selection) -> (Vec<String>, i64) {
    let listed = store.list(selection).await.expect("read");
    (listed.users.iter().map(|user| user.nick_name.as_str().to_owned()).collect(), listed.total)
}

/// A list is newest first, of one enterprise or all, of administrators or all; its total is that of
/// all pages, also beyond them.
pub async fn lists(store: &dyn Store) {
    boss(store, "e1", "a").await;
    made(store, somebody("e1", "b")).await;
    boss(store, "e2", "c").await;
    let all = everybody();
    assert_eq!(names(store, all.clone()).await, (vec!["c".into(), "b".into(), "a".into()], 3));
    let of = |number, size| Selection { page: Page::new(number, size), ..all.clone() };
    assert_eq!(names(store, of(2, 2)).await, (vec!["a".into()], 3));
    for beyond in [of(3, 2), of(0, 2), of(-1, 2), of(i64::MAX, 1000)] {
        assert_eq!(names(store, beyond).await, (vec![], 3));
    }
    let e1 = Selection { enterprise_id: Some("e1".into()), ..all.clone() };
    assert_eq!(names(store, e1.clone()).await, (vec!["b".into(), "a".into()], 2));
    let ranks = Selection { administrators: true, ..all };
    assert_eq!(names(store, ranks).await, (vec!["c".into(), "a".into()], 2));
    let ranks = Selection { administrators: true, ..e1 };
    assert_eq!(names(store, ranks).await, (vec!["a".into()], 1));
    assert!(store.has_enterprise("e2").await.expect("read"));
    assert!(!store.has_enterprise("e3").await.expect("read"));
}

/// A search finds literal parts of nick name, e-mail and phone, without regard to case.
pub async fn searches(store: &dyn Store) {
    let with = |name: &str, address: &str, number: &str| NewUser {
        email: Some(email(address)),
        phone: Some(phone(number)),
        ..somebody("e1", name)
    };
    made(store, with("ÄRGER", "one@example.com", "A-1")).await;
    made(store, with("100%", "two@example.com", "B_2")).await;
    made(store, with(r"back\slash", "Three@Example.com", "B-2")).await;
    made(store, somebody("e1", "bare")).await;
    for (text, found) in [
        ("ärg", vec!["ÄRGER"]),
        ("Ａ-1", vec!["ÄRGER"]),
        ("0%", vec!["100%"]),
        ("%", vec!["100%"]),
        ("_", vec!["100%"]),
        (r"\", vec![r"back\slash"]),
        ("THREE@", vec![r"back\slash"]),
        ("b", vec!["bare", r"back\slash", "100%"]),
        ("nobody", vec![]),
        ("a\0", vec![]),
    ] {
        let selection = Selection { search: Search::new(text), ..everybody() };
        let total = found.len() as i64;
        let found = found.into_iter().map(str::to_owned).collect();
        assert_eq!(names(store, selection).await, (found, total), "{text}");
    }
}

/// An update changes what it names and nothing else, and clashes as an insert does, but never with
/// the user's own values.
pub async fn updates(store: &dyn Store) {
    let both = |name, address, number| NewUser {
        email: Some(email(address)),
        phone: Some(phone(number)),
        ..somebody("e1", name)
    };
    let ada = made(store, both("ada", "ada@example.com", "1")).await;
    made(store, both("bob", "bob@example.com", "2")).await;
    let update = async |changes| store.update(&change(), ada.user_id, changes, None).await;
    let nothing = update(Changes::default()).await.expect("nothing to do");
    assert_eq!(nothing.as_ref(), Some(&ada));
    let own = Changes { email: Some(Some(email("ADA@example.com"))), ..Changes::default() };
    let changed = update(own).await.expect("his own").expect("found");
    assert_eq!(changed.email, Some(email("ADA@example.com")));
    assert_eq!((changed.phone, changed.is_active), (ada.phone.clone(), true));
    for (changes, field) in [
        (
            Changes {
                email: Some(Some(email("BOB@example.com"))),
                phone: Some(Some(phone("2"))),
                ..Changes::default()
            },
            UniqueField::Email,
        ),
        (Changes { phone: Some(Some(phone("2"))), ..Changes::default() }, UniqueField::Phone),
    ] {
        let refused = update(changes).await;
        assert!(matches!(refused, Err(UpdateError::Taken(taken)) if taken == field), "{refused:?}");
    }
    let cleared = Changes {
        email: Some(None),
        phone: Some(None),
        is_active: Some(false),
        password: Some(PasswordHash::new("$new")),
    };
    let cleared = update(cleared).await.expect("updated").expect("found");
    assert_eq!((cleared.email, cleared.phone, cleared.is_active), (None, None, false));
    let found = Selection { search: Search::new("ada@"), ..everybody() };
    assert_eq!(names(store, found).await, (vec![], 0), "what is searched has changed too");
    let credential = store.credential(&Login::Id(ada.user_id)).await.expect("read").expect("found");
    assert_eq!((credential.password.as_str(), credential.is_active), ("$new", false));
    let nobody = UserId(ada.user_id.0 + 1000);
    let absent = store.update(&change(), nobody, Changes::default(), None).await.expect("read");
    assert_eq!(absent, None);
}

/// Of 16 updates to one phone number at once exactly one succeeds.
pub async fn one_update_wins(store: &dyn Store) {
    let mut users = Vec::new();
    for n in 0..16 {
        users.push(made(store, somebody("e1", &format!("user{n}"))).await);
    }
    let results = join_all(users.iter().map(async |user| {
        let changes = Changes { phone: Some(Some(phone("7"))), ..Changes::default() };
        store.update(&change(), user.user_id, changes, None).await
    }))
    .await;
    let won = results.iter().filter(|result| matches!(result, Ok(Some(_)))).count();
    let lost = results.iter().filter(|r| matches!(r, Err(UpdateError::Taken(UniqueField::Phone)))).count();
    assert_eq!((won, lost), (1, 15), "{results:?}");
}

/// A deleted user takes his keys and his rank with him, and his id is never used again.
pub async fn deletes(store: &dyn Store) {
    boss(store, "e1", "first").await;
    let second = boss(store, "e1", "second").await;
    store.put_key(&change(), key(&second, "n", "h")).await.expect("stored");
    let delete = async || store.delete(&change(), second.user_id, None).await.expect("deleted");
    assert_eq!(delete().await, Removal::Done);
    assert_eq!(delete().await, Removal::Absent);
    assert_eq!(store.key_owner("h").await.expect("read"), None);
    assert_eq!(store.keys(second.user_id).await.expect("read"), None);
    let next = made(store, somebody("e1", "second")).await;
    assert!(next.user_id > second.user_id);
    let ranks = Selection { administrators: true, ..everybody() };
    assert_eq!(names(store, ranks).await.1, 1);
}

/// A rank is given once and taken once, but never the last of an active administrator: of the
/// platform, or of his enterprise.
pub async fn ranks(store: &dyn Store) {
    let first = boss(store, "e1", "first").await;
    let member = made(store, somebody("e2", "member")).await;
    let dismiss =
        async |user: &User, circle| store.dismiss(&change(), user.user_id, circle).await.expect("written");
    let disable = Changes { is_active: Some(false), ..Changes::default() };
    assert_eq!(dismiss(&member, None).await, Removal::Absent);
    assert_eq!(dismiss(&first, None).await, Removal::LastAdministrator);
    let delete = store.delete(&change(), first.user_id, None).await.expect("written");
    assert_eq!(delete, Removal::LastAdministrator);
    let refused = store.update(&change(), first.user_id, disable.clone(), None).await;
    assert!(matches!(refused, Err(UpdateError::LastAdministrator)), "{refused:?}");

    assert!(store.appoint(&change(), member.user_id).await.expect("written"));
    assert!(store.appoint(&change(), member.user_id).await.expect("once more"));
    assert!(!store.appoint(&change(), UserId(member.user_id.0 + 1000)).await.expect("nobody"));
    let own = Some("e2".to_owned());
    assert_eq!(dismiss(&member, own).await, Removal::LastAdministrator);
    store.update(&change(), member.user_id, disable, None).await.expect("another remains");
    assert_eq!(dismiss(&first, None).await, Removal::LastAdministrator, "the other is not active");
    assert_eq!(dismiss(&member, None).await, Removal::Done, "nothing depends on him");
}

/// However many administrators remove, delete and disable each other at once, one remains.
pub async fn one_administrator_remains(store: &dyn Store) {
    let mut all = Vec::new();
    for n in 0..12 {
        all.push(boss(store, "e1", &format!("boss{n}")).await);
    }
    join_all(all.iter().enumerate().map(async |(n, user)| match n % 3 {
        0 => drop(store.dismiss(&change(), user.user_id, None).await.expect("written")),
        1 => drop(store.delete(&change(), user.user_id, None).await.expect("written")),
        _ => {
            let changes = Changes { is_active: Some(false), ..Changes::default() };
            match store.update(&change(), user.user_id, changes, None).await {
                Ok(_) | Err(UpdateError::LastAdministrator) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }))
    .await;
    let listed = store.list(Selection { administrators: true, ..everybody() }).await.expect("read");
    assert_eq!(listed.users.iter().filter(|user| user.is_active).count(), 1, "{listed:?}");
}

fn key(user: &User, note: &str, hash: &str) -> AccessKey {
    AccessKey { user_id: user.user_id, note: note.to_owned(), key_hash: hash.to_owned(), expires_ms: None }
}

/// A new key never replaces another; of several of one note at once one is stored. Keys are listed
/// without their digests and end at once.
pub async fn new_keys(store: &dyn Store) {
    let ada = made(store, somebody("e1", "ada")).await;
    let results = join_all((0..16).map(async |n| {
        store.insert_key(&change(), key(&ada, "n", &format!("h{n}"))).await.expect("written")
    }))
    .await;
    assert_eq!(results.iter().filter(|&&result| result == KeyInsertion::Stored).count(), 1);
    assert_eq!(results.iter().filter(|&&result| result == KeyInsertion::NoteTaken).count(), 15);
    let ending = AccessKey { expires_ms: Some(7), ..key(&ada, "m", "m") };
    assert_eq!(store.insert_key(&change(), ending).await.expect("written"), KeyInsertion::Stored);
    let nobody = AccessKey { user_id: UserId(ada.user_id.0 + 1000), ..key(&ada, "n", "x") };
    assert_eq!(store.insert_key(&change(), nobody).await.expect("written"), KeyInsertion::NoUser);

    let keys = store.keys(ada.user_id).await.expect("read").expect("found");
    let keys: Vec<_> = keys.iter().map(|key| (key.note.as_str(), key.expires_ms)).collect();
    assert_eq!(keys, [("m", Some(7)), ("n", None)]);
    assert!(store.delete_key(&change(), ada.user_id, "m").await.expect("written"));
    assert!(!store.delete_key(&change(), ada.user_id, "m").await.expect("written"));
    assert_eq!(store.key_owner("m").await.expect("read"), None);
}

/// A credential is found by id, by name in an enterprise and by address; its hash is renewed only
/// as long as it is the one that was seen.
pub async fn credentials(store: &dyn Store) {
    let user = NewUser { email: Some(email("Ada@example.com")), ..somebody("e1", "ada") };
    let ada = made(store, user).await;
    let name = |enterprise: &str| Login::NickName {
        enterprise_id: enterprise.to_owned(),
        nick_name: "ada".to_owned(),
    };
    for login in [Login::Id(ada.user_id), name("e1"), Login::Email("ADA@example.com".into())] {
        let found = store.credential(&login).await.expect("read").expect("found");
        assert_eq!((found.user_id, found.password.as_str()), (ada.user_id, "$argon2id$x"));
    }
    for login in [Login::Id(UserId(ada.user_id.0 + 1)), name("e2"), Login::Email("x@example.com".into())] {
        assert_eq!(store.credential(&login).await.expect("read"), None, "{login:?}");
    }
    for (old, after) in [("$other", "$argon2id$x"), ("$argon2id$x", "$renewed")] {
        let new = PasswordHash::new("$renewed");
        store.renew_hash(ada.user_id, &PasswordHash::new(old), new).await.expect("written");
        let found = store.credential(&Login::Id(ada.user_id)).await.expect("read").expect("found");
        assert_eq!(found.password.as_str(), after);
    }
}
