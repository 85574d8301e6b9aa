//! Who may act where: I7, every endpoint of the tree by who asks.

use roster_testkit::on_each_gateway;
use serde_json::{Value, json};

use super::DOMAIN;
use super::tree::{Actor, is};

/// Every endpoint of the tree, by who asks.
#[test]
fn i7_area_users_act_inside_their_areas_and_devices_nowhere() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        admin.post("/devicetypes", json!({"name": "D"})).expect(200);
        let site = |name: &str, at: &str| {
            admin.makes("/sites", json!({"name": name, "locationId": at, "siteType": "共享单车"}))
        };
        let (outer, foreign) = (site("outer", DOMAIN), site("foreign", DOMAIN));
        let inside = site("inside", &outer);
        let device = admin.makes("/devices", json!({"name": "d", "locationId": inside, "deviceType": "D"}));
        let sub = json!({"name": "sub", "locationId": inside, "deviceType": "D", "gatewayId": device});
        admin.user("owner", json!([outer]));
        admin.user("foreigner", json!([foreign]));
        let thing = super::user("thing", "DEVICE", &Value::Null);
        admin.post("/users", thing).expect(200);
        let at = |name: &str, domain| Actor::sign_in(gateway, name, "password", domain);
        let (owner, foreigner) = (at("owner", Some("demo")), at("foreigner", Some("demo")));
        let (unchosen, thing) = (at("owner", None), at("thing", None));
        let here = |name: &str| json!({"name": name, "locationId": inside, "siteType": "共享单车"});
        let device_here = json!({"name": "e", "locationId": inside, "deviceType": "D"});
        let needs_site = [
            ("GET", format!("/sites/{inside}"), Value::Null),
            ("POST", "/sites".into(), here("n")),
            ("PATCH", "/sites".into(), json!({"id": inside, "attInfos": {}})),
            ("PATCH", "/sites/name".into(), json!({"id": inside, "name": "inside2"})),
            ("PATCH", "/sites/location".into(), json!({"siteId": inside, "locationId": outer})),
            ("POST", "/devices".into(), device_here),
            ("POST", "/devices/subdevice".into(), sub),
            ("GET", format!("/devices/{device}"), Value::Null),
            ("PATCH", "/devices".into(), json!({"id": device, "attInfos": {}})),
            ("PATCH", "/devices/name".into(), json!({"id": device, "name": "d2"})),
            ("PATCH", "/devices/site".into(), json!({"id": device, "locationId": outer})),
        ];
        for (method, path, body) in &needs_site {
            is(&thing.call(method, path, body), 403, "Forbidden");
            is(&unchosen.call(method, path, body), 412, "Please choose domain first.");
            is(&foreigner.call(method, path, body), 403, "Forbidden");
            owner.call(method, path, body).expect(200);
            let nobody = gateway.call(method, &format!("/server{path}")).send().expect(401);
            assert_eq!(nobody.text, "Authorization header cannot be blank!");
        }
        // Whole domains are for who has them whole; types are read by everybody in it.
        let site_type = admin.get("/sitetypes/list").expect(200).json()[0]["id"].as_str().unwrap().to_owned();
        let device_type =
            admin.get("/devicetypes/list").expect(200).json()[0]["id"].as_str().unwrap().to_owned();
        admin.user("whole", json!([DOMAIN]));
        let whole = at("whole", Some("demo"));
        let attribute = json!({"name": "x", "dataType": "Int", "optional": true});
        let needs_domain = [
            ("POST", "/sitetypes".to_owned(), json!({"name": "x"})),
            ("PATCH", "/sitetypes/name".into(), json!({"id": site_type, "name": "y"})),
            ("POST", "/devicetypes".into(), json!({"name": "x"})),
            ("PATCH", "/devicetypes/name".into(), json!({"id": device_type, "name": "y"})),
            ("POST", format!("/devicetypes/{device_type}/alarmtype"), attribute),
            ("DELETE", format!("/devicetypes/{device_type}/alarmtype/x"), Value::Null),
        ];
        for (method, path, body) in &needs_domain {
            is(&thing.call(method, path, body), 403, "Forbidden");
            is(&unchosen.call(method, path, body), 412, "Please choose domain first.");
            is(&owner.call(method, path, body), 403, "Forbidden");
            whole.call(method, path, body).expect(200);
        }
        for path in [
            format!("/sitetypes/{site_type}"),
            "/sitetypes/list".into(),
            "/sitetypes/page".into(),
            "/sites".into(),
            format!("/devicetypes/{device_type}"),
            "/devicetypes/list".into(),
            "/devices".into(),
            "/sites/count".into(),
            "/devices/count".into(),
            "/domains".into(),
        ] {
            is(&thing.get(&path), 403, "Forbidden");
            is(&unchosen.get(&path), 412, "Please choose domain first.");
            for actor in [&owner, &foreigner, &whole, &admin] {
                actor.get(&path).expect(200);
            }
        }
        // Lists show what is in reach.
        let names = |actor: &Actor<'_>, path: &str| -> Vec<String> {
            let all = actor.get(path).expect(200).json();
            let all = if all.is_array() { all } else { all["content"].clone() };
            // Ids grow with the second, so what is made in one has no order.
            let mut names: Vec<String> = all
                .as_array()
                .unwrap()
                .iter()
                .map(|site| site["name"].as_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&owner, "/sites"), ["inside2", "n", "outer"]);
        assert_eq!(names(&foreigner, "/sites"), ["foreign"]);
        assert_eq!(names(&foreigner, "/devices"), [""; 0]);
        assert_eq!(names(&owner, "/devices"), ["d2", "e", "sub"]);
        assert_eq!(names(&unchosen, "/sites/me"), ["inside2", "n", "outer"]);
        assert_eq!(unchosen.get(&format!("/sites/me/{inside}")).expect(200).text, "true");
        assert_eq!(foreigner.get(&format!("/sites/me/{inside}")).expect(200).text, "false");
        is(&owner.get("/sites/me/x"), 404, "location id:x not found");
        is(&admin.get("/sites/me"), 403, "Forbidden");
        // Domains themselves are for SYSTEM.
        for (method, path, body) in [
            ("POST", "/domains".to_owned(), json!({"name": "x"})),
            ("PATCH", "/domains".into(), json!({"id": DOMAIN, "name": "x"})),
            ("DELETE", format!("/domains/{DOMAIN}"), Value::Null),
        ] {
            for actor in [&owner, &whole, &thing] {
                is(&actor.call(method, &path, &body), 403, "Forbidden");
            }
        }
        // Out of his areas nothing is deleted, and nothing is moved; his own area is not his to delete.
        is(&foreigner.delete(&format!("/devices/{device}")), 403, "Forbidden");
        is(&owner.delete(&format!("/sites/{outer}")), 403, "Forbidden");
        is(&owner.patch("/devices/site", json!({"id": device, "locationId": foreign})), 403, "Forbidden");
        // An area that is taken away is gone at once, token or not.
        let user = admin.get("/users/owner").expect(200).json()["id"].clone();
        admin.patch("/users", json!({"userId": user, "area": [foreign]})).expect(200);
        is(&owner.get(&format!("/sites/{inside}")), 403, "Forbidden");
        assert_eq!(names(&owner, "/sites"), ["foreign"]);
        admin.patch("/users", json!({"userId": user, "area": []})).expect(200);
        is(&owner.get("/sites"), 403, "Forbidden");
    });
}

/// Moving an object takes reach of its location, and not of the object alone: otherwise it would be taken
/// out of an area whose user loses it.
#[test]
fn i7_an_object_is_moved_by_who_reaches_both_places() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        admin.post("/devicetypes", json!({"name": "D"})).expect(200);
        let site = |name: &str, at: &str| {
            admin.makes("/sites", json!({"name": name, "locationId": at, "siteType": "共享单车"}))
        };
        let (outer, mine) = (site("outer", DOMAIN), site("mine", DOMAIN));
        let inner = site("inner", &outer);
        let device = admin.makes("/devices", json!({"name": "d", "locationId": outer, "deviceType": "D"}));
        admin.user("owner", json!([outer]));
        // Theirs are a site and a device within the owner's area, and a site of their own.
        admin.user("guest", json!([inner, device, mine]));
        let at = |name: &str| Actor::sign_in(gateway, name, "password", Some("demo"));
        let (owner, guest) = (at("owner"), at("guest"));
        let to = |id: &str, at: &str| json!({"id": id, "siteId": id, "locationId": at});
        for (path, id) in [("/sites/location", &inner), ("/devices/site", &device)] {
            is(&guest.patch(path, to(id, &mine)), 403, "Forbidden");
            is(&guest.patch(path, to(id, &outer)), 403, "Forbidden");
            is(&owner.patch(path, to(id, &mine)), 403, "Forbidden");
        }
        let there = |actor: &Actor<'_>, path: &str| actor.get(path).expect(200);
        there(&owner, &format!("/sites/{inner}"));
        there(&owner, &format!("/devices/{device}"));
        // Within what both lies in and goes to it is moved, and so by who reaches everything.
        guest.patch("/devices/name", json!({"id": device, "name": "renamed"})).expect(200);
        owner.patch("/devices/site", to(&device, &inner)).expect(200);
        guest.patch("/devices/site", to(&device, &mine)).expect(200);
        admin.patch("/sites/location", to(&inner, &mine)).expect(200);
        is(&owner.get(&format!("/sites/{inner}")), 403, "Forbidden");
        // Their own area, which lies in the domain, is moved by who has the domain.
        is(&owner.patch("/sites/location", to(&outer, &outer)), 403, "Forbidden");
    });
}

/// Of what is around a user's areas, and of a gateway elsewhere, no more than id and name is shown.
#[test]
fn i7_what_is_out_of_reach_is_shown_by_its_id_and_name() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        admin.post("/devicetypes", json!({"name": "D"})).expect(200);
        let site = |name: &str, at: &str| {
            let body = json!({"name": name, "locationId": at, "siteType": "共享单车"});
            admin.makes("/sites", body)
        };
        let device = |path: &str, name: &str, at: &str, by: Value| {
            let body = json!({"name": name, "locationId": at, "deviceType": "D", "gatewayId": by});
            admin.makes(path, body)
        };
        let (outer, elsewhere) = (site("outer", DOMAIN), site("elsewhere", DOMAIN));
        let area = site("area", &outer);
        let inside = site("inside", &area);
        let speaker = device("/devices", "speaker", &elsewhere, Value::Null);
        let behind = device("/devices/subdevice", "behind", &inside, json!(speaker));
        admin.user("owner", json!([area]));
        let owner = Actor::sign_in(gateway, "owner", "password", Some("demo"));

        let named = |id: &str, name: &str| json!({"id": id, "name": name});
        let around = json!({"type": "site", "id": outer, "name": "outer"});
        let path = format!("/devices/{behind}");
        let shown = owner.get(&path).expect(200).json();
        assert_eq!(shown["gateway"], named(&speaker, "speaker"));
        assert_eq!(shown["location"]["location"]["location"], around);
        assert_eq!(shown["location"]["name"], "inside", "what is in reach is shown whole");
        assert!(shown["location"]["location"]["siteType"].is_object());
        let site = owner.get(&format!("/sites/{area}")).expect(200).json();
        assert_eq!((&site["parent"], &site["location"]), (&around, &around));
        // However it comes out: lists, changes, one's own areas.
        let listed = owner.get("/devices").expect(200).json();
        assert_eq!(listed["content"][0]["gateway"], shown["gateway"]);
        let renamed = owner.patch("/devices/name", json!({"id": behind, "name": "renamed"})).expect(200);
        assert_eq!(renamed.json()["gateway"], shown["gateway"]);
        let updated = owner.patch("/devices", json!({"id": behind, "attInfos": {}})).expect(200);
        assert_eq!(updated.json()["gateway"], shown["gateway"]);
        let moved = owner.patch("/devices/site", json!({"id": behind, "locationId": area})).expect(200);
        assert_eq!(
            (&moved.json()["gateway"], &moved.json()["location"]["location"]),
            (&shown["gateway"], &around)
        );
        let sites = owner.get("/sites/me").expect(200).json();
        let mine = sites.as_array().unwrap().iter().find(|site| site["name"] == "area").unwrap();
        assert_eq!(mine["location"], around);
        assert_eq!(owner.get("/users/me").expect(200).json()["area"][0]["location"], around);
        let made = json!({"name": "new", "locationId": area, "siteType": "共享单车"});
        assert_eq!(owner.post("/sites", made).expect(200).json()["location"]["location"], around);
        // Who reaches all of it is shown all of it.
        let whole = admin.get(&path).expect(200).json();
        assert!(whole["gateway"]["deviceAccount"].is_object());
        assert!(whole["location"]["location"]["siteType"].is_object());
    });
}
