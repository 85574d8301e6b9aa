//! The port's law, on both databases.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use diesel::prelude::*;
use diesel::sql_types::Text;
use roster_enterprise_users::{DieselStore, Page, Search, Selection, Store as _, contract};
use roster_migrations::{ENTERPRISE_USERS, PERSISTENCE};
use roster_persistence::AnyConn;
use roster_persistence::testing::on_each_database;

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, ENTERPRISE_USERS];

/// Each law, as a test of its own.
macro_rules! laws {
    ($($law:ident),* $(,)?) => {$(
        #[test]
        fn $law() {
            on_each_database(SETS, async |db| contract::$law(&DieselStore::new(db)).await);
        }
    )*};
}

laws!(
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

#[derive(QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresPlan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    detail: String,
}

fn plan(conn: &mut AnyConn, query: &str) -> String {
    let lines: Vec<String> = match conn {
        AnyConn::Sqlite(conn) => diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"))
            .load::<SqlitePlan>(conn)
            .unwrap()
            .into_iter()
            .map(|row| row.detail)
            .collect(),
        AnyConn::Postgres(conn) => diesel::sql_query(format!("EXPLAIN {query}"))
            .load::<PostgresPlan>(conn)
            .unwrap()
            .into_iter()
            .map(|row| row.detail)
            .collect(),
    };
    lines.join("\n")
}

#[test]
fn pages_and_exact_look_ups_use_an_index() {
    on_each_database(SETS, async |db| {
        let explained = db.bookkeep(|conn| {
            fill(conn)?;
            if let AnyConn::Postgres(conn) = conn {
                diesel::sql_query("SET LOCAL enable_seqscan = off").execute(conn)?;
            }
            let plans = [
                "ORDER BY user_id DESC LIMIT 10 OFFSET 20",
                "WHERE enterprise_id = 'e7' ORDER BY user_id DESC LIMIT 10",
                "WHERE enterprise_id = 'e7' AND nick_name = 'user7'",
                "WHERE email_folded = 'u7@x.org'",
                "WHERE phone = '7'",
            ];
            Ok(plans.map(|end| (end, plan(conn, &format!("SELECT nick_name FROM enterprise_users {end}")))))
        });
        for (query, plan) in explained.await.unwrap() {
            assert!(!plan.contains("Seq Scan") && !plan.contains("TEMP B-TREE"), "{query}\n{plan}");
            assert!(!plan.contains("Sort"), "{query}\n{plan}");
            // SQLite's own table is its primary key's tree.
            let indexed = plan.contains("Index") || plan.contains("INDEX");
            assert!(indexed || plan == "SCAN enterprise_users", "{query}\n{plan}");
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
