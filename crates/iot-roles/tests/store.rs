//! The port's law, on both databases.

use proptest::prelude::*;
use roster_iot_roles::{DieselStore, InsertError, NewUser, Role, Store as _, Username, contract};
use roster_migrations::{IOT_ROLES, PERSISTENCE};
use roster_persistence::testing::{TestDatabase, block_on, on_each_database};

const SETS: &[roster_migrations::MigrationSet] = &[PERSISTENCE, IOT_ROLES];

macro_rules! laws {
    ($($law:ident),* $(,)?) => {
        $(
            #[test]
            fn $law() {
                on_each_database(SETS, async |db| contract::$law(&DieselStore::new(db)).await);
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
);

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
