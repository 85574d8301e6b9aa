//! Domains, types, sites and devices: I7, and I1, I3 and I6 as far as objects go.

use roster_testkit::{Call, Reply, TestGateway, fixture_json, on_each_gateway, race};
use serde_json::{Value, json};

use super::{DOMAIN, SITE, login, shape};

/// Somebody with a token.
pub(super) struct Actor<'a> {
    gateway: &'a TestGateway,
    token: String,
}

impl<'a> Actor<'a> {
    /// Signs in, for a domain if one is named.
    pub(super) fn sign_in(
        gateway: &'a TestGateway,
        username: &str,
        password: &str,
        domain: Option<&str>,
    ) -> Self {
        let body = json!({"username": username, "password": password, "domain": domain});
        let answer = gateway.post("/server/login", body.to_string()).send().expect(200);
        Self { gateway, token: answer.json()["token"].as_str().unwrap().to_owned() }
    }

    pub(super) fn admin(gateway: &'a TestGateway) -> Self {
        Self::sign_in(gateway, "admin", "demo-password", Some("demo"))
    }

    pub(super) fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let call = self.gateway.call(method, &format!("/server{path}")).bearer(&self.token);
        if body.is_null() { call.send() } else { Call::json(call, body.to_string()).send() }
    }

    pub(super) fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &Value::Null)
    }

    pub(super) fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, &body)
    }

    pub(super) fn patch(&self, path: &str, body: Value) -> Reply {
        self.call("PATCH", path, &body)
    }

    pub(super) fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, &Value::Null)
    }

    /// Makes something and answers its id.
    #[track_caller]
    pub(super) fn makes(&self, path: &str, body: Value) -> String {
        self.post(path, body).expect(200).json()["id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(super) fn user(&self, name: &str, area: Value) -> Value {
        self.post("/users", super::user(name, "AREA", &area)).expect(200).json()
    }
}

#[track_caller]
pub(super) fn is(reply: &Reply, status: u16, message: &str) {
    assert_eq!((reply.status, &reply.json()["message"]), (status, &json!(message)), "{reply:?}");
    assert_eq!(reply.keys(), ["timestamp", "status", "error", "message", "path"]);
}

pub(super) fn text(name: &str, max: &str) -> Value {
    json!({"name": name, "dataType": "String", "optional": true, "description": "d",
           "dataTypeInfos": {"string.max": max}})
}

#[test]
fn i1_the_seeds_answers_come_out_of_objects_made_over_http() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        admin.post("/domains", json!({"name": "校园"})).expect(200);
        let admin = Actor::sign_in(gateway, "admin", "demo-password", Some("校园"));
        let seed = fixture_json("seeds/iot-roles.create.response.area.json");
        let wanted = &seed["area"][0];
        let definition = wanted["siteType"]["attDefinition"].as_object().unwrap();
        let attributes: Vec<Value> = definition
            .iter()
            .map(|(name, of)| {
                json!({"name": name, "dataType": "String", "optional": of["optional"],
                       "description": of["description"], "dataTypeInfos": {"string.min": "0", "string.max": "255"}})
            })
            .collect();
        let site_type = json!({"name": wanted["siteType"]["name"], "additional": attributes,
                               "description": wanted["siteType"]["description"]});
        admin.post("/sitetypes", site_type).expect(200);
        let domain = admin.get("/domains").expect(200).json();
        let given = |name: &str| json!({"value": wanted["attributes"][name]["value"]});
        let site = json!({"name": wanted["name"], "locationId": domain["id"], "siteType": wanted["siteType"]["name"],
                          "attInfos": {"city": given("city"), "model": given("model"), "sn": given("sn")}});
        let site = admin.makes("/sites", site);
        let mut user = admin.user("caoxinyu2", json!([site]));
        let area = user["area"][0].as_object_mut().unwrap();
        for newer in ["type", "location", "domain", "fullString"] {
            assert!(area.shift_remove(newer).is_some(), "{newer}");
        }
        assert_eq!(shape(&user), shape(&seed));
        // Ids apart it is the seed's.
        let mut area = user["area"][0].clone();
        area["id"] = wanted["id"].clone();
        area["siteType"]["id"] = wanted["siteType"]["id"].clone();
        assert_eq!(area.to_string(), wanted.to_string());
        let system = admin.post("/user", super::user("s", "SYSTEM", &Value::Null)).expect(200).json();
        assert_eq!(shape(&system), shape(&fixture_json("seeds/iot-roles.create.response.system.json")));
    });
}

#[test]
fn i7_domains_are_made_read_renamed_and_deleted() {
    on_each_gateway(|gateway| {
        let none = Actor::sign_in(gateway, "admin", "demo-password", None);
        is(&none.get("/domains"), 412, "Please choose domain first.");
        is(&none.post("/domains", json!({})), 406, "domain name can't be empty");
        is(&none.post("/domains", json!({"name": "demo"})), 409, "domain:demo conflict");
        let made = none.post("/domains", json!({"name": "b"})).expect(200).json();
        let id = made["id"].as_str().unwrap();
        assert_eq!(
            made.to_string(),
            json!({"type": "domain", "id": id, "name": "b", "string": "b", "fullString": "b"}).to_string()
        );
        for path in [format!("/domains/id/{id}"), "/domains/name/b".into(), "/domains/name/b/".into()] {
            assert_eq!(none.get(&path).expect(200).json(), made);
        }
        is(&none.get("/domains/id/59e4798cc915d92da081ffff"), 404, "59e4798cc915d92da081ffff not found");
        is(&none.get("/domains/id/x"), 404, "x not found");
        is(&none.get("/domains/name/x"), 403, "Forbidden");
        let names = |actor: &Actor<'_>| -> Vec<Value> {
            let all = actor.get("/domains/me").expect(200).json();
            all.as_array().unwrap().iter().map(|domain| domain["name"].clone()).collect()
        };
        assert_eq!(names(&none), ["b", "demo"]);

        let inside = Actor::sign_in(gateway, "admin", "demo-password", Some("b"));
        assert_eq!(inside.get("/domains").expect(200).json(), made);
        is(&none.patch("/domains", json!({"name": "c"})), 406, "domain id can't be empty");
        is(&none.patch("/domains", json!({"id": id, "name": "demo"})), 409, "domain:demo conflict");
        is(&none.patch("/domains", json!({"id": "x", "name": "c"})), 404, "x not found");
        let renamed = none.patch("/domains", json!({"id": id, "name": "c"})).expect(200).json();
        assert_eq!((&renamed["id"], &renamed["fullString"]), (&json!(id), &json!("c")));
        // Its token holds a name that is no more.
        assert_eq!(inside.get("/domains").expect(401).text, "JWT Token not exist");

        let inside = Actor::sign_in(gateway, "admin", "demo-password", Some("c"));
        inside.post("/sitetypes", json!({"name": "T"})).expect(200);
        inside.post("/devicetypes", json!({"name": "D"})).expect(200);
        let site = inside.makes("/sites", json!({"name": "s", "locationId": id, "siteType": "T"}));
        let device = inside.post("/devices", json!({"name": "d", "locationId": site, "deviceType": "D"}));
        let account = device.expect(200).json()["deviceAccount"]["username"].as_str().unwrap().to_owned();
        let guard = none.user("guard", json!([site]));
        is(&none.delete(&format!("/domains/{id}")), 412, "guard has this access, c can't be deleted");
        let guards = Actor::sign_in(gateway, "guard", "password", Some("c"));
        assert_eq!(names(&guards), ["c"]);
        is(&guards.get("/domains/name/demo"), 403, "Forbidden");
        is(&guards.get(&format!("/domains/id/{DOMAIN}")), 403, "Forbidden");
        none.delete(&format!("/users/{}", guard["id"].as_str().unwrap())).expect(200);
        none.user("idle", Value::Null);
        none.delete(&format!("/domains/{id}")).expect(200);
        is(&none.delete(&format!("/domains/{id}")), 404, &format!("{id} not found"));
        assert_eq!(inside.get("/domains").expect(401).text, "JWT Token not exist");
        assert_eq!(names(&none), ["demo"]);
        assert_eq!(login(gateway, &account, "x").status, 401, "the device's account went with it");
    });
}

#[test]
fn i7_sites_lie_in_sites_are_moved_and_listed() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        let site = |name: &str, at: &str| {
            admin.post("/sites", json!({"name": name, "locationId": at, "siteType": "共享单车"}))
        };
        is(&admin.post("/sites", json!({})), 406, "site name can't be empty");
        is(&admin.post("/sites", json!({"name": "n"})), 406, "location can't be empty");
        is(
            &admin.post("/sites", json!({"name": "n", "locationId": DOMAIN})),
            406,
            "site type can't be empty",
        );
        is(
            &admin.post("/sites", json!({"name": "n", "locationId": "x", "siteType": "?"})),
            404,
            "? not found",
        );
        is(&site("n", "x"), 404, "location id:x not found");
        is(&site("001", DOMAIN), 409, "site name conflict");
        is(&admin.post("/sites", json!({"name": 1})), 400, "name must be a string, got integer");
        let other = admin.makes("/domains", json!({"name": "other"}));
        is(&site("n", &other), 404, "location not found");

        let inner = site("a", SITE).expect(200);
        assert_eq!(
            inner.keys(),
            [
                "id",
                "name",
                "parent",
                "siteType",
                "attributes",
                "string",
                "type",
                "location",
                "domain",
                "fullString"
            ]
        );
        let inner = inner.json();
        let id = inner["id"].as_str().unwrap();
        assert_eq!(
            (&inner["string"], &inner["fullString"]),
            (&json!("001共享单车a共享单车"), &json!("demo001共享单车a共享单车"))
        );
        assert_eq!((&inner["parent"]["id"], &inner["location"]["id"]), (&json!(SITE), &json!(SITE)));
        let deep = site("b", id).expect(200).json();
        let deep_id = deep["id"].as_str().unwrap();
        let string = || admin.get(&format!("/sites/{deep_id}")).expect(200).json()["fullString"].clone();
        admin.patch("/sites/name", json!({"id": id, "name": "c"})).expect(200);
        assert_eq!(string(), "demo001共享单车c共享单车b共享单车");
        let domain = json!({"siteId": id, "locationId": DOMAIN});
        assert_eq!(admin.patch("/sites/location", domain).expect(200).json()["parent"], Value::Null);
        assert_eq!(string(), "democ共享单车b共享单车");
        for inside in [id, deep_id] {
            is(
                &admin.patch("/sites/location", json!({"siteId": id, "locationId": inside})),
                412,
                "a site can't lie in itself",
            );
        }
        is(
            &admin.patch("/sites/location", json!({"siteId": id, "locationId": other})),
            404,
            "location not found",
        );
        is(&admin.patch("/sites/location", json!({"siteId": id})), 406, "location can't be empty");
        is(&admin.patch("/sites/location", json!({"siteId": "x", "locationId": DOMAIN})), 404, "x not found");
        is(&admin.patch("/sites/name", json!({"id": id, "name": "001"})), 409, "site name conflict");
        let updated = admin
            .patch("/sites", json!({"id": id, "attInfos": {"city": {"value": "上海"}, "sn": {"value": ""}}}));
        assert_eq!(
            updated.expect(200).json()["attributes"],
            json!({"city": {"type": "String", "value": "上海", "string": "上海"}})
        );
        is(
            &admin.patch("/sites", json!({"id": id, "attInfos": {"city": {"value": "x".repeat(256)}}})),
            406,
            "attribute: city is not valid value",
        );
        is(&admin.patch("/sites", json!({"attInfos": {}})), 406, "site id can't be empty");

        let page = |query: &str| admin.get(&format!("/sites{query}")).expect(200).json();
        let names = |query: &str| -> Vec<String> {
            let page = page(query);
            page["content"]
                .as_array()
                .unwrap()
                .iter()
                .map(|site| site["name"].as_str().unwrap().to_owned())
                .collect()
        };
        // Newest first; the demonstration's have ids of their own.
        let mut newest = names("")[..2].to_vec();
        newest.sort();
        assert_eq!(newest, ["b", "c"]);
        assert_eq!(names("?name=00"), ["001", "003", "002"]);
        assert_eq!(names("?name=C"), [""; 0], "case counts");
        assert_eq!(names(&format!("?locationId={id}")), ["b"]);
        assert_eq!(names("?numPerPage=2&currentPage=2"), ["002"]);
        assert_eq!(admin.get("/sites/count?name=00").expect(200).text, "3");
        assert_eq!(admin.get("/sites/count?siteTypeId=x").expect(200).text, "0");
        is(&admin.get("/sites?numPerPage=1001"), 406, "numPerPage must be 1 to 1000");

        is(&admin.delete(&format!("/sites/{id}")), 412, "not empty in this site");
        admin.user("guard", json!([deep_id]));
        is(
            &admin.delete(&format!("/sites/{deep_id}")),
            412,
            "guard has this access, c共享单车b共享单车 can't be deleted",
        );
        is(&admin.delete("/sites/x"), 404, "x not found");
        is(&admin.get("/sites/59e4798cc915d92da081ffff"), 404, "59e4798cc915d92da081ffff not found");
    });
}

#[test]
fn i7_of_two_moves_that_would_make_a_circle_one_succeeds() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        let site = |name: &str| {
            admin.makes("/sites", json!({"name": name, "locationId": DOMAIN, "siteType": "共享单车"}))
        };
        for round in 0..4 {
            let (one, other) = (site(&format!("a{round}")), site(&format!("b{round}")));
            let replies = race(2, |racer| {
                let (what, to) = if racer == 0 { (&one, &other) } else { (&other, &one) };
                admin.patch("/sites/location", json!({"siteId": what, "locationId": to}))
            });
            let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412], "{replies:?}");
        }
    });
}
