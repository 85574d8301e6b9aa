//! Device users inside somebody's own **axum** service: the crate without its feature `actix`, and
//! what `http.rs` does for actix-web done by hand.
//!
//! `cargo run -p roster-device-users --example embed_device_users_axum -- 127.0.0.1:8083`

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::response;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use roster_auth::{AccountStore, Argon2Hasher, HashingConfig, JwtSigner, ThrottleStore};
use roster_device_users::wire::{self, CreateUser, Envelope, Login};
use roster_device_users::{Caller, Config, DeviceUsers, DieselStore, Error, GroupId, Ports, REALM};
use roster_kernel::{
    Change, Clock, Fault, IntoWire, Origin, OsRandom, ReplyContext, SystemClock, WireBody, json,
};
use roster_persistence::{Db, DbSettings};
use serde::Serialize;
use serde::de::DeserializeOwned;

type Service = State<Arc<DeviceUsers>>;
type Peer = ConnectInfo<SocketAddr>;

/// `POST /v1/user`: who calls, then what he says.
async fn create(service: Service, peer: Peer, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    // What is no text comes as U+FFFD, which no credential is.
    let authorization = head.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    let by = service.caller(authorization, origin(peer)).await?;
    let body: CreateUser = read(&head.headers, body, CreateUser::MAX_BYTES).await?;
    let user = service.create(&by, body).await?;
    Ok(success(&Envelope::ok(wire::User::from(&user))))
}

/// `POST /v1/auth/login`
async fn login(service: Service, peer: Peer, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let body: Login = read(&head.headers, body, wire::MAX_BYTES).await?;
    let token = service.login(body, origin(peer)).await?;
    Ok(success(&Envelope::ok(wire::Token { token: token.expose() })))
}

/// The body: content type, then size, then form.
async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body, limit: usize) -> Result<T, Fault> {
    let content_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let essence = content_type.as_deref().and_then(|value| value.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Err(Fault::MediaType(content_type.map(|value| value.into_owned())));
    }
    // The other reason to fail is a broken connection, which reads no answer.
    let body = to_bytes(body, limit).await.map_err(|_| Fault::TooLarge { limit })?;
    json::decode(&body)
}

fn origin(ConnectInfo(peer): Peer) -> Origin {
    Origin { address: Some(peer.ip().to_canonical()), request_id: None }
}

fn success(envelope: &impl Serialize) -> Response {
    match serde_json::to_string(envelope) {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => Refusal(Fault::Port(roster_kernel::PortError::failed(error)).into()).into_response(),
    }
}

/// The dialect's error, on its way to an answer.
struct Refusal(Error);

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // This dialect's bodies depend on nothing of the request.
        let context = ReplyContext {
            path: String::new(),
            accept_language: None,
            x_l: None,
            now_ms: SystemClock.now_ms(),
        };
        let wire = self.0.to_wire(&context);
        let (content_type, body) = match wire.body {
            WireBody::Json(body) => ("application/json", body),
            WireBody::Problem(body) => ("application/problem+json", body),
            WireBody::Text(body) => ("text/plain; charset=utf-8", body),
        };
        let response = response::Builder::new().status(wire.status).header(CONTENT_TYPE, content_type);
        let response = wire.headers.into_iter().fold(response, |r, (name, value)| r.header(name, value));
        response.body(body.into()).unwrap_or_default()
    }
}

/// 405 in the dialect's shape.
async fn wrong_method(request: Request) -> Refusal {
    Fault::Method { method: request.method().to_string(), allow: "POST".into() }.into()
}

/// 404 in the dialect's shape.
async fn wrong_path() -> Refusal {
    Fault::NoSuchPath.into()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8083".into());
    let url = arguments.next().unwrap_or_else(|| "sqlite:embedded.sqlite".into()).parse()?;

    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let db = Db::open(&url, DbSettings::default(), clock.clone(), random.clone())?;
    db.migrate(&db.lock_start()?, roster_migrations::ALL)?;
    let hasher = Arc::new(Argon2Hasher::new(&HashingConfig::default(), random.clone())?);
    let accounts = Arc::new(AccountStore::new(db.clone(), hasher, Vec::new()));
    let service = Arc::new(DeviceUsers::new(
        Config::default(),
        Ports {
            store: Arc::new(DieselStore::new(db.clone())),
            accounts: accounts.clone(),
            signer: Arc::new(JwtSigner::new(db.clone(), clock.clone(), random)),
            throttle: Arc::new(ThrottleStore::new(db, clock.clone())),
            clock: clock.clone(),
        },
    ));

    let change = Change { principal: "embedder".into(), origin: Origin::default(), at_ms: clock.now_ms() };
    accounts.put(&change, REALM, "admin", None, &"example-password".into()).await?;
    let myself = Caller::trusted("embedder");
    service.ensure_group(&myself, GroupId(1), "employees").await?;
    service.ensure_group(&myself, GroupId(2), "visitors").await?;

    let app = Router::new()
        .route("/v1/user", post(create).fallback(wrong_method))
        .route("/v1/auth/login", post(login).fallback(wrong_method))
        .fallback(wrong_path)
        .with_state(service);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}
