//! Domains, types, sites and devices: I7, and I1, I3 and I6 as far as objects go.

use roster_testkit::{Call, Reply, TestGateway, fixture_json, on_each_gateway, race};
use serde_json::{Value, json};

use super::{DOMAIN, SITE, login, shape};

/// Somebody with a token.
struct Actor<'a> {
    gateway: &'a TestGateway,
    token: String,
}

impl<'a> Actor<'a> {
    /// Signs in, for a domain if one is named.
    fn sign_in(gateway: &'a TestGateway, username: &str, password: &str, domain: Option<&str>) -> Self {
        let body = json!({"username": username, "password": password, "domain": domain});
        let answer = gateway.post("/server/login", body.to_string()).send().expect(200);
        Self { gateway, token: answer.json()["token"].as_str().unwrap().to_owned() }
    }

    fn admin(gateway: &'a TestGateway) -> Self {
        Self::sign_in(gateway, "admin", "demo-password", Some("demo"))
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let call = self.gateway.call(method, &format!("/server{path}")).bearer(&self.token);
        if body.is_null() { call.send() } else { Call::json(call, body.to_string()).send() }
    }

    fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &Value::Null)
    }

    fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, &body)
    }

    fn patch(&self, path: &str, body: Value) -> Reply {
        self.call("PATCH", path, &body)
    }

    fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, &Value::Null)
    }

    /// Makes something and answers its id.
    #[track_caller]
    fn makes(&self, path: &str, body: Value) -> String {
        self.post(path, body).expect(200).json()["id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn user(&self, name: &str, area: Value) -> Value {
        self.post("/users", super::user(name, "AREA", &area)).expect(200).json()
    }
}

#[track_caller]
fn is(reply: &Reply, status: u16, message: &str) {
    assert_eq!((reply.status, &reply.json()["message"]), (status, &json!(message)), "{reply:?}");
    assert_eq!(reply.keys(), ["timestamp", "status", "error", "message", "path"]);
}

fn text(name: &str, max: &str) -> Value {
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
fn i7_types_have_the_ten_data_types_and_are_kept_while_used() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        let of = |name: &str, data_type: &str, infos: Value| json!({"name": name, "dataType": data_type, "optional": false, "dataTypeInfos": infos});
        let mut part = of("part", "Struct", Value::Null);
        part["additional"] = json!([of("inner", "Bool", Value::Null)]);
        let mut one = part.clone();
        (one["name"], one["dataType"]) = (json!("one"), json!("Choice"));
        let all = json!([
            of("int", "Int", Value::Null),
            of("decimal", "Decimal", Value::Null),
            of("text", "String", json!({"string.min": "1", "string.max": "3"})),
            of("bool", "Bool", Value::Null),
            of("enum", "Enum", json!({"enum.value": "a;b"})),
            of("date", "DateTime", json!({"date.format": "yyyy-MM-dd"})),
            of("place", "Location", Value::Null),
            of("many", "Array", json!({"array.type": "Int"})),
            part,
            one,
        ]);
        let made = admin.post("/sitetypes", json!({"name": "All", "additional": all})).expect(200);
        assert_eq!(made.keys(), ["id", "name", "description", "domain", "attDefinition"]);
        let values = json!({
            "int": {"value": "-7"}, "decimal": {"value": 1e10}, "text": {"value": "abc"},
            "bool": {"value": "TRUE"}, "enum": {"value": "a"}, "date": {"value": "2019-04-08"},
            "place": {"value": "121.390234,37.533733"}, "many": {"arrayValue": [{"value": "1"}]},
            "part": {"structValue": {"inner": {"value": "false"}}},
            "one": {"structValue": {"inner": {"value": "true"}}}, "undeclared": {"value": "x"},
        });
        let site = |values: &Value| {
            admin.post(
                "/sites",
                json!({"name": "s", "locationId": DOMAIN, "siteType": "All", "attInfos": values}),
            )
        };
        for name in ["int", "place", "many", "one"] {
            let mut lacks = values.clone();
            lacks.as_object_mut().unwrap().shift_remove(name);
            is(&site(&lacks), 404, &format!("attribute: {name} not found"));
            lacks[name] = json!({"value": "?"});
            is(&site(&lacks), 406, &format!("attribute: {name} is not valid value"));
        }
        let stored = site(&values).expect(200).json();
        let shown: Vec<String> = stored["attributes"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        assert_eq!(
            shown,
            [
                r#"int {"type":"Int","value":-7,"string":"-7"}"#,
                r#"decimal {"type":"Decimal","value":10000000000.0,"string":"1.0E10"}"#,
                r#"text {"type":"String","value":"abc","string":"abc"}"#,
                r#"bool {"type":"Bool","value":true,"string":"true"}"#,
                r#"enum {"type":"Enum","value":"a","string":"a"}"#,
                r#"date {"type":"DateTime","date":"2019-04-08","format":"yyyy-MM-dd","string":"2019-04-08"}"#,
                r#"place {"type":"Location","longitude":121.390234,"latitude":37.533733,"string":"[121.390234, 37.533733]"}"#,
                r#"many {"type":"Array","value":[{"type":"Int","value":1,"string":"1"}],"string":null}"#,
                r#"part {"type":"Struct","value":{"inner":{"type":"Bool","value":false,"string":"false"}},"string":null}"#,
                r#"one {"type":"Choice","value":{"inner":{"type":"Bool","value":true,"string":"true"}},"string":null}"#,
            ]
        );

        let id = made.json()["id"].as_str().unwrap().to_owned();
        is(&admin.post("/sitetypes", json!({"name": "All"})), 409, "site type name conflict");
        is(&admin.post("/sitetypes", json!({"dataType": "Class"})), 406, "site type name can't be empty");
        let bad = json!({"name": "x", "additional": [of("a", "String", json!({"string.min": "9", "string.max": "1"}))]});
        is(&admin.post("/sitetypes", bad), 406, "a: max not great than min");
        is(
            &admin.post("/sitetypes", json!({"name": "x", "additional": [of("a", "Class", Value::Null)]})),
            406,
            "a: invalid data type",
        );
        is(
            &admin.post("/sitetypes", json!({"name": "x", "additional": [text("a", "9"), text("a", "9")]})),
            409,
            "a conflict",
        );
        is(&admin.delete(&format!("/sitetypes/{id}")), 412, "site type used");
        is(&admin.get("/sitetypes/x"), 404, "x not found");
        is(&admin.delete("/sitetypes/x"), 404, "x not found");
        is(&admin.patch("/sitetypes/name", json!({"name": "x"})), 406, "site type id can't be empty");
        is(
            &admin.patch("/sitetypes/name", json!({"id": id, "name": "共享单车"})),
            409,
            "site type name conflict",
        );
        let renamed = admin
            .patch("/sitetypes/name", json!({"id": id, "name": "Every", "description": "d"}))
            .expect(200)
            .json();
        assert_eq!(
            (&renamed["name"], &renamed["description"], &renamed["domain"]["name"]),
            (&json!("Every"), &json!("d"), &json!("demo"))
        );
        let stored = admin.get(&format!("/sites/{}", stored["id"].as_str().unwrap())).expect(200).json();
        assert_eq!(stored["string"], "sEvery", "what is of it follows");
        assert_eq!(admin.get("/sitetypes/list").expect(200).json()[0], renamed);
        let page = admin.get("/sitetypes/page?currentPage=1&numPerPage=1").expect(200).json();
        assert_eq!(
            (&page["content"][0]["name"], &page["totalElements"], &page["last"]),
            (&json!("共享单车"), &json!(2), &json!(true))
        );
        is(&admin.get("/sitetypes/page?numPerPage=0"), 406, "numPerPage must be 1 to 1000");
        is(&admin.get("/sitetypes/page?currentPage="), 406, "currentPage can't be empty");
        let idle = admin.makes("/sitetypes", json!({"name": "idle"}));
        admin.delete(&format!("/sitetypes/{idle}")).expect(200);
    });
}

#[test]
fn i7_a_device_types_definition_is_added_to_and_taken_from() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        let mut temperature = json!({"name": "t", "dataType": "Decimal", "optional": true});
        is(
            &admin.post("/devicetypes", json!({"name": "D", "additional": [temperature]})),
            406,
            "no definition of get, set, report",
        );
        temperature["dataTypeInfos"] =
            json!({"attribute.get": "true", "attribute.set": "false", "attribute.report": "true"});
        let alarm = json!({"name": "hot", "dataType": "Int", "optional": false});
        let action = json!({"name": "reset", "description": "d", "requestInfo": {"name": "after", "dataType": "Int", "optional": true}});
        let body = json!({"name": "D", "additional": [temperature], "staticAttTypeInfo": [text("sn", "9")],
                          "alarmTypeInfos": [alarm], "actionTypeInfos": [action]});
        let made = admin.post("/devicetypes", body).expect(200);
        assert_eq!(
            made.keys(),
            [
                "id",
                "name",
                "description",
                "domain",
                "attDefinition",
                "staticAttDefinition",
                "alarmTypes",
                "actionTypes"
            ]
        );
        let made = made.json();
        let shown = json!({"dataType": {"type": "Decimal"}, "optional": true, "description": null, "get": true, "set": false, "report": true});
        assert_eq!(made["attDefinition"]["t"].to_string(), shown.to_string());
        let of_int = json!({"dataType": {"type": "Int"}, "optional": true, "description": null});
        let shown = json!({"request": {"after": of_int}, "response": null, "description": "d"});
        assert_eq!(made["actionTypes"]["reset"].to_string(), shown.to_string());
        let at = format!("/devicetypes/{}", made["id"].as_str().unwrap());
        let mut again = temperature.clone();
        for (path, body, what, key) in [
            ("attribute", &mut again, "attribute: t", "t"),
            ("alarmtype", &mut alarm.clone(), "alarm type: hot", "hot"),
            ("actiontype", &mut action.clone(), "action type: reset", "reset"),
        ] {
            let part = format!("{at}/{path}");
            is(&admin.post(&part, body.clone()), 406, &format!("{what} existed."));
            let less = admin.delete(&format!("{part}/{key}")).expect(200).json();
            is(&admin.delete(&format!("{part}/{key}")), 404, &format!("{what} not found"));
            let more = admin.post(&part, body.clone()).expect(200).json();
            assert_ne!(less, more);
            assert_eq!(more, made, "it is there again");
        }
        is(&admin.post("/devicetypes/x/attribute", temperature), 404, "x not found");
        assert_eq!(admin.get(&at).expect(200).json(), made);
        admin.delete(&at).expect(200);
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
fn i7_registering_a_device_makes_its_account() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        admin.post("/devicetypes", json!({"name": "锁", "staticAttTypeInfo": [text("sn", "9")]})).expect(200);
        let device = |name: &str, at: &str| json!({"name": name, "locationId": at, "deviceType": "锁", "attInfos": {"sn": {"value": "1"}}});
        is(
            &admin.post("/devices", json!({"name": "d", "locationId": SITE, "deviceType": "?"})),
            404,
            "device type not found",
        );
        is(&admin.post("/devices", json!({"name": ""})), 406, "device name can't be empty");
        is(&admin.post("/devices", device("d", "x")), 404, "location id:x not found");
        let made = admin.post("/devices", device("d", SITE)).expect(200);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        assert_eq!(
            made.keys(),
            [
                "type",
                "id",
                "name",
                "connected",
                "deviceType",
                "attributes",
                "location",
                "domain",
                "gateway",
                "deviceAccount",
                "string",
                "fullString"
            ]
        );
        let made = made.json();
        let (id, account) = (made["id"].as_str().unwrap(), &made["deviceAccount"]);
        let keys: Vec<&String> = account.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "password", "id", "username", "status", "email", "roles", "isSystem", "isArea", "isDevice",
                "area"
            ]
        );
        assert_eq!(
            (&account["roles"], &account["isDevice"], &account["email"]),
            (&json!(["DEVICE"]), &json!(true), &Value::Null)
        );
        assert_eq!(
            (&made["string"], &made["fullString"], &made["connected"]),
            (&json!("d锁"), &json!("demo001共享单车d锁"), &json!(false))
        );
        let (username, password) =
            (account["username"].as_str().unwrap(), account["password"].as_str().unwrap());
        assert_eq!((username.len(), password.len()), (36, 24), "a UUID, 96 bits");
        is(&admin.post("/devices", device("d", SITE)), 409, "device name conflict");

        // The password is shown once, and is the device's.
        let read = admin.get(&format!("/devices/{id}")).expect(200).json();
        assert_eq!(read["deviceAccount"].as_object().unwrap().keys().next().unwrap(), "id");
        let itself = Actor::sign_in(gateway, username, password, None);
        let me = itself.get("/devices/me").expect(200).json();
        assert_eq!((&me["id"], &me["connected"]), (&json!(id), &json!(true)));
        assert_eq!(admin.get(&format!("/devices/username/{username}")).expect(200).json(), me);
        is(&admin.get("/devices/username/nobody"), 404, "nobody not found");
        is(&itself.get(&format!("/devices/{id}")), 403, "Forbidden");
        is(&admin.get("/devices/me"), 403, "Forbidden");
        let bare = super::user("bare", "DEVICE", &Value::Null);
        admin.post("/users", bare).expect(200);
        is(&Actor::sign_in(gateway, "bare", "password", None).get("/devices/me"), 404, "device not found");

        let mut behind = device("behind", DOMAIN);
        is(&admin.post("/devices/subdevice", behind.clone()), 406, "gatewayId can't be empty");
        behind["gatewayId"] = json!("x");
        is(&admin.post("/devices/subdevice", behind.clone()), 404, "gateway id:x not found");
        behind["gatewayId"] = json!(id);
        let sub = admin.post("/devices/subdevice", behind).expect(200).json();
        assert_eq!((&sub["gateway"]["id"], &sub["deviceAccount"]), (&json!(id), &Value::Null));
        let mut chained = device("chained", DOMAIN);
        chained["gatewayId"] = sub["id"].clone();
        is(&admin.post("/devices/subdevice", chained), 412, "a device behind a gateway can't be a gateway");

        // A device is an area too.
        let guard = admin.user("guard", json!([id]));
        assert_eq!(
            (&guard["area"][0]["type"], &guard["area"][0]["connected"]),
            (&json!("device"), &json!(true))
        );
        is(
            &admin.post("/users", super::user("x", "AREA", &json!([SITE, id]))),
            406,
            "area: 001共享单车 area: d锁 overlap",
        );
        let moved = admin.patch("/devices/site", json!({"id": id, "locationId": DOMAIN})).expect(200).json();
        assert_eq!(moved["fullString"], "demod锁");
        admin.patch("/devices/name", json!({"id": id, "name": "e"})).expect(200);
        admin.patch("/devices", json!({"id": id, "attInfos": {}})).expect(200);
        assert_eq!(admin.get("/devices?name=e").expect(200).json()["totalElements"], 2);
        assert_eq!(admin.get("/devices/count").expect(200).text, "2");
        is(&admin.delete(&format!("/devices/{id}")), 412, "not empty in this device");
        admin.delete(&format!("/devices/{}", sub["id"].as_str().unwrap())).expect(200);
        is(&admin.delete(&format!("/devices/{id}")), 412, "guard has this access, e锁 can't be deleted");
        is(&admin.delete(&format!("/sites/{id}")), 404, &format!("{id} not found"));
        admin.patch("/users", json!({"userId": guard["id"], "area": []})).expect(200);
        admin.delete(&format!("/devices/{id}")).expect(200);
        let text = itself.get("/devices/me").expect(401).text;
        assert_eq!(text, format!("User: {username} was not found"), "its account went with it");
    });
}

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

#[test]
fn i3_of_32_registrations_of_one_device_one_succeeds() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        admin.post("/devicetypes", json!({"name": "D"})).expect(200);
        let replies =
            race(32, |_| admin.post("/devices", json!({"name": "d", "locationId": SITE, "deviceType": "D"})));
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 31, "{replies:?}");
        assert_eq!(admin.get("/devices/count").expect(200).text, "1");
    });
}
