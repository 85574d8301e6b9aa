//! Clocks that are wrong, differ, or are put right: what is revoked ends, and what may live lives (D7, I5).

use std::sync::Arc;

use roster_persistence::Backend;
use roster_testkit::{Reply, TestDatabase, TestGateway, WrongClock, block_on, on_each_gateway};
use serde_json::{Value, json};

const OPERATOR: &str = "demo-operator-token";
const MINUTES_5: i64 = 300_000;
const YEAR: i64 = 365 * 24 * 3_600_000;

fn text(answer: &Reply, pointer: &str) -> String {
    answer.json().pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// A device token of `account` for a day.
fn device_token(at: &TestGateway, account: &str, password: &str) -> String {
    let body = json!({"username": account, "password": password, "validTime": 1440});
    text(&at.post("/v1/auth/login", body.to_string()).send().expect(200), "/data/token")
}

fn device_status(at: &TestGateway, token: &str) -> u16 {
    at.get("/v1/user/offset/0/limit/1").bearer(token).send().status
}

fn accounts(at: &TestGateway, method: &str, path: &str, body: Value) -> u16 {
    let call = at.call(method, &format!("/admin/v1/device-accounts{path}")).bearer(OPERATOR);
    let call = if body.is_null() { call } else { call.json(body.to_string()) };
    call.send().status
}

fn create(at: &TestGateway, name: &str) {
    assert_eq!(accounts(at, "POST", "", json!({"name": name, "password": "a-good-password"})), 201);
}

/// Two gateways on one database, whose machines' clocks differ by `ahead`.
fn on_each_pair_apart(ahead: i64, test: impl Fn(&TestGateway, &TestGateway)) {
    for database in TestDatabase::each() {
        let database = Arc::new(database);
        let wrong = Arc::new(WrongClock::ahead_by(ahead));
        let one = TestGateway::start_shared(database.clone(), |_| {});
        let other = TestGateway::start_at(database, wrong, |_| {});
        test(&one, &other);
    }
}

/// Whatever ends a token ends it at both gateways, and a new one is good at both, though their clocks
/// differ by five minutes in either direction.
#[test]
fn d7_tokens_end_and_live_on_two_gateways_whose_clocks_differ() {
    for ahead in [MINUTES_5, -MINUTES_5] {
        on_each_pair_apart(ahead, |one, other| {
            for (at, name) in [(one, "first"), (other, "second")] {
                let there = if name == "first" { other } else { one };
                create(at, name);
                // On SQLite the machine's clock decides: what a clock that is ahead has issued is from the
                // future at the other one, which two gateways on one machine cannot have.
                let issues = if at.backend() == Backend::Postgres || (ahead < 0) == (name == "second") {
                    at
                } else {
                    there
                };
                let ends = |what: &str, end: &dyn Fn(&TestGateway)| {
                    for by in [at, there] {
                        let token = device_token(issues, name, "a-good-password");
                        assert_eq!(
                            (device_status(at, &token), device_status(there, &token)),
                            (200, 200),
                            "{what} {ahead}: new tokens live"
                        );
                        end(by);
                        assert_eq!(
                            (device_status(at, &token), device_status(there, &token)),
                            (401, 401),
                            "{what} {ahead}: old tokens end"
                        );
                    }
                };
                ends("the next password", &|by| {
                    let password = json!({"password": "a-good-password"});
                    assert_eq!(accounts(by, "PUT", &format!("/{name}/password"), password), 204);
                });
                ends("disabling and enabling", &|by| {
                    for switch in ["disable", "enable"] {
                        assert_eq!(accounts(by, "PUT", &format!("/{name}/{switch}"), Value::Null), 204);
                    }
                });
                ends("deletion, and the same name again", &|by| {
                    assert_eq!(accounts(by, "DELETE", &format!("/{name}"), Value::Null), 204);
                    create(by, name);
                });
            }
        });
    }
}

/// A gateway begins with its clock ahead, which is then put right: tokens from before live on for as long as
/// they were to, no longer; new ones are good; and all end when they are ended.
#[test]
fn d7_tokens_end_and_live_when_the_clock_is_put_right() {
    for database in TestDatabase::each() {
        for ahead in [MINUTES_5, YEAR, -MINUTES_5, -YEAR] {
            let wrong = Arc::new(WrongClock::ahead_by(ahead));
            let database = Arc::new(TestDatabase::of(database.url().backend()).unwrap());
            let gateway = TestGateway::start_at(database, wrong.clone(), |_| {});
            create(&gateway, "before");
            let before = device_token(&gateway, "before", "a-good-password");
            assert_eq!(device_status(&gateway, &before), 200);
            wrong.set_ahead_by(0);
            // Of a clock that was behind by a year, a day's token is over.
            let over = gateway.backend() == Backend::Sqlite && ahead == -YEAR;
            assert_eq!(device_status(&gateway, &before), if over { 401 } else { 200 }, "{ahead}");
            for password in ["a-good-password", "another-password"] {
                let token = device_token(&gateway, "before", password);
                assert_eq!(device_status(&gateway, &token), 200, "{ahead}: logins are of use at once");
                let next = json!({"password": "another-password"});
                assert_eq!(accounts(&gateway, "PUT", "/before/password", next), 204);
                assert_eq!(device_status(&gateway, &token), 401, "{ahead}");
            }
            assert_eq!(device_status(&gateway, &before), 401, "{ahead}");
        }
    }
}

/// What was issued while the clock was a year ahead is worth nothing at a gateway that starts when it is
/// right: it would be good for a year.
#[test]
fn tokens_of_a_clock_that_was_ahead_end_with_the_process() {
    let database = Arc::new(TestDatabase::sqlite());
    let wrong = Arc::new(WrongClock::ahead_by(YEAR));
    let first = TestGateway::start_at(database.clone(), wrong, |_| {});
    let device = device_token(&first, "admin", "demo-password");
    let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
    let granted = first.call("POST", &format!("/api/v2/tenant/token?{form}")).send().expect(200);
    let ciam = text(&granted, "/access_token");
    let login = json!({"username": "admin", "password": "demo-password"}).to_string();
    let pair = first.post("/server/login", login.clone()).send().expect(200);
    drop(first);
    let second = TestGateway::start_shared(database, |_| {});
    assert_eq!(device_status(&second, &device), 401);
    second.get("/api/v2/tenant/users").bearer(&ciam).send().expect(400);
    second.get("/server/users/me").bearer(&text(&pair, "/token")).send().expect(401);
    second.get("/server/token").bearer(&text(&pair, "/refreshToken")).send().expect(401);
    // New ones are good at once.
    assert_eq!(device_status(&second, &device_token(&second, "admin", "demo-password")), 200);
    let granted = second.call("POST", &format!("/api/v2/tenant/token?{form}")).send().expect(200);
    second.get("/api/v2/tenant/users").bearer(&text(&granted, "/access_token")).send().expect(200);
    let pair = second.post("/server/login", login).send().expect(200);
    second.get("/server/users/me").bearer(&text(&pair, "/token")).send().expect(200);
}

/// Runs a statement on the gateway's own store.
fn run(at: &TestGateway, sql: &'static str) -> usize {
    use diesel::RunQueryDsl as _;
    let db = at.database().open(&[]);
    block_on(db.bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?))).unwrap()
}

/// As if everything had been written while the clock was a year ahead.
fn a_year_ahead(at: &TestGateway, times: &[(&str, &[&str])]) {
    for (table, columns) in times {
        let set: Vec<String> = columns.iter().map(|column| format!("{column} = {column} + {YEAR}")).collect();
        let sql: &'static str = format!("UPDATE {table} SET {}", set.join(", ")).leak();
        assert!(run(at, sql) > 0, "{table}");
    }
}

fn ciam_token(at: &TestGateway) -> String {
    let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
    text(&at.call("POST", &format!("/api/v2/tenant/token?{form}")).send().expect(200), "/access_token")
}

/// What was changed after the clock was put right is not older than before, and not older than its subject.
#[test]
fn change_times_never_go_back() {
    on_each_gateway(|at| {
        let login = json!({"username": "admin", "password": "demo-password"}).to_string();
        let iot = text(&at.post("/server/login", login).send().expect(200), "/token");
        let device = device_token(at, "admin", "demo-password");
        let ciam = ciam_token(at);
        let key = "demo-enterprise-key";
        let call = |method: &str, path: &str, body: Value| at.call(method, path).json(body.to_string());
        let create = json!({"nick_name": "ada", "password": "password", "enterprise_id": "demo"});
        let ada = call("POST", "/openapi/v1/users", create).key(key).send().expect(201);
        let ada = format!("/openapi/v1/users/{}", ada.json()["user_id"]);
        let create = json!({"user_id": 7, "name": "Ada", "avatar": "AAAA", "groups": [1]});
        call("POST", "/v1/user", create).bearer(&device).send().expect(200);
        let create = json!({"user_name": "ada", "pwd": "Correct-Horse-9"});
        let user = call("POST", "/api/v2/tenant/users", create).bearer(&ciam).send().expect(200);
        let user = format!("/api/v2/tenant/users/{}", text(&user, "/user_id"));
        let create = json!({
            "username": "ada", "password": "password-1", "email": "a@example.com", "role": "SYSTEM", "area": [],
        });
        let made = call("POST", "/server/users", create).bearer(&iot).send().expect(200);
        let password = format!("/server/users/{}/password", text(&made, "/id"));
        let subjects: &[(&str, &[&str])] = &[
            ("enterprise_users", &["created_ms", "updated_ms"]),
            ("device_users", &["created_ms", "updated_ms"]),
            ("tenant_users", &["created_ms", "updated_ms", "password_set_ms"]),
            ("tenant_tenants", &["created_ms", "updated_ms"]),
            ("iot_users", &["created_ms", "updated_ms"]),
        ];
        a_year_ahead(at, subjects);
        let before = at.get(&user).bearer(&ciam).send().expect(200).json();

        call("PUT", &ada, json!({"email": "ada@example.com"})).key(key).send().expect(200);
        call("PUT", "/v1/user/id/7", json!({"name": "Ada L"})).bearer(&device).send().expect(200);
        call("PUT", &user, json!({"name": "Ada"})).bearer(&ciam).send().expect(200);
        let disable = at.call("PUT", &format!("{user}/disable")).bearer(&ciam);
        disable.send().expect(200);
        at.call("PUT", &format!("{user}/enable")).bearer(&ciam).send().expect(200);
        let rename = call("PATCH", "/admin/v1/tenants/demo", json!({"name": "Demo"}));
        rename.bearer(OPERATOR).send().expect(200);
        let reset = call("PATCH", &password, json!({"password": "password-2"}));
        reset.bearer(&iot).send().expect(200);

        let after = at.get(&user).bearer(&ciam).send().expect(200).json();
        for time in ["created_at", "updated_at"] {
            assert!(after[time].as_str() >= before[time].as_str(), "{time}: {before} {after}");
        }
        assert!(after["updated_at"].as_str() >= after["created_at"].as_str(), "{after}");
        let changed = at.get("/v1/user/id/7").bearer(&device).send().expect(200).json();
        assert!(changed["data"]["update_at"].as_i64() >= changed["data"]["create_at"].as_i64(), "{changed}");
        for (table, _) in subjects {
            let back = format!("UPDATE {table} SET updated_ms = updated_ms WHERE updated_ms < created_ms");
            assert_eq!(run(at, back.leak()), 0, "{table}");
        }
    });
}

/// An account, an address and a known address that were throttled while the clock was ahead wait no longer
/// than the rule says.
#[test]
fn a_throttle_of_a_clock_that_was_ahead_lasts_no_longer_than_the_rule() {
    on_each_gateway(|at| {
        let login = |password: &str| {
            let body = json!({"username": "admin", "password": password}).to_string();
            at.post("/v1/auth/login", body).send()
        };
        for _ in 0..11 {
            login("wrong");
        }
        let refused = login("wrong");
        assert_eq!(refused.status, 429, "{refused:?}");
        a_year_ahead(
            at,
            &[("auth_throttle", &["last_failure_ms", "window_ms", "spent_until_ms", "expires_ms"])],
        );
        let refused = login("wrong");
        let after: i64 = refused.header("retry-after").expect("a time").parse().unwrap();
        assert!(refused.status == 429 && (1..=300).contains(&after), "{after}");
    });
}
