//! Enterprise users inside an actix-web service, in a SQLite file of its own.
//!
//! `cargo run -p roster-enterprise-users --example embed_enterprise_users -- 127.0.0.1:8081`

use std::sync::Arc;

use actix_web::{App, HttpServer};
use roster_auth::{Argon2Hasher, HashingConfig, ThrottleStore};
use roster_enterprise_users::{
    Administrator, Config, DieselStore, EnterpriseId, EnterpriseUsers, NewUser, NickName, Ports, http,
};
use roster_kernel::{OsRandom, SystemClock};
use roster_persistence::{Db, DbSettings};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".into());
    let url = arguments.next().unwrap_or_else(|| "sqlite:embedded.sqlite".into()).parse()?;

    let db = Db::open(&url, DbSettings::default(), Arc::new(SystemClock), Arc::new(OsRandom))?;
    db.migrate(&db.lock_start()?, roster_migrations::ALL)?;
    let service = Arc::new(EnterpriseUsers::new(
        Config::default(),
        Ports {
            store: Arc::new(DieselStore::new(db.clone())),
            hasher: Arc::new(Argon2Hasher::new(&HashingConfig::default(), Arc::new(OsRandom))?),
            throttle: Arc::new(ThrottleStore::new(db, Arc::new(SystemClock))),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
        },
    ));

    // The service's own code may act without a key; callers from outside need one.
    let myself = Administrator::trusted("embedder", "acme");
    let (Ok(acme), Ok(name)) = (EnterpriseId::parse("acme".into()), NickName::parse("admin".into())) else {
        return Err("these are legal names".into());
    };
    let admin = NewUser { administrator: true, ..NewUser::new(acme, name) };
    let admin = service.ensure(&myself, admin, &"a long password".into()).await?;
    service.grant_key(&myself, &admin, "example", &"example-key".into()).await?;

    let server =
        HttpServer::new(move || App::new().configure(http::routes(service.clone()))).bind(address)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}
