//! The port's law, on both databases.

#[path = "store/center.rs"]
mod center;

use diesel::RunQueryDsl as _;
use roster_migrations::{PERSISTENCE, TENANT_CIAM};
use roster_persistence::testing::on_each_database;
use roster_tenant_ciam::{
    DieselStore, ExtensionKey, PasswordStore as _, Selection, TenantId, UniqueValue, UserChanges as _,
    UserId, UserKey, UserStore as _, contract,
};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, TENANT_CIAM];

/// The law `law`, on each database; and that of totals, whatever happened.
fn kept(law: impl AsyncFn(&DieselStore)) {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db);
        law(&store).await;
        contract::counts_everybody(&store).await;
    });
}

#[test]
fn tenants() {
    kept(async |store| contract::tenants(store).await);
}

#[test]
fn rules_read_back() {
    kept(async |store| contract::rules_read_back(store).await);
}

#[test]
fn change_times_only_grow() {
    kept(async |store| contract::change_times_only_grow(store).await);
}

#[test]
fn unique_values() {
    kept(async |store| contract::unique_values(store).await);
}

#[test]
fn stale_rules() {
    kept(async |store| contract::stale_rules(store).await);
}

#[test]
fn uniqueness_changes() {
    kept(async |store| contract::uniqueness_changes(store).await);
}

#[test]
fn rules_and_inserts_never_cross() {
    kept(async |store| contract::rules_and_inserts_never_cross(store).await);
}

#[test]
fn hosts() {
    kept(async |store| contract::hosts(store).await);
}

#[test]
fn one_winner() {
    kept(async |store| contract::one_winner(store).await);
}

#[test]
fn imports_each_on_its_own() {
    kept(async |store| contract::imports_each_on_its_own(store).await);
}

#[test]
fn imports_at_once() {
    kept(async |store| contract::imports_at_once(store).await);
}

#[test]
fn exports_everybody() {
    kept(async |store| contract::exports_everybody(store).await);
}

#[test]
fn users_read_back() {
    kept(async |store| contract::users_read_back(store).await);
}

#[test]
fn pages() {
    kept(async |store| contract::pages(store).await);
}

#[test]
fn updates() {
    kept(async |store| contract::updates(store).await);
}

#[test]
fn racing_updates() {
    kept(async |store| contract::racing_updates(store).await);
}

#[test]
fn ends() {
    kept(async |store| contract::ends(store).await);
}

#[test]
fn passwords() {
    kept(async |store| contract::passwords(store).await);
}

#[test]
fn one_password_wins() {
    kept(async |store| contract::one_password_wins(store).await);
}

#[test]
fn sign_ins() {
    kept(async |store| contract::sign_ins(store).await);
}

/// On PostgreSQL each statement is a round trip.
#[test]
fn a_user_is_read_by_one_statement() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::users_read_back(&store).await;
        let acme = TenantId::parse("acme").expect("an id");
        let page = Selection { skip: 0, limit: 1, updated_since_ms: None };
        let id = store.users(&acme, page).await.expect("read").users.remove(0).id;
        let recording = db.record();
        let (user, _) = store.user_and_rules(&acme, &id).await.expect("read").expect("a tenant");
        let statements = recording.finish();
        let user = user.expect("a user");
        assert!(user.extension.len() == 2 && user.picture.is_some(), "{user:?}");
        let [one] = &statements[..] else { panic!("{statements:#?}") };
        let plan = one.plan(&db).await;
        assert!(plan.scans().is_empty() && !plan.sorts(), "{plan}");
    });
}

/// Ten thousand users in ten tenants: whatever is asked for often has an index, and a page is read in
/// its order.
#[test]
fn pages_and_look_ups_use_an_index() {
    on_each_database(SETS, async |db| {
        let filled = db.bookkeep(|conn| {
            let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)";
            let id = "substr('00000000000000000' || i, -17, 17) || '-0000-000000000'";
            let id = match conn {
                roster_persistence::AnyConn::Sqlite(_) => id,
                roster_persistence::AnyConn::Postgres(_) => "lpad(i::text, 17, '0') || '-0000-000000000'",
            };
            for statement in [
                "INSERT INTO tenant_tenants (id, name, rules_version, created_ms, updated_ms) \
                 WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9) \
                 SELECT 't' || i, 'x', 1, 1, 1 FROM n"
                    .to_owned(),
                format!(
                    "INSERT INTO tenant_users (user_id, tenant_id, user_name, user_name_key, mobile, email, email_key, \
                     external_id, external_id_key, must_modify_password, disabled, created_ms, updated_ms) \
                     {numbers} SELECT {id}, 't' || (i % 10), 'u' || i, 'u' || i, '+86-' || i, 'e' || i, 'e' || i, \
                     'x' || (i % 50), 'x' || (i % 50), false, false, i, i FROM n"
                ),
                format!("INSERT INTO tenant_user_extensions {numbers} SELECT {id}, 'age', 'number', '7', 't' || (i % 10) FROM n"),
                format!("INSERT INTO tenant_user_pictures {numbers} SELECT {id}, 'http://x' FROM n"),
                format!("INSERT INTO tenant_password_history {numbers} SELECT {id}, 1, 'x', 1 FROM n"),
                format!("INSERT INTO tenant_unique_values {numbers} SELECT 't' || (i % 10), 'card', 'c' || i, {id} FROM n"),
                "ANALYZE".to_owned(),
            ] {
                diesel::sql_query(statement).execute(conn)?;
            }
            Ok(())
        });
        filled.await.expect("filled");
        let store = DieselStore::new(db.clone());
        let tenant = TenantId::parse("t7").expect("an id");
        let id = UserId::parse("00000000000000017-0000-000000000").expect("an id");
        let keys = [
            UserKey::Id(id.clone()),
            UserKey::UserName("U17".into()),
            UserKey::Mobile("+86-17".into()),
            UserKey::Email("E17".into()),
            UserKey::ExternalId("x17".into()),
        ];
        let recording = db.record();
        for key in &keys {
            assert_eq!(store.user(&tenant, key).await.expect("read").expect("there").id, id, "{key:?}");
        }
        let page = Selection { updated_since_ms: None, skip: 500, limit: 100 };
        assert_eq!(store.users(&tenant, page).await.expect("read").users.len(), 100);
        assert!(store.picture(&tenant, &id).await.expect("read").is_some());
        assert_eq!(
            store.credential(&tenant, &keys[1], 3).await.expect("read").expect("there").former.len(),
            1
        );
        let card = UniqueValue::new(ExtensionKey::parse("card").expect("a key").into(), "c17");
        assert!(store.taken_by_other(&tenant, &id, &[card]).await.expect("read").is_none());
        let statements = recording.finish();
        let own: Vec<_> = statements.iter().filter(|statement| statement.sql().contains("tenant_")).collect();
        // One for a user by his id and three for any other, four for the page however long, one picture, three
        // for a credential, one look.
        assert_eq!(own.len(), 1 + 4 * 3 + 4 + 1 + 3 + 1, "{own:#?}");
        let mut plans = String::new();
        for statement in &own {
            assert!(!statement.sql().contains("COUNT(*)"), "{statement:?}");
            let plan = statement.plan(&db).await;
            assert!(plan.scans().is_empty(), "{statement:?}\n{plan}");
            let sorts_rows = statement.sql().contains("LIMIT") && plan.sorts();
            assert!(!sorts_rows, "{statement:?}\n{plan}");
            plans += &plan.to_string();
        }
        for index in ["user_name", "mobile", "email", "external_id", "age"] {
            assert!(plans.contains(&format!("tenant_users_{index}")), "{index}\n{plans}");
        }
        // Of those that changed, an index alone says how many there are and who is shown.
        let recording = db.record();
        let changed = Selection { updated_since_ms: Some(0), skip: 5, limit: 10 };
        assert_eq!(store.users(&tenant, changed).await.expect("read").users.len(), 10);
        let statements = recording.finish();
        let chosen = |sql: &str| sql.contains("COUNT(*)") || sql.contains("created_ms + 0");
        let chosen: Vec<_> = statements.iter().filter(|statement| chosen(statement.sql())).collect();
        assert_eq!(chosen.len(), 2, "{statements:#?}");
        for statement in chosen {
            let plan = statement.plan(&db).await;
            assert!(plan.uses("tenant_users_updated") && plan.scans().is_empty(), "{statement:?}\n{plan}");
        }
    });
}
