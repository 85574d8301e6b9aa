use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{CountingRandom, Imported};

use super::{change, make_tenant, somebody};
use crate::domain::{Attribute, Builtin, Picture, TenantId};
use crate::store::{ImportError, NewUser, Presence, Store};
use crate::user::UserKey;
use crate::validate::Profile;

fn named(tenant: &TenantId, random: &CountingRandom, name: &str, mail: Option<&str>) -> NewUser {
    let mut unique = vec![("user_name", name)];
    unique.extend(mail.map(|mail| ("email", mail)));
    let user = somebody(tenant, random, &unique);
    let profile = Profile {
        user_name: Some(name.into()),
        email: mail.map(str::to_owned),
        picture: Picture::parse("data:image/png;base64,AAAA".into()).ok(),
        ..user.profile
    };
    NewUser { user_name: name.into(), profile, ..user }
}

async fn import(
    store: &dyn Store,
    (tenant, version): &(TenantId, i64),
    users: Vec<NewUser>,
    skip: bool,
) -> Vec<Result<Imported, Attribute>> {
    store.import(&change(), tenant, *version, users, skip).await.expect("imported")
}

/// Each user of an import stands for himself; what came of each stands where he stood. Users are known
/// again by the first of their unique values.
pub async fn imports_each_on_its_own(store: &dyn Store) {
    let (acme, other) = (make_tenant(store, "acme").await, make_tenant(store, "other").await);
    let random = CountingRandom::default();
    let user = |name: &str, mail| named(&acme.0, &random, name, mail);
    let first = import(store, &acme, vec![user("ada", Some("ada@x.org"))], false).await;
    assert_eq!(first, [Ok(Imported::Created)]);
    let users = vec![
        user("zoe", Some("zoe@x.org")),
        user("ada", None),
        user("bob", Some("ada@x.org")),
        user("ada", Some("ada@x.org")),
        NewUser { disabled: true, ..user("dee", None) },
        user("zoe", None),
    ];
    let by = |builtin: Builtin| Attribute::Builtin(builtin);
    let presence = store.presence(&acme.0, users.clone()).await.expect("read");
    let [absent, name, mail, same, ..] = &presence[..] else { panic!("{presence:?}") };
    assert_eq!((absent, same), (&Presence::Absent, &Presence::Same));
    assert_eq!(*name, Presence::Other(by(Builtin::UserName)));
    assert_eq!(*mail, Presence::Other(by(Builtin::Email)));
    let answers = import(store, &acme, users.clone(), false).await;
    let (created, name) = (Ok(Imported::Created), Err(by(Builtin::UserName)));
    let expected =
        [created.clone(), name.clone(), Err(by(Builtin::Email)), Ok(Imported::Unchanged), created, name];
    assert_eq!(answers, expected);
    let dee = store.user(&acme.0, &UserKey::UserName("DEE".into())).await.expect("read").expect("found");
    assert!(dee.disabled && dee.picture.is_some(), "{dee:?}");
    let skipped = import(store, &acme, vec![user("ada", None)], true).await;
    assert_eq!(skipped, [Ok(Imported::Skipped)]);
    let elsewhere = vec![named(&other.0, &random, "ada", None)];
    assert_eq!(import(store, &other, elsewhere, false).await, [Ok(Imported::Created)]);
    let stale = store.import(&change(), &acme.0, acme.1 + 1, users, false).await;
    assert!(matches!(stale, Err(ImportError::RulesChanged)), "{stale:?}");
}

/// Of 32 imports of the same users at once each user is made once; all others find him.
pub async fn imports_at_once(store: &dyn Store) {
    let acme = make_tenant(store, "acme").await;
    let random = CountingRandom::default();
    let imports = (0..32).map(|n| {
        let mut names: Vec<usize> = (0..8).collect();
        names.rotate_left(n % 8);
        let user = |name| named(&acme.0, &random, &format!("u{name}"), Some(&format!("u{name}@x.org")));
        import(store, &acme, names.into_iter().map(user).collect(), false)
    });
    let answers: Vec<_> = join_all(imports).await.into_iter().flatten().collect();
    let created = answers.iter().filter(|one| **one == Ok(Imported::Created)).count();
    let unchanged = answers.iter().filter(|one| **one == Ok(Imported::Unchanged)).count();
    assert_eq!((created, unchanged), (8, 31 * 8), "{answers:?}");
}

/// What is exported is everybody of the tenant, in the order of the ids, with his hash.
pub async fn exports_everybody(store: &dyn Store) {
    let (acme, other) = (make_tenant(store, "acme").await, make_tenant(store, "other").await);
    let random = CountingRandom::default();
    import(store, &other, vec![named(&other.0, &random, "else", None)], false).await;
    let users = ["zoe", "ada", "bob"].map(|name| named(&acme.0, &random, name, None));
    import(store, &acme, users.to_vec(), false).await;
    let first = store.export(&acme.0, None, 2).await.expect("read");
    let rest = store.export(&acme.0, Some(first[1].0.id.clone()), 2).await.expect("read");
    let all: Vec<_> = first.into_iter().chain(rest).collect();
    assert!(all.iter().all(|(user, _)| user.picture.is_none()));
    assert!(all.iter().all(|(_, hash)| *hash == Some(PasswordHash::new("$argon2id$x"))));
    let mut ids: Vec<_> = users.iter().map(|user| user.id.clone()).collect();
    ids.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    assert_eq!(all.into_iter().map(|(user, _)| user.id).collect::<Vec<_>>(), ids);
}
