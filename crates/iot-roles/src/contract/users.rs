//! The law of [`crate::UserStore`].

use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;

use super::{
    NOW, change, has_token, id, insert, login, more, open, put_domain, put_site, session_id, somebody,
    with_areas,
};
use crate::domain::{Area, Listed, ObjectId, PageRequest, Role, Status, User};
use crate::store::{AreasError, StandingError, Store};

async fn read(store: &dyn Store, number: u32) -> Option<User> {
    store.user(&id(number)).await.expect("read")
}

fn areas(user: &User) -> Vec<&ObjectId> {
    user.areas.iter().map(Area::id).collect()
}

fn ids(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|&number| id(number).to_string()).collect()
}

/// A page holds the newest first, each with his areas in their order; beyond the end it is empty.
pub async fn pages_of_users(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_site(store, 20, None, 2).await;
    put_site(store, 21, Some(20), 2).await;
    put_site(store, 22, Some(20), 2).await;
    insert(store, 50, somebody("first", Role::System)).await.expect("inserted");
    insert(store, 52, with_areas("third", &[&id(22), &id(21)])).await.expect("inserted");
    insert(store, 51, with_areas("second", &[&id(22)])).await.expect("inserted");
    let page = |number, size| async move { store.users(PageRequest { number, size }).await.expect("read") };
    let Listed { content, total } = page(0, 2).await;
    let names: Vec<&str> = content.iter().map(|user| user.username.as_str()).collect();
    assert_eq!((names, total), (vec!["third", "second"], 3));
    for (user, number) in content.iter().zip([52, 51]) {
        assert_eq!(Some(user), read(store, number).await.as_ref(), "as he is read alone");
    }
    assert_eq!(areas(&content[0]), [&id(22), &id(21)]);
    let Listed { content, total } = page(1, 2).await;
    assert_eq!((content.len(), content[0].id == id(50), total), (1, true, 3));
    let Listed { content, total } = page(2, 2).await;
    assert_eq!((content.len(), total), (0, 3));
    assert_eq!(page(i32::MAX as u32, 1000).await.content.len(), 0);
    assert_eq!(read(store, 99).await, None);
}

/// Areas are replaced, judged as for a new user; who is refused keeps what he has.
pub async fn areas_are_replaced(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_domain(store, 11, "b").await;
    put_site(store, 20, None, 2).await;
    put_site(store, 21, Some(20), 2).await;
    insert(store, 50, with_areas("ada", &[&id(20), &id(11)])).await.expect("inserted");
    insert(store, 51, somebody("system", Role::System)).await.expect("inserted");
    let set = |number, areas: &[u32]| {
        let areas = ids(areas);
        async move { store.set_areas(&change(), &id(number), areas).await }
    };
    let unknown = set(50, &[20, 99]).await;
    assert!(
        matches!(&unknown, Err(AreasError::UnknownArea(area)) if *area == id(99).to_string()),
        "{unknown:?}"
    );
    let overlap = set(50, &[11, 21, 1]).await;
    assert!(
        matches!(&overlap, Err(AreasError::Overlap(one, other)) if one == "20T21T" && other == "a"),
        "{overlap:?}"
    );
    assert!(matches!(set(51, &[99]).await, Err(AreasError::NoAreaRole)), "the role before the areas");
    assert!(!set(99, &[20]).await.expect("asked"));
    assert_eq!(areas(&read(store, 50).await.expect("there")), [&id(20), &id(11)]);
    for wanted in [&[11, 21][..], &[11, 21], &[21, 11], &[], &[1]] {
        assert!(set(50, wanted).await.expect("asked"));
        let user = read(store, 50).await.expect("there");
        assert_eq!(areas(&user).into_iter().map(ToString::to_string).collect::<Vec<_>>(), ids(wanted));
    }
}

/// Another password is another version, and ends all sessions of its user and nobody else's.
pub async fn passwords_change(store: &dyn Store) {
    for (number, name) in [(1, "ada"), (2, "bob")] {
        insert(store, number, somebody(name, Role::Area)).await.expect("inserted");
        assert!(open(store, login(number, number * 10, NOW)).await);
    }
    let set = |number, version| async move {
        store.set_password(&change(), &id(number), version, PasswordHash::new("$new")).await.expect("asked")
    };
    assert!(!set(1, Some(2)).await, "not that version");
    assert!(!set(99, None).await, "nobody");
    assert!(has_token(store, 10).await);
    assert!(set(1, Some(1)).await);
    let credential = store.credential("ada").await.expect("read").expect("found");
    assert_eq!((credential.password.as_str(), credential.password_version), ("$new", 2));
    for (session, there) in [(10, false), (11, false), (20, true), (21, true)] {
        assert_eq!(has_token(store, session).await, there, "{session}");
    }
    assert!(!open(store, login(1, 30, NOW)).await, "signed in with the old one");
    assert!(set(1, None).await);
    assert_eq!(store.credential("ada").await.expect("read").expect("found").password_version, 3);
}

/// Who is suspended has no sessions and opens none; who is not suspended keeps his.
pub async fn statuses_change(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    assert!(open(store, login(1, 10, NOW)).await);
    let set = |number, status| async move {
        store.set_status(&change(), &id(number), status).await.expect("asked")
    };
    assert!(!set(99, Status::Pending).await);
    assert!(set(1, Status::Enable).await);
    assert!(has_token(store, 10).await);
    for _ in 0..2 {
        assert!(set(1, Status::Pending).await);
        assert_eq!(read(store, 1).await.expect("there").status, Status::Pending);
    }
    for session in [10, 11] {
        assert!(!has_token(store, session).await);
    }
    assert!(!open(store, login(1, 20, NOW)).await);
    assert!(set(1, Status::Enable).await);
    assert!(open(store, login(1, 20, NOW)).await);
}

/// A deleted user is gone with his areas and his sessions; nobody else's go.
pub async fn users_are_deleted(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    insert(store, 50, with_areas("ada", &[&id(1)])).await.expect("inserted");
    insert(store, 51, with_areas("bob", &[&id(1)])).await.expect("inserted");
    for (user, session) in [(50, 10), (51, 20)] {
        assert!(open(store, login(user, session, NOW)).await);
    }
    assert!(store.delete_user(&change(), &id(50)).await.expect("asked"));
    assert!(!store.delete_user(&change(), &id(50)).await.expect("asked"), "once");
    assert_eq!(read(store, 50).await, None);
    assert!(!has_token(store, 10).await);
    assert!(!store.has_area_in(&id(50), "a").await.expect("read"));
    assert!(store.has_area_in(&id(51), "a").await.expect("read"));
    assert!(has_token(store, 20).await);
    assert!(!open(store, login(50, 30, NOW)).await);
    insert(store, 52, somebody("ada", Role::Device)).await.expect("his name is free");
}

/// One user of role SYSTEM who may sign in remains; whom nothing depends on may always go.
pub async fn one_system_user_remains(store: &dyn Store) {
    for (number, name) in [(1, "a"), (2, "b"), (3, "c")] {
        insert(store, number, somebody(name, Role::System)).await.expect("inserted");
    }
    let suspend = |number| async move { store.set_status(&change(), &id(number), Status::Pending).await };
    let delete = |number| async move { store.delete_user(&change(), &id(number)).await };
    assert!(suspend(1).await.expect("two others"));
    assert!(delete(2).await.expect("another"));
    assert!(matches!(delete(3).await, Err(StandingError::LastSystem)));
    assert!(matches!(suspend(3).await, Err(StandingError::LastSystem)));
    assert!(delete(1).await.expect("he is suspended"));
    assert!(matches!(delete(3).await, Err(StandingError::LastSystem)));
}

/// Of 32 who all remove each other at once one remains.
pub async fn one_system_user_survives(store: &dyn Store) {
    for number in 0..32 {
        insert(store, number, somebody(&format!("u{number}"), Role::System)).await.expect("inserted");
    }
    let remove = |number: u32| async move {
        match number % 2 {
            0 => store.delete_user(&change(), &id(number)).await,
            _ => store.set_status(&change(), &id(number), Status::Pending).await,
        }
    };
    let results = join_all((0..32).map(remove)).await;
    assert_eq!(results.iter().filter(|result| matches!(result, Ok(true))).count(), 31, "{results:?}");
    let last = |result: &&Result<bool, StandingError>| matches!(result, Err(StandingError::LastSystem));
    assert_eq!(results.iter().filter(last).count(), 1, "{results:?}");
    let users = store.users(PageRequest { number: 0, size: 100 }).await.expect("read").content;
    assert_eq!(users.iter().filter(|user| user.status == Status::Enable).count(), 1);
}

/// However a user is signed in and out of at once, he has no session when it is over.
pub async fn no_session_survives_its_user(store: &dyn Store) {
    for round in 0..24u32 {
        let (user, at) = (1000 + round, 100_000 + 100 * round);
        insert(store, user, somebody(&format!("u{round}"), Role::Area)).await.expect("inserted");
        assert!(open(store, login(user, at, NOW)).await);
        let end = async {
            match round % 3 {
                0 => store
                    .set_password(&change(), &id(user), None, PasswordHash::new("$n"))
                    .await
                    .expect("set"),
                1 => store.set_status(&change(), &id(user), Status::Pending).await.expect("set"),
                _ => store.delete_user(&change(), &id(user)).await.expect("deleted"),
            }
        };
        let sign_in = |n: u32| async move {
            let (new, pair) = (login(user, at + 2 + 2 * n, NOW), more(user, at, at + 2 + 2 * n, NOW));
            match n % 4 {
                0 => drop(open(store, new).await),
                1 => {
                    let presented = login(user, at, NOW).tokens.refresh;
                    drop(store.exchange_token(&presented, pair).await.expect("asked"));
                }
                2 => drop(store.add_tokens(&id(at), pair).await.expect("asked")),
                _ => drop(store.open_only_session(new, 1).await.expect("asked")),
            }
        };
        let (ended, _) = futures_util::future::join(end, join_all((0..16).map(sign_in))).await;
        assert!(ended, "round {round}");
        for n in 0..34 {
            assert!(!has_token(store, at + n).await, "round {round}, {n}");
            assert_eq!(store.session(&session_id(at + n)).await.expect("read"), None, "round {round}, {n}");
        }
    }
}
