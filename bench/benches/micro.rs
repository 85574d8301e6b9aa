//! What a request costs before anything is stored: its body parsed and judged, its token checked.
//! `cargo bench -p roster-bench`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_lite::future::block_on;
use roster_auth::{JwtSigner, TokenStore};
use roster_kernel::ports::{JwtAlgorithm, TokenService as _, TokenSigner as _};
use roster_kernel::{Clock, OsRandom, Random, Realm, SystemClock, json};
use roster_migrations::{AUTH, PERSISTENCE};
use roster_persistence::testing::TestDatabase;

const ENTERPRISE: &[u8] = include_bytes!("../../tests/fixtures/seeds/enterprise-users.create.request.json");
const DEVICE: &[u8] = include_bytes!("../../tests/fixtures/seeds/device-users.create.request.json");
const CIAM: &[u8] = include_bytes!("../../tests/fixtures/seeds/tenant-ciam.create.request.json");
const IOT: &[u8] = include_bytes!("../../tests/fixtures/seeds/iot-roles.create.request.json");

/// The specifications' own examples.
fn parsing(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.bench_function("enterprise users", |b| {
        b.iter(|| json::decode::<roster_enterprise_users::users::wire::CreateUser>(black_box(ENTERPRISE)));
    });
    group.bench_function("device users", |b| {
        b.iter(|| json::decode::<roster_device_users::wire::CreateUser>(black_box(DEVICE)));
    });
    group.bench_function("tenant CIAM", |b| {
        b.iter(|| json::decode::<roster_tenant_ciam::wire::CreateUser>(black_box(CIAM)));
    });
    group.bench_function("IoT roles", |b| {
        b.iter(|| json::decode::<roster_iot_roles::wire::CreateUser>(black_box(IOT)));
    });
    group.finish();
}

/// Parsed and judged: a body is used up by its judge, so both are measured together.
fn validation(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse and validate");
    let enterprise = roster_enterprise_users::Config::default();
    group.bench_function("enterprise users", |b| {
        b.iter(|| {
            let body = json::decode(black_box(ENTERPRISE)).expect("a body");
            roster_enterprise_users::users::command::create_user(body, &enterprise).is_ok()
        });
    });
    let device = roster_device_users::Config::default();
    group.bench_function("device users", |b| {
        b.iter(|| {
            let body = json::decode(black_box(DEVICE)).expect("a body");
            roster_device_users::validate::create_user(body, &device).is_ok()
        });
    });
    group.bench_function("tenant CIAM", |b| {
        b.iter(|| {
            let body = json::decode(black_box(CIAM)).expect("a body");
            roster_tenant_ciam::validate::create_user(body).is_ok()
        });
    });
    let iot = roster_iot_roles::Config::default();
    group.bench_function("IoT roles", |b| {
        b.iter(|| {
            let body = json::decode(black_box(IOT)).expect("a body");
            let draft = roster_iot_roles::validate::draft(body).expect("the right types");
            roster_iot_roles::validate::create_user(draft, &iot).is_ok()
        });
    });
    group.finish();
}

/// As they are checked with every request: of one that was checked a moment ago, and of one that has
/// to be looked up.
fn tokens(c: &mut Criterion) {
    const REALM: Realm = Realm::new("bench");
    let database = TestDatabase::sqlite();
    let db = database.open(&[PERSISTENCE, AUTH]);
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let mut group = c.benchmark_group("check");
    let signer = JwtSigner::new(db.clone(), clock.clone(), random.clone());
    let claims = serde_json::json!({"sub": "somebody", "exp": 4_102_444_800_i64, "iat": 0});
    let claims = claims.as_object().expect("an object");
    for (name, algorithm) in [("HS256 token", JwtAlgorithm::Hs256), ("HS512 token", JwtAlgorithm::Hs512)] {
        let token = block_on(signer.sign(REALM, algorithm, claims)).expect("signed");
        group.bench_function(name, |b| {
            b.iter(|| block_on(signer.open(REALM, algorithm, black_box(token.expose()))));
        });
    }
    let tokens = TokenStore::new(db.clone(), clock, random);
    let token = block_on(tokens.issue(REALM, "somebody", None, Duration::from_secs(3600))).expect("issued");
    group.bench_function("opaque token", |b| {
        b.iter(|| block_on(tokens.verify(REALM, black_box(token.expose()))));
    });
    group.bench_function("opaque token, looked up", |b| {
        b.iter(|| block_on(tokens.verify(Realm::new("other"), black_box("nobody's"))));
    });
    group.finish();
}

criterion_group!(micro, parsing, validation, tokens);
criterion_main!(micro);
