use futures_util::future::join_all;
use roster_kernel::{IfExists, Imported};

use super::{AT_MS, change, found, insert, make_groups, somebody, visitor};
use crate::domain::{Profile, User, UserId, UserType};
use crate::store::{InsertError, Store};

async fn import(
    store: &dyn Store,
    at_ms: i64,
    profiles: Vec<Profile>,
    if_exists: IfExists,
) -> Vec<Result<Imported, InsertError>> {
    store.import(&change(at_ms), profiles, if_exists).await.expect("imported")
}

/// Each user of an import stands for himself: good ones are made, bad ones are refused with what a
/// single insert is refused for, and what came of each stands where he stood.
pub async fn imports_each_on_its_own(store: &dyn Store) {
    make_groups(store).await;
    insert(store, somebody(5, "Other", &[])).await.expect("inserted");
    let profiles = vec![
        visitor(9, &[3, 1]),
        somebody(2, "Jack", &[1, 9, 7]),
        somebody(5, "Jack", &[]),
        somebody(1, "Jack", &[]),
        somebody(9, "Late", &[]),
        visitor(9, &[3, 1]),
        Profile { avatar: None, ..visitor(3, &[]) },
    ];
    let answers = import(store, AT_MS, profiles, IfExists::Fail).await;
    let [first, groups, taken, second, late, again, third] = &answers[..] else { panic!("{answers:?}") };
    assert!(matches!(first, Ok(Imported::Created)), "{first:?}");
    assert!(matches!(groups, Err(InsertError::UnknownGroups(ids)) if ids.iter().map(|id| id.0).eq([9, 7])));
    assert!(matches!(taken, Err(InsertError::Taken)), "{taken:?}");
    assert!(matches!(second, Ok(Imported::Created)), "{second:?}");
    assert!(matches!(late, Err(InsertError::Taken)), "of two of one id the first: {late:?}");
    assert!(matches!(again, Ok(Imported::Unchanged)), "{again:?}");
    assert!(matches!(third, Ok(Imported::Created)), "{third:?}");
    let profile = visitor(9, &[3, 1]);
    assert_eq!(found(store, 9).await, Some(User { profile, created_ms: AT_MS, updated_ms: AT_MS }));
    assert_eq!(found(store, 5).await.expect("found").profile, somebody(5, "Other", &[]));
    assert_eq!(found(store, 2).await, None);
}

/// The same import again changes nothing. Of users who differ, by whatever, it depends on what is
/// asked for.
pub async fn imports_again(store: &dyn Store) {
    make_groups(store).await;
    let all =
        || vec![visitor(2, &[3, 1]), somebody(1, "Jack", &[2]), Profile { avatar: None, ..visitor(4, &[]) }];
    import(store, AT_MS, all(), IfExists::Fail).await;
    for if_exists in [IfExists::Fail, IfExists::Replace] {
        let answers = import(store, AT_MS + 1, all(), if_exists).await;
        assert!(answers.iter().all(|one| matches!(one, Ok(Imported::Unchanged))), "{answers:?}");
    }
    let skipped = import(store, AT_MS + 1, vec![somebody(2, "Jill", &[])], IfExists::Skip).await;
    assert!(matches!(skipped[..], [Ok(Imported::Skipped)]), "{skipped:?}");
    assert_eq!(found(store, 2).await.expect("found").updated_ms, AT_MS);

    let picture = Profile { avatar: None, ..visitor(2, &[3, 1]) };
    let order = visitor(2, &[1, 3]);
    let another = Profile { remark: crate::domain::Remark::default(), ..visitor(2, &[3, 1]) };
    for other in [picture, order, another] {
        let answers = import(store, AT_MS + 1, vec![other.clone()], IfExists::Fail).await;
        assert!(matches!(answers[..], [Err(InsertError::Taken)]), "{answers:?}");
        let answers = import(store, AT_MS + 1, vec![other.clone()], IfExists::Replace).await;
        assert!(matches!(answers[..], [Ok(Imported::Replaced)]), "{answers:?}");
        assert_eq!(found(store, 2).await.expect("found").profile, other);
        import(store, AT_MS + 1, vec![visitor(2, &[3, 1])], IfExists::Replace).await;
    }
    // What a user is stays as it was: it is no difference that a replacement could mend.
    let employee = Profile { user_type: UserType::Employee, ..visitor(2, &[3, 1]) };
    let answers = import(store, AT_MS, vec![employee.clone()], IfExists::Replace).await;
    assert!(matches!(answers[..], [Ok(Imported::Unchanged)]), "{answers:?}");
    let answers = import(store, AT_MS, vec![employee], IfExists::Fail).await;
    assert!(matches!(answers[..], [Err(InsertError::Taken)]), "{answers:?}");
}

/// Of 32 imports of the same users at once, in any order, each user is made once; all others find him.
pub async fn imports_at_once(store: &dyn Store) {
    make_groups(store).await;
    let imports = (0..32).map(|n| {
        let mut ids: Vec<i32> = (1..=20).collect();
        ids.rotate_left(n % 20);
        let profiles = ids.into_iter().map(|id| somebody(id, "Jack", &[1, 2])).collect();
        import(store, AT_MS, profiles, IfExists::Fail)
    });
    let answers: Vec<_> = join_all(imports).await.into_iter().flatten().collect();
    let created = answers.iter().filter(|one| matches!(one, Ok(Imported::Created))).count();
    let unchanged = answers.iter().filter(|one| matches!(one, Ok(Imported::Unchanged))).count();
    assert_eq!((created, unchanged), (20, 31 * 20), "{answers:?}");
}

/// What is exported is everybody, in the order of the ids, as he is but for his picture.
pub async fn exports_everybody(store: &dyn Store) {
    make_groups(store).await;
    for id in [7, 3, 999_998, 1] {
        insert(store, visitor(id, &[3, 1])).await.expect("inserted");
    }
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = store.export(after, 3).await.expect("read");
        for user in &page {
            assert_eq!(user.profile, Profile { avatar: None, ..visitor(user.profile.user_id.0, &[3, 1]) });
        }
        let Some(last) = page.last() else { break };
        after = Some(last.profile.user_id);
        ids.extend(page.iter().map(|user| user.profile.user_id));
    }
    assert_eq!(ids, [1, 3, 7, 999_998].map(UserId));
}
