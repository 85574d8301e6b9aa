//! Clocks that are wrong, differ, or are put right: what is revoked ends, and what may live lives (D7, I5).

use std::sync::Arc;

use roster_persistence::Backend;
use roster_testkit::{Reply, TestDatabase, TestGateway, WrongClock};
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
