//! The port's law, on both databases, and what else the store promises.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use roster_device_users::{DieselStore, IfTaken, Profile, Store as _, contract};
use roster_kernel::{Change, Origin, digest};
use roster_migrations::{DEVICE_USERS, PERSISTENCE};
use roster_persistence::Db;
use roster_persistence::testing::{block_on, on_each_database, race};
use serde_json::{Value, json};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, DEVICE_USERS];

macro_rules! law {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                on_each_database(SETS, async |db| contract::$name(&DieselStore::new(db)).await);
            }
        )*
    };
}

law!(
    reads_back,
    ids_are_unique,
    groups_exist,
    replaces,
    one_winner,
    replacements_at_once,
    groups_are_made_once
);

#[derive(QueryableByName)]
struct Record {
    #[diesel(sql_type = Text)]
    verb: String,
    #[diesel(sql_type = Text)]
    fields: String,
    #[diesel(sql_type = Text)]
    before_json: String,
    #[diesel(sql_type = Text)]
    after_json: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

async fn count(db: &Db, from: &'static str) -> i64 {
    let counted = db.read(move |conn| {
        Ok(diesel::sql_query(format!("SELECT count(*) AS n FROM {from}")).get_result::<Count>(conn)?.n)
    });
    counted.await.expect("counted")
}

fn change(at_ms: i64) -> Change {
    Change { principal: "tester".into(), origin: Origin::default(), at_ms }
}

#[test]
fn the_journal_knows_a_face_by_its_digest_alone() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::make_groups(&store).await;
        let first = contract::visitor(3, &[2, 1]);
        let second = Profile { feature: None, ..contract::somebody(3, "Jack", &[]) };
        for (profile, at_ms) in [(first, 1), (second, 2)] {
            store.insert(&change(at_ms), profile, IfTaken::Replace).await.expect("put");
        }
        let records = db.read(|conn| {
            Ok(diesel::sql_query(
                "SELECT verb, fields, COALESCE(before_json, 'null') AS before_json, after_json \
                 FROM store_journal JOIN store_journal_values ON id = entry_id \
                 WHERE dialect = 'device-users' AND subject = '3' ORDER BY at_ms",
            )
            .load::<Record>(conn)?)
        });
        let records = records.await.expect("read");
        let [created, updated] = &records[..] else { panic!("two records") };
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let fingerprint = |text: &str| json!({"sha256": digest(text), "size": text.len()});
        let visitor = json!({
            "name": "张三", "type": 2, "avatar": fingerprint("AAAA"), "feature": fingerprint("0.1 0.2"),
            "ic_number": "ic", "id_number": "id", "job_number": "job",
            "guest_time_start": 5, "guest_time_end": 6, "groups": [2, 1],
            "is_admin": true, "remark": "seldom here"
        });
        assert_eq!((created.verb.as_str(), updated.verb.as_str()), ("create", "update"));
        assert_eq!(parse(&created.before_json), Value::Null);
        assert_eq!(parse(&created.after_json), visitor);
        assert_eq!(parse(&updated.before_json), visitor);
        let jack = json!({"name": "Jack", "type": 2, "avatar": fingerprint("AAAA"), "is_admin": false});
        assert_eq!(parse(&updated.after_json), jack);
        let fields = r#"["name","is_admin","feature","ic_number","id_number","job_number","guest_time_start","guest_time_end","groups","remark"]"#;
        assert_eq!(parse(&updated.fields), parse(fields), "the picture and the type stayed");
    });
}

#[test]
fn what_is_refused_leaves_no_trace() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::make_groups(&store).await;
        store.insert(&change(1), contract::somebody(3, "Jack", &[1]), IfTaken::Refuse).await.expect("put");
        let before = count(&db, "store_journal").await;
        for profile in [contract::somebody(3, "Jill", &[2]), contract::somebody(4, "Joan", &[1, 9])] {
            store.insert(&change(2), profile, IfTaken::Refuse).await.expect_err("refused");
        }
        contract::make_groups(&store).await;
        assert_eq!(count(&db, "store_journal").await, before);
        assert_eq!(count(&db, "device_users").await, 1);
        assert_eq!(count(&db, "device_user_pictures").await, 1);
        assert_eq!(count(&db, "device_group_members").await, 1);
    });
}

/// As the law's own race, but from as many threads.
#[test]
fn thirty_two_threads_replace_one_user() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::make_groups(&store).await;
        let results = race(32, |n| {
            let groups: &[i32] = if n % 2 == 0 { &[1, 2] } else { &[3, 2, 1] };
            let profile = contract::somebody(3, &format!("racer {n}"), groups);
            block_on(store.insert(&change(1), profile, IfTaken::Replace))
        });
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(count(&db, "device_users").await, 1);
        assert_eq!(count(&db, "device_user_pictures").await, 1);
        let links = count(&db, "device_group_members").await;
        let kept = store.by_id(roster_device_users::UserId(3)).await.expect("read").expect("found");
        assert_eq!(links, i64::try_from(kept.profile.groups.len()).expect("few"));
        assert_eq!(count(&db, "store_journal WHERE subject = '3' AND verb = 'create'").await, 1);
        assert_eq!(count(&db, "store_journal WHERE subject = '3' AND verb = 'update'").await, 31);
    });
}
