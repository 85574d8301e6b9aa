//! The law of [`crate::SessionStore`].

use futures_util::future::join_all;

use super::{NOW, change, id, insert, pair, somebody};
use crate::domain::{PageRequest, Role, Status};
use crate::store::{OnlySessions, Store};

/// A page holds what is not over, the newest first, each with its user.
pub async fn pages_of_sessions(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    insert(store, 2, somebody("bob", Role::System)).await.expect("inserted");
    assert!(store.open_sessions(pair(1, 10, NOW), 1).await.expect("opened"));
    assert!(store.open_sessions(pair(2, 20, NOW), 1).await.expect("opened"));
    let page = |number, size, now_ms| async move {
        let listed = store.sessions(PageRequest { number, size }, now_ms).await.expect("read");
        for owner in &listed.content {
            let alone = store.session(&owner.session.id).await.expect("read");
            assert_eq!(alone.as_ref(), Some(owner), "as it is read alone");
        }
        let ids: Vec<_> = listed.content.into_iter().map(|owner| owner.session.id).collect();
        (ids, listed.total)
    };
    assert_eq!(page(0, 3, NOW).await, (vec![id(21), id(20), id(11)], 4));
    assert_eq!(page(1, 3, NOW).await, (vec![id(10)], 4));
    assert_eq!(page(2, 3, NOW).await, (vec![], 4));
    assert_eq!(page(0, 3, NOW + 1_000).await, (vec![id(21), id(11)], 2), "access sessions are over");
    assert_eq!(page(0, 3, NOW + 10_000).await, (vec![], 0));
}

/// A session is ended once, and not after its time.
pub async fn sessions_are_ended(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    assert!(store.open_sessions(pair(1, 10, NOW), 1).await.expect("opened"));
    assert!(store.open_sessions(pair(1, 20, NOW - 1_000), 1).await.expect("opened"));
    let end = |number| async move { store.end_session(&change(), &id(number)).await.expect("asked") };
    assert!(!end(99).await && !end(20).await, "none, and one that is over");
    assert!(end(10).await);
    assert!(!end(10).await);
    assert_eq!(store.session(&id(10)).await.expect("read"), None);
    assert!(store.session(&id(11)).await.expect("read").is_some());
    let results = join_all((0..32).map(|_| end(11))).await;
    assert_eq!(results.iter().filter(|ended| **ended).count(), 1);
}

/// A sign-in that must be the only one is refused while an access session lives.
pub async fn only_sessions(store: &dyn Store) {
    insert(store, 1, somebody("thing", Role::Device)).await.expect("inserted");
    let pending = crate::domain::NewUser { status: Status::Pending, ..somebody("off", Role::Device) };
    insert(store, 2, pending).await.expect("inserted");
    let open = |pair, version| async move { store.open_only_sessions(pair, version).await.expect("asked") };
    assert_eq!(open(pair(1, 10, NOW), 2).await, OnlySessions::Refused, "another password");
    assert_eq!(open(pair(2, 10, NOW), 1).await, OnlySessions::Refused, "a pending user");
    assert_eq!(open(pair(3, 10, NOW), 1).await, OnlySessions::Refused, "no user");
    assert_eq!(open(pair(1, 10, NOW), 1).await, OnlySessions::Opened);
    assert_eq!(open(pair(1, 20, NOW + 999), 1).await, OnlySessions::SignedIn);
    assert_eq!(open(pair(1, 20, NOW + 1_000), 1).await, OnlySessions::Opened, "its hour is over");
    let results = join_all((0..32).map(|n| open(pair(1, 100 + 2 * n, NOW + 2_000), 1))).await;
    let count = |wanted| results.iter().filter(|result| **result == wanted).count();
    assert_eq!((count(OnlySessions::Opened), count(OnlySessions::SignedIn)), (1, 31));
}

/// Sessions are opened beside one that is there, which lives on.
pub async fn more_sessions(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    insert(store, 2, somebody("bob", Role::Area)).await.expect("inserted");
    assert!(store.open_sessions(pair(1, 10, NOW), 1).await.expect("opened"));
    let open =
        |presented, pair| async move { store.open_more_sessions(&id(presented), pair).await.expect("asked") };
    assert!(!open(99, pair(1, 20, NOW)).await, "no such session");
    assert!(!open(11, pair(1, 20, NOW)).await, "one for refreshing");
    assert!(!open(10, pair(2, 20, NOW)).await, "another's");
    assert_eq!(store.session(&id(20)).await.expect("read"), None);
    assert!(open(10, pair(1, 20, NOW)).await && open(10, pair(1, 30, NOW)).await);
    for session in [10, 11, 20, 21, 30, 31] {
        assert!(store.session(&id(session)).await.expect("read").is_some(), "{session}");
    }
}
