//! The law of [`crate::PasswordStore`].

use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, CountingRandom};

use super::{NOW_MS, change, make_tenant, somebody};
use crate::domain::{Builtin, UserId};
use crate::password::PasswordPolicy;
use crate::store::{Credential, NewPassword, PasswordChange, Store};
use crate::user::UserKey;
use crate::validate::Update;

fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text)
}

fn new(text: &str, user: &Credential, rules_version: i64, remembered: u32) -> NewPassword {
    NewPassword {
        hash: hash(text),
        must_modify: true,
        revision: user.user.revision,
        rules_version,
        remembered,
    }
}

/// A password is set for the user and the rules by which it was judged, and so many are remembered.
pub async fn passwords(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let (other, other_version) = make_tenant(store, "other").await;
    let user = somebody(&acme, &random, &[]);
    let id = user.id.clone();
    store.insert(&change(), version, user).await.expect("inserted");
    let key = UserKey::Id(id.clone());
    let credential =
        async |remembered| store.credential(&acme, &key, remembered).await.expect("read").expect("there");
    let later = Change { at_ms: NOW_MS + 1, ..change() };
    let set = async |password| store.set_password(&later, &acme, &id, password).await.expect("answered");

    let first = credential(9).await;
    assert_eq!(
        (&first.password, first.former.as_slice()),
        (&Some(hash("$argon2id$x")), &[hash("$argon2id$x")][..])
    );
    assert_eq!(store.credential(&other, &key, 9).await.expect("read"), None);
    assert_eq!(set(new("two", &first, version, 3)).await, PasswordChange::Set);
    assert_eq!(set(new("late", &first, version, 3)).await, PasswordChange::Stale);
    let second = credential(9).await;
    assert_eq!(second.password, Some(hash("two")));
    assert!(second.user.must_modify_password);
    assert_eq!((second.user.password_set_ms, second.user.updated_ms), (Some(NOW_MS + 1), NOW_MS + 1));
    assert_eq!(set(new("three", &second, version, 3)).await, PasswordChange::Set);
    assert_eq!(set(new("four", &credential(0).await, version, 3)).await, PasswordChange::Set);
    assert_eq!(credential(9).await.former, ["four", "three", "two"].map(hash));
    assert_eq!(credential(2).await.former, ["four", "three"].map(hash));
    assert_eq!(set(new("five", &credential(0).await, version, 0)).await, PasswordChange::Set);
    assert_eq!(credential(9).await.former, [hash("five")], "the present one is always remembered");

    // A change of his attributes makes a password stale that was judged by the former ones.
    let judged = credential(0).await;
    let update = Update { texts: [(Builtin::Name, None)].into(), ..Update::default() };
    assert!(store.update_user(&later, version, &acme, &id, update).await.expect("updated"));
    assert_eq!(set(new("six", &judged, version, 3)).await, PasswordChange::Stale);
    let judged = credential(0).await;
    assert!(store.put_password_policy(&change(), &acme, PasswordPolicy::NIST).await.expect("stored"));
    assert_eq!(set(new("six", &judged, version, 3)).await, PasswordChange::Stale);
    assert_eq!(set(new("six", &judged, version + 1, 3)).await, PasswordChange::Set);

    let nobody = UserId::generate(&random, 0, chrono_tz::Tz::UTC);
    for (tenant, version, id) in [(&other, other_version, &id), (&acme, version + 1, &nobody)] {
        let answer = store.set_password(&later, tenant, id, new("x", &judged, version, 3)).await;
        assert_eq!(answer.expect("answered"), PasswordChange::NoUser);
    }
}

/// Of 32 passwords that were judged by one state of the user, one is set.
pub async fn one_password_wins(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let user = somebody(&acme, &random, &[]);
    let id = user.id.clone();
    store.insert(&change(), version, user).await.expect("inserted");
    let key = UserKey::Id(id.clone());
    let judged = store.credential(&acme, &key, 0).await.expect("read").expect("there");
    let (change, acme, id) = (&change(), &acme, &id);
    let racers = (0..32).map(|n| {
        let password = new(&format!("p{n}"), &judged, version, 3);
        async move { store.set_password(change, acme, id, password).await.expect("answered") }
    });
    let answers = join_all(racers).await;
    assert_eq!(answers.iter().filter(|answer| **answer == PasswordChange::Set).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == PasswordChange::Stale).count(), 31, "{answers:?}");
    let after = store.credential(acme, &key, 9).await.expect("read").expect("there");
    assert_eq!(after.former.len(), 2);
    assert_eq!(after.former.first(), after.password.as_ref());
}

/// A renewed hash replaces the one that it is of, and no other; sign-ins are counted, all of them.
pub async fn sign_ins(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let user = somebody(&acme, &random, &[]);
    let id = user.id.clone();
    store.insert(&change(), version, user).await.expect("inserted");
    let key = UserKey::Id(id.clone());
    store.renew_hash(&id, &hash("another"), hash("stray")).await.expect("done");
    store.renew_hash(&id, &hash("$argon2id$x"), hash("$argon2id$y")).await.expect("done");
    let renewed = store.credential(&acme, &key, 9).await.expect("read").expect("there");
    assert_eq!((renewed.password, renewed.former), (Some(hash("$argon2id$y")), vec![hash("$argon2id$y")]));
    join_all((0..32).map(|_| store.signed_in(&id, NOW_MS + 7)))
        .await
        .into_iter()
        .for_each(|done| done.expect("counted"));
    let user = store.user(&acme, &key).await.expect("read").expect("there");
    assert_eq!((user.sign_ins, user.last_sign_in_ms), (32, Some(NOW_MS + 7)));
    assert_eq!((user.updated_ms, user.revision), (NOW_MS, 1), "no change");
}
