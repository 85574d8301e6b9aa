//! Device users inside somebody's own actix-web service, in a SQLite file of its own.
//!
//! `cargo run -p roster-device-users --example embed_device_users -- 127.0.0.1:8082`

use std::sync::Arc;

use actix_web::{App, HttpServer};
use roster_auth::{AccountStore, Argon2Hasher, HashingConfig, JwtSigner, ThrottleStore};
use roster_device_users::{
    AccountName, Caller, Config, DeviceUsers, DieselStore, GroupId, Ports, REALM, http,
};
use roster_kernel::{Change, Clock, Origin, OsRandom, SystemClock};
use roster_persistence::{Db, DbSettings};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8082".into());
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

    // Whoever calls from outside signs in first.
    let Ok(name) = AccountName::parse("admin") else { return Err("this is a legal name".into()) };
    let change = Change { principal: "embedder".into(), origin: Origin::default(), at_ms: clock.now_ms() };
    accounts.put(&change, REALM, name.as_str(), None, &"example-password".into()).await?;
    // The service's own code may act without.
    let myself = Caller::trusted("embedder");
    service.ensure_group(&myself, GroupId(1), "employees").await?;
    service.ensure_group(&myself, GroupId(2), "visitors").await?;

    let server =
        HttpServer::new(move || App::new().configure(http::routes(service.clone()))).bind(address)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}
