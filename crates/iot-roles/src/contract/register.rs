//! The law of [`crate::RegisterStore`].

use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;

use super::{change, id, insert, put_domain, put_site, somebody};
use crate::domain::{Area, Domain, PageRequest, Registrant, Role, Status, User};
use crate::store::{DomainKey, InsertError, PutError, Reach, RegisterError, RegisterIds, Store};

const ADA: &str = "ada@example.com";

fn registrant(address: &str) -> Registrant {
    Registrant::parse(address.to_owned()).expect("an address")
}

/// Registers somebody whose id is `number`; his domain's is the next.
async fn register(store: &dyn Store, number: u32, address: &str) -> Result<User, RegisterError> {
    let ids = RegisterIds { user: id(number), domain: id(number + 1) };
    store.register(&change(), &registrant(address), ids, PasswordHash::new("$argon2id$x")).await
}

fn is_taken(registered: &Result<User, RegisterError>) -> bool {
    matches!(registered, Err(RegisterError::NameTaken))
}

/// The names of all domains.
async fn domains(store: &dyn Store) -> Vec<String> {
    let domains = store.domains(&Reach::Everything).await.expect("read");
    domains.into_iter().map(|domain| domain.name).collect()
}

/// Who is registered reads back with his domain for an area, signs in and reaches that domain alone.
pub async fn registration_reads_back(store: &dyn Store) {
    put_domain(store, 1, "other").await;
    put_site(store, 20, None, 2).await;
    assert!(store.may_register(&registrant(ADA)).await.expect("asked"));
    let stored = register(store, 50, ADA).await.expect("registered");
    assert!(!store.may_register(&registrant(ADA)).await.expect("asked"));
    assert_eq!((&stored.id, stored.username.as_str()), (&id(50), ADA));
    assert_eq!((stored.role, stored.status), (Role::Area, Status::Enable));
    assert_eq!(stored.email.as_ref().map(|email| email.as_str()), Some(ADA));
    let [Area::Domain(domain)] = &stored.areas[..] else { panic!("{stored:?}") };
    assert_eq!(**domain, Domain { id: id(51), name: ADA.to_owned() });
    assert_eq!(store.user(&id(50)).await.expect("read"), Some(stored.clone()));
    assert_eq!(store.by_username(&stored.username).await.expect("read"), Some(stored.clone()));
    let credential = store.credential(ADA).await.expect("read").expect("found");
    assert_eq!((credential.user_id, credential.password.as_str()), (id(50), "$argon2id$x"));
    assert!(store.has_domain(ADA).await.expect("read"));
    let his = Reach::AreasOf(id(50));
    assert_eq!(store.domains(&his).await.expect("read"), [Domain::clone(domain)]);
    for (name, reached) in [(ADA, true), ("other", false)] {
        assert_eq!(store.has_area_in(&id(50), name).await.expect("read"), reached, "{name}");
        let domain = store.domain(&his, &DomainKey::Name(name.to_owned())).await;
        assert_eq!(domain.is_ok(), reached, "{domain:?}");
    }
    // It is the root of a tree, like any other.
    let refused = store.delete_domain(&change(), id(51).as_str()).await;
    assert!(refused.is_err(), "somebody has it: {refused:?}");
    // Case counts, as in every name.
    register(store, 60, "Ada@example.com").await.expect("another name");
}

/// A name that a user or a domain has is taken, whoever made it, and nothing is left of the attempt;
/// what is registered is as taken for everybody else.
pub async fn nobody_is_half_registered(store: &dyn Store) {
    put_domain(store, 1, "domain@example.com").await;
    insert(store, 40, somebody("user@example.com", Role::System)).await.expect("inserted");
    register(store, 50, ADA).await.expect("registered");
    for address in ["domain@example.com", "user@example.com", ADA] {
        assert!(!store.may_register(&registrant(address)).await.expect("asked"), "{address}");
        let again = register(store, 60, address).await;
        assert!(is_taken(&again), "{again:?}");
        assert_eq!(store.user(&id(60)).await.expect("read"), None);
    }
    assert_eq!(domains(store).await, [ADA, "domain@example.com"]);
    assert_eq!(store.credential("domain@example.com").await.expect("read"), None);
    let user = insert(store, 70, somebody(ADA, Role::Area)).await;
    assert!(matches!(user, Err(InsertError::UsernameTaken)), "{user:?}");
    let domain = store.put_domain(&change(), Domain { id: id(70), name: ADA.into() }).await;
    assert!(matches!(domain, Err(PutError::NameTaken)), "{domain:?}");
    // When both are gone the name is free.
    assert!(store.delete_user(&change(), &id(50)).await.expect("asked"));
    assert!(!store.may_register(&registrant(ADA)).await.expect("asked"), "his domain is still there");
    store.delete_domain(&change(), id(51).as_str()).await.expect("nobody's").expect("there");
    register(store, 80, ADA).await.expect("free");
}

/// Of 32 who register one address at once exactly one succeeds, with one domain; so it is when
/// others make a user or a domain of that name at the same moment.
pub async fn one_registration(store: &dyn Store) {
    let results = join_all((0..32).map(|n| register(store, 100 + 2 * n, ADA))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(results.iter().filter(|result| is_taken(result)).count(), 31, "{results:?}");
    assert_eq!(domains(store).await, [ADA]);
    let users = store.users(PageRequest { number: 0, size: 100 }).await.expect("read").content;
    let [user] = &users[..] else { panic!("{users:?}") };
    let [Area::Domain(domain)] = &user.areas[..] else { panic!("{user:?}") };
    assert_eq!(domain.name, ADA);

    for round in 0..8u32 {
        let (at, address) = (1_000 * (round + 1), format!("u{round}@example.com"));
        let racer = |n: u32| {
            let address = &address;
            async move {
                match n % 3 {
                    0 => register(store, at + 2 * n, address).await.is_ok(),
                    1 => insert(store, at + 2 * n, somebody(address, Role::Device)).await.is_ok(),
                    _ => {
                        let domain = Domain { id: id(at + 2 * n + 1), name: address.clone() };
                        store.put_domain(&change(), domain).await.is_ok()
                    }
                }
            }
        };
        let made = join_all((0..32).map(racer)).await;
        let of = |kind: usize| made.iter().skip(kind).step_by(3).filter(|made| **made).count();
        let (registered, users, domains) = (of(0), of(1), of(2));
        assert!(registered <= 1, "{made:?}");
        assert_eq!((registered + users, registered + domains), (1, 1), "one user, one domain: {made:?}");
    }
}
