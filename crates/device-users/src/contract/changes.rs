//! The law of changes and ends, of lists and searches.

use futures_util::future::{join, join_all};

use super::{AT_MS, change, found, insert, make_groups, name, somebody, visitor};
use crate::domain::{Avatar, Edit, GroupId, Number, Search, UserId, UserType, Window};
use crate::store::{Store, UpdateError};

fn window(offset: u32, limit: u32) -> Window {
    Window::parse(&offset.to_string(), &limit.to_string()).expect("a window")
}

/// A change keeps what it does not name, the type and when the user was made; one that would break
/// the rules, or names groups that do not exist, changes nothing.
pub async fn updates(store: &dyn Store) {
    make_groups(store).await;
    let put = async |edit: Edit, at_ms| store.update(&change(at_ms), UserId(3), edit).await;
    assert!(put(Edit::new(name("Jill")), AT_MS).await.expect("read").is_none(), "nobody yet");
    let made = insert(store, visitor(3, &[1, 2])).await.expect("inserted");
    let renamed = put(Edit::new(name("Jill")), AT_MS + 5).await.expect("changed").expect("found");
    assert_eq!(renamed.profile.name, name("Jill"));
    assert_eq!((renamed.created_ms, renamed.updated_ms), (AT_MS, AT_MS + 5));
    let mut expected = made.profile.clone();
    expected.name = name("Jill");
    assert_eq!(renamed.profile, expected);
    assert_eq!(found(store, 3).await, Some(renamed));
    let edit = Edit {
        avatar: Some(None),
        ic_number: Some(Number::default()),
        groups: Some(vec![GroupId(3)]),
        guest_end_ms: Some(0),
        ..Edit::new(name("Jim"))
    };
    let changed = put(edit, AT_MS).await.expect("changed").expect("found");
    assert_eq!((&changed.profile.avatar, &changed.profile.groups), (&None, &vec![GroupId(3)]));
    assert_eq!((changed.profile.guest_time.start_ms(), changed.profile.guest_time.end_ms()), (5, 0));
    assert_eq!(changed.profile.user_type, UserType::Visitor);
    assert_eq!(changed.updated_ms, AT_MS + 5, "never older than what it changed");
    assert_eq!(found(store, 3).await.as_ref(), Some(&changed));
    let faceless = Edit { feature: Some(None), ..Edit::new(name("Joe")) };
    assert!(matches!(put(faceless, AT_MS).await, Err(UpdateError::Invalid(_))));
    let nowhere = Edit { groups: Some(vec![GroupId(9), GroupId(1)]), ..Edit::new(name("Joe")) };
    let refused = put(nowhere, AT_MS).await;
    let Err(UpdateError::UnknownGroups(groups)) = refused else { panic!("{refused:?}") };
    assert_eq!(groups, [GroupId(9)]);
    assert_eq!(found(store, 3).await, Some(changed));
}

/// Who is removed is gone with his picture and his links, once; his id is free again.
pub async fn deletes(store: &dyn Store) {
    make_groups(store).await;
    let delete = async || store.delete(&change(AT_MS), UserId(3)).await.expect("deleted");
    assert!(!delete().await);
    insert(store, visitor(3, &[1, 2])).await.expect("inserted");
    let results = join_all((0..8).map(|_| delete())).await;
    assert_eq!(results.iter().filter(|deleted| **deleted).count(), 1);
    assert_eq!(found(store, 3).await, None);
    assert_eq!(store.picture(UserId(3)).await.expect("read"), None);
    assert_eq!(store.members(GroupId(1)).await.expect("read"), Some(vec![]));
    insert(store, somebody(3, "Jack", &[])).await.expect("free again");
}

/// A list has the newest first, of two made at once the greater id; no pictures, but everything
/// else; and how many there are in all.
pub async fn lists(store: &dyn Store) {
    make_groups(store).await;
    let made = [(5, 0), (1, 1), (9, 1), (2, 3)];
    for (id, later) in made {
        let profile = visitor(id, &[2, 1]);
        store.insert(&change(AT_MS + later), profile, crate::IfTaken::Refuse).await.expect("inserted");
    }
    let ids = async |offset, limit| {
        let listed = store.list(window(offset, limit)).await.expect("read");
        assert_eq!(listed.total, 4);
        listed.items.iter().map(|user| user.profile.user_id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids(0, 100).await, [2, 9, 1, 5]);
    assert_eq!(ids(1, 2).await, [9, 1]);
    assert_eq!(ids(4, 100).await, [0; 0]);
    assert_eq!(ids(0, 0).await, [0; 0]);
    let listed = store.list(window(0, 1)).await.expect("read").items.remove(0);
    let mut whole = found(store, 2).await.expect("found");
    assert_eq!(store.picture(UserId(2)).await.expect("read"), whole.profile.avatar.take());
    assert_eq!(listed, whole);
    let versions = async |after: Option<i32>, limit| {
        let versions = store.versions(after.map(UserId), limit).await.expect("read");
        versions.iter().map(|v| (v.user_id.0, v.updated_ms - AT_MS)).collect::<Vec<_>>()
    };
    assert_eq!(versions(None, 3).await, [(1, 1), (2, 3), (5, 0)]);
    assert_eq!(versions(Some(5), 3).await, [(9, 1)]);
}

/// Names are found by any part, whatever its case and width; numbers only whole.
pub async fn searches(store: &dyn Store) {
    for (id, text) in [(3, "Jack Müller"), (1, "JACKIE"), (2, "张三"), (4, "100%_\\")] {
        insert(store, somebody(id, text, &[])).await.expect("inserted");
    }
    make_groups(store).await;
    insert(store, visitor(7, &[])).await.expect("inserted");
    let ids = async |search| {
        let ids = store.search(search).await.expect("read");
        ids.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    for (part, expected) in [
        ("jack", &[1, 3][..]),
        ("ＪＡＣＫ ", &[3]),
        ("MÜLL", &[3]),
        ("三", &[2, 7]),
        ("%", &[4]),
        ("_", &[4]),
        ("\\", &[4]),
        ("k_e", &[]),
    ] {
        assert_eq!(ids(Search::Name(name(part))).await, expected, "{part}");
    }
    store.update(&change(AT_MS), UserId(3), Edit::new(name("Renamed"))).await.expect("changed");
    assert_eq!(ids(Search::Name(name("RENAMED"))).await, [3]);
    assert_eq!(ids(Search::Name(name("müller"))).await, [0; 0]);
    let number = |text: &str| Number::parse(text.to_owned()).expect("a number");
    assert_eq!(ids(Search::IcNumber(number("ic"))).await, [7]);
    assert_eq!(ids(Search::IcNumber(number("i"))).await, [0; 0]);
    assert_eq!(ids(Search::IcNumber(number("IC"))).await, [0; 0]);
    assert_eq!(ids(Search::JobNumber(number("job"))).await, [7]);
}

/// Changes, ends and makings of one user at once leave him whole or gone, and no list shows him
/// twice or half.
pub async fn everything_at_once(store: &dyn Store) {
    make_groups(store).await;
    insert(store, somebody(3, "Jack", &[1])).await.expect("inserted");
    let picture = || Some(Some(Avatar::parse("BBBB".into(), &[]).expect("a picture")));
    let writers = join_all((0..24).map(|n| async move {
        match n % 3 {
            0 => drop(store.delete(&change(AT_MS), UserId(3)).await.expect("deleted")),
            1 => drop(insert(store, somebody(3, "Jack", &[1, 2])).await),
            _ => {
                let groups = Some(vec![GroupId(3), GroupId(1)]);
                let edit = Edit { avatar: picture(), groups, ..Edit::new(name("Jill")) };
                store.update(&change(AT_MS), UserId(3), edit).await.expect("changed");
            }
        }
    }));
    let readers = join_all((0..24).map(|_| async move {
        let listed = store.list(window(0, 100)).await.expect("read");
        assert!(listed.items.len() <= 1 && listed.total == listed.items.len() as i64, "{listed:?}");
        for user in listed.items {
            let groups: &[i32] = if user.profile.name == name("Jill") { &[3, 1] } else { &[1, 2] };
            let got: Vec<i32> = user.profile.groups.iter().map(|group| group.0).collect();
            assert!(got == groups || got == [1], "{got:?}");
        }
    }));
    join(writers, readers).await;
    let user = found(store, 3).await;
    let picture = store.picture(UserId(3)).await.expect("read");
    assert_eq!(picture, user.as_ref().and_then(|user| user.profile.avatar.clone()));
    for group in 1..=3 {
        let members = store.members(GroupId(group)).await.expect("read").expect("found");
        let linked = user.iter().filter(|user| user.profile.groups.contains(&GroupId(group)));
        assert_eq!(members.len(), linked.count());
    }
}
