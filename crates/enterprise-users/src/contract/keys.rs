use futures_util::future::join_all;

use super::fixtures::{context, insert, made, new_user};
use crate::base::{User, UserId};
use crate::keys::{AccessKey, KeyInsertion, Note};
use crate::service::Store;
use crate::users::NewUser;

/// A key finds its owner, with their rank; a key of the same note replaces the one before.
pub async fn keys(store: &dyn Store) {
    let boss = NewUser { administrator: true, ..new_user("e1", "boss") };
    let boss = insert(store, boss).await.expect("inserted");
    let member = insert(store, new_user("e1", "member")).await.expect("inserted");
    let key = |user_id, hash: &str| AccessKey {
        user_id,
        note: "n".into(),
        key_hash: hash.into(),
        expires_ms: Some(7),
    };
    for (user, hash) in [(boss.user_id, "b1"), (member.user_id, "m1"), (boss.user_id, "b2")] {
        store.put_key(&context(), key(user, hash)).await.expect("stored");
    }
    let owner = store.key_owner("b2".into()).await.expect("read").expect("found");
    assert!(owner.administrator);
    assert_eq!((owner.user, owner.expires_ms), (boss, Some(7)));
    let owner = store.key_owner("m1".into()).await.expect("read").expect("found");
    assert!(!owner.administrator);
    assert_eq!(store.key_owner("b1".into()).await.expect("read"), None, "replaced");
}

pub(super) fn key(user: &User, note: &str, hash: &str) -> AccessKey {
    AccessKey { user_id: user.user_id, note: note.to_owned(), key_hash: hash.to_owned(), expires_ms: None }
}

/// A new key never replaces another; of several of one note at once one is stored. Keys are listed
/// without their digests and end at once.
pub async fn new_keys(store: &dyn Store) {
    let ada = made(store, new_user("e1", "ada")).await;
    let results = join_all((0..16).map(async |n| {
        store.insert_key(&context(), key(&ada, "n", &format!("h{n}"))).await.expect("written")
    }))
    .await;
    assert_eq!(results.iter().filter(|&&result| result == KeyInsertion::Stored).count(), 1);
    assert_eq!(results.iter().filter(|&&result| result == KeyInsertion::NoteTaken).count(), 15);
    let ending = AccessKey { expires_ms: Some(7), ..key(&ada, "m", "m") };
    assert_eq!(store.insert_key(&context(), ending).await.expect("written"), KeyInsertion::Stored);
    let unknown = AccessKey { user_id: UserId(ada.user_id.0 + 1000), ..key(&ada, "n", "x") };
    assert_eq!(store.insert_key(&context(), unknown).await.expect("written"), KeyInsertion::NoUser);

    let keys = store.keys(ada.user_id).await.expect("read").expect("found");
    let keys: Vec<_> = keys.iter().map(|key| (key.note.as_str(), key.expires_ms)).collect();
    assert_eq!(keys, [("m", Some(7)), ("n", None)]);
    assert!(store.delete_key(&context(), ada.user_id, note("m")).await.expect("written"));
    assert!(!store.delete_key(&context(), ada.user_id, note("m")).await.expect("written"));
    assert_eq!(store.key_owner("m".into()).await.expect("read"), None);
}

fn note(text: &str) -> Note {
    Note::parse(text.to_owned()).expect("a note")
}
