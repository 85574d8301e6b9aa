//! The law of [`Tenants`](crate::Tenants) and [`Attributes`](crate::Attributes).

use futures_util::future::{join, join_all};
use roster_kernel::CountingRandom;

use super::{change, extension, make_tenant, rules, somebody, taken, tenant};
use crate::definition::{AttributeDefinition, AttributeKind, Demand, ExtensionValue, Survey, ValueRule};
use crate::domain::{Attribute, Builtin, ExtensionKey, TenantId, UserId};
use crate::store::{InsertError, NewUser, Revised, Store, TenantChange, TenantError, WeakEdit};

/// More users than any store looks at together.
const MANY: usize = 1_100;

fn key(text: &str) -> ExtensionKey {
    ExtensionKey::parse(text).expect("a key")
}

/// A user with a value of the extension attribute `card`.
fn with_card(tenant: &TenantId, random: &CountingRandom, card: &str) -> NewUser {
    let mut user = somebody(tenant, random, &[]);
    user.profile.extension = vec![(key("card"), ExtensionValue::Text(card.to_owned()))];
    user
}

async fn revise(
    store: &dyn Store,
    tenant: &TenantId,
    definition: &AttributeDefinition,
    accept: bool,
) -> Revised {
    let rules = rules(store, tenant).await;
    let survey = Survey::new(rules.definition(definition.attribute()), definition);
    store.revise_attribute(&change(), tenant, rules.version, &survey, accept).await.expect("answered")
}

/// Tenants are read, listed, changed; hosts are nobody else's; who has users stays.
pub async fn tenants_live(store: &dyn Store) {
    for id in ["b", "a", "c"] {
        make_tenant(store, id).await;
    }
    let (a, b, nobody) = (tenant("a"), tenant("b"), tenant("nobody"));
    let list = async |after: Option<&TenantId>, limit| {
        let page = store.tenants(after, limit).await.expect("listed");
        page.iter().map(|tenant| tenant.id.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 9).await, ["a", "b", "c"]);
    assert_eq!(list(Some(&a), 1).await, ["b"]);
    assert_eq!(store.tenant(&nobody).await.expect("read"), None);

    let host = |host: Option<&str>| TenantChange { name: None, host: Some(host.map(str::to_owned)) };
    let put = async |id: &TenantId, to| store.change_tenant(&change(), id, to).await;
    let renamed = TenantChange { name: Some("Renamed".into()), host: None };
    assert!(put(&nobody, renamed.clone()).await.expect("answered").is_none());
    assert_eq!(
        put(&a, host(Some("shop"))).await.expect("bound").expect("there").host.as_deref(),
        Some("shop")
    );
    assert_eq!(put(&a, renamed).await.expect("renamed").expect("there").host.as_deref(), Some("shop"));
    assert_eq!(store.tenant(&a).await.expect("read").expect("there").name, "Renamed");
    assert_eq!(store.tenant_of_host("shop").await.expect("read"), Some(a.clone()));
    assert!(matches!(put(&b, host(Some("shop"))).await, Err(TenantError::HostTaken)));
    put(&a, host(None)).await.expect("freed");
    put(&b, host(Some("shop"))).await.expect("bound");

    let version = rules(store, &a).await.version;
    let user = somebody(&a, &CountingRandom::default(), &[]);
    let id = user.id.clone();
    store.insert(&change(), version, user).await.expect("inserted");
    assert!(matches!(store.delete_tenant(&change(), &a).await, Err(TenantError::HasUsers)));
    assert!(store.delete_user(&change(), &a, &id).await.expect("deleted"));
    assert!(store.delete_tenant(&change(), &a).await.expect("deleted"));
    assert!(!store.delete_tenant(&change(), &a).await.expect("answered"));
    assert_eq!(store.rules(&a).await.expect("read"), None);
}

/// A tenant ends, or its users come: never both.
pub async fn a_tenant_ends_without_users(store: &dyn Store) {
    let random = CountingRandom::default();
    let (id, version) = make_tenant(store, "acme").await;
    let inserts = (0..31).map(|_| {
        let user = somebody(&id, &random, &[]);
        async move { store.insert(&change(), version, user).await }
    });
    let change = change();
    let (inserted, deleted) = join(join_all(inserts), store.delete_tenant(&change, &id)).await;
    let made = inserted.iter().filter(|result| result.is_ok()).count();
    assert!(inserted.iter().all(|r| matches!(r, Ok(()) | Err(InsertError::RulesChanged))), "{inserted:?}");
    match deleted {
        Ok(true) => assert_eq!(made, 0),
        Err(TenantError::HasUsers) => assert_eq!(made, 31),
        other => panic!("{other:?}"),
    }
}

/// Everybody is asked, however many they are; what is refused changes nothing; what becomes unique is
/// so for those who are there.
pub async fn surveys(store: &dyn Store) {
    let random = CountingRandom::default();
    let (id, version) = make_tenant(store, "acme").await;
    let (other, other_version) = make_tenant(store, "other").await;
    for n in 0..MANY {
        let mut user = with_card(&id, &random, &format!("{}", n.max(1)));
        user.profile.industry = (n % 2 == 0).then(|| "shop".to_owned());
        user.profile.zip_code = Some(format!("{n}"));
        store.insert(&change(), version, user).await.expect("inserted");
    }
    store.insert(&change(), other_version, with_card(&other, &random, "7")).await.expect("inserted");
    let industry = AttributeDefinition::builtin(Builtin::Industry)
        .required(true)
        .ruled(ValueRule { min_chars: Some(5), ..ValueRule::default() })
        .expect("fits");
    let counts = |revised: &Revised| -> Vec<(Demand, u64)> {
        let (Revised::Stored(report) | Revised::Broken(report)) = revised else { panic!("{revised:?}") };
        report.broken().map(|(demand, broken)| (demand, broken.count)).collect()
    };
    let half = MANY as u64 / 2;
    let expected = vec![(Demand::Required, half), (Demand::MinChars, half)];
    let before = rules(store, &id).await;
    let survey = Survey::new(before.definition(industry.attribute()), &industry);
    let asked = store.survey(&id, &survey).await.expect("asked");
    assert_eq!(counts(&Revised::Broken(asked)), expected);
    let refused = revise(store, &id, &industry, false).await;
    assert!(matches!(refused, Revised::Broken(_)));
    assert_eq!(counts(&refused), expected);
    assert_eq!(rules(store, &id).await, before, "refused means unchanged");
    let accepted = revise(store, &id, &industry, true).await;
    assert!(matches!(accepted, Revised::Stored(_)));
    assert_eq!(counts(&accepted), expected);

    // The first two users share the card 1.
    let card = extension("card", AttributeKind::Text);
    revise(store, &id, &card, false).await;
    let unique = card.clone().unique(true).expect("may be");
    for accept in [false, true] {
        let refused = revise(store, &id, &unique, accept).await;
        assert!(matches!(refused, Revised::Broken(_)));
        assert_eq!(counts(&refused), [(Demand::Unique, 1)]);
    }
    let zip_code = AttributeDefinition::builtin(Builtin::ZipCode).unique(true).expect("may be");
    assert!(matches!(revise(store, &id, &zip_code, false).await, Revised::Stored(_)));
    let values = |text: String| vec![crate::UniqueValue::new(Builtin::ZipCode.into(), &text)];
    for n in [0, 499, 500, MANY - 1] {
        let seen = store.taken(&id, &values(n.to_string())).await.expect("read");
        assert_eq!(seen, Some(Builtin::ZipCode.into()), "{n}");
    }
    assert_eq!(store.taken(&id, &values(MANY.to_string())).await.expect("read"), None);
    let mut late = somebody(&id, &random, &[("zip_code", "499")]);
    late.profile.zip_code = Some("499".into());
    let version = rules(store, &id).await.version;
    assert_eq!(taken(&store.insert(&change(), version, late).await), Some("zip_code"));

    let number = extension("card", AttributeKind::Number);
    assert_eq!(counts(&revise(store, &id, &number, true).await), [(Demand::Kind, MANY as u64)]);
}

/// What was thought out for other rules is not done.
pub async fn changes_of_rules_are_of_one_version(store: &dyn Store) {
    let (id, stale) = make_tenant(store, "acme").await;
    for name in ["one", "two"] {
        let definition = extension(name, AttributeKind::Text);
        assert!(matches!(revise(store, &id, &definition, false).await, Revised::Stored(_)));
    }
    let before = rules(store, &id).await;
    let survey = Survey::new(None, &extension("three", AttributeKind::Text));
    let (change, keys) = (change(), vec![key("two"), key("one")]);
    let revised = store.revise_attribute(&change, &id, stale, &survey, true).await.expect("answered");
    assert_eq!(revised, Revised::RulesChanged);
    assert!(!store.order_attributes(&change, &id, stale, keys.clone()).await.expect("answered"));
    assert_eq!(store.remove_attribute(&change, &id, stale, &key("one")).await.expect("answered"), None);
    let edit = WeakEdit { add: vec!["weak".into()], ..WeakEdit::default() };
    assert!(!store.edit_weak_passwords(&change, &id, stale, edit.clone()).await.expect("answered"));
    assert_eq!(rules(store, &id).await, before);

    assert!(store.order_attributes(&change, &id, before.version, keys).await.expect("answered"));
    let order = |rules: &crate::TenantRules| -> Vec<String> {
        rules.extensions().iter().map(|definition| definition.attribute().key().to_owned()).collect()
    };
    let now = rules(store, &id).await;
    assert_eq!(order(&now), ["two", "one"]);
    assert!(store.edit_weak_passwords(&change, &id, now.version, edit).await.expect("answered"));
    let now = rules(store, &id).await;
    assert!(now.weak_passwords.contains("weak"));
    let removed = store.remove_attribute(&change, &id, now.version, &key("two")).await.expect("answered");
    assert_eq!(removed, Some(0));
    assert_eq!(order(&rules(store, &id).await), ["one"]);
    // Of 32 changes of one version one is done.
    let version = rules(store, &id).await.version;
    let change = &change;
    let racers = (0..32).map(|n| {
        let survey = Survey::new(None, &extension(&format!("k{n}"), AttributeKind::Text));
        let id = &id;
        async move { store.revise_attribute(change, id, version, &survey, true).await.expect("answered") }
    });
    let done = join_all(racers).await;
    assert_eq!(done.iter().filter(|revised| matches!(revised, Revised::Stored(_))).count(), 1);
    assert_eq!(order(&rules(store, &id).await).len(), 2);
}

/// Users are found by what they have of an extension attribute, in their tenant, page by page; its
/// values go with it.
pub async fn values_of_extensions(store: &dyn Store) {
    let random = CountingRandom::default();
    let (id, _) = make_tenant(store, "acme").await;
    let (other, other_version) = make_tenant(store, "other").await;
    let card = extension("card", AttributeKind::Text).unique(false).expect("may be");
    revise(store, &id, &card, false).await;
    let version = rules(store, &id).await.version;
    let long = "湖".repeat(1_000);
    let mut ids: Vec<UserId> = Vec::new();
    for value in ["7", "7", "8", &long, &format!("{long}x")] {
        let user = with_card(&id, &random, value);
        ids.push(user.id.clone());
        store.insert(&change(), version, user).await.expect("inserted");
    }
    store.insert(&change(), other_version, with_card(&other, &random, "7")).await.expect("inserted");
    let find = async |text: &str, after: Option<&UserId>, limit| {
        store.users_with(&id, &key("card"), text, after, limit).await.expect("found")
    };
    assert_eq!(find("7", None, 9).await, ids[..2]);
    assert_eq!(find("7", None, 1).await, ids[..1]);
    assert_eq!(find("7", Some(&ids[0]), 9).await, ids[1..2]);
    assert_eq!(find(&long, None, 9).await, ids[3..4]);
    assert_eq!(find("9", None, 9).await, []);
    assert_eq!(store.count_values(&id, &key("card")).await.expect("counted"), 5);
    let removed = store.remove_attribute(&change(), &id, version, &key("card")).await.expect("answered");
    assert_eq!(removed, Some(5));
    assert_eq!(find("7", None, 9).await, []);
    assert_eq!(store.count_values(&other, &key("card")).await.expect("counted"), 1, "another tenant's stay");
    assert_eq!(rules(store, &id).await.definition(&Attribute::from(key("card"))), None);
}
