//! What the tree asks of the database: so many statements, each by an index, however large the tree
//! is. The measurement at the end is run by hand; docs/adr/0007 has its figures.

use std::ops::Range;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use roster_iot_roles::{
    DieselStore, Kind, NewUser, ObjectFilter, PageRequest, Reach, Role, Store as _, TreeStore as _, Username,
    contract,
};
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, Origin};
use roster_migrations::{IOT_ROLES, PERSISTENCE};
use roster_persistence::testing::{Statement, on_each_database};
use roster_persistence::{AnyConn, Backend, Db, StoreError};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, IOT_ROLES];
/// How deep the chains of sites are.
const DEEP: u32 = 20;

fn change() -> Change {
    Change { principal: "t".into(), origin: Origin::default(), at_ms: 0 }
}

/// Fills the domain `1` with chains of sites, each [`DEEP`] deep; the sites of chain `c` have the numbers
/// `1000 + c * DEEP` and on. Straight into the tables, as the store would write it.
async fn fill(db: &Db, chains: Range<u32>) {
    let number = |chain: u32, level: u32| 1000 + chain * DEEP + level;
    let (mut objects, mut around) = (Vec::new(), Vec::new());
    for chain in chains {
        for level in 0..DEEP {
            let id = contract::id(number(chain, level));
            let parent = (level > 0).then(|| contract::id(number(chain, level - 1)));
            let quoted = parent.as_ref().map_or("NULL".to_owned(), |parent| format!("'{parent}'"));
            let location = parent.unwrap_or_else(|| contract::id(1));
            objects.push(format!(
                "('{id}','{}',{quoted},'{location}','{}','{}','{{}}','site')",
                contract::id(1),
                contract::id(2),
                number(chain, level)
            ));
            around.push(format!("('{}','{id}',{})", contract::id(1), level + 1));
            for outer in 0..=level {
                around.push(format!("('{}','{id}',{})", contract::id(number(chain, outer)), level - outer));
            }
        }
    }
    db.bookkeep(move |conn| {
        for (table, rows) in [
            ("iot_objects (id, domain_id, parent_id, location_id, type_id, name, attributes, kind)", objects),
            ("iot_location_ancestors (ancestor_id, descendant_id, depth)", around),
        ] {
            for rows in rows.chunks(500) {
                diesel::sql_query(format!("INSERT INTO {table} VALUES {}", rows.join(","))).execute(conn)?;
            }
        }
        diesel::sql_query("ANALYZE").execute(conn)?;
        Ok(())
    })
    .await
    .unwrap();
}

fn guard(number: u32, areas: impl Iterator<Item = u32>) -> NewUser {
    NewUser {
        areas: areas.map(|area| contract::id(area).to_string()).collect(),
        ..NewUser::new(Username::parse(format!("u{number}")).unwrap(), Role::Area)
    }
}

/// No table that grows with the tree, or with its users, is walked from end to end; domains and types
/// may be, where the database sees that they are few.
async fn indexed(db: &Db, statements: &[Statement]) {
    for statement in statements.iter().filter(|statement| !statement.sql().starts_with("INSERT")) {
        let plan = statement.plan(db).await;
        let few = |name: &&str| name.contains("iot_domains") || name.contains("iot_types");
        assert!(plan.scans().iter().all(few), "{statement:?}\n{plan}");
    }
}

/// The statements of: making a user with 50 areas, and asking whether an object lies within them.
async fn asked(db: &Db, number: u32, chains: u32) -> (Vec<Statement>, Vec<Statement>) {
    let store = DieselStore::new(db.clone());
    let areas = (0..50).map(|area| 1000 + (area % chains) * DEEP + DEEP - 1 - area / chains);
    let recording = db.record();
    let user =
        store.insert(&change(), contract::id(number), guard(number, areas), PasswordHash::new("$x")).await;
    let made = recording.finish();
    assert_eq!(user.map_err(|error| error.to_string()).map(|user| user.areas.len()), Ok(50));
    let recording = db.record();
    let id = contract::id(1000 + DEEP - 1);
    assert_eq!(store.lies_within(&contract::id(number), id.as_str()).await.unwrap(), Some(true));
    (made, recording.finish())
}

#[test]
fn fifty_areas_cost_the_same_in_every_tree_and_are_found_by_index() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::put_domain(&store, 1, "a").await;
        fill(&db, 0..50).await;
        let small = asked(&db, 10, 50).await;
        fill(&db, 50..200).await;
        let large = asked(&db, 11, 50).await;
        for (small, large) in [(&small.0, &large.0), (&small.1, &large.1)] {
            assert_eq!(small.len(), large.len(), "{large:#?}");
        }
        // SQLite is sent one insert for each area, PostgreSQL one for all.
        let areas = |statement: &&Statement| {
            statement.sql().starts_with("INSERT") && statement.sql().contains("iot_user_areas")
        };
        let given = large.0.iter().filter(areas).count();
        assert_eq!(given, if db.backend() == Backend::Sqlite { 50 } else { 1 });
        assert!(large.0.len() - given <= 12, "{:#?}", large.0);
        assert_eq!(large.1.len(), 2, "{:#?}", large.1);
        indexed(&db, &large.0).await;
        indexed(&db, &large.1).await;
    });
}

/// What lies in one's own areas is found from them, however much there is of others.
#[test]
fn ones_own_sites_and_domains_are_found_from_ones_areas() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::put_domain(&store, 1, "a").await;
        fill(&db, 0..200).await;
        let user = guard(10, [1000 + DEEP - 2].into_iter());
        store.insert(&change(), contract::id(10), user, PasswordHash::new("$x")).await.unwrap();
        let recording = db.record();
        assert_eq!(store.sites_of(&contract::id(10)).await.unwrap().len(), 2);
        assert_eq!(store.domains(&Reach::AreasOf(contract::id(10))).await.unwrap().len(), 1);
        let statements = recording.finish();
        let asked: Vec<_> = statements.iter().filter(|s| s.sql().contains("iot_user_areas")).collect();
        // The third reads the areas themselves, for what is shown around them.
        assert_eq!(asked.len(), 3, "{statements:#?}");
        for statement in asked {
            let plan = statement.plan(&db).await;
            // Objects are not walked, not in the order of an index either: strangers' would be read too.
            // Of domains there is one here, and SQLite knows it.
            let walked = plan.to_string().contains("SCAN iot_objects");
            assert!(plan.scans().is_empty() && !walked, "{statement:?}\n{plan}");
        }
    });
}

#[test]
fn a_move_is_set_based_whatever_it_carries() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::put_domain(&store, 1, "a").await;
        fill(&db, 0..50).await;
        let by = contract::system_in("a");
        let carried = async |site: u32, to: u32| {
            let (site, to) = (contract::id(site), contract::id(to));
            let recording = db.record();
            store.move_object(&change(), &by, Kind::Site, site.as_str(), to.as_str()).await.unwrap().unwrap();
            recording.finish()
        };
        // A leaf, and a whole chain.
        let (leaf, chain) =
            (carried(1000 + DEEP - 1, 1000 + DEEP).await, carried(1000, 1000 + 2 * DEEP).await);
        assert_eq!(leaf.len(), chain.len(), "{leaf:#?}{chain:#?}");
        indexed(&db, &chain).await;
        let inside = ObjectFilter::default();
        let page = PageRequest { number: 0, size: 20 };
        let recording = db.record();
        store.objects(&by, Kind::Site, &inside, page).await.unwrap();
        assert!(recording.finish().len() <= 10);
    });
}

/// How long each of `rounds` runs of a statement takes on the average.
async fn each(db: &Db, rounds: u32, sql: impl Fn(u32) -> Vec<String> + Clone + Send + 'static) -> Duration {
    let took = db.bookkeep(move |conn: &mut AnyConn| -> Result<Duration, StoreError> {
        let statements: Vec<String> = (0..rounds).flat_map(sql).collect();
        let begin = Instant::now();
        for statement in statements {
            diesel::sql_query(statement).execute(conn)?;
        }
        Ok(begin.elapsed() / rounds)
    });
    took.await.unwrap()
}

/// The closure table against a materialised path and a recursive query: 20,000 sites 20 deep, a user
/// with 50 areas. `cargo test --release -p roster-iot-roles --all-features --test tree -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a test"]
fn three_trees_measured() {
    const CHAINS: u32 = 1000;
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::put_domain(&store, 1, "a").await;
        fill(&db, 0..CHAINS).await;
        let user = contract::id(10);
        let areas = (0..50).map(|chain| 1000 + chain * DEEP + 5);
        store.insert(&change(), user.clone(), guard(10, areas), PasswordHash::new("$x")).await.unwrap();
        each(&db, 1, |_| {
            vec![
                "CREATE TABLE bench_paths (id TEXT PRIMARY KEY, path TEXT NOT NULL)".into(),
                "CREATE INDEX bench_paths_path ON bench_paths (path)".into(),
                "WITH RECURSIVE p (id, path) AS (SELECT id, '/' || id || '/' FROM iot_domains UNION ALL \
                 SELECT o.id, p.path || o.id || '/' FROM iot_objects o JOIN p ON o.location_id = p.id) \
                 INSERT INTO bench_paths SELECT id, path FROM p"
                    .into(),
                "ANALYZE".into(),
            ]
        })
        .await;
        let object = |round: u32| contract::id(1000 + (round * 7919 % CHAINS) * DEEP + DEEP - 1);
        let his = user.clone();
        let closure = each(&db, 2000, move |round| {
            vec![format!(
                "SELECT EXISTS (SELECT 1 FROM iot_location_ancestors c JOIN iot_user_areas a \
                 ON a.area_id = c.ancestor_id WHERE c.descendant_id = '{}' AND a.user_id = '{his}')",
                object(round)
            )]
        });
        let closure = closure.await;
        let his = user.clone();
        let path = each(&db, 2000, move |round| {
            vec![format!(
                "SELECT EXISTS (SELECT 1 FROM bench_paths o, iot_user_areas a JOIN bench_paths p ON p.id = a.area_id \
                 WHERE o.id = '{}' AND a.user_id = '{his}' AND substr(o.path, 1, length(p.path)) = p.path)",
                object(round)
            )]
        });
        let path = path.await;
        let his = user.clone();
        let recursive = each(&db, 2000, move |round| {
            vec![format!(
                "WITH RECURSIVE up (id) AS (SELECT '{}' UNION ALL SELECT o.location_id FROM iot_objects o JOIN up \
                 ON o.id = up.id) SELECT EXISTS (SELECT 1 FROM up JOIN iot_user_areas a ON a.area_id = up.id \
                 WHERE a.user_id = '{his}')",
                object(round)
            )]
        });
        let recursive = recursive.await;
        println!("{:?} within: closure {closure:?}, path {path:?}, recursive {recursive:?}", db.backend());

        // A chain of 20 from one place to another: its 20 sites have 210 rows of the closure outside.
        let by = contract::system_in("a");
        let begin = Instant::now();
        for round in 0..100 {
            let (what, to) =
                (contract::id(1000 + (round % 50) * DEEP), contract::id(1000 + (100 + round) * DEEP));
            store.move_object(&change(), &by, Kind::Site, what.as_str(), to.as_str()).await.unwrap();
        }
        println!("{:?} move of 20 sites, the whole use case: {:?}", db.backend(), begin.elapsed() / 100);
        let path = each(&db, 100, |round| {
            let id = contract::id(1000 + (200 + round) * DEEP);
            vec![format!(
                "UPDATE bench_paths SET path = '/x' || path WHERE substr(path, 1, 51) = '/{}/{id}/'",
                contract::id(1)
            )]
        });
        println!("{:?} move of 20 sites, paths rewritten: {:?}", db.backend(), path.await);
    });
}
