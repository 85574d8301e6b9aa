//! The port's law, on both databases, and what else the store promises.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use roster_device_users::{
    DieselStore, GroupId, IfTaken, InsertError, MembersError, Membership, Name, Number, Profile, Search,
    Store as _, UserId, Window, contract,
};
use roster_kernel::{Change, Origin, digest};
use roster_migrations::{DEVICE_USERS, PERSISTENCE};
use roster_persistence::testing::{block_on, on_each_database, race};
use roster_persistence::{Backend, Db};
use serde_json::{Value, json};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, DEVICE_USERS];

macro_rules! law {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                on_each_database(SETS, async |db| {
                    let store = DieselStore::new(db);
                    contract::$name(&store).await;
                    contract::counts_everybody(&store).await;
                });
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
    groups_are_made_once,
    updates,
    deletes,
    lists,
    searches,
    everything_at_once,
    groups_live,
    members_come_and_go,
    a_user_is_in_a_hundred_groups_at_most,
    groups_and_users_at_once,
    imports_each_on_its_own,
    imports_again,
    imports_at_once,
    exports_everybody,
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

/// On PostgreSQL each statement is a round trip. The picture stands in the first group's row, also when
/// the group that was first is gone.
#[test]
fn a_user_is_read_by_one_statement() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::make_groups(&store).await;
        let visitor = contract::visitor(3, &[2, 3, 1]);
        store.insert(&change(1), visitor.clone(), IfTaken::Refuse).await.expect("inserted");
        assert!(store.delete_group(&change(2), GroupId(2)).await.expect("deleted"));
        let recording = db.record();
        let user = store.by_id(UserId(3)).await.expect("read").expect("found");
        let statements = recording.finish();
        assert_eq!(user.profile, Profile { groups: vec![GroupId(3), GroupId(1)], ..visitor });
        let [one] = &statements[..] else { panic!("{statements:#?}") };
        let plan = one.plan(&db).await;
        assert!(plan.scans().is_empty() && !plan.sorts(), "{plan}");
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

/// As the law's own race of users and groups, but from as many threads: nobody waits for one who
/// waits for him, and nothing hangs on what is gone.
#[test]
fn thirty_two_threads_leave_no_orphan() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::make_groups(&store).await;
        race(32, |n| {
            let id = UserId(1 + i32::try_from(n).expect("few") % 4);
            let group = GroupId(1 + i32::try_from(n).expect("few") % 3);
            block_on(async {
                for round in 0..8 {
                    let failed = match (n + round) % 4 {
                        0 => {
                            let profile = contract::somebody(id.0, "Jack", &[1, 2, 3]);
                            let inserted = store.insert(&change(1), profile, IfTaken::Replace).await;
                            matches!(inserted, Err(InsertError::Port(_)))
                        }
                        1 => store.delete(&change(2), id).await.is_err(),
                        2 => store.delete_group(&change(2), group).await.is_err(),
                        _ => {
                            contract::make_groups(&store).await;
                            let users = vec![UserId(4), UserId(2), UserId(1)];
                            let set = store.set_members(&change(3), group, users, Membership::Join).await;
                            matches!(set, Err(MembersError::Port(_)))
                        }
                    };
                    assert!(!failed, "{n} {round}");
                }
            });
        });
        let orphans = "device_group_members WHERE user_id NOT IN (SELECT user_id FROM device_users) \
                       OR group_id NOT IN (SELECT group_id FROM device_groups)";
        assert_eq!(count(&db, orphans).await, 0);
        let pictures = "device_user_pictures WHERE user_id NOT IN (SELECT user_id FROM device_users)";
        assert_eq!(count(&db, pictures).await, 0);
    });
}

#[test]
fn names_of_before_are_folded_at_the_next_start() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        for id in 1..=501 {
            let profile = contract::somebody(id, &format!("JACK {id}"), &[]);
            store.insert(&change(1), profile, IfTaken::Refuse).await.expect("put");
        }
        let forget =
            |conn: &mut _| Ok(diesel::sql_query("UPDATE device_users SET name_folded = NULL").execute(conn)?);
        db.bookkeep(forget).await.expect("forgotten");
        let jack = || Search::Name(Name::parse("jack".into()).expect("a name"));
        assert_eq!(store.search(jack()).await.expect("read").len(), 0);
        let lock = db.lock_start().expect("the start lock");
        store.fill_folded(&lock).await.expect("folded");
        assert_eq!(store.search(jack()).await.expect("read").len(), 501);
    });
}

/// Ten thousand users, each in three groups of a hundred: whatever is asked for often has an index.
#[test]
fn what_is_asked_for_often_has_an_index() {
    on_each_database(SETS, async |db| {
        let filled = db.bookkeep(|conn| {
            let numbers = |to| {
                format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to})")
            };
            let fill = [
                format!(
                    "INSERT INTO device_users (user_id, name, user_type, is_admin, ic_number, id_number, \
                     job_number, remark, guest_time_start_ms, guest_time_end_ms, created_ms, updated_ms, \
                     name_folded) {} SELECT i, 'Jack', 1, false, 'ic' || i, '', 'job' || i, '', 0, 0, i, i, \
                     'jack' FROM n",
                    numbers(10_000)
                ),
                format!(
                    "INSERT INTO device_groups (group_id, name, group_type, created_ms, name_folded) \
                     {} SELECT i, 'group ' || i, 1, i, 'group ' || i FROM n",
                    numbers(100)
                ),
                format!(
                    "INSERT INTO device_group_members (user_id, group_id, position) {} \
                     SELECT i, 1 + (i + p * 7) % 100, p FROM n \
                     JOIN (SELECT 0 AS p UNION SELECT 1 UNION SELECT 2) AS positions ON true",
                    numbers(10_000)
                ),
                "ANALYZE".to_owned(),
            ];
            for statement in fill {
                diesel::sql_query(statement).execute(conn)?;
            }
            Ok(())
        });
        filled.await.expect("filled");
        let store = DieselStore::new(db.clone());
        let number = |text: &str| Number::parse(text.into()).expect("a number");
        let lock = db.lock_start().expect("the start lock");
        let recording = db.record();
        store.fill_folded(&lock).await.expect("nothing to fill");
        store.list(Window::parse("5000", "100").expect("a window")).await.expect("read");
        store.search(Search::IcNumber(number("ic7"))).await.expect("read");
        store.search(Search::JobNumber(number("job7"))).await.expect("read");
        store.members(GroupId::parse(7).expect("an id")).await.expect("read");
        let statements = recording.finish();
        assert_eq!(statements.len(), 9, "{statements:#?}");
        assert!(!statements.iter().any(|statement| statement.sql().contains("COUNT(*)")), "{statements:#?}");
        let mut plans = String::new();
        // Groups are few, so a start looks at each of them.
        let walks = |sql: &str| sql.contains("device_groups") && sql.contains("IS NULL");
        for statement in statements.iter().filter(|statement| !walks(statement.sql())) {
            let plan = statement.plan(&db).await;
            assert!(plan.scans().is_empty(), "{statement:?}\n{plan}");
            plans += &plan.to_string();
        }
        let indexes = [
            "device_users_newest",
            "device_users_ic_number",
            "device_users_job_number",
            "device_group_members_group_id",
            "device_users_unfolded",
        ];
        for index in indexes {
            assert!(plans.contains(index), "{index}\n{plans}");
        }
        // A part of a name is looked for in an index that holds the names, and no row is read for it.
        let recording = db.record();
        store.search(Search::Name(Name::parse("7".into()).expect("a name"))).await.expect("read");
        let search = &recording.finish()[0];
        let plan = search.plan(&db).await.to_string();
        let covered = plan.contains("USING COVERING INDEX device_users_search");
        assert!(covered || db.backend() == Backend::Postgres, "{search:?}\n{plan}");
    });
}
