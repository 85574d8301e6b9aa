//! IoT users inside somebody's own actix-web service, in a SQLite file of its own.
//!
//! `cargo run -p roster-iot-roles --example embed_iot_roles -- 127.0.0.1:8084`

use std::sync::Arc;

use actix_web::{App, HttpServer};
use roster_auth::{Argon2Hasher, HashingConfig, JwtSigner, ThrottleStore};
use roster_iot_roles::{
    Config, DieselStore, IotRoles, NewUser, Ports, Role, SystemAdministrator, Username, demo, http,
};
use roster_kernel::{OsRandom, SystemClock};
use roster_persistence::{Db, DbSettings};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8084".into());
    let url = arguments.next().unwrap_or_else(|| "sqlite:embedded.sqlite".into()).parse()?;

    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let db = Db::open(&url, DbSettings::default(), clock.clone(), random.clone())?;
    db.migrate(&db.lock_start()?, roster_migrations::ALL)?;
    let service = Arc::new(IotRoles::new(
        Config::default(),
        Ports {
            store: Arc::new(DieselStore::new(db.clone())),
            hasher: Arc::new(Argon2Hasher::new(&HashingConfig::default(), random.clone())?),
            signer: Arc::new(JwtSigner::new(db.clone(), clock.clone(), random.clone())),
            throttle: Arc::new(ThrottleStore::new(db, clock.clone())),
            clock,
            random,
        },
    ));

    // The service's own code may act without a token; callers from outside sign in for one.
    let myself = SystemAdministrator::trusted("embedder");
    let objects = demo::objects();
    service.ensure_domain(&myself, objects.domain).await?;
    service.ensure_site_type(&myself, objects.site_type).await?;
    for site in objects.sites {
        service.ensure_site(&myself, site).await?;
    }
    let Ok(name) = Username::parse("admin".into()) else { return Err("this is a legal name".into()) };
    let admin = NewUser::new(name, Role::System);
    service.ensure_user(&myself, admin, &"example-password".into()).await?;

    let server =
        HttpServer::new(move || App::new().configure(http::routes(service.clone()))).bind(address)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}
