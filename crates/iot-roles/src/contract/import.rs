use futures_util::future::join_all;
use roster_kernel::Imported;
use roster_kernel::ports::PasswordHash;

use super::{
    change, id, insert, put_device, put_device_type, put_domain, put_site, somebody, system_in, with_areas,
};
use crate::domain::{NewUser, Role, Status};
use crate::store::{Arrival, InsertError, Presence, Store};

async fn import(
    store: &dyn Store,
    first: u32,
    users: Vec<NewUser>,
    skip: bool,
) -> Vec<Result<Imported, InsertError>> {
    let arrival = |(user, number)| Arrival { id: id(number), user, password: PasswordHash::new("$imported") };
    let arrivals = users.into_iter().zip(first..).map(arrival).collect();
    store.import(&change(), arrivals, skip).await.expect("imported")
}

/// Each user of an import stands for himself; what came of each stands where he stood.
pub async fn imports_each_on_its_own(store: &dyn Store) {
    put_domain(store, 1, "root").await;
    put_site(store, 10, None, 2).await;
    put_site(store, 11, Some(10), 2).await;
    insert(store, 100, somebody("ada", Role::System)).await.expect("inserted");
    let users = vec![
        with_areas("zoe", &[&id(11)]),
        somebody("ada", Role::Area),
        with_areas("bob", &[&id(99)]),
        with_areas("cy", &[&id(11), &id(10)]),
        somebody("ada", Role::System),
        with_areas("zoe", &[&id(10)]),
        NewUser { status: Status::Pending, ..somebody("dee", Role::System) },
    ];
    let presence = store.presence(users.clone()).await.expect("read");
    assert!(matches!(presence[0], Presence::Absent), "{presence:?}");
    assert!(matches!(presence[1], Presence::There(_)), "{presence:?}");
    assert!(matches!(presence[2], Presence::Refused(InsertError::UnknownArea(_))), "{presence:?}");
    let answers = import(store, 200, users, false).await;
    let [zoe, ada, bob, cy, same, late, dee] = &answers[..] else { panic!("{answers:?}") };
    assert!(matches!(zoe, Ok(Imported::Created)), "{zoe:?}");
    assert!(matches!(ada, Err(InsertError::UsernameTaken)), "{ada:?}");
    assert!(matches!(bob, Err(InsertError::UnknownArea(area)) if *area == id(99).to_string()), "{bob:?}");
    assert!(matches!(cy, Err(InsertError::Overlap(..))), "{cy:?}");
    assert!(matches!(same, Ok(Imported::Unchanged)), "{same:?}");
    assert!(matches!(late, Err(InsertError::UsernameTaken)), "{late:?}");
    assert!(matches!(dee, Ok(Imported::Created)), "{dee:?}");
    let zoe = store.user(&id(200)).await.expect("read").expect("found");
    assert_eq!(zoe.areas.iter().map(|area| area.id().clone()).collect::<Vec<_>>(), [id(11)]);
    assert_eq!(store.user(&id(206)).await.expect("read").expect("found").status, Status::Pending);
    let credential = store.credential("zoe").await.expect("read").expect("found");
    assert_eq!(credential.password, PasswordHash::new("$imported"));
}

/// The same import again changes nothing; with `skip` nobody is compared.
pub async fn imports_again(store: &dyn Store) {
    put_domain(store, 1, "root").await;
    let all = || vec![with_areas("zoe", &[&id(1)]), somebody("ada", Role::System)];
    import(store, 200, all(), false).await;
    let again = import(store, 300, all(), false).await;
    assert!(again.iter().all(|one| matches!(one, Ok(Imported::Unchanged))), "{again:?}");
    let others = || vec![somebody("zoe", Role::Area), NewUser { status: Status::Pending, ..all().remove(1) }];
    let refused = import(store, 300, others(), false).await;
    assert!(refused.iter().all(|one| matches!(one, Err(InsertError::UsernameTaken))), "{refused:?}");
    let skipped = import(store, 300, others(), true).await;
    assert!(skipped.iter().all(|one| matches!(one, Ok(Imported::Skipped))), "{skipped:?}");
}

/// Of 32 imports of the same users at once each user is made once; all others find him.
pub async fn imports_at_once(store: &dyn Store) {
    put_domain(store, 1, "root").await;
    let imports = (0..32_u32).map(|n| {
        let mut names: Vec<u32> = (0..8).collect();
        names.rotate_left(n as usize % 8);
        let users = names.into_iter().map(|name| with_areas(&format!("u{name}"), &[&id(1)])).collect();
        import(store, 1000 + n * 10, users, false)
    });
    let answers: Vec<_> = join_all(imports).await.into_iter().flatten().collect();
    let created = answers.iter().filter(|one| matches!(one, Ok(Imported::Created))).count();
    let unchanged = answers.iter().filter(|one| matches!(one, Ok(Imported::Unchanged))).count();
    assert_eq!((created, unchanged), (8, 31 * 8), "{answers:?}");
}

/// What is exported is everybody but the accounts of devices, in the order of the ids, with areas and
/// hash.
pub async fn exports_people(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_device_type(store, 19, "a").await;
    put_device(store, &system_in("a"), 101, 1).await.expect("made");
    put_site(store, 10, None, 2).await;
    put_site(store, 11, None, 2).await;
    let users = [
        with_areas("zoe", &[&id(11), &id(10)]),
        somebody("gadget", Role::Device),
        NewUser { status: Status::Pending, ..somebody("ada", Role::System) },
        with_areas("bob", &[&id(1)]),
    ];
    for (user, number) in users.iter().zip([100, 103, 104, 105]) {
        insert(store, number, user.clone()).await.expect("inserted");
    }
    let first = store.export(None, 2).await.expect("read");
    let rest = store.export(Some(first[1].id.clone()), 2).await.expect("read");
    let all: Vec<_> = first.into_iter().chain(rest).collect();
    assert!(all.iter().all(|one| one.password == PasswordHash::new("$argon2id$x")));
    assert_eq!(all.into_iter().map(|one| one.user).collect::<Vec<_>>(), users);
}
