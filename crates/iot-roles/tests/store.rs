//! The port's law, on both databases.

use proptest::prelude::*;
use roster_iot_roles::{
    DieselStore, InsertError, Kind, NewUser, PageRequest, Role, Status, Store as _, TreeError,
    TreeStore as _, UserStore as _, Username, contract,
};
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, Origin};
use roster_migrations::{IOT_ROLES, PERSISTENCE};
use roster_persistence::testing::{TestDatabase, block_on, on_each_database, race};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, IOT_ROLES];

macro_rules! laws {
    ($($law:ident),* $(,)?) => {
        $(
            #[test]
            fn $law() {
                on_each_database(SETS, async |db| {
                    let store = DieselStore::new(db);
                    contract::$law(&store).await;
                    contract::counts_everybody(&store).await;
                });
            }
        )*
    };
}

laws!(
    reads_back,
    reads_back_from_the_depth,
    areas_are_judged,
    unique_usernames,
    one_winner,
    credentials,
    domains_of_a_user,
    the_tree,
    sessions,
    one_exchange,
    pages_of_users,
    areas_are_replaced,
    passwords_change,
    statuses_change,
    users_are_deleted,
    one_system_user_remains,
    one_system_user_survives,
    no_session_survives_its_user,
    pages_of_sessions,
    sessions_are_ended,
    only_sessions,
    more_tokens,
    tokens_are_exchanged,
    no_token_survives_its_session,
    reach_is_the_areas_and_what_lies_within,
    a_type_is_the_one_that_was_judged_by,
    descendants_follow,
    depth_is_bounded,
    deletions_are_guarded,
    devices,
    definitions_change,
    sessions_of_a_domain,
    no_circle,
    no_dangling_area,
    areas_hold_while_one_acts,
    registration_reads_back,
    nobody_is_half_registered,
    one_registration,
    imports_each_on_its_own,
    imports_again,
    imports_at_once,
    exports_people,
);

/// Of a user who is given an area and somebody who deletes it, both at once, exactly one succeeds.
#[test]
fn an_area_is_given_or_deleted_and_never_both() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::put_domain(&store, 1, "root").await;
        for round in 0..24 {
            let site = 100 + round;
            contract::put_site(&store, site, None, 2).await;
            let outcomes = race(2, |racer| {
                block_on(async {
                    if racer == 0 {
                        let (by, id) = (contract::system_in("root"), contract::id(site));
                        let change = Change { principal: "t".into(), origin: Origin::default(), at_ms: 0 };
                        return match store.delete_object(&change, &by, Kind::Site, id.as_str()).await {
                            Ok(deleted) => deleted.is_some(),
                            Err(TreeError::State(_)) => false,
                            Err(error) => panic!("{error:?}"),
                        };
                    }
                    let user = NewUser {
                        areas: vec![contract::id(site).to_string()],
                        ..NewUser::new(Username::parse(format!("u{round}")).expect("a name"), Role::Area)
                    };
                    let change = Change { principal: "t".into(), origin: Origin::default(), at_ms: 0 };
                    let hash = PasswordHash::new("$x");
                    match store.insert(&change, contract::id(1000 + round), user, hash).await {
                        Ok(_) => true,
                        Err(InsertError::UnknownArea(_)) => false,
                        Err(error) => panic!("{error:?}"),
                    }
                })
            });
            assert_ne!(outcomes[0], outcomes[1], "round {round}");
        }
    });
}

/// What a page of users, or one user, costs is the same however many users and areas there are; no
/// statement of it walks through a whole table but the count.
#[test]
fn a_page_costs_the_same_however_long_it_is() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::put_domain(&store, 1, "root").await;
        let mut costs = Vec::new();
        for users in [3u32, 30] {
            for n in 0..users {
                let number = users * 1000 + n;
                contract::put_site(&store, number, None, 2).await;
                let user = NewUser {
                    areas: vec![contract::id(number).to_string()],
                    ..NewUser::new(Username::parse(format!("u{number}")).unwrap(), Role::Area)
                };
                let change = Change { principal: "t".into(), origin: Origin::default(), at_ms: 0 };
                let hash = PasswordHash::new("$x");
                store.insert(&change, contract::id(500_000 + number), user, hash).await.unwrap();
            }
            let recording = db.record();
            let page = PageRequest { number: 0, size: users };
            let listed = store.users(page).await.unwrap();
            let statements = recording.finish();
            assert_eq!(listed.content.len(), users as usize);
            assert!(listed.content.iter().all(|user| user.areas.len() == 1));
            for statement in &statements {
                let plan = statement.plan(&db).await;
                // The page itself is the beginning of an index.
                let whole = statement.sql().contains("count(*)") || statement.sql().contains("OFFSET");
                assert!(whole || plan.scans().is_empty(), "{}\n{plan}", statement.sql());
                assert!(!statement.sql().contains("OFFSET") || !plan.sorts(), "{plan}");
            }
            costs.push(statements.len());
        }
        assert!(costs[0] == costs[1] && costs[0] <= 8, "{costs:?}");
    });
}

/// On PostgreSQL each statement is a round trip.
#[test]
fn a_user_without_areas_is_read_by_one_statement() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        let name = Username::parse("ada".to_owned()).unwrap();
        let user = NewUser::new(name.clone(), Role::System);
        let change = Change { principal: "t".into(), origin: Origin::default(), at_ms: 0 };
        let made = store.insert(&change, contract::id(1), user, PasswordHash::new("$x")).await.unwrap();
        let recording = db.record();
        assert_eq!(store.by_username(&name).await.unwrap().as_ref(), Some(&made));
        assert_eq!(store.user(&contract::id(1)).await.unwrap().as_ref(), Some(&made));
        let statements = recording.finish();
        assert_eq!(statements.len(), 2, "{statements:#?}");
        for statement in &statements {
            let plan = statement.plan(&db).await;
            assert!(plan.scans().is_empty() && !plan.sorts(), "{plan}");
        }
    });
}

/// Who is the last user of role SYSTEM is found by an index.
#[test]
fn a_suspension_walks_through_no_table() {
    on_each_database(SETS, async |db| {
        let store = DieselStore::new(db.clone());
        contract::one_system_user_remains(&store).await;
        let change = Change { principal: "t".into(), origin: Origin::default(), at_ms: 0 };
        let recording = db.record();
        assert!(store.set_status(&change, &contract::id(3), Status::Pending).await.is_err());
        let statements = recording.finish();
        assert_eq!(statements.len(), 2, "{statements:?}");
        for statement in &statements {
            let plan = statement.plan(&db).await;
            assert!(plan.scans().is_empty(), "{}\n{plan}", statement.sql());
        }
        assert!(statements[0].plan(&db).await.uses("iot_users_role"), "{statements:?}");
    });
}

/// Whether two of `areas` overlap, found by walking from each object outwards.
fn walked(parents: &[Option<usize>], areas: &[usize]) -> bool {
    let lies_in = |inner: usize, outer: usize| {
        let mut at = Some(inner);
        while let Some(here) = at {
            if here == outer {
                return true;
            }
            at = parents[here];
        }
        false
    };
    (0..areas.len()).any(|a| (0..areas.len()).any(|b| a != b && lies_in(areas[a], areas[b])))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the tree, areas overlap exactly if a walk from one of them outwards meets another.
    #[test]
    fn overlap_is_what_a_walk_finds(
        choices in prop::collection::vec(any::<prop::sample::Index>(), 1..14),
        picks in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 1..5), 1..8),
    ) {
        // Object 0 is the domain; each later one lies in an earlier one.
        let mut parents = vec![None];
        for choice in &choices {
            parents.push(Some(choice.index(parents.len())));
        }
        // Its number is 100, its site type's 101; then come the sites.
        let number = |object: usize| if object == 0 { 100 } else { 101 + u32::try_from(object).unwrap() };
        let database = TestDatabase::sqlite();
        let store = DieselStore::new(database.open(SETS));
        block_on(async {
            contract::put_domain(&store, 100, "root").await;
            for (object, parent) in parents.iter().enumerate().skip(1) {
                let parent = parent.filter(|&parent| parent > 0).map(number);
                contract::put_site(&store, number(object), parent, 101).await;
            }
            for pick in &picks {
                let areas: Vec<usize> = pick.iter().map(|pick| pick.index(parents.len())).collect();
                let user = NewUser {
                    areas: areas.iter().map(|&object| contract::id(number(object)).to_string()).collect(),
                    ..NewUser::new(Username::parse("u".into()).unwrap(), Role::Area)
                };
                let checked = store.check(&user).await;
                let overlap = matches!(checked, Err(InsertError::Overlap(..)));
                assert!(overlap || checked.is_ok(), "{checked:?}");
                assert_eq!(overlap, walked(&parents, &areas), "{parents:?} {areas:?}");
            }
        });
    }
}
