//! What an operator configures: the law, and the plans of what grows with the users.

use roster_kernel::{Change, Origin};
use roster_persistence::testing::on_each_database;
use roster_tenant_ciam::{
    AttributeDefinition, AttributeKind, Attributes as _, Builtin, DieselStore, ExtensionKey, NewTenant,
    Store as _, Survey, TenantId, TenantRules, Tenants as _, contract,
};

use super::{SETS, kept};

macro_rules! law {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                kept(async |store| contract::$name(store).await);
            }
        )*
    };
}

law!(
    tenants_live,
    a_tenant_ends_without_users,
    surveys,
    changes_of_rules_are_of_one_version,
    values_of_extensions,
);

#[test]
fn what_grows_with_the_users_walks_an_index() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        let change = Change { principal: "test".into(), origin: Origin::default(), at_ms: 1 };
        let tenant = TenantId::parse("acme").expect("an id");
        let rules = TenantRules::defaults();
        let new = NewTenant { id: tenant.clone(), name: "Acme".into(), rules: rules.clone() };
        assert!(store.insert_tenant(&change, new).await.expect("inserted"));
        let key = ExtensionKey::parse("card").expect("a key");
        let card = AttributeDefinition::extension(key.clone(), AttributeKind::Text);
        let unique = |definition: AttributeDefinition| definition.unique(true).expect("may be");

        let recording = db.record();
        store.users_with(&tenant, &key, "7", None, 10).await.expect("found");
        let found = recording.finish();
        assert_eq!(found.len(), 1);
        let plan = found[0].plan(&db).await;
        assert!(plan.scans().is_empty() && !plan.sorts(), "{found:?}\n{plan}");
        assert!(plan.uses("tenant_user_extensions_value"), "{plan}");

        let recording = db.record();
        store.count_values(&tenant, &key).await.expect("counted");
        store.tenants(Some(&tenant), 10).await.expect("listed");
        let industry = AttributeDefinition::builtin(Builtin::Industry);
        for (before, after) in [
            (None, unique(card.clone()).required(true)),
            (Some(&industry), unique(industry.clone()).required(true)),
        ] {
            store.survey(&tenant, &Survey::new(before, &after)).await.expect("asked");
        }
        for statement in recording.finish() {
            let plan = statement.plan(&db).await;
            // What is shared is grouped, which may sort; the page of users is read in order.
            let grouped = statement.sql().contains("GROUP BY");
            // Grouping reads the tenant's rows by an index, and what it has grouped once more.
            let scans: Vec<&str> = plan.scans().into_iter().filter(|name| *name != "all_shared").collect();
            assert!(scans.is_empty() || (grouped && scans == ["(subquery"]), "{statement:?}\n{plan}");
            assert!(grouped || !plan.sorts(), "{statement:?}\n{plan}");
        }
    });
}
