//! The law of [`crate::SessionStore`].

use futures_util::future::join_all;

use super::{NOW, change, has_token, id, insert, login, more, open, session_id, somebody};
use crate::domain::{NewUser, PageRequest, REPEAT_MS, Role, Session, Status};
use crate::store::{Exchanged, OnlySession, Store, TokenPair};

/// Sessions are opened for who may sign in, read back with their tokens, and go when they are over.
pub async fn sessions(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    let pending = NewUser { status: Status::Pending, ..somebody("bob", Role::System) };
    insert(store, 2, pending).await.expect("inserted");
    assert!(!store.open_session(login(1, 10, NOW), 2).await.expect("asked"), "another password");
    assert!(!open(store, login(2, 10, NOW)).await, "a pending user");
    assert!(!open(store, login(3, 10, NOW)).await, "no user");
    assert!(!has_token(store, 10).await);
    assert_eq!(store.session(&session_id(10)).await.expect("read"), None);

    let first = login(1, 10, NOW);
    assert!(open(store, first.clone()).await);
    for token in [&first.tokens.access, &first.tokens.refresh] {
        let owner = store.token(&token.id).await.expect("read").expect("found");
        assert_eq!((&owner.token, owner.session_last_ms), (token, first.session.last_ms));
        assert_eq!((owner.username.as_str(), owner.role, owner.status), ("ada", Role::Area, Status::Enable));
    }
    let owner = store.session(&session_id(10)).await.expect("read").expect("found");
    assert_eq!((owner.session, owner.username.as_str()), (first.session, "ada"));

    assert!(open(store, login(1, 20, NOW + 1_000)).await);
    assert!(has_token(store, 10).await, "its session is not over");
    assert!(open(store, login(1, 30, NOW + 10_000_000)).await);
    for over in [10, 11] {
        assert!(!has_token(store, over).await, "cleared away: {over}");
    }
    assert_eq!(store.session(&session_id(10)).await.expect("read"), None);
    assert!(has_token(store, 21).await && has_token(store, 30).await);
}

/// A page holds what is not over, the newest first, each with its user and once a login.
pub async fn pages_of_sessions(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    insert(store, 2, somebody("bob", Role::System)).await.expect("inserted");
    for (user, number) in [(1, 10), (2, 20), (1, 30)] {
        assert!(open(store, login(user, number, NOW)).await);
    }
    // Refreshed, and for another domain: still one.
    assert_eq!(exchange(store, 1, 10, 11, more(1, 10, 40, NOW + 500)).await, Exchanged::Opened);
    assert!(store.add_tokens(&id(10), more(1, 10, 50, NOW + 500)).await.expect("added"));
    let page = |number, size, now_ms| async move {
        let listed = store.sessions(PageRequest { number, size }, now_ms).await.expect("read");
        for owner in &listed.content {
            let alone = store.session(&owner.session.id).await.expect("read");
            assert_eq!(alone.as_ref(), Some(owner), "as it is read alone");
        }
        let ids: Vec<_> = listed.content.into_iter().map(|owner| owner.session.id).collect();
        (ids, listed.total)
    };
    let ids = |numbers: &[u32]| numbers.iter().map(|&number| session_id(number)).collect::<Vec<_>>();
    assert_eq!(page(0, 2, NOW).await, (ids(&[30, 20]), 3));
    assert_eq!(page(1, 2, NOW).await, (ids(&[10]), 3));
    assert_eq!(page(2, 2, NOW).await, (vec![], 3));
    assert_eq!(page(0, 3, NOW + 10_000_000).await, (ids(&[10]), 1), "it was refreshed");
    assert_eq!(page(0, 3, NOW + 10_000_500).await, (vec![], 0));
    let session = store.session(&session_id(10)).await.expect("read").expect("found").session;
    let newest = (session.created_ms, session.access_expires_ms, session.refresh_expires_ms);
    assert_eq!(newest, (NOW, NOW + 1_500, NOW + 10_000_500));
}

/// A session is ended once, with all its tokens, and not after its time.
pub async fn sessions_are_ended(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    assert!(open(store, login(1, 10, NOW)).await);
    assert!(open(store, login(1, 20, NOW - 10_000_000)).await);
    assert!(open(store, login(1, 30, NOW)).await);
    assert_eq!(exchange(store, 1, 10, 11, more(1, 10, 40, NOW)).await, Exchanged::Opened);
    assert!(store.add_tokens(&id(40), more(1, 10, 50, NOW)).await.expect("added"));
    let end = |number| async move { store.end_session(&change(), &session_id(number)).await.expect("asked") };
    assert!(!end(99).await && !end(20).await, "none, and one that is over");
    assert!(!store.end_session(&change(), &id(10)).await.expect("asked"), "a token is no session");
    assert!(end(10).await);
    assert!(!end(10).await);
    for token in [10, 11, 40, 41, 50, 51] {
        assert!(!has_token(store, token).await, "{token}");
    }
    assert!(has_token(store, 30).await && has_token(store, 31).await, "another's live on");
    let results = join_all((0..32).map(|_| end(30))).await;
    assert_eq!(results.iter().filter(|ended| **ended).count(), 1);
}

/// A sign-in that must be the only one is refused while an access token is good.
pub async fn only_sessions(store: &dyn Store) {
    insert(store, 1, somebody("thing", Role::Device)).await.expect("inserted");
    let pending = NewUser { status: Status::Pending, ..somebody("off", Role::Device) };
    insert(store, 2, pending).await.expect("inserted");
    let open = |new, version| async move { store.open_only_session(new, version).await.expect("asked") };
    assert_eq!(open(login(1, 10, NOW), 2).await, OnlySession::Refused, "another password");
    assert_eq!(open(login(2, 10, NOW), 1).await, OnlySession::Refused, "a pending user");
    assert_eq!(open(login(3, 10, NOW), 1).await, OnlySession::Refused, "no user");
    assert_eq!(open(login(1, 10, NOW), 1).await, OnlySession::Opened);
    assert_eq!(open(login(1, 20, NOW + 999), 1).await, OnlySession::SignedIn);
    assert_eq!(open(login(1, 20, NOW + 1_000), 1).await, OnlySession::Opened, "its token is over");
    let results = join_all((0..32).map(|n| open(login(1, 100 + 2 * n, NOW + 2_000), 1))).await;
    let count = |wanted| results.iter().filter(|result| **result == wanted).count();
    assert_eq!((count(OnlySession::Opened), count(OnlySession::SignedIn)), (1, 31));
    // One that was opened while the clock was a year ahead locks no user out.
    insert(store, 3, somebody("early", Role::Device)).await.expect("inserted");
    const YEAR_MS: i64 = 365 * 24 * 3_600_000;
    assert_eq!(open(login(3, 300, NOW + YEAR_MS), 1).await, OnlySession::Opened);
    assert_eq!(open(login(3, 310, NOW), 1).await, OnlySession::Opened);
}

/// Tokens are added to the session of one that is there, which lives on.
pub async fn more_tokens(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    insert(store, 2, somebody("bob", Role::Area)).await.expect("inserted");
    assert!(open(store, login(1, 10, NOW)).await && open(store, login(1, 60, NOW)).await);
    let add = |presented, pair| async move { store.add_tokens(&id(presented), pair).await.expect("asked") };
    assert!(!add(99, more(1, 10, 20, NOW)).await, "no such token");
    assert!(!add(11, more(1, 10, 20, NOW)).await, "one for refreshing");
    assert!(!add(10, more(2, 10, 20, NOW)).await, "another's");
    assert!(!add(10, more(1, 60, 20, NOW)).await, "of another session");
    assert!(!has_token(store, 20).await);
    assert!(add(10, more(1, 10, 20, NOW)).await && add(20, more(1, 10, 30, NOW)).await);
    for token in [10, 11, 20, 21, 30, 31] {
        assert!(has_token(store, token).await, "{token}");
    }
}

/// Presents the refresh token `presented` of the session `session` for `pair`.
async fn exchange(store: &dyn Store, user: u32, session: u32, presented: u32, pair: TokenPair) -> Exchanged {
    let mut token = more(user, session, presented, NOW).access;
    token.kind = crate::domain::TokenKind::Refresh;
    store.exchange_token(&token, pair).await.expect("asked")
}

/// A refresh token is exchanged once; presented again it is answered with the same pair for ten seconds,
/// unless that was exchanged in turn; later it was used before.
pub async fn tokens_are_exchanged(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    insert(store, 2, somebody("bob", Role::Area)).await.expect("inserted");
    assert!(open(store, login(1, 10, NOW)).await && open(store, login(1, 60, NOW)).await);
    let present = |presented, number, at_ms| exchange(store, 1, 10, presented, more(1, 10, number, at_ms));
    assert_eq!(present(99, 20, NOW).await, Exchanged::Gone, "no such token");
    assert_eq!(present(10, 20, NOW).await, Exchanged::Gone, "an access token");
    assert_eq!(present(61, 20, NOW).await, Exchanged::Gone, "of another session");
    assert_eq!(exchange(store, 2, 10, 11, more(2, 10, 20, NOW)).await, Exchanged::Gone, "another's");
    assert!(!has_token(store, 20).await);

    assert_eq!(present(11, 20, NOW).await, Exchanged::Opened);
    assert!(has_token(store, 10).await, "access tokens live on");
    let same = Exchanged::Repeated(more(1, 10, 20, NOW));
    // The clocks of two gateways may differ a little.
    for at_ms in [NOW, NOW + REPEAT_MS, NOW - 100] {
        assert_eq!(present(11, 30, at_ms).await, same, "{at_ms}");
    }
    assert!(!has_token(store, 30).await, "and nothing else");
    assert_eq!(present(11, 30, NOW + REPEAT_MS + 1).await, Exchanged::Reused);
    assert_eq!(present(11, 30, NOW - REPEAT_MS - 1).await, Exchanged::Reused, "no clock makes it longer");

    assert_eq!(present(21, 40, NOW).await, Exchanged::Opened);
    assert_eq!(present(11, 50, NOW).await, Exchanged::Reused, "its pair was exchanged");
    assert_eq!(present(21, 50, NOW).await, Exchanged::Repeated(more(1, 10, 40, NOW)));

    assert!(store.end_session(&change(), &session_id(10)).await.expect("ended"));
    assert_eq!(present(41, 70, NOW).await, Exchanged::Gone);
    assert!(!has_token(store, 70).await);
}

/// Of 32 that present one token at once exactly one opens its pair, and all others are told that pair.
pub async fn one_exchange(store: &dyn Store) {
    insert(store, 1, somebody("racer", Role::System)).await.expect("inserted");
    assert!(open(store, login(1, 10, NOW)).await);
    let racer = |n: u32| exchange(store, 1, 10, 11, more(1, 10, 100 + 2 * n, NOW));
    let results = join_all((0..32).map(racer)).await;
    let winners: Vec<u32> =
        (0..32).filter(|n| results[*n as usize] == Exchanged::Opened).map(|n| 100 + 2 * n).collect();
    let [winner] = winners[..] else { panic!("{winners:?}: {results:?}") };
    for (n, result) in (0..32).map(|n| 100 + 2 * n).zip(&results) {
        assert_eq!(has_token(store, n).await, n == winner, "{n}");
        if n != winner {
            assert_eq!(result, &Exchanged::Repeated(more(1, 10, winner, NOW)));
        }
    }
}

/// However a session is refreshed and ended at once, none of its tokens is good when it is over.
pub async fn no_token_survives_its_session(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    for round in 0..24u32 {
        let at = 100_000 + 100 * round;
        assert!(open(store, login(1, at, NOW)).await);
        let (change, session) = (change(), session_id(at));
        let end = store.end_session(&change, &session);
        let go_on = |n: u32| async move {
            let pair = more(1, at, at + 2 + 2 * n, NOW);
            match n % 2 {
                0 => drop(exchange(store, 1, at, at + 1, pair).await),
                _ => drop(store.add_tokens(&id(at), pair).await.expect("asked")),
            }
        };
        let (ended, _) = futures_util::future::join(end, join_all((0..16).map(go_on))).await;
        assert!(ended.expect("asked"), "round {round}");
        for n in 0..34 {
            assert!(!has_token(store, at + n).await, "round {round}, {n}");
        }
    }
    let left: Vec<Session> = Vec::from_iter(
        store
            .sessions(PageRequest::default(), NOW)
            .await
            .expect("read")
            .content
            .into_iter()
            .map(|s| s.session),
    );
    assert_eq!(left, []);
}
