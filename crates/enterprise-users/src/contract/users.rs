use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;

use super::fixtures::{all_users, boss, context, email, insert, made, names, new_user, phone, refused};
use super::keys::key;
use crate::access::AdminScope;
use crate::base::{Email, Page, Phone, Search, UniqueField, UserId, UserOrigin};
use crate::passwords::Login;
use crate::service::Store;
use crate::users::{NewUser, Removal, Selection, UpdateError, UserUpdate};

/// What was inserted reads back equal, by id and by name.
pub async fn reads_back(store: &dyn Store) {
    let user = NewUser {
        email: Some(Email::parse("Ada@Example.com".into()).expect("an address")),
        phone: Some(Phone::parse("123".into()).expect("a number")),
        is_active: false,
        origin: Some(UserOrigin::parse("import".into()).expect("an origin")),
        client_ip: Some([192, 0, 2, 1].into()),
        ..new_user("e1", "ada")
    };
    let stored = insert(store, user).await.expect("inserted");
    assert_eq!(stored.email.as_ref().expect("kept").as_str(), "Ada@Example.com");
    assert_eq!(stored.client_ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(stored.created_ms, 1_700_000_000_123);
    assert_eq!(store.by_id(stored.user_id).await.expect("read"), Some(stored.clone()));
    assert_eq!(store.by_nick_name("e1".into(), "ada".into()).await.expect("read"), Some(stored.clone()));
    assert_eq!(store.by_nick_name("e2".into(), "ada".into()).await.expect("read"), None);
    assert_eq!(store.by_nick_name("e1".into(), "Ada".into()).await.expect("read"), None);
    assert_eq!(store.by_id(UserId(stored.user_id.0 + 1)).await.expect("read"), None);
}

/// Names are unique in an enterprise; addresses (without case) and phones over all. Of several
/// clashes the first in the specification's order is reported, and nothing is stored.
pub async fn unique_fields(store: &dyn Store) {
    let with = |enterprise, name, email: &str, phone: &str| NewUser {
        email: Some(Email::parse(email.to_owned()).expect("an address")),
        phone: Some(Phone::parse(phone.to_owned()).expect("a number")),
        ..new_user(enterprise, name)
    };
    let first = insert(store, with("e1", "ada", "ada@example.com", "1")).await.expect("inserted");
    let clashes = [
        (with("e1", "ada", "ADA@example.com", "1"), UniqueField::NickName),
        (with("e1", "bob", "ADA@example.com", "1"), UniqueField::Email),
        (with("e2", "bob", "bob@example.com", "1"), UniqueField::Phone),
    ];
    for (user, field) in clashes {
        assert_eq!(store.taken(user.clone()).await.expect("read"), Some(field));
        assert_eq!(refused(&insert(store, user).await), Some(field));
    }
    let second = with("e2", "ada", "bob@example.com", "2");
    assert_eq!(store.taken(second.clone()).await.expect("read"), None);
    let second = insert(store, second).await.expect("inserted");
    assert!(second.user_id > first.user_id);
    insert(store, new_user("e3", "x")).await.expect("no address, no phone");
    insert(store, new_user("e3", "y")).await.expect("absent values never clash");
}

/// Of 32 inserts of one name at once exactly one succeeds; the others get the reason.
pub async fn one_winner(store: &dyn Store) {
    let results = join_all((0..32).map(|_| insert(store, new_user("e1", "racer")))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let losers = results.iter().filter(|result| refused(result) == Some(UniqueField::NickName)).count();
    assert_eq!(losers, 31, "{results:?}");
}

/// A list is newest first, of one enterprise or all, of administrators or all; its total is that of
/// all pages, also beyond them.
pub async fn lists(store: &dyn Store) {
    boss(store, "e1", "a").await;
    made(store, new_user("e1", "b")).await;
    boss(store, "e2", "c").await;
    let all = all_users();
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
    assert!(store.has_enterprise("e2".into()).await.expect("read"));
    assert!(!store.has_enterprise("e3".into()).await.expect("read"));
}

/// A search finds literal parts of nick name, e-mail and phone, without regard to case.
pub async fn searches(store: &dyn Store) {
    let with = |name: &str, address: &str, number: &str| NewUser {
        email: Some(email(address)),
        phone: Some(phone(number)),
        ..new_user("e1", name)
    };
    made(store, with("ÄRGER", "one@example.com", "A-1")).await;
    made(store, with("100%", "two@example.com", "B_2")).await;
    made(store, with(r"back\slash", "Three@Example.com", "B-2")).await;
    made(store, new_user("e1", "bare")).await;
    for (text, found) in [
        ("ärg", vec!["ÄRGER"]),
        ("Ａ-1", vec!["ÄRGER"]),
        ("0%", vec!["100%"]),
        ("%", vec!["100%"]),
        ("_", vec!["100%"]),
        (r"\", vec![r"back\slash"]),
        ("THREE@", vec![r"back\slash"]),
        ("b", vec!["bare", r"back\slash", "100%"]),
        ("missing", vec![]),
        ("a\0", vec![]),
    ] {
        let selection = Selection { search: Search::new(text), ..all_users() };
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
        ..new_user("e1", name)
    };
    let ada = made(store, both("ada", "ada@example.com", "1")).await;
    made(store, both("bob", "bob@example.com", "2")).await;
    let update = async |changes| store.update(&context(), ada.user_id, changes, AdminScope::Platform).await;
    let nothing = update(UserUpdate::default()).await.expect("nothing to do");
    assert_eq!(nothing.as_ref(), Some(&ada));
    let own = UserUpdate { email: Some(Some(email("ADA@example.com"))), ..UserUpdate::default() };
    let changed = update(own).await.expect("own values").expect("found");
    assert_eq!(changed.email, Some(email("ADA@example.com")));
    assert_eq!((changed.phone, changed.is_active), (ada.phone.clone(), true));
    for (changes, field) in [
        (
            UserUpdate {
                email: Some(Some(email("BOB@example.com"))),
                phone: Some(Some(phone("2"))),
                ..UserUpdate::default()
            },
            UniqueField::Email,
        ),
        (UserUpdate { phone: Some(Some(phone("2"))), ..UserUpdate::default() }, UniqueField::Phone),
    ] {
        let refused = update(changes).await;
        assert!(matches!(refused, Err(UpdateError::Taken(taken)) if taken == field), "{refused:?}");
    }
    let cleared = UserUpdate {
        email: Some(None),
        phone: Some(None),
        is_active: Some(false),
        password: Some(PasswordHash::new("$new")),
    };
    let cleared = update(cleared).await.expect("updated").expect("found");
    assert_eq!((cleared.email, cleared.phone, cleared.is_active), (None, None, false));
    let found = Selection { search: Search::new("ada@"), ..all_users() };
    assert_eq!(names(store, found).await, (vec![], 0), "what is searched has changed too");
    let credential = store.credential(Login::Id(ada.user_id)).await.expect("read").expect("found");
    assert_eq!((credential.password.as_str(), credential.is_active), ("$new", false));
    let unknown = UserId(ada.user_id.0 + 1000);
    let absent =
        store.update(&context(), unknown, UserUpdate::default(), AdminScope::Platform).await.expect("read");
    assert_eq!(absent, None);
}

/// Of 16 updates to one phone number at once exactly one succeeds.
pub async fn one_update_wins(store: &dyn Store) {
    let mut users = Vec::new();
    for n in 0..16 {
        users.push(made(store, new_user("e1", &format!("user{n}"))).await);
    }
    let results = join_all(users.iter().map(async |user| {
        let changes = UserUpdate { phone: Some(Some(phone("7"))), ..UserUpdate::default() };
        store.update(&context(), user.user_id, changes, AdminScope::Platform).await
    }))
    .await;
    let won = results.iter().filter(|result| matches!(result, Ok(Some(_)))).count();
    let lost = results.iter().filter(|r| matches!(r, Err(UpdateError::Taken(UniqueField::Phone)))).count();
    assert_eq!((won, lost), (1, 15), "{results:?}");
}

/// A deletion removes the user's keys and rank, and the id is never given again.
pub async fn deletes(store: &dyn Store) {
    boss(store, "e1", "first").await;
    let second = boss(store, "e1", "second").await;
    store.put_key(&context(), key(&second, "n", "h")).await.expect("stored");
    let delete =
        async || store.delete(&context(), second.user_id, AdminScope::Platform).await.expect("deleted");
    assert_eq!(delete().await, Removal::Done);
    assert_eq!(delete().await, Removal::Absent);
    assert_eq!(store.key_owner("h".into()).await.expect("read"), None);
    assert_eq!(store.keys(second.user_id).await.expect("read"), None);
    let next = made(store, new_user("e1", "second")).await;
    assert!(next.user_id > second.user_id);
    let ranks = Selection { administrators: true, ..all_users() };
    assert_eq!(names(store, ranks).await.1, 1);
}
