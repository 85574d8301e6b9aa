//! The law that every [`Store`] keeps, as tests for any implementation. Each function wants an
//! empty store.

mod import;
mod register;
mod sessions;
mod totals;
mod tree;
mod users;

use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, Origin};

use crate::demo;
use crate::domain::{
    Area, Domain, Email, Named, NewSite, NewSiteType, NewUser, ObjectId, Role, Session, SiteType, Status,
    Token, TokenKind, User, Username,
};
use crate::store::{InsertError, NewSession, PutError, Store, TokenPair};

pub use import::{exports_people, imports_again, imports_at_once, imports_each_on_its_own};
pub use register::{nobody_is_half_registered, one_registration, registration_reads_back};
pub use sessions::*;
pub use totals::*;
pub use tree::{
    a_type_is_the_one_that_was_judged_by, area_in, areas_hold_while_one_acts, definitions_change,
    deletions_are_guarded, depth_is_bounded, descendants_follow, devices, no_circle, no_dangling_area,
    put_device, put_device_type, reach_is_the_areas_and_what_lies_within, sessions_of_a_domain, system_in,
};
pub use users::{
    areas_are_replaced, no_session_survives_its_user, one_system_user_remains, one_system_user_survives,
    pages_of_users, passwords_change, statuses_change, users_are_deleted,
};

const NOW: i64 = 1_700_000_000_000;

fn change() -> Change {
    Change { principal: "contract".into(), origin: Origin::default(), at_ms: NOW }
}

/// The id that ends in this number.
pub fn id(number: u32) -> ObjectId {
    ObjectId::parse(&format!("{number:024x}")).expect("24 hex digits")
}

fn somebody(name: &str, role: Role) -> NewUser {
    NewUser::new(Username::parse(name.to_owned()).expect("a username"), role)
}

fn with_areas(name: &str, areas: &[&ObjectId]) -> NewUser {
    NewUser { areas: areas.iter().map(ToString::to_string).collect(), ..somebody(name, Role::Area) }
}

async fn insert(store: &dyn Store, number: u32, user: NewUser) -> Result<User, InsertError> {
    store.insert(&change(), id(number), user, PasswordHash::new("$argon2id$x")).await
}

/// Puts a domain, and a site type of it whose id is the next.
pub async fn put_domain(store: &dyn Store, number: u32, name: &str) {
    let domain = Domain { id: id(number), name: name.into() };
    assert!(store.put_domain(&change(), domain).await.expect("stored"));
    let site_type =
        SiteType { id: id(number + 1), name: "T".into(), description: None, att_definition: Named::new() };
    let new = NewSiteType { domain_id: id(number), site_type };
    assert!(store.put_site_type(&change(), new).await.expect("stored"));
}

/// Puts a site, named after its number.
pub async fn put_site(store: &dyn Store, number: u32, parent: Option<u32>, site_type: u32) {
    assert!(store.put_site(&change(), site(number, parent, site_type)).await.expect("stored"));
}

fn site(number: u32, parent: Option<u32>, site_type: u32) -> NewSite {
    NewSite {
        id: id(number),
        name: number.to_string(),
        parent_id: parent.map(id),
        site_type_id: id(site_type),
        attributes: Named::new(),
    }
}

async fn put_demo(store: &dyn Store) -> demo::Objects {
    let objects = demo::objects();
    assert!(store.put_domain(&change(), objects.domain.clone()).await.expect("stored"));
    assert!(store.put_site_type(&change(), objects.site_type.clone()).await.expect("stored"));
    for site in &objects.sites {
        assert!(store.put_site(&change(), site.clone()).await.expect("stored"));
    }
    objects
}

/// What was inserted reads back equal, areas in their order and with everything around them.
pub async fn reads_back(store: &dyn Store) {
    let objects = put_demo(store).await;
    let areas = [&objects.sites[2].id, &objects.sites[0].id];
    let user = NewUser {
        email: Some(Email::parse("Ada@Example.com".into()).expect("an address")),
        ..with_areas("ada", &areas)
    };
    let stored = insert(store, 1, user.clone()).await.expect("inserted");
    assert_eq!((&stored.id, stored.role, stored.status), (&id(1), Role::Area, Status::Enable));
    assert_eq!(stored.email, user.email);
    assert_eq!(stored.areas.iter().map(Area::id).collect::<Vec<_>>(), areas);
    let Area::Site(site) = &stored.areas[1] else { panic!("{stored:?}") };
    assert_eq!(*site.domain, objects.domain);
    assert_eq!(*site.site_type, objects.site_type.site_type);
    assert_eq!((&site.attributes, site.parent.is_none()), (&objects.sites[0].attributes, true));
    assert_eq!(store.by_username(&user.username).await.expect("read"), Some(stored));
    let nobody = somebody("Ada", Role::Area).username;
    assert_eq!(store.by_username(&nobody).await.expect("read"), None);
}

/// However deep a site lies, everything around it comes with it.
pub async fn reads_back_from_the_depth(store: &dyn Store) {
    const DEPTH: u32 = 40;
    put_domain(store, 1, "deep").await;
    put_site(store, 100, None, 2).await;
    for number in 101..100 + DEPTH {
        put_site(store, number, Some(number - 1), 2).await;
    }
    put_site(store, 90, Some(100), 2).await;
    let user = insert(store, 50, with_areas("ada", &[&id(90), &id(99 + DEPTH)])).await.expect("inserted");
    let strings: Vec<String> = user.areas.iter().map(Area::string).collect();
    let chain: String = (100..100 + DEPTH).map(|number| format!("{number}T")).collect();
    assert_eq!(strings, ["100T90T".to_owned(), chain]);
    assert_eq!(store.by_username(&user.username).await.expect("read"), Some(user));
}

/// Areas are judged before the name, by the tree and not by names; who is refused is not stored.
pub async fn areas_are_judged(store: &dyn Store) {
    put_domain(store, 1, "admin").await;
    put_domain(store, 11, "admin2").await;
    put_site(store, 20, None, 2).await;
    put_site(store, 21, Some(20), 2).await;
    put_site(store, 22, Some(21), 2).await;
    put_site(store, 23, Some(20), 2).await;
    put_site(store, 30, None, 12).await;
    insert(store, 50, somebody("taken", Role::System)).await.expect("inserted");

    type Case<'a> = (&'a [u32], Option<(&'a str, &'a str)>);
    let cases: [Case<'_>; 8] = [
        (&[20, 22], Some(("20T", "20T21T22T"))),
        (&[22, 20], Some(("20T21T22T", "20T"))),
        (&[30, 21, 1], Some(("20T21T", "admin"))),
        (&[1, 1], Some(("admin", "admin"))),
        (&[23, 21, 23], Some(("20T23T", "20T23T"))),
        (&[1, 11], None),
        (&[1, 30], None),
        (&[22, 23, 11], None),
    ];
    for (numbers, overlap) in cases {
        let ids: Vec<ObjectId> = numbers.iter().map(|&number| id(number)).collect();
        let refs: Vec<&ObjectId> = ids.iter().collect();
        for error in [
            store.check(&with_areas("taken", &refs)).await.err(),
            insert(store, 51, with_areas("taken", &refs)).await.err(),
        ] {
            match (error.expect("refused"), overlap) {
                (InsertError::Overlap(one, other), Some(told)) => assert_eq!((&*one, &*other), told),
                (InsertError::UsernameTaken, None) => {}
                (error, _) => panic!("{numbers:?}: {error:?}"),
            }
        }
    }
    for unknown in ["no id at all", "", "0000000000000000000000FF", &id(255).to_string()] {
        let areas = vec![id(20).to_string(), unknown.to_owned(), id(21).to_string()];
        let user = NewUser { areas, ..somebody("taken", Role::Area) };
        for error in [store.check(&user).await.err(), insert(store, 51, user).await.err()] {
            let Some(InsertError::UnknownArea(told)) = error else { panic!("{error:?}") };
            assert_eq!(told, unknown, "unknown areas are told before overlaps and names");
        }
    }
    // The site types' own ids are no areas.
    let typed = insert(store, 51, with_areas("x", &[&id(2)])).await;
    assert!(matches!(typed, Err(InsertError::UnknownArea(_))), "{typed:?}");
    let many = NewUser {
        areas: (0..1000u32).map(|number| id(0x1000 + number).to_string()).collect(),
        ..somebody("many", Role::Area)
    };
    assert!(matches!(store.check(&many).await, Err(InsertError::UnknownArea(_))));
    let nobody = somebody("x", Role::Area).username;
    assert_eq!(store.by_username(&nobody).await.expect("read"), None);
    insert(store, 51, with_areas("x", &[&id(1), &id(11)])).await.expect("a longer name is no site inside");
}

/// Usernames are unique with regard to case.
pub async fn unique_usernames(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::System)).await.expect("inserted");
    let again = somebody("ada", Role::Area);
    assert!(matches!(store.check(&again).await, Err(InsertError::UsernameTaken)));
    assert!(matches!(insert(store, 2, again).await, Err(InsertError::UsernameTaken)));
    store.check(&somebody("Ada", Role::Device)).await.expect("free");
    insert(store, 2, somebody("Ada", Role::Device)).await.expect("inserted");
}

/// Of 32 inserts of one name at once exactly one succeeds; the others learn why.
pub async fn one_winner(store: &dyn Store) {
    let objects = put_demo(store).await;
    let racer = || with_areas("racer", &[&objects.sites[0].id]);
    let results = join_all((0..32).map(|number| insert(store, number, racer()))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let taken = |result: &&Result<User, InsertError>| matches!(result, Err(InsertError::UsernameTaken));
    assert_eq!(results.iter().filter(taken).count(), 31, "{results:?}");
}

/// A hash may be renewed as long as the password is the same.
pub async fn credentials(store: &dyn Store) {
    insert(store, 1, somebody("ada", Role::Area)).await.expect("inserted");
    let first = store.credential("ada").await.expect("read").expect("found");
    assert_eq!((&first.user_id, first.role, first.status), (&id(1), Role::Area, Status::Enable));
    assert_eq!(first.password.as_str(), "$argon2id$x");
    assert_eq!(store.credential("Ada").await.expect("read"), None);
    let renew = |version, hash: &str| {
        let hash = PasswordHash::new(hash);
        async move { store.renew_hash(&id(1), version, hash).await.expect("stored") }
    };
    renew(first.password_version + 1, "$other").await;
    assert_eq!(store.credential("ada").await.expect("read"), Some(first.clone()));
    renew(first.password_version, "$renewed").await;
    let renewed = store.credential("ada").await.expect("read").expect("found");
    assert_eq!((renewed.password.as_str(), renewed.password_version), ("$renewed", first.password_version));
}

/// A user has an area in a domain if that is the domain or lies in it.
pub async fn domains_of_a_user(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_domain(store, 11, "b").await;
    put_site(store, 20, None, 2).await;
    put_site(store, 21, Some(20), 2).await;
    insert(store, 50, with_areas("deep", &[&id(21)])).await.expect("inserted");
    insert(store, 51, with_areas("whole", &[&id(11)])).await.expect("inserted");
    insert(store, 52, somebody("none", Role::Area)).await.expect("inserted");
    for (name, there) in [("a", true), ("b", true), ("A", false), ("", false)] {
        assert_eq!(store.has_domain(name).await.expect("read"), there, "{name}");
    }
    for (user, in_a, in_b) in [(50, true, false), (51, false, true), (52, false, false), (99, false, false)] {
        assert_eq!(store.has_area_in(&id(user), "a").await.expect("read"), in_a, "{user}");
        assert_eq!(store.has_area_in(&id(user), "b").await.expect("read"), in_b, "{user}");
        assert!(!store.has_area_in(&id(user), "c").await.expect("read"));
    }
}

/// An object is put once; names are unique where they lie; what it needs must be there, in the
/// same domain.
pub async fn the_tree(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_domain(store, 11, "b").await;
    put_site(store, 20, None, 2).await;
    let again = Domain { id: id(1), name: "renamed".into() };
    assert!(!store.put_domain(&change(), again).await.expect("there already"));
    assert!(!store.has_domain("renamed").await.expect("read"));
    assert!(!store.put_site(&change(), site(20, None, 2)).await.expect("there already"));

    let taken = store.put_domain(&change(), Domain { id: id(40), name: "a".into() }).await;
    assert!(matches!(taken, Err(PutError::NameTaken)), "{taken:?}");
    let named = |number, parent, site_type| NewSite { name: "20".into(), ..site(number, parent, site_type) };
    let taken = store.put_site(&change(), named(21, None, 2)).await;
    assert!(matches!(taken, Err(PutError::NameTaken)), "{taken:?}");
    assert!(store.put_site(&change(), named(21, Some(20), 2)).await.expect("elsewhere"));
    assert!(store.put_site(&change(), named(22, None, 12)).await.expect("in another domain"));

    for (parent, site_type, missing) in [(None, 99, 99), (Some(99), 2, 99), (Some(20), 12, 20)] {
        let put = store.put_site(&change(), site(30, parent, site_type)).await;
        let Err(PutError::Unknown(told)) = put else { panic!("{put:?}") };
        assert_eq!(told, id(missing));
    }
    let site_type =
        SiteType { id: id(30), name: "T".into(), description: None, att_definition: Named::new() };
    let new = |domain| NewSiteType { domain_id: id(domain), site_type: site_type.clone() };
    assert!(matches!(store.put_site_type(&change(), new(99)).await, Err(PutError::Unknown(_))));
    assert!(matches!(store.put_site_type(&change(), new(1)).await, Err(PutError::NameTaken)));
}

/// A session of the user `user`, opened at `at_ms`. Its tokens have the ids `number` and the next, itself
/// that of [`session_id`].
fn login(user: u32, number: u32, at_ms: i64) -> NewSession {
    let tokens = more(user, number, number, at_ms);
    let session = Session {
        id: session_id(number),
        user_id: id(user),
        domain: None,
        address: Some("192.0.2.1".into()),
        device: Some("a browser".into()),
        created_ms: at_ms,
        access_expires_ms: tokens.access.expires_ms,
        refresh_expires_ms: tokens.refresh.expires_ms,
        last_ms: at_ms + 100_000,
    };
    NewSession { session, tokens }
}

/// The id of the session of [`login`] whose first token has this number.
fn session_id(number: u32) -> ObjectId {
    id(0x0100_0000 + number)
}

/// Tokens of the session whose first one has the number `session`; their ids are `number` and the next.
fn more(user: u32, session: u32, number: u32, at_ms: i64) -> TokenPair {
    let token = |number, kind, lifetime_ms| Token {
        id: id(number),
        session_id: session_id(session),
        user_id: id(user),
        kind,
        domain: None,
        created_ms: at_ms,
        expires_ms: at_ms + lifetime_ms,
    };
    TokenPair {
        access: token(number, TokenKind::Access, 1_000),
        refresh: token(number + 1, TokenKind::Refresh, 10_000_000),
    }
}

async fn open(store: &dyn Store, session: NewSession) -> bool {
    store.open_session(session, 1).await.expect("asked")
}

/// Whether the token of this number is there.
async fn has_token(store: &dyn Store, number: u32) -> bool {
    store.token(&id(number)).await.expect("read").is_some()
}
