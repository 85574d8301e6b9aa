//! The tree's law.

use futures_util::future::join_all;
use roster_kernel::ports::PasswordHash;

use super::{
    NOW, change, has_token, id, insert, login, more, open, put_domain, put_site, session_id, somebody,
    with_areas,
};
use crate::domain::{
    Area, DEPTH_MAX, Definition, DeviceDefinition, Kind, Listed, Name, Named, NewUser, ObjectId, PageRequest,
    Role,
};
use crate::store::{
    Acting, DefinitionEdit, DomainKey, Ground, InsertError, NewObject, NewType, ObjectFilter, Reach, Store,
    TreeError, TreeState,
};

fn name(text: &str) -> Name {
    Name::parse(text.to_owned()).expect("a name")
}

/// Somebody who reaches everything, in this domain.
pub fn system_in(domain: &str) -> Acting {
    Acting { reach: Reach::Everything, domain: domain.to_owned() }
}

/// The user `number`, who reaches his areas, in this domain.
pub fn area_in(number: u32, domain: &str) -> Acting {
    Acting { reach: Reach::AreasOf(id(number)), domain: domain.to_owned() }
}

/// What a site of the type that [`put_domain`] made stands on.
fn site_in(location: u32) -> Ground {
    Ground {
        kind: Kind::Site,
        type_name: "T".into(),
        location_id: id(location).to_string(),
        gateway_id: None,
    }
}

/// What a device of the type that [`put_device_type`] made stands on.
fn device_in(location: u32, gateway: Option<u32>) -> Ground {
    Ground {
        kind: Kind::Device,
        type_name: "D".into(),
        location_id: id(location).to_string(),
        gateway_id: gateway.map(|number| id(number).to_string()),
    }
}

fn new(number: u32, ground: Ground) -> NewObject {
    NewObject {
        id: id(number),
        name: name(&number.to_string()),
        ground,
        attributes: Named::new(),
        judged_by: None,
        account: None,
    }
}

/// Makes a device type `D` in the domain of this name.
pub async fn put_device_type(store: &dyn Store, number: u32, domain: &str) {
    let new = NewType {
        id: id(number),
        name: name("D"),
        description: None,
        definition: Definition::Device(DeviceDefinition::default()),
    };
    store.add_type(&change(), &system_in(domain), new).await.expect("stored");
}

/// Makes a device, named after its number; its account has the number after it.
pub async fn put_device(
    store: &dyn Store,
    by: &Acting,
    number: u32,
    location: u32,
) -> Result<Area, TreeError> {
    let account: NewUser = somebody(&format!("device {number}"), Role::Device);
    let account = Some((id(number + 1), account, PasswordHash::new("$argon2id$x")));
    let new = NewObject { account, ..new(number, device_in(location, None)) };
    store.add_object(&change(), by, new).await
}

async fn moved(store: &dyn Store, by: &Acting, number: u32, to: u32) -> Result<Option<Area>, TreeError> {
    let (site, to) = (id(number).to_string(), id(to).to_string());
    store.move_object(&change(), by, Kind::Site, &site, &to).await
}

async fn full_string(store: &dyn Store, number: u32) -> String {
    let by = system_in("a");
    for kind in [Kind::Site, Kind::Device] {
        match store.object(&by, kind, id(number).as_str()).await.expect("read") {
            Some(Area::Site(site)) => return site.full_string(),
            Some(Area::Device(device)) => return device.full_string(),
            _ => {}
        }
    }
    panic!("no object {number}")
}

fn ids(listed: &Listed<Area>) -> Vec<&ObjectId> {
    listed.content.iter().map(Area::id).collect()
}

/// An object is of the type by which its values were judged: another that has the name by then takes
/// it not.
pub async fn a_type_is_the_one_that_was_judged_by(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_device_type(store, 19, "a").await;
    let judged_by = |number| NewObject { judged_by: Some(id(number)), ..new(60, device_in(1, None)) };
    let by = system_in("a");
    let refused = store.add_object(&change(), &by, judged_by(20)).await;
    assert!(matches!(refused, Err(TreeError::TypeChanged)), "{refused:?}");
    store.add_object(&change(), &by, judged_by(19)).await.expect("made");
}

/// What lies within a user's areas is his, and nothing else is: for one object, for a list, for what
/// is made, moved and deleted; names do not matter.
pub async fn reach_is_the_areas_and_what_lies_within(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_domain(store, 11, "a2").await;
    put_device_type(store, 19, "a").await;
    for (number, parent) in [(20, None), (21, Some(20)), (22, Some(21)), (30, None), (31, Some(30))] {
        put_site(store, number, parent, 2).await;
    }
    put_site(store, 40, None, 12).await;
    let system = system_in("a");
    put_device(store, &system, 60, 22).await.expect("made");
    put_device(store, &system, 62, 30).await.expect("made");
    insert(store, 100, with_areas("within", &[&id(21), &id(62)])).await.expect("inserted");
    insert(store, 101, with_areas("whole", &[&id(1)])).await.expect("inserted");
    insert(store, 102, with_areas("elsewhere", &[&id(11)])).await.expect("inserted");
    insert(store, 103, somebody("without", Role::Area)).await.expect("inserted");

    let (within, whole) = (area_in(100, "a"), area_in(101, "a"));
    let see = |by: Acting, kind, number| async move {
        match store.object(&by, kind, id(number).as_str()).await {
            Ok(found) => found.is_some(),
            Err(TreeError::OutOfReach) => false,
            Err(error) => panic!("{error:?}"),
        }
    };
    for (kind, number, his) in [
        (Kind::Site, 20, false),
        (Kind::Site, 21, true),
        (Kind::Site, 22, true),
        (Kind::Site, 30, false),
        (Kind::Device, 60, true),
        (Kind::Device, 62, true),
    ] {
        assert_eq!(see(within.clone(), kind, number).await, his, "{number}");
        assert!(see(whole.clone(), kind, number).await, "{number}");
        for nobody in [102, 103, 999] {
            assert!(!see(area_in(nobody, "a"), kind, number).await, "{number}");
        }
    }
    assert!(!see(whole.clone(), Kind::Site, 40).await, "of another domain");

    let all = PageRequest { number: 0, size: 10 };
    let none = ObjectFilter::default();
    let listed = store.objects(&within, Kind::Site, &none, all).await.expect("listed");
    assert_eq!((ids(&listed), listed.total), (vec![&id(22), &id(21)], 2));
    assert_eq!(store.count_objects(&within, Kind::Device, &none).await.expect("counted"), 2);
    assert_eq!(store.count_objects(&whole, Kind::Site, &none).await.expect("counted"), 5);
    let named = ObjectFilter { name: Some("2".into()), ..none.clone() };
    let second = PageRequest { number: 1, size: 2 };
    let listed = store.objects(&system, Kind::Site, &named, second).await.expect("listed");
    assert_eq!((ids(&listed), listed.total), (vec![&id(20)], 3));
    let right_in = ObjectFilter { location_id: Some(id(20).to_string()), ..none };
    let listed = store.objects(&system, Kind::Site, &right_in, all).await.expect("listed");
    assert_eq!(ids(&listed), [&id(21)]);

    let refused = |result: Result<Option<Area>, TreeError>| matches!(result, Err(TreeError::OutOfReach));
    assert!(matches!(put_device(store, &within, 70, 20).await, Err(TreeError::OutOfReach)));
    put_device(store, &within, 70, 22).await.expect("made");
    assert!(refused(moved(store, &within, 22, 30).await), "out of his areas");
    assert!(refused(moved(store, &within, 30, 22).await), "into them");
    let rename = store.rename_object(&change(), &within, Kind::Site, id(20).as_str(), &name("x")).await;
    assert!(refused(rename));
    let delete = store.delete_object(&change(), &within, Kind::Site, id(21).as_str()).await;
    assert!(matches!(delete, Err(TreeError::OutOfReach)), "what it lies in is not his");
    let types =
        |by: Acting| async move { store.delete_type(&change(), &by, Kind::Device, id(19).as_str()).await };
    assert!(matches!(types(within.clone()).await, Err(TreeError::OutOfReach)), "not the whole domain");
    assert!(matches!(types(whole).await, Err(TreeError::State(TreeState::TypeUsed(Kind::Device)))));
    let sites = store.sites_of(&id(100)).await.expect("read");
    assert_eq!(sites.iter().map(Area::id).collect::<Vec<_>>(), [&id(21), &id(22)]);
    for (number, told) in [(60, Some(true)), (20, Some(false)), (1, Some(false)), (999, None)] {
        assert_eq!(store.lies_within(&id(100), id(number).as_str()).await.expect("read"), told);
    }
    let domain = |user, key: &str| {
        let (reach, key) = (Reach::AreasOf(id(user)), DomainKey::Name(key.to_owned()));
        async move { store.domain(&reach, &key).await }
    };
    assert!(domain(100, "a").await.expect("read").is_some());
    assert!(matches!(domain(100, "a2").await, Err(TreeError::OutOfReach)));
    assert!(domain(100, "b").await.expect("read").is_none());
    assert_eq!(store.domains(&Reach::AreasOf(id(100))).await.expect("read").len(), 1);
    assert_eq!(store.domains(&Reach::Everything).await.expect("read").len(), 2);
}

/// A name is told from the chain when it is read: what lies in a renamed or moved site follows.
pub async fn descendants_follow(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_device_type(store, 19, "a").await;
    for (number, parent) in [(20, None), (21, Some(20)), (22, Some(21)), (30, None)] {
        put_site(store, number, parent, 2).await;
    }
    let by = system_in("a");
    put_device(store, &by, 60, 22).await.expect("made");
    assert_eq!(full_string(store, 60).await, "a20T21T22T60D");
    store.rename_object(&change(), &by, Kind::Site, id(21).as_str(), &name("x")).await.expect("renamed");
    assert_eq!(full_string(store, 60).await, "a20TxT22T60D");
    moved(store, &by, 21, 30).await.expect("moved");
    assert_eq!(full_string(store, 60).await, "a30TxT22T60D");
    moved(store, &by, 21, 1).await.expect("moved");
    assert_eq!(full_string(store, 60).await, "axT22T60D");
    moved(store, &by, 21, 30).await.expect("moved");

    for inside in [21, 22] {
        let cycle = moved(store, &by, 21, inside).await;
        assert!(matches!(cycle, Err(TreeError::State(TreeState::Cycle))), "{cycle:?}");
    }
    assert!(matches!(moved(store, &by, 21, 60).await, Err(TreeError::Unknown(_))), "no place is a device");
    assert!(matches!(moved(store, &by, 21, 99).await, Err(TreeError::Unknown(_))));
    assert!(moved(store, &by, 99, 1).await.expect("asked").is_none());
    // Another of the name and the type lies there.
    store.rename_object(&change(), &by, Kind::Site, id(20).as_str(), &name("x")).await.expect("renamed");
    let taken = moved(store, &by, 21, 1).await;
    assert!(matches!(taken, Err(TreeError::NameTaken)), "{taken:?}");
    assert_eq!(full_string(store, 60).await, "a30TxT22T60D", "a refused move moves nothing");

    let renamed = store.rename_domain(&change(), id(1).as_str(), &name("b")).await.expect("renamed");
    assert_eq!(renamed.map(|domain| domain.name), Some("b".to_owned()));
    let gone = store.object(&by, Kind::Site, id(20).as_str()).await;
    assert!(matches!(gone, Err(TreeError::NoDomain)), "{gone:?}");
}

/// Objects lie at most [`DEPTH_MAX`] deep, however they come there.
pub async fn depth_is_bounded(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_site(store, 100, None, 2).await;
    let deepest = 99 + u32::try_from(DEPTH_MAX).expect("positive");
    for number in 101..=deepest {
        put_site(store, number, Some(number - 1), 2).await;
    }
    put_site(store, 50, None, 2).await;
    let by = system_in("a");
    let deep = |result: Result<(), TreeError>| matches!(result, Err(TreeError::State(TreeState::TooDeep)));
    assert!(deep(store.add_object(&change(), &by, new(60, site_in(deepest))).await.map(drop)));
    assert!(deep(moved(store, &by, 50, deepest).await.map(drop)));
    assert!(deep(moved(store, &by, 100, 50).await.map(drop)));
    moved(store, &by, 50, deepest - 1).await.expect("moved");
}

/// Nothing is deleted in which something lies, behind which something stands, of which something is,
/// or which a user has been given; a domain takes all with it that nobody was given.
pub async fn deletions_are_guarded(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_device_type(store, 19, "a").await;
    put_site(store, 20, None, 2).await;
    put_site(store, 21, Some(20), 2).await;
    let by = system_in("a");
    put_device(store, &by, 60, 21).await.expect("made");
    let behind = NewObject { ..new(70, device_in(1, Some(60))) };
    store.add_object(&change(), &by, behind).await.expect("made");
    let again = new(72, device_in(1, Some(70)));
    let again = store.add_object(&change(), &by, again).await;
    assert!(matches!(again, Err(TreeError::State(TreeState::GatewayBehindGateway))), "{again:?}");
    insert(store, 100, with_areas("guard", &[&id(70), &id(21)])).await.expect("inserted");
    // Users without areas harm nothing.
    insert(store, 101, somebody("idle", Role::Area)).await.expect("inserted");

    let delete = |kind, number| {
        let by = by.clone();
        async move { store.delete_object(&change(), &by, kind, id(number).as_str()).await }
    };
    let state = |result: Result<Option<()>, TreeError>| match result {
        Err(TreeError::State(state)) => state.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(state(delete(Kind::Site, 20).await), "not empty in this site");
    assert_eq!(state(delete(Kind::Site, 21).await), "not empty in this site");
    assert_eq!(state(delete(Kind::Device, 60).await), "not empty in this device");
    assert_eq!(state(delete(Kind::Device, 70).await), "guard has this access, 70D can't be deleted");
    let domain = || async { store.delete_domain(&change(), id(1).as_str()).await };
    let refused = domain().await;
    assert_eq!(state(refused), "guard has this access, a can't be deleted");
    let used = store.delete_type(&change(), &by, Kind::Site, id(2).as_str()).await;
    assert_eq!(state(used), "site type used");
    assert!(store.set_areas(&change(), &id(100), Vec::new()).await.expect("set"));
    delete(Kind::Device, 70).await.expect("deleted").expect("there");
    delete(Kind::Device, 60).await.expect("deleted").expect("there");
    assert_eq!(store.credential("device 60").await.expect("read"), None, "its account goes with it");
    assert_eq!(delete(Kind::Device, 60).await.expect("asked"), None);
    delete(Kind::Site, 21).await.expect("deleted").expect("there");
    put_device(store, &by, 80, 20).await.expect("made");
    domain().await.expect("deleted").expect("there");
    assert!(!store.has_domain("a").await.expect("read"));
    assert_eq!(store.credential("device 80").await.expect("read"), None);
    assert!(domain().await.expect("asked").is_none());
    put_domain(store, 1, "a").await;
}

/// A device is connected as long as its account has a live access session.
pub async fn devices(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_device_type(store, 19, "a").await;
    let by = system_in("a");
    let Area::Device(made) = put_device(store, &by, 60, 1).await.expect("made") else { panic!("a device") };
    let account = made.account.clone().expect("an account");
    assert_eq!((made.connected, account.role, account.id.clone()), (false, Role::Device, id(61)));
    // Live by the store's clock, whatever it shows.
    let mut session = login(61, 200, NOW);
    (session.session.access_expires_ms, session.session.refresh_expires_ms) = (i64::MAX, i64::MAX);
    assert!(open(store, session).await);
    let Some(Area::Device(device)) = store.device_of(&id(61)).await.expect("read") else { panic!("none") };
    assert!(device.connected);
    let named = store.device_named(&by, "device 60").await.expect("read");
    assert_eq!(named.as_ref().map(Area::id), Some(&id(60)));
    assert!(store.device_named(&by, "nobody").await.expect("read").is_none());
    assert!(store.end_session(&change(), &session_id(200)).await.expect("ended"));
    let mut session = login(61, 210, NOW);
    session.session.refresh_expires_ms = i64::MAX;
    assert!(open(store, session).await);
    let Some(Area::Device(device)) = store.device_of(&id(61)).await.expect("read") else { panic!("none") };
    assert!(!device.connected, "a token for refreshing is no connection");
    // Without its account the device stays.
    assert!(store.delete_user(&change(), &id(61)).await.expect("deleted"));
    let still = store.object(&by, Kind::Device, id(60).as_str()).await.expect("read");
    let Some(Area::Device(device)) = still else { panic!("none") };
    assert_eq!((device.account.clone(), device.connected), (None, false));
}

/// A device type's definition is added to and taken from, each name once.
pub async fn definitions_change(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_device_type(store, 19, "a").await;
    let by = system_in("a");
    let edit = |edit: DefinitionEdit| {
        let by = by.clone();
        async move { store.edit_type(&change(), &by, id(19).as_str(), edit).await }
    };
    let alarm = || crate::domain::AttType {
        data_type: crate::domain::DataType::Int,
        optional: false,
        description: None,
    };
    edit(DefinitionEdit::AddAlarm("x".into(), alarm())).await.expect("added").expect("there");
    let again = edit(DefinitionEdit::AddAlarm("x".into(), alarm())).await;
    assert!(matches!(&again, Err(TreeError::Existed(what)) if what == "alarm type: x"), "{again:?}");
    let read = store.type_of_id(&by, Kind::Device, id(19).as_str()).await.expect("read").expect("there");
    let crate::domain::AnyType::Device(of) = read.of else { panic!("a device's") };
    assert_eq!(of.definition.alarm_types.keys().collect::<Vec<_>>(), ["x"]);
    edit(DefinitionEdit::RemoveAlarm("x".into())).await.expect("removed").expect("there");
    let gone = edit(DefinitionEdit::RemoveAlarm("x".into())).await;
    assert!(matches!(&gone, Err(TreeError::Unknown(what)) if what == "alarm type: x"), "{gone:?}");
    let renamed = store
        .rename_type(&change(), &by, Kind::Device, id(19).as_str(), &name("E"), Some(Some("e".into())))
        .await;
    assert!(renamed.expect("renamed").is_some());
    // Sites and devices may have types of one name.
    assert!(store.type_of_id(&by, Kind::Site, id(19).as_str()).await.expect("read").is_none());
    let listed = store.types(&by, Kind::Site, PageRequest::default()).await.expect("listed");
    assert_eq!((listed.content.len(), listed.total), (1, 1));
    store.delete_type(&change(), &by, Kind::Device, id(19).as_str()).await.expect("deleted").expect("there");
}

/// Sessions that chose a domain end with it, and with its name; none is opened for one that is not.
pub async fn sessions_of_a_domain(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_domain(store, 11, "b").await;
    insert(store, 50, somebody("ada", Role::System)).await.expect("inserted");
    let open_in = |number, domain: &str| {
        let mut new = login(50, number, NOW);
        new.session.domain = Some(domain.to_owned());
        (new.tokens.access.domain, new.tokens.refresh.domain) = (Some(domain.into()), Some(domain.into()));
        open(store, new)
    };
    assert!(open_in(100, "a").await);
    assert!(open_in(110, "b").await);
    assert!(!open_in(120, "c").await, "no such domain");
    store.rename_domain(&change(), id(1).as_str(), &name("c")).await.expect("renamed").expect("there");
    store.delete_domain(&change(), id(11).as_str()).await.expect("deleted").expect("there");
    for ended in [100, 101, 110, 111] {
        assert!(!has_token(store, ended).await, "{ended}");
        assert_eq!(store.sessions(PageRequest::default(), NOW).await.expect("read").total, 0, "over");
    }
    assert!(open_in(130, "c").await);
    store.rename_domain(&change(), id(1).as_str(), &name("c")).await.expect("renamed").expect("there");
    assert!(has_token(store, 130).await, "the name is the same");
    // Of a session that chose another domain later, or none before, the other tokens live on.
    put_domain(store, 21, "d").await;
    let mut chosen = more(50, 130, 140, NOW + 500);
    (chosen.access.domain, chosen.refresh.domain) = (Some("d".into()), Some("d".into()));
    assert!(store.add_tokens(&id(130), chosen).await.expect("asked"));
    store.rename_domain(&change(), id(21).as_str(), &name("e")).await.expect("renamed").expect("there");
    for (token, there) in [(130, true), (131, true), (140, false), (141, false)] {
        assert_eq!(has_token(store, token).await, there, "{token}");
    }
    let left = store.session(&session_id(130)).await.expect("read").expect("there").session;
    assert_eq!((left.domain, left.refresh_expires_ms), (None, NOW + 10_000_000));
}

/// Of two moves at once that together would make a circle exactly one succeeds.
pub async fn no_circle(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    let by = system_in("a");
    for round in 0..16 {
        let (one, other) = (100 + round * 2, 101 + round * 2);
        put_site(store, one, None, 2).await;
        put_site(store, other, None, 2).await;
        let movers = (0..32).map(|n| {
            let (from, to) = if n % 2 == 0 { (one, other) } else { (other, one) };
            let by = by.clone();
            async move { (n % 2, moved(store, &by, from, to).await) }
        });
        let mut winners = std::collections::BTreeSet::new();
        for (side, result) in join_all(movers).await {
            match result {
                Ok(Some(_)) => drop(winners.insert(side)),
                // What lies there already is put there again; the other way is a circle.
                Err(TreeError::State(TreeState::Cycle)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
    }
}

/// Of 32 users who are given an area and somebody who deletes it, all at once: either all are
/// refused, or it stays as long as anybody has it.
pub async fn no_dangling_area(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    let by = system_in("a");
    for round in 0..8 {
        let site = 100 + round;
        put_site(store, site, None, 2).await;
        let racers = (0..32u32).map(|n| {
            let by = by.clone();
            async move {
                if n % 8 == 7 {
                    let deleted = store.delete_object(&change(), &by, Kind::Site, id(site).as_str()).await;
                    return match deleted {
                        Ok(Some(())) => (0, 1),
                        Ok(None) | Err(TreeError::State(TreeState::Access { .. })) => (0, 0),
                        Err(error) => panic!("{error:?}"),
                    };
                }
                let user = with_areas(&format!("u{round} {n}"), &[&id(site)]);
                match insert(store, 1000 + round * 100 + n, user).await {
                    Ok(_) => (1, 0),
                    Err(InsertError::UnknownArea(_)) => (0, 0),
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
        let outcomes = join_all(racers).await;
        let given: u32 = outcomes.iter().map(|(given, _)| given).sum();
        let deleted: u32 = outcomes.iter().map(|(_, deleted)| deleted).sum();
        assert!(deleted == 1 && given == 0 || deleted == 0 && given == 28, "round {round}: {outcomes:?}");
        let there = store.object(&by, Kind::Site, id(site).as_str()).await.expect("read").is_some();
        assert_eq!(there, deleted == 0);
    }
}

/// Whoever loses an area while he acts in it acts before that or not at all: when the loss is told,
/// everything that his areas allowed has been done.
pub async fn areas_hold_while_one_acts(store: &dyn Store) {
    put_domain(store, 1, "a").await;
    put_site(store, 20, None, 2).await;
    insert(store, 100, with_areas("guard", &[&id(20)])).await.expect("inserted");
    let by = area_in(100, "a");
    let filter = ObjectFilter { location_id: Some(id(20).to_string()), ..ObjectFilter::default() };
    let there =
        || async { store.count_objects(&system_in("a"), Kind::Site, &filter).await.expect("counted") };
    for round in 0..8 {
        assert!(store.set_areas(&change(), &id(100), vec![id(20).to_string()]).await.expect("set"));
        let makers = (0..31u32).map(|n| {
            let (by, number) = (by.clone(), 1000 + round * 100 + n);
            async move {
                match store.add_object(&change(), &by, new(number, site_in(20))).await {
                    Ok(_) | Err(TreeError::OutOfReach) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
        let makers = join_all(makers);
        let taker = async {
            assert!(store.set_areas(&change(), &id(100), Vec::new()).await.expect("set"));
            there().await
        };
        let (_, when_told) = futures_util::future::join(makers, taker).await;
        assert_eq!(there().await, when_told, "round {round}");
    }
    let late = store.add_object(&change(), &by, new(300, site_in(20))).await;
    assert!(matches!(late, Err(TreeError::OutOfReach)), "{late:?}");
}
