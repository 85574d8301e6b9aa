//! The store's own law, on both databases.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::HashSet;
use std::net::IpAddr;

use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use roster_kernel::{Change, Origin};
use roster_migrations::{ALL, PERSISTENCE};
use roster_persistence::testing::{TestDatabase, block_on, on_each_database, race};
use roster_persistence::{Backend, Db, DbSettings, Entry, Outcome, StoreError};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn change() -> Change {
    let origin = Origin { address: Some(IpAddr::from([192, 0, 2, 7])), request_id: Some("r-1".into()) };
    Change { principal: "tester".into(), origin, at_ms: 1_700_000_000_000 }
}

fn entry(subject: &str) -> Entry {
    Entry::created("test", "circle", subject, serde_json::json!({"name": "x"}))
}

async fn count(db: &Db, from: &'static str) -> i64 {
    db.read(move |conn| {
        Ok(diesel::sql_query(format!("SELECT count(*) AS n FROM {from}")).get_result::<Count>(conn)?.n)
    })
    .await
    .unwrap()
}

fn put_mark(conn: &mut roster_persistence::AnyConn, name: &str) -> Result<(), StoreError> {
    diesel::sql_query("INSERT INTO store_marks (name, value, at_ms) VALUES ($1, 'v', 0)")
        .bind::<Text, _>(name)
        .execute(conn)?;
    Ok(())
}

#[test]
fn a_write_and_its_journal_entry_stand_or_fall_together() {
    on_each_database(&[PERSISTENCE], async |db| {
        db.write(&change(), |conn| {
            put_mark(conn, "kept")?;
            Ok(Outcome::Commit((), entry("kept")))
        })
        .await
        .unwrap();
        assert_eq!(count(&db, "store_marks").await, 1);
        assert_eq!(count(&db, "store_journal WHERE subject = 'kept' AND principal = 'tester'").await, 1);
        assert_eq!(count(&db, "store_journal WHERE address = '192.0.2.7' AND request_id = 'r-1'").await, 1);
        assert_eq!(count(&db, "store_journal WHERE fields = '[\"name\"]' AND seq IS NULL").await, 1);
        assert_eq!(count(&db, "store_journal_values WHERE after_json = '{\"name\":\"x\"}'").await, 1);

        let refused = db
            .write(&change(), |conn| {
                put_mark(conn, "refused")?;
                Ok(Outcome::Refuse(7))
            })
            .await
            .unwrap();
        assert_eq!(refused, 7);
        let failed = db
            .write(&change(), |conn| {
                put_mark(conn, "failed")?;
                put_mark(conn, "failed")?;
                Ok(Outcome::Commit((), entry("failed")))
            })
            .await;
        let Err(StoreError::Unique(violation)) = failed else { panic!("{failed:?}") };
        assert!(violation.hits("store_marks_pkey", "store_marks.name"));
        assert!(!violation.hits("store_marks_other", "store_marks.value"));
        assert_eq!(count(&db, "store_marks").await, 1);
        assert_eq!(count(&db, "store_journal").await, 1);
    });
}

#[test]
fn thirty_two_writers_at_once_lose_nothing() {
    on_each_database(&[PERSISTENCE], async |db| {
        db.set_mark("counter", "0").await.unwrap();
        let results = race(32, |n| {
            block_on(db.write(&change(), move |conn| {
                diesel::sql_query("UPDATE store_marks SET at_ms = at_ms + 1 WHERE name = 'counter'")
                    .execute(conn)?;
                Ok(Outcome::Commit((), entry(&n.to_string())))
            }))
        });
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(count(&db, "store_journal").await, 32);
    });
}

#[test]
fn a_crowd_waits_without_threads_and_none_is_lost() {
    on_each_database(&[PERSISTENCE], async |db| {
        let results = race(64, |_| {
            block_on(db.read(|conn| {
                diesel::sql_query("SELECT CAST(1 AS BIGINT) AS n")
                    .get_result::<Count>(conn)
                    .map(|c| c.n)
                    .map_err(Into::into)
            }))
        });
        assert!(results.iter().all(|r| matches!(r, Ok(1))), "{results:?}");
    });
}

#[test]
fn a_panicking_closure_leaves_a_usable_store() {
    on_each_database(&[PERSISTENCE], async |db| {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            block_on(db.bookkeep(|conn| -> Result<(), StoreError> {
                put_mark(conn, "half")?;
                panic!("on purpose")
            }))
        }));
        assert!(panicked.is_err());
        assert_eq!(count(&db, "store_marks").await, 0);
        db.set_mark("after", "v").await.unwrap();
        assert_eq!(db.mark("after").await.unwrap().as_deref(), Some("v"));
    });
}

#[test]
fn every_set_goes_up_down_and_up_again() {
    for database in TestDatabase::each() {
        let db = database.open(ALL);
        let lock = db.lock_start().unwrap();
        db.revert(&lock, ALL).unwrap();
        let left = block_on(db.read(|conn| {
            let tables = match conn {
                roster_persistence::AnyConn::Sqlite(_) => "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
                roster_persistence::AnyConn::Postgres(_) => "SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = 'public'",
            };
            Ok(diesel::sql_query(tables).get_result::<Count>(conn)?.n)
        }));
        assert_eq!(left.unwrap(), 1, "nothing but diesel's own list of versions");
        db.migrate(&lock, ALL).unwrap();
        db.migrate(&lock, ALL).unwrap();
    }
}

#[test]
fn versions_are_unique_over_all_sets_and_alike_on_both_databases() {
    let mut seen = HashSet::new();
    for set in ALL {
        let sqlite: Vec<String> = names::<diesel::sqlite::Sqlite>((set.sqlite)());
        let postgres: Vec<String> = names::<diesel::pg::Pg>((set.postgres)());
        assert_eq!(sqlite, postgres, "{}", set.name);
        assert!(!sqlite.is_empty());
        for name in sqlite {
            let version = name.split('_').next().unwrap().to_owned();
            assert!(seen.insert(version), "{}: the version of {name} is taken", set.name);
        }
    }
}

fn names<DB: diesel::backend::Backend>(source: impl MigrationSource<DB>) -> Vec<String> {
    let mut names: Vec<String> =
        source.migrations().unwrap().iter().map(|migration| migration.name().to_string()).collect();
    names.sort();
    names
}

#[test]
fn tables_carry_their_sets_prefix() {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    for set in ALL {
        let db = TestDatabase::sqlite();
        let db = db.open(&[*set]);
        let tables = block_on(db.read(|conn| {
            Ok(diesel::sql_query("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'")
                .load::<Name>(conn)?)
        }))
        .unwrap();
        assert!(!tables.is_empty());
        for table in tables {
            assert!(table.name.starts_with(set.table_prefix), "{} in {}", table.name, set.name);
        }
    }
}

#[test]
fn a_file_is_made_only_where_its_folder_is() {
    let folder = std::env::temp_dir().join("roster-no-such-folder").join("r.sqlite");
    let clock = std::sync::Arc::new(roster_kernel::SystemClock);
    let random = std::sync::Arc::new(roster_kernel::OsRandom);
    let url = roster_persistence::DatabaseUrl::sqlite(&folder);
    let error = Db::open(&url, DbSettings::default(), clock, random).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}

mod schema {
    diesel::table! {
        store_marks (name) {
            name -> Text,
            value -> Text,
            at_ms -> BigInt,
        }
    }
}
use schema::store_marks;

/// One look-up by the primary key, and one by a column that has no index, with an order of its own.
#[test]
fn a_recording_holds_the_statements_and_their_plans_tell_scans() {
    on_each_database(&[PERSISTENCE], async |db| {
        let ask = |by_name: bool| {
            db.read(move |conn| {
                let marks = store_marks::table.select(store_marks::value);
                Ok(match by_name {
                    true => marks.filter(store_marks::name.eq("x")).load::<String>(conn)?,
                    false => {
                        let some = marks.filter(store_marks::at_ms.eq(7)).order(store_marks::value.desc());
                        some.limit(3).load::<String>(conn)?
                    }
                })
            })
        };
        ask(true).await.unwrap();
        let recording = db.record();
        ask(true).await.unwrap();
        ask(false).await.unwrap();
        db.bookkeep(|conn| put_mark(conn, "x")).await.unwrap();
        let statements = recording.finish();
        ask(true).await.unwrap();
        let [by_name, by_time, insert] = statements.as_slice() else { panic!("{statements:?}") };
        assert!(insert.sql().starts_with("INSERT INTO store_marks"), "{insert:?}");
        assert!(!by_name.sql().contains("binds"), "{by_name:?}");

        let plan = by_name.plan(&db).await;
        assert!(plan.scans().is_empty() && !plan.sorts(), "{plan}");
        let index = if db.backend() == Backend::Sqlite {
            "sqlite_autoindex_store_marks_1"
        } else {
            "store_marks_pkey"
        };
        assert!(plan.uses(index), "{plan}");
        let plan = by_time.plan(&db).await;
        assert_eq!(plan.scans(), ["store_marks"], "{plan}");
        assert!(plan.sorts(), "{plan}");
        assert!(insert.plan(&db).await.scans().is_empty());
    });
}

#[test]
fn a_whole_is_there_at_once_or_never() {
    on_each_database(&[PERSISTENCE], async |db| {
        let put = async |db: &Db, name: &'static str, keep: bool| {
            db.write(&change(), move |conn| {
                put_mark(conn, name)?;
                Ok(if keep { Outcome::Commit((), entry(name)) } else { Outcome::Refuse(()) })
            })
            .await
        };
        let (inside, given_up) = db.whole().unwrap();
        put(&inside, "lost", true).await.unwrap();
        assert_eq!(count(&inside, "store_marks").await, 1);
        assert_eq!(count(&db, "store_marks").await, 0, "nobody else sees it");
        drop(given_up);
        put(&inside, "late", true).await.unwrap_err();
        let (inside, whole) = db.whole().unwrap();
        put(&inside, "kept", true).await.unwrap();
        put(&inside, "refused", false).await.unwrap();
        let broken = inside.bookkeep(|conn| put_mark(conn, "kept")).await;
        assert!(matches!(broken, Err(StoreError::Unique(_))), "one that fails leaves the others");
        put(&inside, "kept too", true).await.unwrap();
        whole.commit().await.unwrap();
        assert_eq!(count(&db, "store_marks").await, 2);
        assert_eq!(count(&db, "store_journal").await, 2);
        put(&db, "after", true).await.unwrap();
    });
}

#[test]
fn a_rehearsal_tells_and_leaves_nothing() {
    on_each_database(&[PERSISTENCE], async |db| {
        db.bookkeep(|conn| put_mark(conn, "there")).await.unwrap();
        let rehearsal = db.rehearsal().unwrap();
        let taken = rehearsal.bookkeep(|conn| put_mark(conn, "there")).await;
        assert!(matches!(taken, Err(StoreError::Unique(_))));
        for _ in 0..2 {
            rehearsal
                .write(&change(), |conn| {
                    put_mark(conn, "new")?;
                    Ok(Outcome::Commit((), entry("new")))
                })
                .await
                .unwrap();
        }
        assert_eq!(count(&db, "store_marks").await, 1);
        assert_eq!(count(&db, "store_journal").await, 0);
    });
}

/// An import in one transaction lasts, and waits for its file, longer than a server permits others to.
#[test]
fn time_limits_of_the_server_do_not_end_long_work() {
    let Some(database) = TestDatabase::of(Backend::Postgres) else { return };
    let db = database.open(&[PERSISTENCE]);
    for setting in ["statement_timeout", "idle_in_transaction_session_timeout"] {
        let sql = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {setting} = 300', current_database()); END $$"
        );
        block_on(db.bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?))).unwrap();
    }
    let db = database.open(&[]);
    let wait = |conn: &mut roster_persistence::AnyConn| -> Result<(), StoreError> {
        diesel::sql_query("SELECT pg_sleep(0.6)").execute(conn)?;
        Ok(())
    };
    let (inside, whole) = db.whole().unwrap();
    block_on(inside.bookkeep(move |conn| wait(conn).and_then(|()| put_mark(conn, "long")))).unwrap();
    // It idles while another session works.
    block_on(db.read(wait)).unwrap();
    block_on(whole.commit()).unwrap();
    assert_eq!(block_on(count(&db, "store_marks WHERE name = 'long'")), 1);
}
