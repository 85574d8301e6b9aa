//! Nothing secret in the logs: a gateway is driven through all its dialects at its most talkative, and
//! everything it wrote is searched for every secret that it was sent or gave.

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::running::Running;

/// Who calls, and remembers what must not be seen.
struct Driver {
    gateway: Running,
    secrets: RefCell<Vec<String>>,
    calls: RefCell<Vec<(String, u16)>>,
}

impl Driver {
    /// A secret, from now on.
    fn secret(&self, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() >= 8, "{secret}: too short to be looked for");
        self.secrets.borrow_mut().push(secret.clone());
        secret
    }

    /// A member of an answer, which is a secret.
    fn given(&self, answer: &Value, pointer: &str) -> String {
        self.secret(answer.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{answer}")))
    }

    #[track_caller]
    fn call(&self, status: u16, method: &str, path: &str, authorization: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (got, answer) = self.gateway.json(method, path, authorization, &body).unwrap();
        assert_eq!(got, status, "{method} {path} {body}: {answer}");
        self.calls.borrow_mut().push((path.split('?').next().unwrap().to_owned(), status));
        answer
    }

    #[track_caller]
    fn form(&self, status: u16, path: &str, authorization: Option<&str>, form: &str) -> Value {
        let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
        headers.extend(authorization.map(|value| ("Authorization", value)));
        let (got, answer) = self.gateway.call("POST", path, &headers, form).unwrap();
        assert_eq!(got, status, "{path} {form}: {answer}");
        answer
    }

    /// A picture, as it is sent: big enough to be one, and unlike any other.
    fn picture(&self, seed: u8) -> String {
        let bytes: Vec<u8> = (0..3000_u32).map(|n| (n as u8).wrapping_mul(37).wrapping_add(seed)).collect();
        let text = STANDARD.encode(bytes);
        // Its beginning alone would be too much.
        self.secret(&text[..40]);
        text
    }
}

const OPERATOR: &str = "Bearer demo-operator-token";

fn enterprise(driver: &Driver) {
    let key = driver.secret("demo-enterprise-key");
    let password = driver.secret("enterprise-Secret1");
    let user = json!({"nick_name": "logged", "password": password, "enterprise_id": "demo"});
    let query = driver.secret("query-Secret2");
    let made = driver.call(201, "POST", &format!("/openapi/v1/users?key={query}"), &key, &user);
    let id = &made["user_id"];
    driver.call(409, "POST", "/openapi/v1/users", &key, &user);
    let too_short = json!({"nick_name": "", "password": driver.secret("refused-Secret3"), "email": "no"});
    driver.call(400, "POST", "/openapi/v1/users", &key, &too_short);
    driver.call(
        401,
        "GET",
        "/openapi/v1/currentuser",
        &driver.secret("invented-Key4-0123456789"),
        &json!(null),
    );
    let next = driver.secret("enterprise-Secret5");
    let change = json!({"password": next, "password1": next});
    driver.call(200, "PUT", &format!("/openapi/v1/users/{id}/changepwd"), &key, &change);
    let path = format!("/admin/v1/enterprise-users/{id}/keys");
    let made = driver.call(201, "POST", &path, OPERATOR, &json!({"note": "for the log"}));
    let made = driver.given(&made, "/key");
    for scheme in ["", "Bearer ", "Token "] {
        driver.call(200, "GET", "/openapi/v1/currentuser", &format!("{scheme}{made}"), &json!(null));
    }
    driver.call(403, "POST", "/openapi/v1/users", &made, &user);
    let verify = "/admin/v1/enterprise-users/verify-password";
    for (password, valid) in [(next, true), (driver.secret("wrong-Secret6"), false)] {
        let body = json!({"enterprise_id": "demo", "nick_name": "logged", "password": password});
        assert_eq!(driver.call(200, "POST", verify, OPERATOR, &body)["valid"], valid);
    }
    driver.call(204, "DELETE", &format!("{path}/for%20the%20log"), OPERATOR, &json!(null));
    driver.call(401, "GET", "/openapi/v1/currentuser", &made, &json!(null));
}

fn devices(driver: &Driver) {
    let password = driver.secret("demo-password");
    let login = |status, name: &str, password: &str| {
        driver.call(status, "POST", "/v1/auth/login", "", &json!({"username": name, "password": password}))
    };
    let token = driver.given(&login(200, "admin", &password), "/data/token");
    let bearer = format!("Bearer {token}");
    login(401, "admin", &driver.secret("wrong-Secret7"));
    login(401, "nobody", &driver.secret("wrong-Secret8"));
    let basic = driver.secret(STANDARD.encode(format!("admin:{password}")));
    driver.call(200, "GET", "/v1/user/offset/0/limit/1", &format!("Basic {basic}"), &json!(null));
    let wrong = driver.secret(STANDARD.encode("admin:wrong-Secret9"));
    driver.secret("wrong-Secret9");
    driver.call(401, "GET", "/v1/user/offset/0/limit/1", &format!("Basic {wrong}"), &json!(null));
    driver.call(401, "GET", "/v1/user/offset/0/limit/1", &format!("{bearer}x"), &json!(null));
    let user = |id: u32, avatar: &str| {
        json!({
            "user_id": id, "name": "Jack", "avatar": avatar, "type": 1, "groups": [1],
        })
    };
    driver.call(200, "POST", "/v1/user", &bearer, &user(3, &driver.picture(1)));
    driver.call(409, "POST", "/v1/user", &bearer, &user(3, &driver.picture(2)));
    driver.call(400, "POST", "/v1/user", &bearer, &user(0, &driver.picture(3)));
    let batch = json!({"user_list": [user(4, &driver.picture(4)), user(0, &driver.picture(5))]});
    driver.call(200, "POST", "/v2/user", &bearer, &batch);
    driver.call(200, "GET", "/v1/user/id/3", &bearer, &json!(null));
    driver.call(200, "PUT", "/v1/user/id/3", &bearer, &user(3, &driver.picture(6)));
    let account = json!({"name": "logged", "password": driver.secret("account-Secret10")});
    driver.call(201, "POST", "/admin/v1/device-accounts", OPERATOR, &account);
    let other = json!({"password": driver.secret("account-Secret11")});
    driver.call(204, "PUT", "/admin/v1/device-accounts/logged/password", OPERATOR, &other);
}

fn customers(driver: &Driver) {
    const TOKEN: &str = "/api/v2/tenant/token";
    let secret = driver.secret("demo-secret");
    let form = format!("grant_type=client_credentials&client_id=demo-client&client_secret={secret}");
    let token = driver.given(&driver.form(200, TOKEN, None, &form), "/access_token");
    let in_query = driver.form(200, &format!("{TOKEN}?{form}"), None, "");
    driver.given(&in_query, "/access_token");
    let basic = driver.secret(STANDARD.encode(format!("demo-client:{secret}")));
    let basic = driver.form(200, TOKEN, Some(&format!("Basic {basic}")), "grant_type=client_credentials");
    driver.given(&basic, "/access_token");
    let wrong = driver.secret("wrong-Secret12");
    driver.form(401, TOKEN, None, &form.replace(&secret, &wrong));
    let bearer = format!("Bearer {token}");
    let password = driver.secret("Customer-Secret13");
    let picture = format!("data:image/png;base64,{}", driver.picture(7));
    let user = json!({"user_name": "logged", "pwd": password, "head_img": picture});
    let made = driver.call(200, "POST", "/api/v2/tenant/users", &bearer, &user);
    let id = made["user_id"].as_str().unwrap();
    driver.call(400, "POST", "/api/v2/tenant/users", &bearer, &user);
    let weak = json!({"user_name": "weak", "pwd": driver.secret("abcdefgh12345678"), "head_img": 7});
    driver.call(400, "POST", "/api/v2/tenant/users", &bearer, &weak);
    driver.call(400, "GET", "/api/v2/tenant/users", &format!("{bearer}x"), &json!(null));
    let one = format!("/api/v2/tenant/users/{id}");
    let next = driver.secret("Customer-Secret14");
    driver.call(200, "PUT", &format!("{one}/change-password"), &bearer, &json!({"password": next}));
    let path = format!("{one}/change-password-verify");
    let wrong = json!({"old_password": driver.secret("wrong-Secret15"), "password": driver.secret("Customer-Secret16")});
    driver.call(400, "PUT", &path, &bearer, &wrong);
    let verify = "/admin/v1/tenants/demo/users/verify-password";
    for (password, valid) in [(next, true), (driver.secret("wrong-Secret17"), false)] {
        let body = json!({"user_name": "logged", "password": password});
        assert_eq!(driver.call(200, "POST", verify, OPERATOR, &body)["valid"], valid);
    }
    let clients = "/admin/v1/tenants/demo/clients";
    let made = driver.call(201, "POST", clients, OPERATOR, &json!({"client_id": "logged"}));
    driver.given(&made, "/client_secret");
    let rotated = driver.call(200, "POST", &format!("{clients}/logged/rotate"), OPERATOR, &json!(null));
    driver.given(&rotated, "/client_secret");
    let refused = json!({"add": [driver.secret("weak-Secret18")], "what": 1});
    driver.call(400, "POST", "/admin/v1/tenants/demo/weak-passwords", OPERATOR, &refused);
}

fn things(driver: &Driver) {
    let login = |status, name: &str, password: &str| {
        driver.call(status, "POST", "/server/login", "", &json!({"username": name, "password": password}))
    };
    let tokens = login(200, "admin", "demo-password");
    let token = format!("Bearer {}", driver.given(&tokens, "/token"));
    let refresh = format!("Bearer {}", driver.given(&tokens, "/refreshToken"));
    login(401, "admin", &driver.secret("wrong-Secret19"));
    let tokens = driver.call(200, "GET", "/server/token", &refresh, &json!(null));
    driver.given(&tokens, "/token");
    driver.given(&tokens, "/refreshToken");
    // Presented again at once, it is answered with the same pair (I5).
    assert_eq!(driver.call(200, "GET", "/server/token", &refresh, &json!(null)), tokens);
    let invented = driver.secret("eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhZG1pbiJ9.aW52ZW50ZWQ");
    driver.call(401, "GET", "/server/users/me", &format!("Bearer {invented}"), &json!(null));
    let user = json!({
        "username": "logged", "password": driver.secret("thing-Secret20"), "email": "u@example.com",
        "role": "AREA", "area": [],
    });
    driver.call(200, "POST", "/server/users", &token, &user);
    driver.call(409, "POST", "/server/users", &token, &user);
    let sent = driver.secret("query-Secret21");
    driver.call(200, "GET", &format!("/server/users?token={sent}"), &token, &json!(null));
}

/// Bodies that cannot be read, with a secret where the reader gives up.
fn broken(driver: &Driver) {
    let secret = driver.secret("broken-Secret22");
    for (path, authorization) in [
        ("/openapi/v1/users", "demo-enterprise-key"),
        ("/v1/auth/login", ""),
        ("/server/login", ""),
        ("/admin/v1/tenants", OPERATOR),
    ] {
        for body in [
            format!(r#"{{"password":"{secret}"#),
            format!(r#"{{"password":{secret}}}"#),
            format!(r#"["{secret}"]"#),
            format!(r#"{{"{secret}":1,"{secret}":2,"password":{{"{secret}":1}}}}"#),
        ] {
            let (status, answer) = driver.gateway.json("POST", path, authorization, &body).unwrap();
            assert!((400..500).contains(&status), "{path} {body}: {status} {answer}");
        }
        let headers = [("Content-Type", "text/plain"), ("Authorization", authorization)];
        let (status, _) = driver.gateway.call("POST", path, &headers, &secret).unwrap();
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    driver.call(404, "GET", &format!("/nothing?password={secret}"), &secret, &json!(null));
}

/// How a secret may look in a log.
fn guises(secret: &str) -> Vec<String> {
    let quoted = Value::from(secret).to_string();
    let mut guises = vec![
        secret.to_owned(),
        quoted.trim_matches('"').to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned(),
    ];
    // Wherever it begins in what was encoded: of what three encoded bytes are whole.
    for skipped in 0..3 {
        let padded = format!("{}{secret}", "\0".repeat(skipped));
        for encoded in [STANDARD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            let whole = secret.len().saturating_sub(3) / 3 * 4;
            let from = if skipped == 0 { 0 } else { 4 };
            guises.push(encoded[from..(from + whole).min(encoded.len())].to_owned());
        }
    }
    guises
}

#[test]
fn a_full_run_at_the_most_talkative_level_leaves_no_secret_in_the_logs() {
    for (format, filter) in [("json", "trace"), ("human", "trace")] {
        let gateway = Running::start(
            &["--demo"],
            &[
                ("ROSTER_LOG__FORMAT", format),
                ("ROSTER_LOG__FILTER", filter),
                ("ROSTER_DATABASE__SLOW_QUERY_MS", "0"),
                ("RUST_BACKTRACE", "1"),
            ],
        );
        let driver = Driver { gateway, secrets: RefCell::default(), calls: RefCell::default() };
        driver.secret("demo-operator-token");
        driver.secret("other-secret");
        driver.secret("demo-member-key");
        driver.call(200, "GET", "/admin/v1/operator", OPERATOR, &json!(null));
        let invented = driver.secret("invented-Operator23");
        driver.call(401, "GET", "/admin/v1/operator", &format!("Bearer {invented}"), &json!(null));
        enterprise(&driver);
        devices(&driver);
        customers(&driver);
        things(&driver);
        broken(&driver);
        let Driver { gateway, secrets, calls } = driver;
        let logs = gateway.logs();
        // The logs are there, and talk of all of it.
        assert!(logs.contains("slow query") && logs.contains("INSERT INTO"));
        for (path, status) in calls.into_inner() {
            assert!(logs.contains(&path), "{path} {status} is not in the logs");
        }
        let secrets = secrets.into_inner();
        assert!(secrets.len() > 40, "{}", secrets.len());
        for secret in secrets {
            for guise in guises(&secret) {
                let line = logs.lines().find(|line| line.contains(&guise));
                assert!(line.is_none(), "{secret}, as {guise}: {line:?}");
            }
        }
    }
}

/// The secrets of a first start stand in their file, and nowhere else.
#[test]
fn a_first_start_tells_the_log_where_its_secrets_are_and_not_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("roster.sqlite").display());
    let gateway = Running::start(&["--database-url", &url], &[("ROSTER_LOG__FILTER", "trace")]);
    let logs = gateway.logs();
    assert!(logs.contains("first-start.txt"), "{logs}");
    let text = std::fs::read_to_string(folder.path().join("first-start.txt")).unwrap();
    let is_secret = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let secrets: Vec<_> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_secret).collect();
    assert!(secrets.len() >= 5, "{text}");
    for secret in secrets {
        assert!(!logs.contains(secret), "{logs}");
    }
}

/// The search itself would find what it looks for.
#[test]
fn a_secret_is_known_in_its_guises() {
    let secret = "Pass \"word\" 1234";
    let found = |log: &str| guises(secret).iter().any(|guise| log.contains(guise.as_str()));
    assert!(found(&format!("login with {secret}")));
    assert!(found(&json!({"password": secret}).to_string()));
    assert!(found(&format!("?p={}", utf8_percent_encode(secret, NON_ALPHANUMERIC))));
    assert!(found(&format!("{:?}", format!("x{secret}").as_bytes())));
    for name in ["", "a", "ad", "admin"] {
        assert!(found(&STANDARD.encode(format!("{name}:{secret}"))), "{name}");
        assert!(found(&URL_SAFE_NO_PAD.encode(format!("{name}{secret}and more"))), "{name}");
    }
    assert!(!found("nothing of the kind"));
}
