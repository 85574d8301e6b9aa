//! Enterprise users, row by row of the dialect's page: creation, reading and credentials here, the
//! rest in a file for each subject.

mod administrators;
mod changes;
mod keys;
mod lists;
mod passwords;

use std::time::Duration;

use diesel::RunQueryDsl as _;
use roster_enterprise_users::AdministratorsSpan;
use roster_testkit::{
    Reply, TestGateway, fixture, fixture_json, on_each_gateway, on_each_gateway_with, race,
};
use serde_json::{Value, json};

const USERS: &str = "/openapi/v1/users";
const ADMIN: &str = "demo-enterprise-key";
const MEMBER: &str = "demo-member-key";

fn create(gateway: &TestGateway, body: &Value) -> Reply {
    gateway.post(USERS, body.to_string()).key(ADMIN).send()
}

fn read(gateway: &TestGateway, reference: &str) -> Reply {
    gateway.get(&format!("{USERS}/{reference}")).key(ADMIN).send()
}

/// The id of a new user.
fn created(gateway: &TestGateway, body: &Value) -> i64 {
    create(gateway, body).expect(201).json()["user_id"].as_i64().unwrap()
}

fn put(gateway: &TestGateway, path: &str, body: &Value) -> Reply {
    gateway.call("PUT", path).json(body.to_string()).key(ADMIN).send()
}

fn delete(gateway: &TestGateway, path: &str) -> Reply {
    gateway.call("DELETE", path).key(ADMIN).send()
}

/// The id of the demonstration's administrator.
fn admin_id(gateway: &TestGateway) -> i64 {
    read(gateway, "admin").expect(200).json()["user_id"].as_i64().unwrap()
}

/// A new key of a user, through the admin API.
fn key_of(gateway: &TestGateway, id: i64, note: &str) -> String {
    let path = format!("/admin/v1/enterprise-users/{id}/keys");
    let body = json!({"note": note}).to_string();
    let made = gateway.post(&path, body).bearer("demo-operator-token").send().expect(201);
    made.json()["key"].as_str().unwrap().to_owned()
}

fn no_found_user() -> Value {
    json!({"code": 404, "msg": "no found user", "msg_show": "用户不存在", "data": {"bean": {}, "list": []}})
}

/// How many rows a table holds, behind the gateway's back.
fn rows(gateway: &TestGateway, table: &str) -> i64 {
    let db = gateway.database().open(&[]);
    let query = format!("SELECT count(*) AS n FROM {table}");
    let count = db.read(move |conn| Ok(diesel::sql_query(query).get_result::<Count>(conn)?.n));
    roster_testkit::block_on(count).unwrap()
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn user(name: &str) -> Value {
    json!({"nick_name": name, "password": "password", "enterprise_id": "demo"})
}

#[test]
fn e1_e2_e3_the_seeds_example_is_created() {
    on_each_gateway(|gateway| {
        let body = fixture("seeds/enterprise-users.create.request.json");
        let created = gateway.post(USERS, body).key(ADMIN).send().expect(201);
        let id = created.json()["user_id"].as_i64().unwrap();
        assert_eq!(created.header("location"), Some(format!("{USERS}/{id}").as_str()));
        assert_eq!(
            created.json(),
            json!({
                "nick_name": "string", "enterprise_id": "string", "email": "user@example.com",
                "phone": "string", "is_active": true, "origion": "string", "user_id": id,
            })
        );
        let user = read(gateway, &id.to_string()).expect(200).json();
        assert_eq!(user["origion"], "string", "stored, though sent as origin");
        assert_eq!(user["enterprise_id"], "string");
    });
}

#[test]
fn e4_email_and_phone_are_optional() {
    on_each_gateway(|gateway| {
        create(gateway, &user("neither")).expect(201);
        let mut phone = user("phone");
        phone["phone"] = json!("1");
        let created = create(gateway, &phone).expect(201).json();
        assert_eq!(
            (&created["email"], &created["phone"], &created["origion"]),
            (&json!(""), &json!("1"), &Value::Null)
        );
    });
}

#[test]
fn e5_the_password_has_8_to_128_characters() {
    on_each_gateway(|gateway| {
        for (name, password, status) in [
            ("a", "1234567".to_owned(), 400),
            ("b", " ".repeat(8), 201),
            ("c", "密".repeat(128), 201),
            ("d", "x".repeat(129), 400),
        ] {
            let body = json!({"nick_name": name, "password": password, "enterprise_id": "demo"});
            create(gateway, &body).expect(status);
        }
    });
}

#[test]
fn e6_e7_field_errors_come_all_at_once() {
    on_each_gateway(|gateway| {
        let body = json!({
            "nick_name": "a/b", "password": "short", "email": "x", "phone": "", "is_active": "maybe", "origin": 7,
        });
        let refused = create(gateway, &body).expect(400);
        assert_eq!(refused.keys(), ["detail", "err", "code", "error_type"]);
        let refused = refused.json();
        assert_eq!((&refused["code"], &refused["error_type"]), (&json!(20400), &json!("ValidationError")));
        let fields: Vec<&String> = refused["err"].as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            ["nick_name", "password", "enterprise_id", "email", "phone", "is_active", "origin"]
        );
        assert_eq!(refused["err"]["enterprise_id"], json!(["该字段是必填项。"]));
        assert_eq!(refused["err"]["password"], json!(["请确保这个字段至少包含 8 个字符。"]));
    });
}

#[test]
fn e6_names_are_unique_in_an_enterprise_addresses_and_phones_over_all() {
    on_each_gateway(|gateway| {
        let body = |enterprise: &str, name: &str, email: &str, phone: &str| json!({"nick_name": name, "password": "password", "enterprise_id": enterprise, "email": email, "phone": phone});
        create(gateway, &body("one", "ada", "ada@example.com", "1")).expect(201);
        create(gateway, &body("two", "ada", "two@example.com", "2")).expect(201);
        let clash = |status: u16, msg: &str, show: &str| json!({"code": status, "msg": msg, "msg_show": show, "data": {"bean": {}, "list": []}});
        let name = create(gateway, &body("one", "ada", "ADA@example.com", "1")).expect(409);
        assert_eq!(name.json(), clash(409, "username already exists", "用户ada已存在"));
        let email = create(gateway, &body("one", "bob", "ADA@Example.com", "1")).expect(400);
        assert_eq!(email.json(), clash(400, "email already exists", "邮箱ADA@Example.com已存在"));
        let phone = create(gateway, &body("one", "bob", "bob@example.com", "1")).expect(409);
        assert_eq!(phone.json(), clash(409, "user phone already exists", "用户手机号已存在"));
    });
}

#[test]
fn e7_of_32_creates_of_one_name_one_succeeds() {
    on_each_gateway(|gateway| {
        for field in ["nick_name", "email", "phone"] {
            let replies = race(32, |n| {
                let mut body = user(&format!("{field}{n}"));
                match field {
                    "nick_name" => body["nick_name"] = json!("racer"),
                    "email" => body["email"] = json!("racer@example.com"),
                    _ => body["phone"] = json!("racer"),
                }
                create(gateway, &body)
            });
            let status = if field == "email" { 400 } else { 409 };
            assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
            for reply in replies.iter().filter(|reply| reply.status != 201) {
                assert_eq!((reply.status, &reply.json()["code"]), (status, &json!(status)));
            }
        }
    });
}

#[test]
fn e8_a_user_is_read_by_id_or_by_name() {
    on_each_gateway(|gateway| {
        let mut body = user("张 三%?#");
        body["email"] = json!("Zhang@example.com");
        let id = create(gateway, &body).expect(201).json()["user_id"].as_i64().unwrap();
        let by_id = read(gateway, &id.to_string()).expect(200);
        assert_eq!(by_id.keys(), fixture_keys("seeds/enterprise-users.read.response.json"));
        let by_id = by_id.json();
        assert_eq!(
            (&by_id["user_id"], &by_id["email"], &by_id["phone"]),
            (&json!(id), &json!("Zhang@example.com"), &json!(""))
        );
        assert_eq!((&by_id["client_ip"], &by_id["origion"]), (&json!("127.0.0.1"), &Value::Null));
        let time = by_id["create_time"].as_str().unwrap();
        assert_eq!(time.len(), "2026-11-22 08:40:27.685000".len());
        assert!(time.ends_with("000") && time.as_bytes()[10] == b' ', "{time}");
        let by_name = read(gateway, "%E5%BC%A0%20%E4%B8%89%25%3F%23").expect(200).json();
        assert_eq!(by_name, by_id);
        assert_eq!(read(gateway, &format!("0{id}")).expect(200).json(), by_id, "01 is the integer 1");

        let mut elsewhere = user("elsewhere");
        elsewhere["enterprise_id"] = json!("other");
        let other = create(gateway, &elsewhere).expect(201).json()["user_id"].as_i64().unwrap();
        assert_eq!(read(gateway, &other.to_string()).expect(200).json()["enterprise_id"], "other");
        read(gateway, "elsewhere").expect(404);

        let numeric = (id + 1000).to_string();
        create(gateway, &user(&numeric)).expect(201);
        assert_eq!(read(gateway, &numeric).expect(200).json()["nick_name"], json!(numeric));
    });
}

fn fixture_keys(name: &str) -> Vec<String> {
    fixture_json(name).as_object().unwrap().keys().cloned().collect()
}

#[test]
fn e8_times_are_of_the_configured_zone() {
    on_each_gateway_with(
        |config| config.enterprise_users.time_zone = "Asia/Shanghai".parse().unwrap(),
        |gateway| {
            let shanghai = create_time(gateway);
            let utc = roster_testkit::TestGateway::start(roster_testkit::TestDatabase::sqlite(), |_| {});
            assert_ne!(shanghai[..13], create_time(&utc)[..13], "eight hours apart");
        },
    );
}

fn create_time(gateway: &TestGateway) -> String {
    let id = create(gateway, &user("zoned")).expect(201).json()["user_id"].clone();
    read(gateway, &id.to_string()).json()["create_time"].as_str().unwrap().to_owned()
}

#[test]
fn e9_an_unknown_user_is_404_in_the_envelope() {
    on_each_gateway(|gateway| {
        for reference in ["999999", "99999999999999999999", "-1", "nobody", "%FF", "a.b", "%00"] {
            let unknown = read(gateway, reference).expect(404).json();
            let body = json!({"code": 404, "msg": "no found user", "msg_show": "用户不存在", "data": {"bean": {}, "list": []}});
            assert_eq!(unknown, body, "{reference}");
        }
    });
}

#[test]
fn e10_who_may_call() {
    on_each_gateway(|gateway| {
        let with = |authorization: &str| gateway.get(&format!("{USERS}/admin")).key(authorization).send();
        for good in
            [ADMIN, "Bearer demo-enterprise-key", "Token demo-enterprise-key", "bearer demo-enterprise-key"]
        {
            with(good).expect(200);
        }
        let missing = gateway.get(&format!("{USERS}/admin")).send().expect(401);
        assert_eq!(missing.keys(), ["detail", "code", "msg", "msg_show", "error_type"]);
        assert_eq!(missing.json()["msg"], "No token");
        for (bad, msg) in [
            ("", "No token"),
            ("wrong", "No such user or user is not admin"),
            ("Bearer", "No such user or user is not admin"),
            ("Basic ZGVtby1lbnRlcnByaXNlLWtleQ==", "No such user or user is not admin"),
            ("demo-operator-token", "No such user or user is not admin"),
        ] {
            assert_eq!(with(bad).expect(401).json()["msg"], msg, "{bad}");
        }
        let forbidden = json!({"code": 10402, "msg": "no permissions ", "msg_show": "没有操作权限", "data": {"bean": {}, "list": []}});
        assert_eq!(with(MEMBER).expect(403).json(), forbidden);
        let body = user("by a member").to_string();
        assert_eq!(gateway.post(USERS, body).key(MEMBER).send().expect(403).json(), forbidden);
    });
}

#[test]
fn e10_an_administrator_may_be_confined_to_his_own_enterprise() {
    on_each_gateway_with(
        |config| config.enterprise_users.administrators_span = AdministratorsSpan::Own,
        |gateway| {
            create(gateway, &user("inside")).expect(201);
            let mut outside = user("outside");
            outside["enterprise_id"] = json!("other");
            create(gateway, &outside).expect(403);
        },
    );
}

#[test]
fn e10_guessing_keys_is_slowed_down_and_good_keys_are_not() {
    on_each_gateway(|gateway| {
        for _ in 0..100 {
            gateway.get(&format!("{USERS}/1")).key("guess").send().expect(401);
        }
        let refused = gateway.get(&format!("{USERS}/1")).key("guess").send().expect(429);
        assert_eq!(
            (&refused.json()["code"], &refused.json()["error_type"]),
            (&json!(429), &json!("Throttled"))
        );
        let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!(Duration::from_secs(seconds) <= Duration::from_secs(300));
        read(gateway, "admin").expect(200);
    });
}

#[test]
fn e12_english_for_who_prefers_it() {
    on_each_gateway(|gateway| {
        let english = |body: &str| {
            gateway.post(USERS, body).key(ADMIN).header("Accept-Language", "en-US,en;q=0.9").send()
        };
        assert_eq!(english("{}").expect(400).json()["err"]["nick_name"], json!(["This field is required."]));
        assert_eq!(
            english("[]").expect(400).json()["err"]["non_field_errors"][0],
            "Invalid data. Expected a dictionary, but got list."
        );
        let unknown =
            gateway.get(&format!("{USERS}/nobody")).key(ADMIN).header("Accept-Language", "en").send();
        assert_eq!(unknown.expect(404).json()["msg_show"], "user not found");
    });
}

#[test]
fn the_settings_of_the_original_are_there() {
    on_each_gateway_with(
        |config| {
            config.enterprise_users.password_max_length = 16;
            let pattern = r"^[A-Za-z0-9_\-\u4e00-\u9fa5]{1,24}$".to_owned();
            config.enterprise_users.nick_name_pattern = Some(pattern.try_into().unwrap());
        },
        |gateway| {
            let body = json!({"nick_name": "a.b", "password": "x".repeat(17), "enterprise_id": "demo"});
            let err = create(gateway, &body).expect(400).json()["err"].clone();
            assert_eq!(err.as_object().unwrap().len(), 2, "{err}");
        },
    );
}

#[test]
fn unknown_paths_and_methods_answer_in_the_dialects_shape() {
    on_each_gateway(|gateway| {
        // E15: nothing is destroyed by reading, and there are no teams.
        for path in ["nothing", "users/1/close", "users/1/delete", "teams", "users/"] {
            let unknown = gateway.get(&format!("/openapi/v1/{path}")).key(ADMIN).send().expect(404).json();
            assert_eq!((&unknown["code"], &unknown["error_type"]), (&json!(404), &json!("NotFound")));
        }
        let internal = gateway.get("/openapi/v1/currentuser").header("X-Internal-Token", "x");
        internal.send().expect(401);
        for (method, path, allow) in [
            ("PATCH", "/openapi/v1/users", "GET, HEAD, POST"),
            ("POST", "/openapi/v1/users/1", "GET, HEAD, PUT, DELETE"),
            ("GET", "/openapi/v1/users/1/changepwd", "PUT"),
            ("POST", "/openapi/v1/changepwd", "PUT"),
            ("DELETE", "/openapi/v1/currentuser", "GET, HEAD"),
            ("PUT", "/openapi/v1/administrators", "GET, HEAD, POST"),
            ("GET", "/openapi/v1/administrators/1", "DELETE"),
        ] {
            let refused = gateway.call(method, path).key(ADMIN).send().expect(405);
            assert_eq!(refused.header("allow"), Some(allow));
            assert_eq!(refused.json()["error_type"], "MethodNotAllowed");
        }
    });
}
