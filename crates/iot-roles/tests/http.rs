//! The dialect over HTTP, as a caller meets it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use actix_web::App;
use actix_web::dev::Service as _;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::test::{TestRequest, init_service, read_body};
use diesel::RunQueryDsl as _;
use roster_auth::{Argon2Hasher, HashingConfig, JwtSigner, ThrottleStore};
use roster_iot_roles::{
    Config, DieselStore, Domain, IotRoles, NewUser, ObjectId, Ports, REALM, Role, Store as _,
    SystemAdministrator, Username, demo, http,
};
use roster_kernel::ports::{JwtAlgorithm, TokenSigner};
use roster_kernel::{ManualClock, OsRandom};
use roster_migrations::{AUTH, IOT_ROLES, PERSISTENCE};
use roster_persistence::Db;
use roster_persistence::testing::TestDatabase;
use serde_json::{Map, Value, json};

const SEED: &str = include_str!("../../../tests/fixtures/seeds/iot-roles.create.request.json");
const MINUTE_MS: i64 = 60_000;
const AREA_1: &str = "59dc8f8c16bbb720b82f67e3";

/// A service with the demonstration's objects, `admin` (SYSTEM), `guard` (AREA) and `thing`
/// (DEVICE), all with the password `demo-password`.
struct House {
    service: Arc<IotRoles>,
    db: Db,
    clock: Arc<ManualClock>,
    signer: Arc<JwtSigner>,
    _database: TestDatabase,
}

fn service(db: &Db, clock: &Arc<ManualClock>, config: Config, hashing: &HashingConfig) -> Arc<IotRoles> {
    let random = Arc::new(OsRandom);
    Arc::new(IotRoles::new(
        config,
        Ports {
            store: Arc::new(DieselStore::new(db.clone())),
            hasher: Arc::new(Argon2Hasher::new(hashing, random.clone()).unwrap()),
            signer: Arc::new(JwtSigner::new(db.clone(), clock.clone(), random.clone())),
            throttle: Arc::new(ThrottleStore::new(db.clone(), clock.clone())),
            clock: clock.clone(),
            random,
        },
    ))
}

impl House {
    async fn new(config: Config) -> Self {
        let clock = Arc::new(ManualClock::at(1_795_305_600_000));
        let database = TestDatabase::sqlite();
        let db = database.open_at(&[PERSISTENCE, AUTH, IOT_ROLES], clock.clone());
        let service = service(&db, &clock, config, &HashingConfig::cheapest());
        let by = SystemAdministrator::trusted("test");
        let objects = demo::objects();
        for _ in 0..2 {
            service.ensure_domain(&by, objects.domain.clone()).await.unwrap();
            service.ensure_site_type(&by, objects.site_type.clone()).await.unwrap();
            for site in &objects.sites {
                service.ensure_site(&by, site.clone()).await.unwrap();
            }
            for (name, role) in [("admin", Role::System), ("guard", Role::Area), ("thing", Role::Device)] {
                let areas = if role == Role::Area { vec![AREA_1.to_owned()] } else { Vec::new() };
                let user = NewUser { areas, ..NewUser::new(Username::parse(name.into()).unwrap(), role) };
                service.ensure_user(&by, user, &"demo-password".into()).await.unwrap();
            }
        }
        let other = Domain { id: ObjectId::parse("5caa9b2addd50a20164a4cff").unwrap(), name: "other".into() };
        service.ensure_domain(&by, other).await.unwrap();
        let signer = Arc::new(JwtSigner::new(db.clone(), clock.clone(), Arc::new(OsRandom)));
        Self { service, db, clock, signer, _database: database }
    }

    /// Sends `request` and reads the answer.
    async fn send(&self, request: TestRequest) -> Answer {
        let app = init_service(App::new().configure(http::routes(self.service.clone()))).await;
        let response = app.call(request.peer_addr("192.0.2.7:1234".parse().unwrap()).to_request()).await;
        let response = response.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        Answer { status, headers, text }
    }

    /// A body to `path`, with this token.
    async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.send(TestRequest::post().uri(path).insert_header(bearer(token)).set_json(body)).await
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(TestRequest::get().uri(path).insert_header(bearer(token))).await
    }

    async fn login(&self, body: Value) -> Answer {
        self.send(TestRequest::post().uri("/server/login").set_json(body)).await
    }

    /// Both tokens of this user.
    async fn tokens(&self, username: &str) -> (String, String) {
        self.login(json!({"username": username, "password": "demo-password"})).await.tokens()
    }

    async fn token(&self, username: &str) -> String {
        self.tokens(username).await.0
    }

    async fn execute(&self, sql: &'static str) {
        self.db.bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?)).await.unwrap();
    }

    async fn count(&self, rows: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let sql = format!("SELECT count(*) AS n FROM {rows}");
        self.db.read(move |conn| Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n)).await.unwrap()
    }

    async fn claims(&self, token: &str) -> Map<String, Value> {
        self.signer.open(REALM, JwtAlgorithm::Hs512, token).await.unwrap().unwrap()
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and message of an error in the dialect's shape.
    fn error(&self) -> (u16, String) {
        let body = self.json();
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["timestamp", "status", "error", "message", "path"]);
        assert_eq!(body["status"], self.status);
        (self.status, body["message"].as_str().unwrap().to_owned())
    }

    /// Status and text of an error that is none.
    fn plain(&self) -> (u16, &str) {
        assert_eq!(self.header(header::CONTENT_TYPE), "text/plain; charset=utf-8");
        (self.status, &self.text)
    }

    fn tokens(&self) -> (String, String) {
        assert_eq!((self.status, self.header(header::CACHE_CONTROL)), (200, "no-store"), "{}", self.text);
        let body = self.json();
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["token", "refreshToken"]);
        (body["token"].as_str().unwrap().to_owned(), body["refreshToken"].as_str().unwrap().to_owned())
    }
}

fn bearer(token: &str) -> (HeaderName, String) {
    (header::AUTHORIZATION, format!("Bearer {token}"))
}

fn is(status: u16, message: &str) -> (u16, String) {
    (status, message.to_owned())
}

fn user(name: &str) -> Value {
    json!({"username": name, "password": "password", "email": "u@example.com", "role": "SYSTEM"})
}

/// `user(name)` of role AREA with these areas.
fn guard(name: &str, areas: &Value) -> Value {
    let mut body = user(name);
    body["role"] = "AREA".into();
    body["area"] = areas.clone();
    body
}

#[actix_web::test]
async fn the_specs_request_works_as_it_stands() {
    let house = House::new(Config::default()).await;
    let request = TestRequest::post()
        .uri("/server/user")
        .insert_header(bearer(&house.token("admin").await))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .set_payload(SEED);
    let answer = house.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    let spelled = ["id", "username", "status", "email", "roles", "isSystem", "isArea", "isDevice", "area"];
    assert_eq!(keys, spelled);
    assert_eq!(body["roles"], json!(["AREA"]));
    assert_eq!((&body["status"], &body["isArea"]), (&json!("enable"), &json!(true)));
    assert_eq!(body["area"][1]["id"], "59e4798cc915d92da081f1f9");
    assert_eq!(body["area"][0]["location"]["name"], "demo");
    assert!(ObjectId::parse(body["id"].as_str().unwrap()).is_some());
    // It is the user's own: he signs in with it.
    let login = house.login(json!({"username": "caoxinyu", "password": "password", "domain": "demo"})).await;
    assert_eq!(login.status, 200, "{}", login.text);
    let recorded = "store_journal WHERE verb = 'create' AND realm = '' AND dialect = 'iot-roles' \
                    AND fields = '[\"username\",\"role\",\"status\",\"email\",\"area\",\"password\"]'";
    assert_eq!(house.count(recorded).await, 1);
    assert_eq!(house.count("store_journal_values WHERE after_json LIKE '%argon2%'").await, 0);
}

#[actix_web::test]
async fn every_path_is_served_twice_and_nothing_else_is() {
    let house = House::new(Config::default()).await;
    let admin = house.token("admin").await;
    let paths = ["/server/user", "/server/users", "/user", "/users", "/server/users/", "/users/"];
    for (number, path) in paths.into_iter().enumerate() {
        let answer = house.post(path, &admin, &user(&format!("u{number}"))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let answer = house.send(TestRequest::delete().uri(path)).await;
        let message = "method DELETE is not allowed; allowed: POST";
        assert_eq!(answer.error(), is(405, message), "{path}");
        assert_eq!((answer.header(header::ALLOW), &answer.json()["path"]), ("POST", &json!(path)));
    }
    for path in ["/server/login", "/login"] {
        let body = json!({"username": "admin", "password": "demo-password"});
        assert_eq!(house.send(TestRequest::post().uri(path).set_json(body)).await.status, 200, "{path}");
    }
    for path in ["/server/token", "/token"] {
        assert_eq!(house.send(TestRequest::get().uri(path)).await.error(), is(403, "Access Denied"));
        let request = TestRequest::default().method(actix_web::http::Method::HEAD).uri(path);
        let answer = house.send(request).await;
        assert_eq!((answer.status, answer.header(header::ALLOW)), (405, "GET"));
    }
    for path in ["/server", "/server/", "/server/nothing", "/server/user/x"] {
        assert_eq!(house.send(TestRequest::get().uri(path)).await.error(), is(404, "no such path"), "{path}");
    }
    for path in ["/", "/nothing", "/user/x", "/servers"] {
        let answer = house.send(TestRequest::get().uri(path)).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{path}: nobody's");
    }
    let house = House::new(Config { root_paths: false, ..Config::default() }).await;
    let admin = house.token("admin").await;
    assert_eq!(house.post("/users", &admin, &user("u")).await.text, "");
    assert_eq!(house.post("/server/users", &admin, &user("u")).await.status, 200);
}

#[actix_web::test]
async fn checks_come_in_their_order() {
    let house = House::new(Config::default()).await;
    let (admin, guards) = (house.token("admin").await, house.token("guard").await);
    let send = |token: Option<String>, kind: &'static str, body: String| {
        let mut request = TestRequest::post().uri("/server/users").set_payload(body);
        request = request.insert_header((header::CONTENT_TYPE, kind));
        if let Some(token) = token {
            request = request.insert_header(bearer(&token));
        }
        house.send(request)
    };
    let json_type = "application/json";
    let answer = send(None, "text/plain", "{".into()).await;
    assert_eq!(answer.plain(), (401, "Authorization header cannot be blank!"));
    let answer = send(Some(guards.clone()), "text/plain", "{".into()).await;
    assert_eq!(answer.error().0, 415, "the media type before the rank");
    for unreadable in ["", "{", "[]", r#"{"role":"BOSS"}"#, r#"{"role":1}"#, r#"{"username":1}"#] {
        let answer = send(Some(guards.clone()), json_type, unreadable.into()).await;
        assert_eq!(answer.error().0, 400, "the form before the rank: {unreadable}");
    }
    let answer = send(Some(guards), json_type, "x".repeat(256 * 1024 + 1)).await;
    assert_eq!(answer.error().0, 413);
    for name in ["guard", "thing"] {
        let answer = house.post("/users", &house.token(name).await, &json!({})).await;
        assert_eq!(answer.error(), is(403, "Forbidden"), "the rank before the fields");
    }
    let unknown = json!(["no id"]);
    let nested = json!([AREA_1, AREA_1]);
    let mut body = guard("admin", &unknown);
    let refusal = async |body: &Value| house.post("/users", &admin, body).await.error();
    body["password"] = "short".into();
    body["role"] = Value::Null;
    assert_eq!(refusal(&body).await, is(406, "password must have at least 8 characters"));
    body["password"] = "password".into();
    assert_eq!(refusal(&body).await, is(406, "error role"));
    body["role"] = "AREA".into();
    assert_eq!(refusal(&body).await, is(404, "location id:no id not found"));
    body["area"] = nested;
    assert_eq!(refusal(&body).await, is(406, "area: 002共享单车 area: 002共享单车 overlap"));
    body["area"] = json!([AREA_1, "5caa9b2addd50a20164a4cd6"]);
    assert_eq!(refusal(&body).await, is(406, "area: 002共享单车 area: demo overlap"));
    body["area"] = json!([AREA_1]);
    assert_eq!(refusal(&body).await, is(409, "user name:admin conflict"));
}

#[actix_web::test]
async fn areas_belong_to_the_role_area_and_may_be_none() {
    let house = House::new(Config::default()).await;
    let admin = house.token("admin").await;
    let mut cases = vec![guard("a", &Value::Null), guard("b", &json!([])), user("c"), user("d")];
    cases[2]["area"] = json!(["no id", null]);
    cases[3]["role"] = "DEVICE".into();
    cases[3]["area"] = json!(["no id"]);
    for body in cases {
        let answer = house.post("/users", &admin, &body).await;
        assert_eq!((answer.status, &answer.json()["area"]), (200, &Value::Null), "{}", answer.text);
        let roles = [("isSystem", "SYSTEM"), ("isArea", "AREA"), ("isDevice", "DEVICE")];
        for (key, role) in roles {
            assert_eq!(answer.json()[key], body["role"] == role);
        }
    }
    let whole = json!(["5caa9b2addd50a20164a4cd6"]);
    let answer = house.post("/users", &admin, &guard("e", &whole)).await;
    assert_eq!(answer.json()["area"][0]["type"], "domain", "{}", answer.text);
}

#[actix_web::test]
async fn bad_tokens_are_told_apart_in_plain_text() {
    let house = House::new(Config::default()).await;
    let (access, refresh) = house.tokens("admin").await;
    let with = |value: &str| {
        house.send(TestRequest::post().uri("/users").insert_header((header::AUTHORIZATION, value)))
    };
    assert_eq!(with("").await.plain(), (401, "Authorization header cannot be blank!"));
    for other in ["Basic YTpi", "Bearer", "bearer x", &access] {
        let answer = with(other).await;
        assert_eq!(answer.plain(), (401, "Authorization header must start with Bearer!"), "{other}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    }
    let invalid = (401, "Invalid JWT token: not a token of this service");
    let forged = format!("{}x", &access[..access.len() - 4]);
    for bad in ["x", "a.b.c", &forged] {
        assert_eq!(with(&format!("Bearer {bad}")).await.plain(), invalid, "{bad}");
    }
    assert_eq!(with(&format!("Bearer {refresh}")).await.plain(), (401, "JWT Token not exist"));
    assert_eq!(with(&format!("Bearer {access}")).await.error().0, 415, "a good one gets through");

    house.execute("UPDATE iot_users SET status = 'pending' WHERE username = 'admin'").await;
    assert_eq!(with(&format!("Bearer {access}")).await.plain(), (401, "User is disabled"));
    let chinese = TestRequest::post().uri("/users").insert_header(bearer(&access));
    let answer = house.send(chinese.insert_header((header::ACCEPT_LANGUAGE, "zh-CN"))).await;
    assert_eq!(answer.plain(), (401, "用户已失效"));
    assert_eq!(house.get("/token", &refresh).await.plain(), (401, "User is disabled"));
    let login = json!({"username": "admin", "password": "demo-password"});
    assert_eq!(house.login(login).await.error(), is(401, "User is disabled"));

    house.execute("DELETE FROM iot_users WHERE username = 'admin'").await;
    assert_eq!(with(&format!("Bearer {access}")).await.plain(), (401, "User: admin was not found"));
    let guards = house.token("guard").await;
    house.execute("DELETE FROM iot_sessions").await;
    assert_eq!(with(&format!("Bearer {guards}")).await.plain(), (401, "JWT Token not exist"));
    house.clock.advance(60 * MINUTE_MS);
    assert_eq!(with(&format!("Bearer {access}")).await.plain(), (401, "JWT Token expired"));
}

#[actix_web::test]
async fn a_login_answers_a_pair_with_the_chosen_domain() {
    let house = House::new(Config { issuer: "here".into(), ..Config::default() }).await;
    let body =
        |name: &str, domain: Value| json!({"username": name, "password": "demo-password", "domain": domain});
    let (access, refresh) = house.login(body("guard", json!("demo"))).await.tokens();
    let (access, refresh) = (house.claims(&access).await, house.claims(&refresh).await);
    assert_eq!(access.keys().collect::<Vec<_>>(), ["sub", "scopes", "iss", "iat", "exp", "sid"]);
    assert_eq!(
        (&access["sub"], &access["scopes"], &access["iss"]),
        (&json!("guard"), &json!("demo"), &json!("here"))
    );
    let lifetime =
        |claims: &Map<String, Value>| claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((lifetime(&access), lifetime(&refresh)), (3600, 24 * 3600));
    assert_eq!(refresh["jti"], refresh["sid"]);
    assert_ne!(refresh["sid"], access["sid"]);
    for none in [Value::Null, json!("")] {
        let (access, _) = house.login(body("admin", none)).await.tokens();
        assert!(!house.claims(&access).await.contains_key("scopes"));
    }
    for (name, domain, allowed) in [
        ("admin", "demo", true),
        ("admin", "other", true),
        ("admin", "none", false),
        ("guard", "other", false),
        ("guard", "none", false),
        ("thing", "demo", false),
    ] {
        let answer = house.login(body(name, json!(domain))).await;
        if allowed {
            answer.tokens();
        } else {
            let message = format!("{domain} not exist or access denied.");
            assert_eq!(answer.error(), (406, message), "{name}");
        }
    }
    house.tokens("thing").await;
}

#[actix_web::test]
async fn a_login_fails_alike_for_nobody_and_for_a_wrong_password() {
    let house = House::new(Config::default()).await;
    for (name, password) in [("admin", "wrong"), ("nobody", "demo-password"), ("Admin", "demo-password")] {
        let answer = house.login(json!({"username": name, "password": password})).await;
        assert_eq!(answer.error(), is(401, "Authentication Failed"), "{name}");
    }
    assert_eq!(house.login(json!({"password": "x"})).await.error(), is(406, "username can't be empty"));
    assert_eq!(house.login(json!({"username": "x"})).await.error(), is(406, "password can't be empty"));
    assert_eq!(
        house.login(json!({"username": 7})).await.error(),
        is(400, "username must be a string, got integer")
    );
    let huge = json!({"username": "u".repeat(100_000), "password": "p".repeat(100_000)});
    assert_eq!(house.login(huge).await.error(), is(401, "Authentication Failed"));
}

#[actix_web::test]
async fn a_refresh_ends_what_was_presented_and_nothing_else() {
    let house = House::new(Config::default()).await;
    let login = json!({"username": "guard", "password": "demo-password", "domain": "demo"});
    let (access, refresh) = house.login(login).await.tokens();
    let (newer_access, newer_refresh) = house.get("/token", &refresh).await.tokens();
    assert_eq!(house.claims(&newer_access).await["scopes"], "demo");
    assert_eq!(house.get("/token", &refresh).await.plain(), (401, "JWT Token not exist"));
    for good in [&access, &newer_access] {
        assert_eq!(house.post("/users", good, &json!({})).await.error(), is(403, "Forbidden"));
    }
    assert_eq!(house.get("/token", &newer_access).await.error(), is(406, "illegal token"));
    for malformed in ["x", "a.b.c", ""] {
        assert_eq!(house.get("/token", malformed).await.error(), is(403, "Access Denied"));
    }
    let basic = TestRequest::get().uri("/token").insert_header((header::AUTHORIZATION, "Basic x"));
    assert_eq!(house.send(basic).await.error(), is(403, "Access Denied"));

    house.execute("DELETE FROM iot_user_areas").await;
    let answer = house.get("/token", &newer_refresh).await;
    assert_eq!(answer.error(), is(406, "demo not exist or access denied."));
    house.clock.advance(24 * 60 * MINUTE_MS);
    assert_eq!(house.get("/token", &newer_refresh).await.plain(), (401, "JWT Token expired"));
    house.tokens("admin").await;
    assert_eq!(house.count("iot_sessions").await, 2, "what is over was cleared away");
}

#[actix_web::test]
async fn guessing_is_slowed() {
    let house = House::new(Config::default()).await;
    let good = house.token("admin").await;
    let wrong = json!({"username": "guard", "password": "wrong"});
    for _ in 0..10 {
        assert_eq!(house.login(wrong.clone()).await.status, 401);
    }
    let answer = house.login(wrong).await;
    assert_eq!((answer.error().0, answer.header(header::RETRY_AFTER)), (429, "1"));
    for _ in 10..100 {
        assert_eq!(house.get("/token", "forged").await.status, 403);
    }
    for answer in [house.get("/token", "forged").await, house.post("/users", "forged", &json!({})).await] {
        assert_eq!(answer.error().0, 429);
    }
    let answer = house.post("/users", &good, &user("u")).await;
    assert_eq!(answer.status, 200, "a good token never waits: {}", answer.text);
}

#[actix_web::test]
async fn an_outdated_hash_is_renewed_at_login() {
    let house = House::new(Config::default()).await;
    let dearer = HashingConfig { iterations: 2, ..HashingConfig::cheapest() };
    let later = House { service: service(&house.db, &house.clock, Config::default(), &dearer), ..house };
    let store = DieselStore::new(later.db.clone());
    let before = store.credential("admin").await.unwrap().unwrap();
    later.tokens("admin").await;
    let after = store.credential("admin").await.unwrap().unwrap();
    assert!(before.password.as_str().contains("t=1,") && after.password.as_str().contains("t=2,"));
    assert_eq!(before.password_version, after.password_version);
    later.tokens("admin").await;
    assert_eq!(store.credential("admin").await.unwrap(), Some(after));
}
