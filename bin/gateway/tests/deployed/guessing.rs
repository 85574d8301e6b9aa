//! Guesses that come at once: at every place where a password or a secret is checked, by one gateway
//! and by two on one store.

use std::time::Instant;

use roster_persistence::DatabaseUrl;
use roster_testkit::{TestDatabase, race};
use serde_json::{Value, json};

use crate::running::Running;

/// The attempts at one account that come at once.
const ATTEMPTS: usize = 200;
/// Among them, the one with the right password.
const RIGHT: usize = 150;
/// From where the accounts have signed in before.
const HOME: &str = "198.51.100.1";
const OPERATOR: &str = "Bearer demo-operator-token";

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Right,
    Wrong,
    Refused,
}

/// Gateways on one store, behind a proxy that tells who calls.
struct Gateways {
    running: Vec<Running>,
    _database: TestDatabase,
}

/// Tries a password at a gateway, from an address.
type Attempt = Box<dyn Fn(&Running, &str, &str) -> Outcome + Send + Sync>;

/// An account with its password, and how it is tried.
struct Place {
    name: &'static str,
    password: &'static str,
    attempt: Attempt,
    owner: Owner,
}

/// Whether the owner signs in from a known address, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// While the others guess.
    Among,
    /// After them, since it ends the session that all of them use.
    Afterwards,
    /// Not at all: the client's address tells nothing about the user.
    Nowhere,
}

fn on_each_store(test: impl Fn(&Gateways)) {
    for database in TestDatabase::each() {
        let (url, count) = match database.url() {
            DatabaseUrl::Sqlite(path) => (format!("sqlite:{}", path.display()), 1),
            DatabaseUrl::Postgres(url) => (url.clone(), 2),
        };
        let environment = [
            ("ROSTER_TRUSTED_PROXIES", r#"["127.0.0.1/32"]"#),
            ("ROSTER_DEVICE_USERS__BASIC_AUTH", "true"),
            ("ROSTER_DATABASE__POOL_SIZE", "8"),
        ];
        let start = |_| Running::start(&["--demo", "--database-url", &url], &environment);
        test(&Gateways { running: (0..count).map(start).collect(), _database: database });
    }
}

impl Gateways {
    fn first(&self) -> &Running {
        &self.running[0]
    }

    /// How many passwords all of them have verified, from their metrics.
    fn hashes(&self) -> u64 {
        let name = r#"roster_password_hash_seconds_count{operation="verify"} "#;
        let of = |gateway: &Running| -> u64 {
            let (status, text) = gateway.call("GET", "/metrics", &[("Authorization", OPERATOR)], "").unwrap();
            assert_eq!(status, 200, "{text}");
            let lines = text.as_str().unwrap().lines().find_map(|line| line.strip_prefix(name));
            lines.map_or(0, |count| count.parse().unwrap())
        };
        self.running.iter().map(of).sum()
    }
}

fn send(
    at: &Running,
    method: &str,
    path: &str,
    from: &str,
    authorization: &str,
    body: &Value,
) -> (u16, Value) {
    let mut headers = vec![("Content-Type", "application/json"), ("X-Forwarded-For", from)];
    if !authorization.is_empty() {
        headers.push(("Authorization", authorization));
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    at.call(method, path, &headers, &body).unwrap()
}

/// By the status, where a wrong password has one of its own.
fn by_status((status, body): (u16, Value), wrong: u16) -> Outcome {
    match status {
        200 => Outcome::Right,
        429 => Outcome::Refused,
        _ if status == wrong => Outcome::Wrong,
        _ => panic!("{status} {body}"),
    }
}

/// By the verdict of the admin API.
fn by_verdict((status, body): (u16, Value)) -> Outcome {
    assert_eq!(status, 200, "{body}");
    match (&body["valid"], &body["locked"]) {
        (Value::Bool(true), _) => Outcome::Right,
        (_, Value::Bool(true)) => Outcome::Refused,
        _ => Outcome::Wrong,
    }
}

fn bearer(at: &Running, path: &str, username: &str, password: &str) -> String {
    let (status, body) =
        send(at, "POST", path, HOME, "", &json!({"username": username, "password": password}));
    assert_eq!(status, 200, "{body}");
    let token = if body["token"].is_string() { &body["token"] } else { &body["data"]["token"] };
    format!("Bearer {}", token.as_str().unwrap())
}

fn made(outcome: (u16, Value)) -> Value {
    assert!(matches!(outcome.0, 200 | 201), "{outcome:?}");
    outcome.1
}

const CLIENT: &str = "grant_type=client_credentials&client_id=demo-client&client_secret=";

fn client_token(at: &Running, secret: &str, from: &str) -> (u16, Value) {
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Forwarded-For", from)];
    at.call("POST", "/api/v2/tenant/token", &headers, &format!("{CLIENT}{secret}")).unwrap()
}

/// Every place where a password or a secret is checked, each with an account of its own.
fn places(at: &Running) -> Vec<Place> {
    let enterprise = json!({"nick_name": "guessed", "password": "the-password", "enterprise_id": "demo"});
    made(send(at, "POST", "/openapi/v1/users", HOME, "demo-enterprise-key", &enterprise));
    let client =
        format!("Bearer {}", made(client_token(at, "demo-secret", HOME))["access_token"].as_str().unwrap());
    let customer = |name: &str| {
        let body = json!({"user_name": name, "pwd": "qwe123!@#"});
        let made = made(send(at, "POST", "/api/v2/tenant/users", HOME, &client, &body));
        made["user_id"].as_str().unwrap().to_owned()
    };
    customer("guessed");
    let changing = customer("changing");
    for name in ["login", "basic"] {
        let body = json!({"name": name, "password": "the-password"});
        made(send(at, "POST", "/admin/v1/device-accounts", HOME, OPERATOR, &body));
    }
    let admin = bearer(at, "/server/login", "admin", "demo-password");
    for name in ["guessed", "changing"] {
        let body =
            json!({"username": name, "password": "the-password", "email": "u@example.com", "role": "SYSTEM"});
        made(send(at, "POST", "/server/users", HOME, &admin, &body));
    }
    let changer = bearer(at, "/server/login", "changing", "the-password");
    let place = |name, password, owner, attempt| Place { name, password, attempt, owner };
    vec![
        place(
            "enterprise users, verify",
            "the-password",
            Owner::Among,
            Box::new(|at, password, from| {
                let body = json!({"nick_name": "guessed", "enterprise_id": "demo", "password": password, "address": from});
                by_verdict(send(
                    at,
                    "POST",
                    "/admin/v1/enterprise-users/verify-password",
                    HOME,
                    OPERATOR,
                    &body,
                ))
            }),
        ),
        place(
            "CIAM, verify",
            "qwe123!@#",
            Owner::Among,
            Box::new(|at, password, from| {
                let body = json!({"user_name": "guessed", "password": password, "address": from});
                by_verdict(send(
                    at,
                    "POST",
                    "/admin/v1/tenants/demo/users/verify-password",
                    HOME,
                    OPERATOR,
                    &body,
                ))
            }),
        ),
        place(
            "CIAM, change-password-verify",
            "qwe123!@#",
            Owner::Nowhere,
            Box::new(move |at, password, from| {
                let path = format!("/api/v2/tenant/users/{changing}/change-password-verify");
                let body = json!({"old_password": password, "password": "asd456$%^"});
                by_status(send(at, "PUT", &path, from, &client, &body), 400)
            }),
        ),
        place(
            "CIAM, token",
            "demo-secret",
            Owner::Among,
            Box::new(|at, password, from| by_status(client_token(at, password, from), 401)),
        ),
        place(
            "device users, login",
            "the-password",
            Owner::Among,
            Box::new(|at, password, from| {
                let body = json!({"username": "login", "password": password});
                by_status(send(at, "POST", "/v1/auth/login", from, "", &body), 401)
            }),
        ),
        place(
            "device users, Basic",
            "the-password",
            Owner::Among,
            Box::new(|at, password, from| {
                by_status(
                    send(at, "GET", "/v1/user/offset/0/limit/1", from, &basic(password), &Value::Null),
                    401,
                )
            }),
        ),
        place(
            "IoT roles, login",
            "the-password",
            Owner::Among,
            Box::new(|at, password, from| {
                let body = json!({"username": "guessed", "password": password});
                by_status(send(at, "POST", "/server/login", from, "", &body), 401)
            }),
        ),
        place(
            "IoT roles, own password",
            "the-password",
            Owner::Afterwards,
            Box::new(move |at, password, from| {
                let body = json!({"original": password, "password": "another-password"});
                by_status(send(at, "PATCH", "/server/users/password", from, &changer, &body), 406)
            }),
        ),
    ]
}

fn basic(password: &str) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("basic:{password}"));
    format!("Basic {text}")
}

/// How many attempts may fail in this time: ten, then after 1 s, 2 s, 4 s … another one.
fn allowed(since: Instant) -> usize {
    let seconds = since.elapsed().as_secs();
    10 + (u64::BITS - (seconds + 1).leading_zeros() - 1) as usize
}

#[test]
fn two_hundred_guesses_at_once_cost_ten_hashes_and_the_owner_gets_in() {
    on_each_store(|gateways| {
        for Place { name, password, attempt, owner } in places(gateways.first()) {
            if owner == Owner::Among {
                assert_eq!(attempt(gateways.first(), password, HOME), Outcome::Right, "{name}");
            }
            let (before, since) = (gateways.hashes(), Instant::now());
            let outcomes = race(ATTEMPTS, |n| {
                let at = &gateways.running[n % gateways.running.len()];
                match n {
                    RIGHT if owner == Owner::Among => attempt(at, password, HOME),
                    // The address differs, so that the account alone is what counts.
                    _ => attempt(at, &format!("guess-{n}"), &format!("203.0.113.{n}")),
                }
            });
            let count = |what| outcomes.iter().filter(|outcome| **outcome == what).count();
            let hashes = usize::try_from(gateways.hashes() - before).unwrap();
            let right = usize::from(owner == Owner::Among);
            assert_eq!(count(Outcome::Right), right, "{name}");
            if name == "CIAM, token" {
                // A random secret costs no hash, and its client is never locked out.
                assert_eq!((hashes, count(Outcome::Refused)), (0, 0), "{name}");
                continue;
            }
            let wrong = count(Outcome::Wrong);
            assert!((10..=allowed(since)).contains(&wrong), "{name}: {wrong} guesses were heard");
            assert!(hashes <= wrong + right, "{name}: {hashes} hashes");
            if owner == Owner::Afterwards {
                assert_eq!(attempt(gateways.first(), password, HOME), Outcome::Right, "{name}");
            }
        }
    });
}

#[test]
fn two_hundred_guesses_at_once_from_one_address_are_a_hundred_at_most() {
    on_each_store(|gateways| {
        let outcomes = race(ATTEMPTS, |n| {
            let at = &gateways.running[n % gateways.running.len()];
            let from = "203.0.113.1";
            match n % 3 {
                0 => by_status(client_token(at, &format!("guess-{n}"), from), 401),
                1 => {
                    let body = json!({"username": format!("user-{n}"), "password": "guess"});
                    by_status(send(at, "POST", "/server/login", from, "", &body), 401)
                }
                _ => {
                    let token = format!("Bearer guess-{n}");
                    by_status(send(at, "GET", "/admin/v1/operator", from, &token, &Value::Null), 401)
                }
            }
        });
        let wrong = outcomes.iter().filter(|outcome| **outcome == Outcome::Wrong).count();
        assert_eq!(wrong, 100, "{outcomes:?}");
        assert!(!outcomes.contains(&Outcome::Right));
    });
}

#[test]
fn terminals_that_share_an_account_are_never_locked_out_by_each_other() {
    on_each_store(|gateways| {
        let password = json!({"name": "basic", "password": "the-password"});
        made(send(gateways.first(), "POST", "/admin/v1/device-accounts", HOME, OPERATOR, &password));
        let replies = race(64, |terminal| {
            let at = &gateways.running[terminal % gateways.running.len()];
            let address = format!("203.0.113.{terminal}");
            (0..10)
                .map(|_| {
                    let path = "/v1/user/offset/0/limit/1";
                    send(at, "GET", path, &address, &basic("the-password"), &Value::Null).0
                })
                .collect::<Vec<_>>()
        });
        assert!(replies.iter().flatten().all(|status| *status == 200), "{replies:?}");
    });
}
