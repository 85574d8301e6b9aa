//! Who registers himself: I8.

use roster_testkit::{Reply, TestGateway, on_each_gateway, on_each_gateway_with, race};
use serde_json::{Value, json};

use super::tree::Actor;
use super::users::{call, is_error, made};
use super::{Client, DOMAIN, SITE, login, shape};

const PATH: &str = "/server/users/register";
const ADA: &str = "ada@example.com";

fn open(test: impl Fn(&TestGateway)) {
    on_each_gateway_with(|config| config.iot_roles.open_registration = true, test);
}

fn register(gateway: &TestGateway, email: &str) -> Reply {
    gateway.post(PATH, json!({"email": email, "password": "password"}).to_string()).send()
}

/// How many users and domains there are besides the demonstration's.
fn made_so_far(gateway: &TestGateway) -> (i64, usize) {
    let admin = Actor::admin(gateway);
    let users = admin.get("/users").expect(200).json()["totalElements"].as_i64().unwrap();
    let domains = admin.get("/domains/me").expect(200).json().as_array().unwrap().len();
    (users - 1, domains - 1)
}

#[test]
fn i8_nobody_registers_unless_a_setting_allows_it() {
    on_each_gateway(|gateway| {
        let admin = Client::admin(gateway);
        let body = json!({"email": ADA, "password": "password"});
        for path in [PATH, "/users/register", "/server/users/register/"] {
            let nobody = gateway.post(path, body.to_string()).send();
            let known = call(&admin, "POST", path, Some(body.clone()));
            let elsewhere = gateway.post("/server/users/nobody", body.to_string()).send();
            for refused in [nobody, known] {
                let message = "method POST is not allowed; allowed: GET, HEAD, DELETE";
                is_error(&refused, 405, message);
                assert_eq!(refused.header("allow"), elsewhere.header("allow"), "as any username");
            }
        }
        assert_eq!(made_so_far(gateway), (0, 0));
        made(&admin, "register", "AREA", &Value::Null);
        assert_eq!(call(&admin, "GET", PATH, None).expect(200).json()["username"], "register");
    });
}

#[test]
fn i8_who_registers_has_a_domain_of_his_own_and_nothing_else() {
    open(|gateway| {
        let registered = register(gateway, ADA).expect(200);
        let admin = Actor::admin(gateway);
        let created = admin.user("guard", json!([DOMAIN]));
        assert_eq!(shape(&registered.json()), shape(&created), "as a creation answers");
        let user = registered.json();
        assert_eq!((&user["username"], &user["email"]), (&json!(ADA), &json!(ADA)));
        assert_eq!((&user["roles"], &user["status"]), (&json!(["AREA"]), &json!("enable")));
        let area = &user["area"][0];
        assert_eq!(user["area"].as_array().unwrap().len(), 1);
        assert_eq!(
            (&area["type"], &area["name"], &area["fullString"]),
            (&json!("domain"), &json!(ADA), &json!(ADA))
        );
        let domain = area["id"].as_str().unwrap();
        assert_eq!(admin.get(&format!("/users/{ADA}")).expect(200).json(), user);

        let ada = Actor::sign_in(gateway, ADA, "password", Some(ADA));
        assert_eq!(ada.get("/users/me").expect(200).json(), user);
        assert_eq!(ada.get("/domains/me").expect(200).json(), user["area"]);
        ada.post("/sitetypes", json!({"name": "T"})).expect(200);
        let site = json!({"name": "s", "locationId": domain, "siteType": "T"});
        ada.makes("/sites", site.clone());

        // Not what is others'.
        for path in ["/users", "/sessions", &format!("/domains/id/{DOMAIN}"), "/domains/name/demo"] {
            is_error(&ada.get(path), 403, "Forbidden");
        }
        is_error(&ada.get(&format!("/sites/{SITE}")), 404, &format!("{SITE} not found"));
        is_error(&ada.post("/domains", json!({"name": "d"})), 403, "Forbidden");
        let denied = json!({"username": ADA, "password": "password", "domain": "demo"}).to_string();
        is_error(&gateway.post("/login", denied).send(), 406, "demo not exist or access denied.");

        // And nobody what is hers, who registers besides.
        register(gateway, "bob@example.com").expect(200);
        let bob = Actor::sign_in(gateway, "bob@example.com", "password", Some("bob@example.com"));
        is_error(&bob.get(&format!("/domains/id/{domain}")), 403, "Forbidden");
        assert_ne!(bob.post("/sites", site).status, 200);
        let used = format!("{ADA} has this access, {ADA} can't be deleted");
        is_error(&admin.delete(&format!("/domains/{domain}")), 412, &used);
    });
}

#[test]
fn i8_registering_asks_for_no_token_at_every_path() {
    open(|gateway| {
        let twin = gateway.beside(|_| {});
        for (n, path) in
            [PATH, "/server/users/register/", "/users/register", "/users/register/"].into_iter().enumerate()
        {
            let email = format!("u{n}@example.com");
            let body = json!({"email": email, "password": "password", "role": "SYSTEM", "username": "x", "area": [DOMAIN]});
            let user = gateway.post(path, body.to_string()).bearer("rubbish").send().expect(200).json();
            assert_eq!((&user["username"], &user["roles"]), (&json!(email), &json!(["AREA"])));
            assert_eq!(user["area"][0]["name"], json!(email));
            login(&twin, &email, "password").expect(200);
        }
        // The path takes no username away.
        let admin = Client::admin(gateway);
        made(&admin, "register", "AREA", &Value::Null);
        for path in [PATH, "/users/register/"] {
            assert_eq!(call(&admin, "GET", path, None).expect(200).json()["username"], "register");
            is_error(&call(&admin, "DELETE", path, None), 404, "user id:register not found");
            let refused = call(&admin, "PATCH", path, Some(json!({}))).expect(405);
            assert_eq!(refused.header("allow"), Some("GET, HEAD, DELETE, POST"));
        }
        gateway.get(PATH).send().expect(401);
        gateway.post("/server/users/register2", "{}").send().expect(405);
    });
    let without_root = |config: &mut roster_gateway::Config| {
        (config.iot_roles.open_registration, config.iot_roles.root_paths) = (true, false);
    };
    on_each_gateway_with(without_root, |gateway| {
        let nobodys = gateway.post("/users/register", "{}").send().expect(404);
        assert_eq!(nobodys.header("content-type"), Some("application/problem+json"));
        register(gateway, ADA).expect(200);
    });
}

#[test]
fn i8_what_is_wrong_with_a_registration_is_told() {
    open(|gateway| {
        let refused = |body: &str, status, message: &str| {
            let reply = gateway.post(PATH, body).send();
            is_error(&reply, status, message);
            assert_eq!(reply.json()["path"], PATH);
        };
        let text = gateway.call("POST", PATH).header("Content-Type", "text/plain").body("{}").send();
        assert_eq!((text.status, text.keys().len()), (415, 5));
        refused(r#"{"email":1}"#, 400, "email must be a string, got integer");
        refused(r#"{"password":{}}"#, 400, "password must be a string, got object");
        refused("{}", 406, "email can't be empty");
        refused(r#"{"email":"nowhere"}"#, 406, "email format error");
        refused(r#"{"email":"a@example.com\n"}"#, 406, "email format error");
        refused(r#"{"email":"a@example.com"}"#, 406, "password can't be empty");
        refused(
            r#"{"email":"a@example.com","password":"1234567"}"#,
            406,
            "password must have at least 8 characters",
        );
        let long = |name: &str, value: String| {
            json!({"email": "a@example.com", "password": "password", name: value}).to_string()
        };
        refused(&long("password", "p".repeat(129)), 406, "password must have at most 128 characters");
        let address = |length: usize| format!("{}@{}.example", "a".repeat(60), "b".repeat(length - 69));
        for length in [129, 254, 300] {
            refused(&long("email", address(length.min(130))), 406, "email must have at most 128 characters");
            refused(&long("email", "x".repeat(length)), 406, "email must have at most 128 characters");
        }
        assert_eq!(made_so_far(gateway), (0, 0));

        register(gateway, &address(128)).expect(200);
        login(gateway, &address(128), "password").expect(200);
        register(gateway, ADA).expect(200);
        let admin = Actor::admin(gateway);
        admin.post("/domains", json!({"name": "domain@example.com"})).expect(200);
        admin.user("user@example.com", Value::Null);
        let before = made_so_far(gateway);
        for taken in [ADA, "domain@example.com", "user@example.com"] {
            is_error(&register(gateway, taken), 406, &format!("email:{taken} existed"));
        }
        assert_eq!(made_so_far(gateway), before, "and nothing of it stays");
    });
}

#[test]
fn i8_of_32_who_register_one_address_one_succeeds() {
    open(|gateway| {
        let replies = race(32, |_| register(gateway, ADA));
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            is_error(refused, 406, &format!("email:{ADA} existed"));
        }
        assert_eq!(made_so_far(gateway), (1, 1));
        Actor::sign_in(gateway, ADA, "password", Some(ADA));
    });
}

#[test]
fn i8_an_address_that_registers_all_day_is_slowed_down() {
    open(|gateway| {
        let admin = Client::admin(gateway);
        register(gateway, ADA).expect(200);
        for _ in 0..99 {
            register(gateway, ADA).expect(406);
        }
        let refused = register(gateway, "bob@example.com").expect(429);
        assert!(refused.header("retry-after").is_some());
        assert_eq!(refused.keys(), ["timestamp", "status", "error", "message", "path"]);
        call(&admin, "GET", "/users/me", None).expect(200);
        login(gateway, "admin", "demo-password").expect(200);
    });
}
