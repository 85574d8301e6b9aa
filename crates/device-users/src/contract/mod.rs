//! The law that every [`Store`] keeps, as tests for any implementation. Each function wants an
//! empty store.

mod changes;
mod groups;
mod import;
mod totals;

use futures_util::future::join_all;
use roster_kernel::{Change, Origin};

use crate::domain::{
    Avatar, Feature, Group, GroupId, GuestTime, Name, Number, Profile, Remark, User, UserId, UserType,
};
use crate::store::{IfTaken, InsertError, Store};

pub use changes::*;
pub use groups::*;
pub use import::*;
pub use totals::*;

/// When everything in this law happens first.
pub const AT_MS: i64 = 1_700_000_000_123;

/// A profile with a picture: `name` with the id `id`, in `groups`.
pub fn somebody(id: i32, name: &str, groups: &[i32]) -> Profile {
    Profile {
        avatar: Some(Avatar::parse("AAAA".into(), &[]).expect("a picture")),
        groups: groups.iter().copied().map(GroupId).collect(),
        ..Profile::new(UserId(id), Name::parse(name.to_owned()).expect("a name"))
    }
}

/// The same with every member.
pub fn visitor(id: i32, groups: &[i32]) -> Profile {
    let number = |text: &str| Number::parse(text.to_owned()).expect("a number");
    Profile {
        user_type: UserType::Visitor,
        feature: Some(Feature::parse("0.1 0.2".into()).expect("a feature")),
        ic_number: number("ic"),
        id_number: number("id"),
        job_number: number("job"),
        guest_time: GuestTime::parse(5, 6).expect("a visit"),
        is_admin: true,
        remark: Remark::parse("seldom here".into()).expect("a remark"),
        ..somebody(id, "张三", groups)
    }
}

/// A name.
fn name(text: &str) -> Name {
    Name::parse(text.to_owned()).expect("a name")
}

fn change(at_ms: i64) -> Change {
    Change { principal: "contract".into(), origin: Origin::default(), at_ms }
}

async fn insert(store: &dyn Store, profile: Profile) -> Result<User, InsertError> {
    store.insert(&change(AT_MS), profile, IfTaken::Refuse).await
}

async fn found(store: &dyn Store, id: i32) -> Option<User> {
    store.by_id(UserId(id)).await.expect("read")
}

/// Makes the groups 1, 2 and 3.
pub async fn make_groups(store: &dyn Store) {
    let group = |id| Group::new(GroupId(id), name(&format!("group {id}")));
    store.ensure_groups(&change(AT_MS), vec![group(2), group(1), group(3)]).await.expect("made");
}

/// What was inserted reads back equal, absent members and the order of groups too.
pub async fn reads_back(store: &dyn Store) {
    make_groups(store).await;
    let plain = Profile { avatar: None, ..somebody(1, "Jack", &[]) };
    for profile in [plain, visitor(999_998, &[3, 1, 2])] {
        let id = profile.user_id.0;
        let expected = User { profile: profile.clone(), created_ms: AT_MS, updated_ms: AT_MS };
        assert_eq!(insert(store, profile).await.expect("inserted"), expected);
        assert_eq!(found(store, id).await, Some(expected));
    }
    assert_eq!(found(store, 2).await, None);
}

/// An id is inserted once; the first user stays as he is.
pub async fn ids_are_unique(store: &dyn Store) {
    make_groups(store).await;
    let first = insert(store, visitor(3, &[1])).await.expect("inserted");
    let second = insert(store, somebody(3, "Jack", &[2])).await;
    assert!(matches!(second, Err(InsertError::Taken)), "{second:?}");
    assert_eq!(found(store, 3).await, Some(first));
}

/// A user is in no group that does not exist: he is not stored, and the missing ones are named in
/// the caller's order.
pub async fn groups_exist(store: &dyn Store) {
    make_groups(store).await;
    for if_taken in [IfTaken::Refuse, IfTaken::Replace] {
        let result = store.insert(&change(AT_MS), somebody(3, "Jack", &[9, 1, 7]), if_taken).await;
        let Err(InsertError::UnknownGroups(groups)) = result else { panic!("{result:?}") };
        assert_eq!(groups, [GroupId(9), GroupId(7)]);
    }
    assert_eq!(found(store, 3).await, None);
}

/// Replacing changes everything but the type and when the user was made.
pub async fn replaces(store: &dyn Store) {
    make_groups(store).await;
    let put = async |profile: Profile, at_ms: i64| {
        let put = store.insert(&change(at_ms), profile, IfTaken::Replace).await.expect("put");
        assert_eq!(found(store, 3).await.as_ref(), Some(&put));
        put
    };
    let made = put(visitor(3, &[1, 2]), AT_MS).await;
    assert_eq!((made.created_ms, made.updated_ms), (AT_MS, AT_MS));
    let plain = somebody(3, "Jack", &[2, 3]);
    let replaced = put(plain.clone(), AT_MS + 5).await;
    assert_eq!(replaced.profile, Profile { user_type: UserType::Visitor, ..plain });
    assert_eq!((replaced.created_ms, replaced.updated_ms), (AT_MS, AT_MS + 5));
    let faceless = Profile { avatar: None, ..visitor(3, &[]) };
    assert_eq!(put(faceless.clone(), AT_MS + 6).await.profile, faceless);
    let with_face = put(visitor(3, &[3, 2, 1]), AT_MS).await;
    assert_eq!(with_face.profile, visitor(3, &[3, 2, 1]));
    assert_eq!(with_face.updated_ms, AT_MS + 6, "never older than what it changed");
}

/// Of 32 inserts of one id at once exactly one succeeds; the others learn why.
pub async fn one_winner(store: &dyn Store) {
    make_groups(store).await;
    let racers = (0..32).map(|n| insert(store, somebody(3, &format!("racer {n}"), &[1, 2])));
    let results = join_all(racers).await;
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 31));
    assert!(lost.iter().all(|result| matches!(result, Err(InsertError::Taken))), "{lost:?}");
    assert_eq!(found(store, 3).await, won.into_iter().next().and_then(Result::ok));
}

/// Of 32 replacements of one id at once all succeed, one after the other: what is left is one of
/// them, whole.
pub async fn replacements_at_once(store: &dyn Store) {
    make_groups(store).await;
    let profiles: Vec<_> = (0..32)
        .map(|n| {
            let groups: &[i32] = if n % 2 == 0 { &[1, 2] } else { &[3, 2, 1] };
            somebody(3, &format!("racer {n}"), groups)
        })
        .collect();
    let puts = profiles.iter().cloned().map(|profile| {
        let change = change(AT_MS);
        async move { store.insert(&change, profile, IfTaken::Replace).await }
    });
    let results = join_all(puts).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let left = found(store, 3).await.expect("found").profile;
    assert!(profiles.contains(&left), "{left:?}");
}

/// Groups are made once, however many gateways start at once; they keep their names, and no two
/// share one.
pub async fn groups_are_made_once(store: &dyn Store) {
    let results = join_all((0..8).map(|_| make_groups(store))).await;
    assert_eq!(results.len(), 8);
    let group = |id, text: &str| vec![Group::new(GroupId(id), name(text))];
    store.ensure_groups(&change(AT_MS), group(1, "another name")).await.expect("is there");
    store.ensure_groups(&change(AT_MS), group(4, "group 1")).await.expect_err("a name of another group");
    store.ensure_groups(&change(AT_MS), group(4, "another name")).await.expect("the name is free");
    insert(store, somebody(3, "Jack", &[4, 1])).await.expect("both are there");
}
