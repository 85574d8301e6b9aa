//! A service on a throw-away database, and calls to it.

use std::sync::Arc;

use actix_web::App;
use actix_web::dev::Service as _;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::test::{TestRequest, init_service, read_body};
use diesel::RunQueryDsl as _;
use roster_auth::{Argon2Hasher, HashingConfig, JwtSigner, ThrottleStore};
use roster_iot_roles::{
    Config, DieselStore, Domain, IotRoles, NewUser, ObjectId, Ports, REALM, Role, SystemAdministrator,
    Username, demo, http,
};
use roster_kernel::ports::{JwtAlgorithm, TokenSigner};
use roster_kernel::{ManualClock, OsRandom};
use roster_migrations::{AUTH, IOT_ROLES, PERSISTENCE};
use roster_persistence::Db;
use roster_persistence::testing::TestDatabase;
use serde_json::{Map, Value, json};

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const AREA_1: &str = "59dc8f8c16bbb720b82f67e3";

/// A service with the demonstration's objects, `admin` (SYSTEM), `guard` (AREA) and `thing`
/// (DEVICE), all with the password `demo-password`.
pub(crate) struct House {
    pub(crate) service: Arc<IotRoles>,
    pub(crate) db: Db,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) signer: Arc<JwtSigner>,
    pub(crate) _database: TestDatabase,
}

pub(crate) fn service(
    db: &Db,
    clock: &Arc<ManualClock>,
    config: Config,
    hashing: &HashingConfig,
) -> Arc<IotRoles> {
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
    pub(crate) async fn new(config: Config) -> Self {
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
    pub(crate) async fn send(&self, request: TestRequest) -> Answer {
        let app = init_service(App::new().configure(http::routes(self.service.clone()))).await;
        let response = app.call(request.peer_addr("192.0.2.7:1234".parse().unwrap()).to_request()).await;
        let response = response.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        Answer { status, headers, text }
    }

    /// A body to `path`, with this token.
    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.send(TestRequest::post().uri(path).insert_header(bearer(token)).set_json(body)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(TestRequest::get().uri(path).insert_header(bearer(token))).await
    }

    pub(crate) async fn login(&self, body: Value) -> Answer {
        self.send(TestRequest::post().uri("/server/login").set_json(body)).await
    }

    /// Both tokens of this user.
    pub(crate) async fn tokens(&self, username: &str) -> (String, String) {
        self.login(json!({"username": username, "password": "demo-password"})).await.tokens()
    }

    pub(crate) async fn token(&self, username: &str) -> String {
        self.tokens(username).await.0
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        self.db.bookkeep(move |conn| Ok(diesel::sql_query(sql).execute(conn)?)).await.unwrap();
    }

    pub(crate) async fn count(&self, rows: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let sql = format!("SELECT count(*) AS n FROM {rows}");
        self.db.read(move |conn| Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.n)).await.unwrap()
    }

    pub(crate) async fn claims(&self, token: &str) -> Map<String, Value> {
        self.signer.open(REALM, JwtAlgorithm::Hs512, token).await.unwrap().unwrap()
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and message of an error in the dialect's shape.
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["timestamp", "status", "error", "message", "path"]);
        assert_eq!(body["status"], self.status);
        (self.status, body["message"].as_str().unwrap().to_owned())
    }

    /// Status and text of an error that is none.
    pub(crate) fn plain(&self) -> (u16, &str) {
        assert_eq!(self.header(header::CONTENT_TYPE), "text/plain; charset=utf-8");
        (self.status, &self.text)
    }

    pub(crate) fn tokens(&self) -> (String, String) {
        assert_eq!((self.status, self.header(header::CACHE_CONTROL)), (200, "no-store"), "{}", self.text);
        let body = self.json();
        let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["token", "refreshToken"]);
        (body["token"].as_str().unwrap().to_owned(), body["refreshToken"].as_str().unwrap().to_owned())
    }
}

pub(crate) fn bearer(token: &str) -> (HeaderName, String) {
    (header::AUTHORIZATION, format!("Bearer {token}"))
}

pub(crate) fn is(status: u16, message: &str) -> (u16, String) {
    (status, message.to_owned())
}

pub(crate) fn user(name: &str) -> Value {
    json!({"username": name, "password": "password", "email": "u@example.com", "role": "SYSTEM"})
}

/// `user(name)` of role AREA with these areas.
pub(crate) fn guard(name: &str, areas: &Value) -> Value {
    let mut body = user(name);
    body["role"] = "AREA".into();
    body["area"] = areas.clone();
    body
}
