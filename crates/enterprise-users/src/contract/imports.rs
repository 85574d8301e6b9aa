use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{IfExists, Imported};

use super::fixtures::{context, insert, new_user};
use crate::access::AdminScope;
use crate::base::{Email, UniqueField, User, UserOrigin};
use crate::imports::{ImportError, ImportUser, Presence};
use crate::passwords::Login;
use crate::service::Store;
use crate::users::NewUser;

fn with(name: &str, email: &str) -> NewUser {
    NewUser { email: Some(Email::parse(email.to_owned()).expect("an address")), ..new_user("e", name) }
}

fn to_import(user: NewUser) -> ImportUser {
    ImportUser { user, password: PasswordHash::new("$imported"), scope: AdminScope::Platform }
}

async fn import(
    store: &dyn Store,
    users: Vec<NewUser>,
    if_exists: IfExists,
) -> Vec<Result<Imported, ImportError>> {
    let users = users.into_iter().map(to_import).collect();
    store.import(&context(), users, if_exists).await.expect("imported")
}

async fn found(store: &dyn Store, name: &str) -> Option<User> {
    store.by_nick_name("e".into(), name.into()).await.expect("read")
}

/// Each user of an import is stored or refused alone; the results are in the users' order.
pub async fn imports_each_on_its_own(store: &dyn Store) {
    insert(store, with("ada", "ada@x.org")).await.expect("inserted");
    let users = vec![
        with("zoe", "zoe@x.org"),
        with("ada", "other@x.org"),
        with("bob", "ADA@x.org"),
        with("ada", "ada@x.org"),
        with("zoe", "late@x.org"),
        with("cy", "zoe@x.org"),
        new_user("e2", "ada"),
    ];
    let presence = store.presence(users.clone()).await.expect("read");
    assert!(matches!(presence[1], Presence::Present(_)), "{presence:?}");
    assert_eq!(presence[2], Presence::Taken(UniqueField::Email));
    assert_eq!(presence[5], Presence::Absent);
    let taken = |field| Err(ImportError::Taken(field));
    let answers = import(store, users, IfExists::Fail).await;
    let (created, unchanged) = (Ok(Imported::Created), Ok(Imported::Unchanged));
    let (name, email) = (taken(UniqueField::NickName), taken(UniqueField::Email));
    assert_eq!(answers, [created, name, email, unchanged, name, email, created]);
    assert_eq!(found(store, "ada").await.expect("found").email, with("ada", "ada@x.org").email);
    assert_eq!(found(store, "bob").await, None);
    let credential = store.credential(Login::Email("zoe@x.org".into())).await.expect("read");
    assert_eq!(credential.expect("found").password, PasswordHash::new("$imported"));
}

/// The same import again changes nothing. Of users who differ it depends on what is asked for.
pub async fn imports_again(store: &dyn Store) {
    let both = || vec![with("ada", "ada@x.org"), new_user("e", "bob")];
    import(store, both(), IfExists::Fail).await;
    for if_exists in [IfExists::Fail, IfExists::Replace] {
        assert_eq!(import(store, both(), if_exists).await, [Ok(Imported::Unchanged); 2]);
    }
    let idle = || NewUser { is_active: false, email: None, ..with("ada", "ada@x.org") };
    let skipped = import(store, vec![idle()], IfExists::Skip).await;
    assert_eq!(skipped, [Ok(Imported::Skipped)]);
    let refused = import(store, vec![idle()], IfExists::Fail).await;
    assert_eq!(refused, [Err(ImportError::Taken(UniqueField::NickName))]);
    assert!(found(store, "ada").await.expect("found").is_active);
    assert_eq!(import(store, vec![idle()], IfExists::Replace).await, [Ok(Imported::Replaced)]);
    let ada = found(store, "ada").await.expect("found");
    assert!(!ada.is_active && ada.email.is_none(), "{ada:?}");
    // An update cannot change the origin: no difference for a replacement.
    let from =
        || vec![NewUser { origin: Some(UserOrigin::parse("there".into()).expect("an origin")), ..idle() }];
    assert_eq!(import(store, from(), IfExists::Replace).await, [Ok(Imported::Unchanged)]);
    let refused = import(store, from(), IfExists::Fail).await;
    assert_eq!(refused, [Err(ImportError::Taken(UniqueField::NickName))]);
}

/// Replacing never makes the last administrator inactive.
pub async fn an_import_leaves_an_administrator(store: &dyn Store) {
    let boss = NewUser { administrator: true, ..new_user("e", "boss") };
    insert(store, boss.clone()).await.expect("inserted");
    let idle = NewUser { is_active: false, ..boss };
    let answers = import(store, vec![idle, new_user("e", "new")], IfExists::Replace).await;
    assert_eq!(answers, [Err(ImportError::LastAdministrator), Ok(Imported::Created)]);
    assert!(found(store, "boss").await.expect("found").is_active);
}

/// Of 32 imports of the same users at once each user is created once; all others find them.
pub async fn imports_at_once(store: &dyn Store) {
    let imports = (0..32).map(|n| {
        let mut names: Vec<usize> = (0..8).collect();
        names.rotate_left(n % 8);
        let users = names.into_iter().map(|name| with(&format!("u{name}"), &format!("u{name}@x.org")));
        import(store, users.collect(), IfExists::Fail)
    });
    let answers: Vec<_> = join_all(imports).await.into_iter().flatten().collect();
    let created = answers.iter().filter(|one| **one == Ok(Imported::Created)).count();
    let unchanged = answers.iter().filter(|one| **one == Ok(Imported::Unchanged)).count();
    assert_eq!((created, unchanged), (8, 31 * 8), "{answers:?}");
}

/// An export has all users in the order of their ids, with their hashes.
pub async fn exports_everybody(store: &dyn Store) {
    let mut made = Vec::new();
    for name in ["zoe", "ada", "bob"] {
        made.push(insert(store, with(name, &format!("{name}@x.org"))).await.expect("inserted"));
    }
    let first = store.export(None, 2).await.expect("read");
    let rest = store.export(Some(first[1].0.user_id), 2).await.expect("read");
    let all: Vec<_> = first.into_iter().chain(rest).collect();
    assert!(all.iter().all(|(_, hash)| *hash == PasswordHash::new("$argon2id$x")));
    assert_eq!(all.into_iter().map(|(user, _)| user).collect::<Vec<_>>(), made);
}
