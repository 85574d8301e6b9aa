//! Whatever the tree and whatever happens to it: what a user may act on is what a walk from the
//! object outwards finds among his areas.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;
use roster_iot_roles::{
    DieselStore, InsertError, Kind, Name, NewUser, Role, Store as _, TreeError, TreeState, TreeStore as _,
    Username, contract,
};
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Change, Origin};
use roster_migrations::{IOT_ROLES, PERSISTENCE};
use roster_persistence::testing::{TestDatabase, block_on};

/// The tree as this test holds it: where every object lies. The domains are `admin` (1) and `admin2`
/// (11), one name the beginning of the other.
#[derive(Debug, Default)]
struct Model {
    location: BTreeMap<u32, u32>,
}

const DOMAINS: [(u32, &str); 2] = [(1, "admin"), (11, "admin2")];
const FIRST: u32 = 100;

impl Model {
    fn within(&self, inner: u32, outer: u32) -> bool {
        let mut at = Some(inner);
        while let Some(here) = at {
            if here == outer {
                return true;
            }
            at = self.location.get(&here).copied();
        }
        false
    }

    fn domain(&self, object: u32) -> (u32, &'static str) {
        *DOMAINS.iter().find(|(domain, _)| self.within(object, *domain)).unwrap()
    }

    fn may(&self, areas: &[u32], object: u32) -> bool {
        areas.iter().any(|&area| self.within(object, area))
    }

    fn overlap(&self, areas: &[u32]) -> bool {
        let pairs = || (0..areas.len()).flat_map(|a| (0..areas.len()).map(move |b| (a, b)));
        pairs().any(|(a, b)| a != b && self.within(areas[a], areas[b]))
    }

    fn pick(&self, index: &Index) -> u32 {
        let all: Vec<u32> =
            DOMAINS.iter().map(|(domain, _)| *domain).chain(self.location.keys().copied()).collect();
        all[index.index(all.len())]
    }
}

/// What happens to the tree.
#[derive(Debug, Clone)]
enum Step {
    Move(Index, Index),
    Rename(Index, u8),
    Delete(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<Index>(), any::<Index>()).prop_map(|(what, to)| Step::Move(what, to)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(what, name)| Step::Rename(what, name)),
        2 => any::<Index>().prop_map(Step::Delete),
    ]
}

fn change() -> Change {
    Change { principal: "t".into(), origin: Origin::default(), at_ms: 0 }
}

/// Every user and every object: the store says what the model says.
async fn agrees(store: &DieselStore, model: &Model, users: &BTreeMap<u32, Vec<u32>>) {
    for (&user, areas) in users {
        for (domain, name) in DOMAINS {
            let by = contract::area_in(user, name);
            let touched = areas.iter().any(|&area| model.within(area, domain));
            let his: Vec<u32> = model
                .location
                .keys()
                .copied()
                .filter(|&object| model.within(object, domain) && model.may(areas, object))
                .collect();
            let counted = store.count_objects(&by, Kind::Site, &Default::default()).await;
            match counted {
                Ok(count) => {
                    assert_eq!((touched, count), (true, i64::try_from(his.len()).unwrap()), "{areas:?}");
                }
                Err(TreeError::OutOfReach) => assert!(!touched, "{areas:?}"),
                Err(error) => panic!("{error:?}"),
            }
        }
        for &object in model.location.keys() {
            let by = contract::area_in(user, model.domain(object).1);
            let id = contract::id(object);
            let acts = match store.object(&by, Kind::Site, id.as_str()).await {
                Ok(found) => {
                    assert!(found.is_some(), "{object} is there");
                    true
                }
                Err(TreeError::OutOfReach) => false,
                Err(error) => panic!("{error:?}"),
            };
            assert_eq!(acts, model.may(areas, object), "{areas:?} {object} {model:?}");
            let told = store.lies_within(&contract::id(user), id.as_str()).await.unwrap();
            assert_eq!(told, Some(acts));
        }
    }
}

async fn take(store: &DieselStore, model: &mut Model, users: &BTreeMap<u32, Vec<u32>>, step: &Step) {
    let (Step::Move(what, _) | Step::Rename(what, _) | Step::Delete(what)) = step;
    let object = model.pick(what);
    let Some(&location) = model.location.get(&object) else { return };
    let (domain, name) = model.domain(object);
    let (by, id) = (contract::system_in(name), contract::id(object));
    match step {
        Step::Move(_, to) => {
            let to = model.pick(to);
            let moved =
                store.move_object(&change(), &by, Kind::Site, id.as_str(), contract::id(to).as_str()).await;
            match moved {
                Ok(found) => {
                    assert!(found.is_some() && model.within(to, domain) && !model.within(to, object));
                    model.location.insert(object, to);
                }
                Err(TreeError::State(TreeState::Cycle)) => assert!(model.within(to, object)),
                Err(TreeError::Unknown(_)) => assert!(!model.within(to, domain)),
                // A renamed one may meet its like.
                Err(TreeError::NameTaken) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        Step::Rename(_, number) => {
            let name = Name::parse(format!("r{}", number % 4)).unwrap();
            let renamed = store.rename_object(&change(), &by, Kind::Site, id.as_str(), &name).await;
            assert!(matches!(renamed, Ok(Some(_)) | Err(TreeError::NameTaken)), "{renamed:?}");
        }
        Step::Delete(_) => {
            let empty = !model.location.values().any(|&outer| outer == object);
            let given = users.values().flatten().any(|&area| area == object);
            match store.delete_object(&change(), &by, Kind::Site, id.as_str()).await {
                Ok(found) => {
                    assert!(found.is_some() && empty && !given, "{location}");
                    model.location.remove(&object);
                }
                Err(TreeError::State(TreeState::SiteNotEmpty)) => assert!(!empty),
                Err(TreeError::State(TreeState::Access { .. })) => assert!(given),
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

/// A tree, some users of it, and what then happens.
async fn holds(store: &DieselStore, places: &[Index], areas: &[Vec<Index>], steps: &[Step]) {
    let mut model = Model::default();
    for (domain, name) in DOMAINS {
        contract::put_domain(store, domain, name).await;
    }
    for (number, place) in (FIRST..).zip(places) {
        let location = model.pick(place);
        model.location.insert(number, location);
        let site_type = model.domain(number).0 + 1;
        contract::put_site(store, number, (location >= FIRST).then_some(location), site_type).await;
    }
    let mut users = BTreeMap::new();
    for (number, picks) in (1000..).zip(areas) {
        let areas: Vec<u32> = picks.iter().map(|pick| model.pick(pick)).collect();
        let user = NewUser {
            areas: areas.iter().map(|&area| contract::id(area).to_string()).collect(),
            ..NewUser::new(Username::parse(format!("u{number}")).unwrap(), Role::Area)
        };
        match store.insert(&change(), contract::id(number), user, PasswordHash::new("$x")).await {
            Ok(_) => assert!(!model.overlap(&areas), "{areas:?} {model:?}"),
            Err(InsertError::Overlap(..)) => {
                assert!(model.overlap(&areas), "{areas:?} {model:?}");
                continue;
            }
            Err(error) => panic!("{error:?}"),
        }
        users.insert(number, areas);
    }
    agrees(store, &model, &users).await;
    for step in steps {
        take(store, &mut model, &users, step).await;
    }
    agrees(store, &model, &users).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_user_may_act_on_what_a_walk_finds_among_his_areas(
        places in prop::collection::vec(any::<Index>(), 1..14),
        areas in prop::collection::vec(prop::collection::vec(any::<Index>(), 0..4), 1..5),
        steps in prop::collection::vec(step(), 1..16),
    ) {
        for database in TestDatabase::each() {
            let store = DieselStore::new(database.open(&[PERSISTENCE, IOT_ROLES]));
            block_on(holds(&store, &places, &areas, &steps));
        }
    }
}
