//! Devices and their accounts: I7, and I3 as far as they are areas.

use roster_testkit::{on_each_gateway, race};
use serde_json::{Value, json};

use super::tree::{Actor, is, text};
use super::{DOMAIN, SITE};

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
