//! The law of [`crate::UserStore`] and [`crate::UserChanges`].

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use roster_kernel::{Change, CountingRandom};

use super::{NOW_MS, change, make_tenant, somebody, tenant};
use crate::definition::{AttributeDefinition, ExtensionValue, UniqueValue};
use crate::domain::{Builtin, ExtensionKey, Picture, TenantId, UserId};
use crate::password::PasswordPolicy;
use crate::store::{Store, UpdateError};
use crate::user::{Selection, User, UserKey};
use crate::validate::Update;

const ALL: Selection = Selection { updated_since_ms: None, skip: 0, limit: 100 };

fn at(at_ms: i64) -> Change {
    Change { at_ms, ..change() }
}

fn key(text: &str) -> ExtensionKey {
    ExtensionKey::parse(text).expect("a key")
}

fn picture(text: &str) -> Picture {
    Picture::parse(text.to_owned()).expect("a picture")
}

fn texts<const N: usize>(texts: [(Builtin, Option<&str>); N]) -> Update {
    let texts = texts.map(|(builtin, text)| (builtin, text.map(str::to_owned)));
    let unique = texts.iter().filter_map(|(builtin, text)| {
        let text = text.as_deref().filter(|_| *builtin == Builtin::UserName || *builtin == Builtin::Email)?;
        Some(UniqueValue::new((*builtin).into(), text))
    });
    Update { unique: unique.collect(), texts: BTreeMap::from(texts), ..Update::default() }
}

async fn read(store: &dyn Store, tenant: &TenantId, id: &UserId) -> Option<User> {
    store.user(tenant, &UserKey::Id(id.clone())).await.expect("read")
}

/// A user reads back as he was inserted, by each of his keys, and in his own tenant alone.
pub async fn users_read_back(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let (other, _) = make_tenant(store, "other").await;
    let mut user = somebody(&acme, &random, &[]);
    user.profile.email = Some("Ada@Example.com".into());
    user.profile.external_id = Some("x".repeat(255));
    user.profile.birthday = chrono::NaiveDate::from_ymd_opt(2000, 2, 29);
    user.profile.picture = Some(picture("https://example.com/a.png"));
    user.profile.extension =
        vec![(key("vip"), ExtensionValue::Boolean(true)), (key("age"), ExtensionValue::Number("28".into()))];
    let id = user.id.clone();
    store.insert(&change(), version, user).await.expect("inserted");
    let stored = read(store, &acme, &id).await.expect("there");
    let expected = User {
        id: id.clone(),
        texts: BTreeMap::from([
            (Builtin::UserName, "somebody".into()),
            (Builtin::Name, "张三".into()),
            (Builtin::Email, "Ada@Example.com".into()),
            (Builtin::Birthday, "2000-02-29".into()),
            (Builtin::ExternalId, "x".repeat(255)),
        ]),
        extension: vec![
            (key("age"), ExtensionValue::Number("28".into())),
            (key("vip"), ExtensionValue::Boolean(true)),
        ],
        picture: Some(picture("https://example.com/a.png")),
        must_modify_password: false,
        password_set_ms: Some(NOW_MS),
        disabled: false,
        sign_ins: 0,
        last_sign_in_ms: None,
        created_ms: NOW_MS,
        updated_ms: NOW_MS,
        revision: 1,
    };
    assert_eq!(stored, expected);
    for found in [
        UserKey::UserName("SomeBody".into()),
        UserKey::Email("ada@EXAMPLE.com".into()),
        UserKey::ExternalId("x".repeat(255)),
    ] {
        assert_eq!(store.user(&acme, &found).await.expect("read").as_ref(), Some(&expected), "{found:?}");
        assert_eq!(store.user(&other, &found).await.expect("read"), None, "{found:?}");
    }
    for missing in [
        UserKey::UserName("nobody".into()),
        UserKey::ExternalId("X".repeat(255)),
        UserKey::Mobile("1".into()),
    ] {
        assert_eq!(store.user(&acme, &missing).await.expect("read"), None, "{missing:?}");
    }
    assert_eq!(read(store, &other, &id).await, None);
    users_come_with_rules(store, (&acme, &other), &expected, version).await;
    assert_eq!(store.picture(&acme, &id).await.expect("read"), expected.picture);
    assert_eq!(store.picture(&other, &id).await.expect("read"), None);
    let listed = store.users(&acme, ALL).await.expect("read");
    assert_eq!(listed.users, [User { picture: None, ..expected }]);
    assert!(listed.total == 1 && listed.pictured.contains(&id));
    assert_eq!(store.users(&other, ALL).await.expect("read").total, 0);
}

/// A user read with the rules of his tenant, which are never older than the tenant's.
async fn users_come_with_rules(
    store: &dyn Store,
    (acme, other): (&TenantId, &TenantId),
    user: &User,
    version: i64,
) {
    let read = async |tenant| {
        let found = store.user_and_rules(tenant, &user.id).await.expect("read");
        found.map(|(user, rules)| (user, rules.version))
    };
    assert_eq!(read(acme).await, Some((Some(user.clone()), version)));
    let raised = AttributeDefinition::builtin(Builtin::Industry).required(false);
    assert!(store.put_attribute(&change(), acme, raised).await.expect("stored"));
    assert_eq!(read(acme).await, Some((Some(user.clone()), version + 1)));
    let (nobody, _) = read(other).await.expect("a tenant without him");
    assert_eq!(nobody, None);
    assert_eq!(read(&tenant("nowhere")).await, None);
}

/// Pages go from the oldest, and show together everybody once; a look-up finds the oldest.
pub async fn pages(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let mut made = Vec::new();
    // Two at each time, the latest first.
    for n in 0..12 {
        let user = somebody(&acme, &random, &[]);
        let created = NOW_MS - i64::from(n / 2);
        made.push((created, user.id.as_str().to_owned()));
        store.insert(&at(created), version, user).await.expect("inserted");
    }
    made.sort();
    let mut seen = Vec::new();
    for page in 0..3 {
        let selection = Selection { skip: page * 5, limit: 5, ..ALL };
        let listed = store.users(&acme, selection).await.expect("read");
        assert_eq!(listed.total, 12);
        seen.extend(listed.users.into_iter().map(|user| (user.created_ms, user.id.as_str().to_owned())));
    }
    assert_eq!(seen, made);
    // What a clock that went back dates earlier is changed no earlier than what pollers have seen (C11).
    let since = Selection { updated_since_ms: Some(NOW_MS), ..ALL };
    assert_eq!(store.users(&acme, since).await.expect("read").total, 12);
    let (other, version) = make_tenant(store, "other").await;
    for n in 0..6 {
        store
            .insert(&at(NOW_MS - 3 + n / 2), version, somebody(&other, &random, &[]))
            .await
            .expect("inserted");
    }
    let since = Selection { updated_since_ms: Some(NOW_MS - 2), ..ALL };
    let listed = store.users(&other, since).await.expect("read");
    assert_eq!((listed.total, listed.users.len()), (4, 4));
    let oldest =
        store.user(&acme, &UserKey::UserName("somebody".into())).await.expect("read").expect("there");
    assert_eq!(oldest.id.as_str(), made[0].1);
}

/// An update changes what it names, all or nothing; what clashes and what is stale is refused.
pub async fn updates(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let (other, other_version) = make_tenant(store, "other").await;
    let user = somebody(&acme, &random, &[("user_name", "ada"), ("card", "7")]);
    let rival = somebody(&acme, &random, &[("user_name", "bob"), ("email", "b@x.org")]);
    let (id, rival_id) = (user.id.clone(), rival.id.clone());
    for user in [user, rival] {
        store.insert(&change(), version, user).await.expect("inserted");
    }
    let update = async |version, tenant: &TenantId, id: &UserId, update| {
        store.update_user(&at(NOW_MS + 1), version, tenant, id, update).await
    };
    let named =
        texts([(Builtin::UserName, Some("Ada2")), (Builtin::Name, None), (Builtin::Email, Some("a@x.org"))]);
    assert!(update(version, &acme, &id, named.clone()).await.expect("updated"));
    let stored = read(store, &acme, &id).await.expect("there");
    let expected = BTreeMap::from([(Builtin::UserName, "Ada2".into()), (Builtin::Email, "a@x.org".into())]);
    assert_eq!((&stored.texts, stored.updated_ms, stored.revision), (&expected, NOW_MS + 1, 2));
    // The same again is no change.
    assert!(update(version, &acme, &id, named.clone()).await.expect("answered"));
    assert_eq!(read(store, &acme, &id).await.as_ref(), Some(&stored));

    let clash = texts([(Builtin::UserName, Some("ADA2")), (Builtin::Email, Some("a@x.org"))]);
    assert_eq!(
        store.taken_by_other(&acme, &rival_id, &clash.unique).await.expect("read"),
        Some(Builtin::UserName.into())
    );
    assert_eq!(store.taken_by_other(&acme, &id, &clash.unique).await.expect("read"), None, "his own");
    let refused = update(version, &acme, &rival_id, clash).await;
    assert!(matches!(&refused, Err(UpdateError::Taken(a)) if a.key() == "user_name"), "{refused:?}");
    // What he gave up is free; what he kept is not.
    let card = UniqueValue::new(key("card").into(), "7");
    assert_eq!(store.taken(&acme, &[card]).await.expect("read"), Some(key("card").into()));
    assert!(
        update(version, &acme, &rival_id, texts([(Builtin::UserName, Some("ada"))])).await.expect("updated")
    );

    let whole = Update {
        picture: Some(Some(picture("http://x.org/a"))),
        extension: vec![(key("age"), Some(ExtensionValue::Number("1".into()))), (key("card"), None)],
        ..Update::default()
    };
    assert!(update(version, &acme, &id, whole).await.expect("updated"));
    let stored = read(store, &acme, &id).await.expect("there");
    assert_eq!(stored.picture, Some(picture("http://x.org/a")));
    assert_eq!(stored.extension, [(key("age"), ExtensionValue::Number("1".into()))]);
    assert!(
        update(version, &acme, &id, Update { picture: Some(None), ..Update::default() })
            .await
            .expect("updated")
    );
    assert_eq!(read(store, &acme, &id).await.expect("there").picture, None);

    assert!(!update(other_version, &other, &id, named.clone()).await.expect("answered"));
    let nobody = UserId::generate(&random, 0, chrono_tz::Tz::UTC);
    assert!(!update(version, &acme, &nobody, named.clone()).await.expect("answered"));
    assert!(store.put_password_policy(&change(), &acme, PasswordPolicy::NIST).await.expect("stored"));
    assert!(matches!(update(version, &acme, &id, named).await, Err(UpdateError::RulesChanged)));
}

/// Of 32 updates to one value at once one succeeds, the others learn why; of 32 of one user none is
/// lost.
pub async fn racing_updates(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let mut ids = Vec::new();
    for _ in 0..32 {
        let user = somebody(&acme, &random, &[]);
        ids.push(user.id.clone());
        store.insert(&change(), version, user).await.expect("inserted");
    }
    let (acme, change) = (&acme, &at(NOW_MS + 1));
    let update = |id, update| async move { store.update_user(change, version, acme, id, update).await };
    let same = || texts([(Builtin::UserName, Some("racer"))]);
    let results = join_all(ids.iter().map(|id| update(id, same()))).await;
    assert_eq!(results.iter().filter(|result| matches!(result, Ok(true))).count(), 1, "{results:?}");
    let lost = results.iter().filter(|r| matches!(r, Err(UpdateError::Taken(a)) if a.key() == "user_name"));
    assert_eq!(lost.count(), 31, "{results:?}");

    let before = read(store, acme, &ids[0]).await.expect("there").revision;
    let own = |n| Update {
        extension: vec![(key(&format!("e{n}")), Some(ExtensionValue::Boolean(true)))],
        ..Update::default()
    };
    let results = join_all((0..32).map(|n| update(&ids[0], own(n)))).await;
    assert!(results.iter().all(|result| matches!(result, Ok(true))), "{results:?}");
    let after = read(store, acme, &ids[0]).await.expect("there");
    assert_eq!((after.extension.len(), after.revision), (32, before + 32));
}

/// A user is disabled, enabled and deleted in his own tenant alone; deleted, he leaves his values free.
pub async fn ends(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let (other, _) = make_tenant(store, "other").await;
    let unique = [("user_name", "ada"), ("card", "7")];
    let user = somebody(&acme, &random, &unique);
    let (id, values) = (user.id.clone(), user.unique.clone());
    store.insert(&change(), version, user).await.expect("inserted");
    let disable = async |tenant: &TenantId, disabled| {
        store.set_disabled(&at(NOW_MS + 1), tenant, &id, disabled).await.expect("answered")
    };
    assert!(!disable(&other, true).await);
    for disabled in [true, true, false] {
        assert!(disable(&acme, disabled).await);
        assert_eq!(read(store, &acme, &id).await.expect("there").disabled, disabled);
    }
    let delete = async |tenant: &TenantId| store.delete_user(&change(), tenant, &id).await.expect("answered");
    assert!(!delete(&other).await);
    let (one, two) = join(delete(&acme), delete(&acme)).await;
    assert!(one != two, "one of two finds him");
    assert_eq!(read(store, &acme, &id).await, None);
    assert_eq!(store.taken(&acme, &values).await.expect("read"), None);
    assert!(!disable(&acme, true).await && !delete(&acme).await);
    store.insert(&change(), version, somebody(&acme, &random, &unique)).await.expect("all is free");
}

/// What is created or changed after a clock was ahead is dated later than before, and not before any change of
/// the tenant that a poller may have seen (C11); other tenants have times of their own.
pub async fn change_times_only_grow(store: &dyn Store) {
    const AHEAD_MS: i64 = NOW_MS + 365 * 24 * 3_600_000;
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let (other, other_version) = make_tenant(store, "other").await;
    let insert = async |at_ms, version, tenant: &TenantId, name: &str| {
        let user = somebody(tenant, &random, &[("user_name", name)]);
        let id = user.id.clone();
        store.insert(&at(at_ms), version, user).await.expect("inserted");
        id
    };
    let times = async |tenant: &TenantId, id: &UserId| {
        let user = read(store, tenant, id).await.expect("there");
        (user.created_ms, user.updated_ms)
    };
    let early = insert(AHEAD_MS, version, &acme, "early").await;
    let late = insert(NOW_MS, version, &acme, "late").await;
    let elsewhere = insert(NOW_MS, other_version, &other, "late").await;
    assert_eq!(times(&acme, &late).await, (NOW_MS, AHEAD_MS));
    assert_eq!(times(&other, &elsewhere).await, (NOW_MS, NOW_MS));
    for id in [&late, &early, &late] {
        for disabled in [true, false] {
            let before = times(&acme, id).await;
            assert!(store.set_disabled(&at(NOW_MS), &acme, id, disabled).await.expect("set"));
            let after = times(&acme, id).await;
            assert!(after.0 == before.0 && after.1 > before.1 && after.1 > AHEAD_MS, "{before:?} {after:?}");
        }
    }
    for (n, id) in [&late, &early].into_iter().enumerate() {
        let before = times(&acme, id).await;
        let name = format!("named {n}");
        let update = texts([(Builtin::Name, Some(&name))]);
        assert!(store.update_user(&at(NOW_MS), version, &acme, id, update).await.expect("updated"));
        let after = times(&acme, id).await;
        assert!(after.0 == before.0 && after.1 > before.1, "{before:?} {after:?}");
    }
}
