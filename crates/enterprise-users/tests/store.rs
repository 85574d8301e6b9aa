//! The contract of the store's ports, on both databases.

use diesel::prelude::*;
use roster_enterprise_users::{
    AccessStore as _, DieselStore, Login, Page, PasswordStore as _, Search, Selection, UserId,
    UserStore as _, contract,
};
use roster_migrations::{ENTERPRISE_USERS, PERSISTENCE};
use roster_persistence::testing::on_each_database;
use roster_persistence::{AnyConn, Backend};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, ENTERPRISE_USERS];

/// Each contract function, as a test of its own.
macro_rules! contract_tests {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            on_each_database(SETS, async |db| {
                    let store = DieselStore::new(db);
                    contract::$name(&store).await;
                    contract::counts_everybody(&store).await;
                });
        }
    )*};
}

contract_tests!(
    reads_back,
    unique_fields,
    one_winner,
    keys,
    lists,
    searches,
    updates,
    one_update_wins,
    deletes,
    ranks,
    one_administrator_remains,
    new_keys,
    credentials,
    imports_each_on_its_own,
    imports_again,
    an_import_leaves_an_administrator,
    imports_at_once,
    exports_everybody,
);

/// 2,000 users in 20 enterprises.
fn fill(conn: &mut AnyConn) -> QueryResult<()> {
    for n in 0..2_000 {
        let row = format!(
            "INSERT INTO enterprise_users (enterprise_id, nick_name, nick_name_folded, email, email_folded, \
             phone, phone_folded, is_active, password_hash, created_ms, updated_ms) VALUES \
             ('e{}', 'user{n}', 'user{n}', 'u{n}@x.org', 'u{n}@x.org', '{n}', '{n}', TRUE, '', 0, 0)",
            n % 20
        );
        diesel::sql_query(row).execute(conn)?;
    }
    diesel::sql_query("ANALYZE").execute(conn).map(drop)
}

/// Whatever is asked for often has an index, and a page is read in its order.
#[test]
fn pages_and_exact_look_ups_use_an_index() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        db.bookkeep(|conn| Ok(fill(conn)?)).await.unwrap();
        let page = |enterprise_id: Option<&str>| Selection {
            enterprise_id: enterprise_id.map(str::to_owned),
            administrators: false,
            search: Search::All,
            page: Page::new(3, 10),
        };
        let recording = db.record();
        store.by_id(UserId(7)).await.unwrap();
        store.by_nick_name("e7".into(), "user7".into()).await.unwrap();
        store.credential(Login::Email("u7@x.org".into())).await.unwrap();
        store.taken(contract::new_user("e7", "user7")).await.unwrap();
        store.list(page(None)).await.unwrap();
        store.list(page(Some("e7"))).await.unwrap();
        // Two pages and their totals, which are not counted, two looks of `taken` at the most, and one for each of
        // the others.
        let statements = recording.finish();
        assert!(statements.len() <= 9, "{statements:#?}");
        for statement in &statements {
            assert!(!statement.sql().contains("COUNT(*)"), "{statement:?}");
            let plan = statement.plan(&db).await;
            // SQLite's own table is its primary key's tree, in whose order a page is read.
            let page = statement.sql().contains("OFFSET") && db.backend() == Backend::Sqlite;
            assert!(plan.scans().is_empty() || page, "{statement:?}\n{plan}");
            assert!(!plan.sorts(), "{statement:?}\n{plan}");
        }
    });
}

/// A search scans all users, but in an index that holds what it compares, and once where it
/// finds few; a list of administrators scans none.
#[test]
fn searches_and_administrators_read_no_other_rows() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        db.bookkeep(|conn| Ok(fill(conn)?)).await.unwrap();
        let few = Selection {
            enterprise_id: None,
            administrators: false,
            search: Search::Containing("u7@".into()),
            page: Page::new(1, 10),
        };
        let own = Selection { enterprise_id: Some("e7".into()), ..few.clone() };
        let recording = db.record();
        store.list(few.clone()).await.unwrap();
        store.list(own.clone()).await.unwrap();
        let statements = recording.finish();
        // The ids, and the users of these ids.
        assert_eq!(statements.len(), 4, "{statements:#?}");
        let of = async |n: usize| statements[n].plan(&db).await;
        for n in [1, 3] {
            assert!(of(n).await.scans().is_empty(), "{}", of(n).await);
        }
        if db.backend() == Backend::Sqlite {
            let (all, own) = (of(0).await, of(2).await);
            assert!(all.to_string().contains("USING COVERING INDEX enterprise_users_search"), "{all}");
            assert!(own.to_string().contains("USING COVERING INDEX enterprise_users_page"), "{own}");
            assert!(!all.sorts() && !own.sorts(), "{all}\n{own}");
        }
        // One that finds more than a page counts by the same indexes.
        let recording = db.record();
        let page = Page::new(1, 1);
        for many in [&few, &own] {
            store
                .list(Selection { search: Search::Containing("u".into()), page, ..many.clone() })
                .await
                .unwrap();
        }
        let counts: Vec<_> =
            recording.finish().into_iter().filter(|s| s.sql().contains("COUNT(*)")).collect();
        assert_eq!(counts.len(), 2, "{counts:#?}");
        for count in counts.iter().filter(|_| db.backend() == Backend::Sqlite) {
            let plan = count.plan(&db).await.to_string();
            assert!(plan.contains("USING COVERING INDEX enterprise_users_"), "{count:?}\n{plan}");
        }
        let recording = db.record();
        store.list(Selection { administrators: true, search: Search::All, ..few }).await.unwrap();
        for statement in recording.finish() {
            let plan = statement.plan(&db).await;
            assert!(!plan.scans().contains(&"enterprise_users"), "{statement:?}\n{plan}");
        }
    });
}

#[test]
fn users_of_an_earlier_version_are_found_once_they_are_completed() {
    on_each_database(SETS, async |db| {
        let row = "INSERT INTO enterprise_users (enterprise_id, nick_name, phone, is_active, password_hash, \
                   created_ms, updated_ms) VALUES ('e1', 'ÄRGER', 'ABC', TRUE, '', 0, 0)";
        db.bookkeep(move |conn| Ok(diesel::sql_query(row).execute(conn)?)).await.unwrap();
        let store = DieselStore::new(db.clone());
        store.fill_folded(&db.lock_start().unwrap()).await.unwrap();
        for text in ["ärg", "abc"] {
            let (search, page) = (Search::new(text), Page::new(1, 10));
            let selection = Selection { enterprise_id: None, administrators: false, search, page };
            assert_eq!(store.list(selection).await.unwrap().total, 1, "{text}");
        }
    });
}
