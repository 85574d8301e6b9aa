//! IoT users with roles and areas, row by row of the contract.

mod access;
mod cors;
mod definitions;
mod devices;
mod reach;
mod register;
mod sessions;
mod tree;
mod users;

use roster_testkit::{
    Reply, TestGateway, fixture, fixture_json, on_each_gateway, on_each_gateway_with, race,
};
use serde_json::{Value, json};

const USERS: &str = "/server/users";
const DOMAIN: &str = "5caa9b2addd50a20164a4cd6";
/// The site of the specification's answer.
const SITE: &str = "5caa9b7dddd50a20164a4cd8";

fn login(gateway: &TestGateway, username: &str, password: &str) -> Reply {
    gateway.post("/server/login", json!({"username": username, "password": password}).to_string()).send()
}

/// Somebody with a pair of tokens.
struct Client<'a> {
    gateway: &'a TestGateway,
    token: String,
    refresh: String,
}

impl<'a> Client<'a> {
    fn of(gateway: &'a TestGateway, answer: &Reply) -> Self {
        assert_eq!(answer.keys(), ["token", "refreshToken"]);
        let text = |key| answer.json()[key].as_str().unwrap().to_owned();
        Self { gateway, token: text("token"), refresh: text("refreshToken") }
    }

    fn admin(gateway: &'a TestGateway) -> Self {
        Self::of(gateway, &login(gateway, "admin", "demo-password").expect(200))
    }

    fn create(&self, body: &Value) -> Reply {
        self.gateway.post(USERS, body.to_string()).bearer(&self.token).send()
    }

    #[track_caller]
    fn refused(&self, body: &Value, status: u16, message: &str) {
        let refused = self.create(body).expect(status);
        assert_eq!(refused.keys(), ["timestamp", "status", "error", "message", "path"]);
        assert_eq!((&refused.json()["message"], &refused.json()["path"]), (&json!(message), &json!(USERS)));
    }
}

fn user(name: &str, role: &str, area: &Value) -> Value {
    json!({"username": name, "password": "password", "email": "u@example.com", "role": role, "area": area})
}

/// The keys of an object and of everything in it, in their order.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| json!([key, shape(value)])).collect(),
        Value::Array(list) => list.iter().map(shape).collect(),
        _ => Value::Null,
    }
}

#[test]
fn i1_the_seeds_example_is_created() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let seed = || {
            let call = gateway.call("POST", "/server/user").bearer(&admin.token);
            call.header("Content-Type", "application/json;charset=UTF-8")
                .body(fixture("seeds/iot-roles.create.request.json"))
                .send()
        };
        let created = seed().expect(200).json();
        assert_eq!(created["area"][0]["string"], "002共享单车");
        assert_eq!(seed().expect(409).json()["message"], "user name:caoxinyu conflict");
        let caoxinyu = Client::of(gateway, &login(gateway, "caoxinyu", "password").expect(200));
        caoxinyu.refused(&json!({}), 403, "Forbidden");
    });
}

#[test]
fn i1_the_seeds_answers_come_out_with_every_key() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let system = admin.create(&user("a", "SYSTEM", &Value::Null)).expect(200).json();
        assert_eq!(shape(&system), shape(&fixture_json("seeds/iot-roles.create.response.system.json")));

        let mut area = admin.create(&user("b", "AREA", &json!([SITE]))).expect(200).json();
        let seed = fixture_json("seeds/iot-roles.create.response.area.json");
        let site = area["area"][0].as_object_mut().unwrap();
        for newer in ["type", "location", "domain", "fullString"] {
            assert!(site.shift_remove(newer).is_some(), "{newer}");
        }
        assert_eq!(area["area"].to_string(), seed["area"].to_string());
        assert_eq!(shape(&area), shape(&seed));
    });
}

#[test]
fn i2_every_path_is_served_at_the_root_too() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        for (name, path) in [("a", "/server/user"), ("b", "/server/users"), ("c", "/user"), ("d", "/users")] {
            let body = user(name, "SYSTEM", &Value::Null).to_string();
            gateway.post(path, body).bearer(&admin.token).send().expect(200);
            let refused = gateway.call("PUT", path).send().expect(405);
            let allowed = if path.ends_with('s') { "GET, HEAD, POST, PATCH" } else { "POST" };
            assert_eq!((refused.header("allow"), &refused.json()["path"]), (Some(allowed), &json!(path)));
        }
        gateway.get("/token").bearer(&admin.refresh).send().expect(200);
        assert_eq!(gateway.get("/server/nothing").send().expect(404).json()["message"], "no such path");
        let nobodys = gateway.get("/nothing").send().expect(404);
        assert_eq!(nobodys.header("content-type"), Some("application/problem+json"));
    });
    on_each_gateway_with(
        |config| config.iot_roles.root_paths = false,
        |gateway| {
            let nobodys = gateway.post("/users", "{}").send().expect(404);
            assert_eq!(nobodys.header("content-type"), Some("application/problem+json"));
            gateway.post(USERS, "{}").send().expect(401);
        },
    );
}

#[test]
fn i3_checks_come_in_their_order() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let mut body = json!({"username": "", "role": "AREA", "area": ["x"]});
        admin.refused(&body, 406, "username can't be empty");
        body["username"] = "admin".into();
        admin.refused(&body, 406, "password can't be empty");
        body["password"] = "1234567".into();
        admin.refused(&body, 406, "password must have at least 8 characters");
        body["password"] = "12345678".into();
        admin.refused(&body, 406, "email can't be empty");
        body["email"] = "nowhere".into();
        admin.refused(&body, 406, "email format error");
        body["email"] = "a@example.com".into();
        body["role"] = Value::Null;
        admin.refused(&body, 406, "error role");
        body["role"] = "BOSS".into();
        admin.refused(&body, 400, "role must be SYSTEM, AREA or DEVICE");
        body["role"] = "AREA".into();
        admin.refused(&body, 404, "location id:x not found");
        body["area"] = json!([SITE, DOMAIN]);
        admin.refused(&body, 406, "area: 001共享单车 area: demo overlap");
        body["area"] = json!([SITE, SITE]);
        admin.refused(&body, 406, "area: 001共享单车 area: 001共享单车 overlap");
        body["area"] = json!([SITE, null]);
        admin.refused(&body, 406, "area can't hold null");
        body["area"] = SITE.into();
        admin.refused(&body, 400, "area must be an array of strings, got string");
        body["area"] = json!([SITE]);
        admin.refused(&body, 409, "user name:admin conflict");
    });
}

#[test]
fn i3_areas_are_for_the_role_area_and_may_be_none() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        for (name, role, area) in [
            ("a", "AREA", Value::Null),
            ("b", "AREA", json!([])),
            ("c", "SYSTEM", json!(["x"])),
            ("d", "DEVICE", json!(["x"])),
        ] {
            let created = admin.create(&user(name, role, &area)).expect(200).json();
            assert_eq!((&created["area"], &created["roles"]), (&Value::Null, &json!([role])));
            login(gateway, name, "password").expect(200);
        }
        let whole = admin.create(&user("e", "AREA", &json!([DOMAIN]))).expect(200).json();
        let domain =
            json!({"type": "domain", "id": DOMAIN, "name": "demo", "string": "demo", "fullString": "demo"});
        assert_eq!(whole["area"], json!([domain]));
    });
}

#[test]
fn i3_what_the_original_does_is_a_setting() {
    on_each_gateway_with(
        |config| {
            config.iot_roles.email_required = false;
            config.iot_roles.device_role_on_create = false;
            config.iot_roles.password_min_length = 1.try_into().unwrap();
        },
        |gateway| {
            let admin = Client::admin(gateway);
            let body = json!({"username": "a", "password": " ", "role": "SYSTEM"});
            assert_eq!(admin.create(&body).expect(200).json()["email"], Value::Null);
            admin.refused(&user("b", "DEVICE", &Value::Null), 406, "error role");
        },
    );
}

#[test]
fn i3_of_32_creates_of_one_name_one_succeeds() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let replies = race(32, |_| admin.create(&user("racer", "AREA", &json!([SITE]))));
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
        assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 31, "{replies:?}");
    });
}

#[test]
fn i4_a_bad_token_is_told_in_plain_text() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        for (authorization, text) in [
            (None, "Authorization header cannot be blank!"),
            (Some("Basic YTpi".to_owned()), "Authorization header must start with Bearer!"),
            (Some("Bearer x.y.z".to_owned()), "Invalid JWT token: not a token of this service"),
            (Some(format!("Bearer {}", admin.refresh)), "JWT Token not exist"),
        ] {
            let call = gateway.post(USERS, "{}");
            let call = match &authorization {
                Some(authorization) => call.key(authorization),
                None => call,
            };
            let refused = call.send().expect(401);
            assert_eq!(refused.text, text);
            assert!(refused.header("content-type").unwrap().starts_with("text/plain"));
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        }
    });
}

#[test]
fn i5_a_login_needs_the_password_and_a_domain_of_the_users() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        admin.create(&user("guard", "AREA", &json!([SITE]))).expect(200);
        admin.create(&user("idle", "AREA", &Value::Null)).expect(200);
        for (name, password) in [("admin", "wrong"), ("nobody", "wrong"), ("Admin", "demo-password")] {
            assert_eq!(login(gateway, name, password).expect(401).json()["message"], "Authentication Failed");
        }
        let choose = |name: &str, password: &str, domain: &str| {
            let body = json!({"username": name, "password": password, "domain": domain});
            gateway.post("/server/login", body.to_string()).send()
        };
        choose("admin", "demo-password", "demo").expect(200);
        choose("guard", "password", "demo").expect(200);
        for (name, password, domain) in
            [("admin", "demo-password", "none"), ("guard", "password", "none"), ("idle", "password", "demo")]
        {
            let refused = choose(name, password, domain).expect(406).json();
            assert_eq!(refused["message"], format!("{domain} not exist or access denied."));
        }
    });
}

#[test]
fn i5_a_refresh_token_is_good_for_one_pair_and_access_tokens_live_on() {
    on_each_gateway(|gateway| {
        let first = Client::admin(gateway);
        let refresh = |token: &str| gateway.get("/server/token").bearer(token).send();
        let second = Client::of(gateway, &refresh(&first.refresh).expect(200));
        let again = Client::of(gateway, &refresh(&first.refresh).expect(200));
        assert_eq!((&again.token, &again.refresh), (&second.token, &second.refresh), "a moment ago");
        for client in [&first, &second] {
            client.refused(&json!({}), 406, "username can't be empty");
            assert_eq!(refresh(&client.token).expect(406).json()["message"], "illegal token");
        }
        assert_eq!(refresh("rubbish").expect(403).json()["message"], "Access Denied");
        assert_eq!(gateway.get("/server/token").send().expect(403).json()["message"], "Access Denied");
        gateway.call("HEAD", "/server/token").bearer(&second.refresh).send().expect(405);
        let replies = race(32, |_| refresh(&second.refresh));
        assert!(
            replies.iter().all(|reply| reply.status == 200 && reply.text == replies[0].text),
            "{replies:?}"
        );
        // Its pair is refreshed: a second holder is not the user, and all of the login ends.
        let third = Client::of(gateway, &replies[0]);
        refresh(&third.refresh).expect(200);
        for ended in [&second.refresh, &third.refresh, &first.refresh] {
            assert_eq!(refresh(ended).expect(401).text, "JWT Token not exist");
        }
    });
}

#[test]
fn i5_guessing_is_slowed_down_and_good_tokens_are_not() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        for _ in 0..100 {
            gateway.post(USERS, "{}").bearer("guess").send().expect(401);
        }
        let refused = gateway.post(USERS, "{}").bearer("guess").send().expect(429);
        assert!(refused.header("retry-after").is_some());
        assert_eq!(refused.keys(), ["timestamp", "status", "error", "message", "path"]);
        admin.create(&user("a", "SYSTEM", &Value::Null)).expect(200);
    });
}
