//! The law of groups and their members.

use futures_util::future::join_all;

use super::{AT_MS, change, found, insert, make_groups, name, somebody};
use crate::domain::{Group, GroupEdit, GroupId, Membership, RuleId, UserId, UserType, Window};
use crate::store::{GroupError, MembersError, Store};

fn group(id: i32, text: &str) -> Group {
    Group::new(GroupId(id), name(text))
}

async fn put(store: &dyn Store, group: Group) -> Result<Group, GroupError> {
    store.insert_group(&change(AT_MS), group).await
}

async fn set(store: &dyn Store, id: i32, users: &[i32], how: Membership) -> Result<Option<()>, MembersError> {
    let users = users.iter().copied().map(UserId).collect();
    store.set_members(&change(AT_MS + 9), GroupId(id), users, how).await
}

async fn members(store: &dyn Store, id: i32) -> Vec<i32> {
    let members = store.members(GroupId(id)).await.expect("read").expect("found");
    members.into_iter().map(|user| user.0).collect()
}

/// A group is made once, its name is its own, and it is found, listed, changed and removed.
pub async fn groups_live(store: &dyn Store) {
    let rule = RuleId::parse(7).expect("a rule");
    let staff = Group { group_type: UserType::Visitor, rule_id: rule, ..group(1, "Staff") };
    assert_eq!(put(store, staff.clone()).await.expect("made"), staff);
    assert!(matches!(put(store, group(1, "Staff")).await, Err(GroupError::Taken)), "the id before the name");
    assert!(matches!(put(store, group(2, "Staff")).await, Err(GroupError::NameTaken)));
    let results = join_all((0..16).map(|_| put(store, group(2, "staff")))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(store.group(GroupId(1)).await.expect("read"), Some(staff.clone()));
    assert_eq!(store.group(GroupId(3)).await.expect("read"), None);
    let window = Window::parse("0", "1").expect("a window");
    let listed = store.list_groups(window).await.expect("read");
    assert_eq!((listed.total, listed.items), (2, vec![group(2, "staff")]));
    let search = async |text: &str| store.search_groups(name(text)).await.expect("read");
    assert_eq!(search("TAF").await, [GroupId(1), GroupId(2)]);
    let edit = |text: &str| GroupEdit { name: name(text), group_type: None, rule_id: None };
    let update = async |id, edit| store.update_group(&change(AT_MS), GroupId(id), edit).await;
    assert!(matches!(update(1, edit("staff")).await, Err(GroupError::NameTaken)));
    assert!(update(3, edit("x")).await.expect("read").is_none());
    let renamed = update(1, edit("Crew")).await.expect("changed").expect("found");
    assert_eq!(renamed, Group { name: name("Crew"), ..staff });
    assert_eq!(search("crew").await, [GroupId(1)]);
    let cleared = GroupEdit { rule_id: Some(RuleId::default()), ..edit("Crew") };
    assert_eq!(update(1, cleared).await.expect("changed").expect("found").rule_id, RuleId::default());
    assert!(store.delete_group(&change(AT_MS), GroupId(1)).await.expect("deleted"));
    assert!(!store.delete_group(&change(AT_MS), GroupId(1)).await.expect("deleted"));
    assert_eq!(store.group(GroupId(1)).await.expect("read"), None);
}

/// Users join behind their other groups and leave, all of them or nobody; who does counts as
/// changed. A group that is removed leaves them.
pub async fn members_come_and_go(store: &dyn Store) {
    make_groups(store).await;
    for id in [5, 3, 4] {
        insert(store, somebody(id, "Jack", &[2])).await.expect("inserted");
    }
    let unknown = set(store, 1, &[8, 3, 7], Membership::Join).await;
    let Err(MembersError::UnknownUsers(unknown)) = unknown else { panic!("{unknown:?}") };
    assert_eq!(unknown, [UserId(8), UserId(7)]);
    assert_eq!(members(store, 1).await, [0; 0]);
    assert_eq!(set(store, 9, &[3], Membership::Join).await.expect("read"), None);
    for _ in 0..2 {
        assert_eq!(set(store, 1, &[5, 3], Membership::Join).await.expect("joined"), Some(()));
        assert_eq!(members(store, 1).await, [3, 5]);
    }
    let user = found(store, 3).await.expect("found");
    assert_eq!(user.profile.groups, [GroupId(2), GroupId(1)]);
    assert_eq!((user.created_ms, user.updated_ms), (AT_MS, AT_MS + 9));
    assert_eq!(found(store, 4).await.expect("found").updated_ms, AT_MS);
    set(store, 1, &[3, 4], Membership::Leave).await.expect("left");
    assert_eq!(members(store, 1).await, [5]);
    assert!(store.delete_group(&change(AT_MS + 20), GroupId(1)).await.expect("deleted"));
    let user = found(store, 5).await.expect("he stays");
    assert_eq!((user.profile.groups, user.updated_ms), (vec![GroupId(2)], AT_MS + 20));
    assert_eq!(store.members(GroupId(1)).await.expect("read"), None);
}

/// Nobody is in more groups than one may be, by whatever way he comes.
pub async fn a_user_is_in_a_hundred_groups_at_most(store: &dyn Store) {
    let all = (1..=101).map(|id| group(id, &format!("group {id}"))).collect();
    store.ensure_groups(&change(AT_MS), all).await.expect("made");
    let most: Vec<i32> = (1..=100).collect();
    insert(store, somebody(3, "Jack", &most)).await.expect("inserted");
    insert(store, somebody(4, "Jill", &most[1..])).await.expect("inserted");
    let full = set(store, 101, &[4, 3], Membership::Join).await;
    let Err(MembersError::Full(full)) = full else { panic!("{full:?}") };
    assert_eq!(full, [UserId(3)]);
    assert_eq!(members(store, 101).await, [0; 0], "all or nobody");
    let results = [101, 1].map(|id| set(store, id, &[4], Membership::Join));
    let results = join_all(results).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
}

/// Groups that are removed, joined and left at once while their users change and go: everybody
/// gets an answer, and no link is left to what is gone.
pub async fn groups_and_users_at_once(store: &dyn Store) {
    make_groups(store).await;
    for id in 1..=6 {
        insert(store, somebody(id, "Jack", &[1, 2, 3])).await.expect("inserted");
    }
    let results = join_all((0..30).map(|n| async move {
        let id = 1 + n % 3;
        match n % 5 {
            0 => store.delete(&change(AT_MS), UserId(1 + n % 6)).await.map(drop).map_err(|e| e.to_string()),
            1 => store.delete_group(&change(AT_MS), GroupId(id)).await.map(drop).map_err(|e| e.to_string()),
            2 => match set(store, id, &[1, 2, 3, 4, 5, 6], Membership::Join).await {
                Ok(_) | Err(MembersError::UnknownUsers(_)) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
            3 => match insert(store, somebody(1 + n % 6, "Jill", &[3, 1])).await {
                Err(crate::InsertError::Port(error)) => Err(error.to_string()),
                _ => Ok(()),
            },
            _ => put(store, group(id, &format!("group {id}"))).await.map(drop).or_else(|error| match error {
                GroupError::Port(error) => Err(error.to_string()),
                _ => Ok(()),
            }),
        }
    }))
    .await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    for id in 1..=6 {
        for group in found(store, id).await.into_iter().flat_map(|user| user.profile.groups) {
            assert!(members(store, group.0).await.contains(&id));
        }
    }
}
