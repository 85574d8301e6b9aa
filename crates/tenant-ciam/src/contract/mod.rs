//! The law that every [`Store`] keeps, as tests for any implementation. Each function wants an
//! empty store.

mod import;
mod passwords;
mod totals;
mod users;

mod center;

use std::collections::HashSet;

use futures_util::future::{join, join_all};
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, CountingRandom, Origin};

use crate::definition::{AttributeDefinition, AttributeKind, DisplayName, Pattern, UniqueValue, ValueRule};
use crate::domain::{Attribute, Builtin, ExtensionKey, TenantId, UserId};
use crate::mobile::{AreaCode, AreaCodes};
use crate::password::{PasswordPolicy, PolicySettings, Preset};
use crate::rules::TenantRules;
use crate::store::{InsertError, NewTenant, NewUser, PutAttributeError, Store};
use crate::validate::Profile;

pub use import::{exports_everybody, imports_at_once, imports_each_on_its_own};
pub use passwords::{one_password_wins, passwords, sign_ins};
pub use totals::*;
pub use users::{change_times_only_grow, ends, pages, racing_updates, updates, users_read_back};

pub use center::{
    a_tenant_ends_without_users, changes_of_rules_are_of_one_version, surveys, tenants_live,
    values_of_extensions,
};

const NOW_MS: i64 = 1_700_000_000_123;

fn change() -> Change {
    Change { principal: "contract".into(), origin: Origin::default(), at_ms: NOW_MS }
}

fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).expect("a tenant id")
}

fn extension(key: &str, kind: AttributeKind) -> AttributeDefinition {
    AttributeDefinition::extension(ExtensionKey::parse(key).expect("a key"), kind)
}

/// A user of `tenant` with these unique values.
fn somebody(tenant: &TenantId, random: &CountingRandom, unique: &[(&str, &str)]) -> NewUser {
    let value = |(key, text): &(&str, &str)| {
        UniqueValue::new(Attribute::parse(key).expect("an attribute's key"), text)
    };
    NewUser {
        tenant: tenant.clone(),
        id: UserId::generate(random, NOW_MS, chrono_tz::Tz::UTC),
        user_name: "somebody".into(),
        profile: Profile { name: Some("张三".into()), ..Profile::default() },
        password: Some(PasswordHash::new("$argon2id$x")),
        unique: unique.iter().map(value).collect(),
        disabled: false,
    }
}

async fn make_tenant(store: &dyn Store, id: &str) -> (TenantId, i64) {
    let id = tenant(id);
    let new = NewTenant { id: id.clone(), name: "A tenant".into(), rules: TenantRules::defaults() };
    assert!(store.insert_tenant(&change(), new).await.expect("inserted"));
    let version = rules(store, &id).await.version;
    (id, version)
}

async fn rules(store: &dyn Store, tenant: &TenantId) -> TenantRules {
    store.rules(tenant).await.expect("read").expect("there").as_ref().clone()
}

fn taken(result: &Result<(), InsertError>) -> Option<&str> {
    match result {
        Err(InsertError::Taken(attribute)) => Some(attribute.key()),
        _ => None,
    }
}

/// A tenant is made once; what is not there is answered, not failed.
pub async fn tenants(store: &dyn Store) {
    let id = tenant("acme");
    assert_eq!(store.rules(&id).await.expect("read"), None);
    assert!(!store.put_password_policy(&change(), &id, PasswordPolicy::NIST).await.expect("answered"));
    let definition = extension("age", AttributeKind::Text);
    assert!(!store.put_attribute(&change(), &id, definition.clone()).await.expect("answered"));

    let with_age = TenantRules::defaults().with(definition);
    for (expected, rules) in [(true, with_age.clone()), (false, TenantRules::defaults())] {
        let new = NewTenant { id: id.clone(), name: "Acme".into(), rules };
        assert_eq!(store.insert_tenant(&change(), new).await.expect("answered"), expected);
    }
    let mut stored = rules(store, &id).await;
    stored.version = with_age.version;
    assert_eq!(stored, with_age, "the first one's rules");
    assert_eq!(store.rules(&tenant("other")).await.expect("read"), None);
}

/// Every part of the rules reads back equal, and each change has a version of its own.
pub async fn rules_read_back(store: &dyn Store) {
    let (id, first) = make_tenant(store, "acme").await;
    let change = change();
    let rule = ValueRule {
        min_chars: Some(2),
        max_chars: Some(9),
        pattern: Some(Pattern::new(r"[a-z]+").expect("a pattern")),
        allowed: vec!["gold".into(), "银".into()],
    };
    let tier = extension("tier", AttributeKind::Dictionary).ruled(rule.clone()).expect("fits").required(true);
    let tier = tier.displayed(DisplayName { zh: "等级".into(), en: "Tier".into() }).expect("short");
    let external_id = AttributeDefinition::builtin(Builtin::ExternalId).unique(true).expect("may be");
    let age = extension("age", AttributeKind::Number);
    let hong_kong = AreaCode::new("HK", "852", r"[5-9]\d{7}").expect("a code");
    let codes = AreaCodes::new(vec![hong_kong], "852").expect("a list");
    let settings = PolicySettings {
        preset: Preset::Custom,
        max_run: None,
        weak_list: false,
        ..*PasswordPolicy::VENDOR.settings()
    };
    let policy = PasswordPolicy::new(settings).expect("makes sense");
    let weak = HashSet::from(["welcome2shop".to_owned()]);

    for definition in [&tier, &external_id, &age, &tier.clone().required(false)] {
        assert!(store.put_attribute(&change, &id, definition.clone()).await.expect("stored"));
    }
    assert!(store.put_area_codes(&change, &id, codes.clone()).await.expect("stored"));
    assert!(store.put_password_policy(&change, &id, policy).await.expect("stored"));
    assert!(store.put_weak_passwords(&change, &id, weak.clone()).await.expect("stored"));

    let stored = rules(store, &id).await;
    assert_eq!(stored.version, first + 7);
    let definitions = [external_id, tier.required(false), age];
    let mut expected = TenantRules::new(stored.version, definitions, codes, policy);
    expected.weak_passwords = weak;
    assert_eq!(stored, expected, "a changed definition keeps its place");
}

/// Values are unique in a tenant and in no other way; of several clashes the first is told, and
/// nothing is stored.
pub async fn unique_values(store: &dyn Store) {
    let random = CountingRandom::default();
    let (acme, version) = make_tenant(store, "acme").await;
    let (other, other_version) = make_tenant(store, "other").await;
    let first = [("user_name", "Ada"), ("mobile", "+86-15200000000"), ("card", "7")];
    let insert = async |tenant: &TenantId, version, unique: &[(&str, &str)]| {
        store.insert(&change(), version, somebody(tenant, &random, unique)).await
    };
    insert(&acme, version, &first).await.expect("inserted");
    for (unique, clash) in [
        (&[("user_name", "ada"), ("mobile", "+86-15200000000")][..], Some("user_name")),
        (&[("user_name", "bob"), ("mobile", "+86-15200000000"), ("card", "7")][..], Some("mobile")),
        (&[("user_name", "bob"), ("card", "7")][..], Some("card")),
        (&[("mobile", "7"), ("card", "+86-15200000000")][..], None),
        (&[][..], None),
    ] {
        let user = somebody(&acme, &random, unique);
        let seen = store.taken(&acme, &user.unique).await.expect("read");
        assert_eq!(seen.as_ref().map(Attribute::key), clash);
        let result = insert(&acme, version, unique).await;
        assert_eq!(taken(&result), clash, "{result:?}");
        assert_eq!(result.is_ok(), clash.is_none(), "{result:?}");
    }
    insert(&acme, version, &[("user_name", "bob")]).await.expect("the losers left nothing behind");
    insert(&other, other_version, &first).await.expect("another tenant");
}

/// A user who was judged by other rules is not inserted.
pub async fn stale_rules(store: &dyn Store) {
    let random = CountingRandom::default();
    let (id, version) = make_tenant(store, "acme").await;
    assert!(store.put_password_policy(&change(), &id, PasswordPolicy::NIST).await.expect("stored"));
    let insert = async |tenant: &TenantId, version| {
        store.insert(&change(), version, somebody(tenant, &random, &[("user_name", "ada")])).await
    };
    assert!(matches!(insert(&id, version).await, Err(InsertError::RulesChanged)));
    assert!(matches!(insert(&tenant("nobody"), version).await, Err(InsertError::RulesChanged)));
    insert(&id, version + 1).await.expect("inserted");
}

/// An attribute whose values users share cannot become unique; one whose values they do not becomes
/// so for those who are there, too; one that ceases to be unique clashes no more.
pub async fn uniqueness_changes(store: &dyn Store) {
    let random = CountingRandom::default();
    let (id, version) = make_tenant(store, "acme").await;
    let unique = [("user_name", "ada"), ("mobile", "1")];
    for unique in [&unique[..], &[("user_name", "bob")]] {
        let mut user = somebody(&id, &random, unique);
        user.profile.industry = Some(unique[0].1.to_owned());
        store.insert(&change(), version, user).await.expect("inserted");
    }

    let put = async |builtin, unique| {
        let definition = AttributeDefinition::builtin(builtin).unique(unique).expect("may be");
        store.put_attribute(&change(), &id, definition).await
    };
    assert!(matches!(put(Builtin::Name, true).await, Err(PutAttributeError::Shared(_))));
    assert_eq!(rules(store, &id).await.version, version, "refused means unchanged");
    assert!(put(Builtin::Industry, true).await.expect("nobody shares one"));
    let industry = [UniqueValue::new(Builtin::Industry.into(), "bob")];
    assert_eq!(store.taken(&id, &industry).await.expect("read"), Some(Builtin::Industry.into()));
    assert!(put(Builtin::UserName, false).await.expect("stored"));
    let seen = somebody(&id, &random, &unique).unique;
    assert_eq!(store.taken(&id, &seen).await.expect("read"), Some(Builtin::Mobile.into()));
}

/// A change of the rules and an insert never pass each other: whoever was judged by the old rules
/// is there before they change, or not at all.
pub async fn rules_and_inserts_never_cross(store: &dyn Store) {
    let random = CountingRandom::default();
    let (id, version) = make_tenant(store, "acme").await;
    let inserts = (0..16).map(|n| {
        let mut user = somebody(&id, &random, &[("user_name", &format!("racer{n}"))]);
        user.profile.industry = Some("the same".into());
        async move { store.insert(&change(), version, user).await }
    });
    let unique = AttributeDefinition::builtin(Builtin::Industry).unique(true).expect("may be");
    let change = change();
    let (put, inserted) = join(store.put_attribute(&change, &id, unique), join_all(inserts)).await;
    let made = inserted.iter().filter(|result| result.is_ok()).count();
    let stale = inserted.iter().filter(|result| matches!(result, Err(InsertError::RulesChanged))).count();
    assert_eq!(made + stale, 16, "{inserted:?}");
    match put {
        Ok(true) => assert!(made <= 1, "no two may share a value that is unique from now on"),
        Err(PutAttributeError::Shared(_)) => assert_eq!(stale, 0, "refused means unchanged"),
        other => panic!("{other:?}"),
    }
}

/// A host is bound to one tenant at a time.
pub async fn hosts(store: &dyn Store) {
    let (acme, _) = make_tenant(store, "acme").await;
    let (other, _) = make_tenant(store, "other").await;
    let bound = async || store.tenant_of_host("shop.example").await.expect("read");
    let bind =
        async |tenant: &TenantId, host| store.bind_host(&change(), tenant, host).await.expect("answered");
    assert_eq!(bound().await, None);
    assert!(bind(&acme, Some("shop.example")).await);
    assert_eq!(bound().await, Some(acme.clone()));
    assert!(bind(&other, Some("shop.example")).await);
    assert_eq!(bound().await, Some(other.clone()));
    assert!(bind(&acme, None).await);
    assert_eq!(bound().await, Some(other.clone()));
    assert!(bind(&other, None).await);
    assert_eq!(bound().await, None);
    assert!(!bind(&tenant("nobody"), Some("shop.example")).await);
}

/// Of 32 inserts of one value at once exactly one succeeds; the others learn why.
pub async fn one_winner(store: &dyn Store) {
    let random = CountingRandom::default();
    let (id, version) = make_tenant(store, "acme").await;
    let racers = (0..32).map(|n| {
        // Two values that clash, one that does not: the first clash is told.
        let own = format!("racer{n}");
        let unique = [("user_name", own.as_str()), ("mobile", "+86-15200000000"), ("email", "a@example.com")];
        let user = somebody(&id, &random, &unique);
        async move { store.insert(&change(), version, user).await }
    });
    let results = join_all(racers).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(results.iter().filter(|result| taken(result) == Some("mobile")).count(), 31, "{results:?}");
}
