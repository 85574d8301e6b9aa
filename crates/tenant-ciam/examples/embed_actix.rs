//! Tenant CIAM inside somebody's own actix-web service, in a SQLite file of its own.
//!
//! `cargo run -p roster-tenant-ciam --example embed_tenant_ciam -- 127.0.0.1:8081`

use std::sync::Arc;

use actix_web::{App, HttpServer};
use roster_auth::{AccountStore, Argon2Hasher, HashingConfig, ThrottleStore, TokenStore};
use roster_kernel::{Change, Clock, OsRandom, SystemClock};
use roster_persistence::{Db, DbSettings};
use roster_tenant_ciam::{
    AttributeDefinition, AttributeKind, Client, Config, DieselStore, ExtensionKey, Ports, REALM, TenantCiam,
    TenantId, http, wire,
};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".into());
    let url = arguments.next().unwrap_or_else(|| "sqlite:embedded.sqlite".into()).parse()?;

    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let db = Db::open(&url, DbSettings::default(), clock.clone(), random.clone())?;
    db.migrate(&db.lock_start()?, roster_migrations::ALL)?;
    let hasher = Arc::new(Argon2Hasher::new(&HashingConfig::default(), random.clone())?);
    let accounts = Arc::new(AccountStore::new(db.clone(), hasher.clone(), vec![REALM]));
    let service = Arc::new(TenantCiam::new(
        Config::default(),
        Ports {
            store: Arc::new(DieselStore::new(db.clone())),
            hasher,
            tokens: Arc::new(TokenStore::new(db.clone(), clock.clone(), random.clone())),
            accounts: accounts.clone(),
            clients: accounts.clone(),
            throttle: Arc::new(ThrottleStore::new(db, clock.clone())),
            clock: clock.clone(),
            random,
        },
    ));

    // A tenant that knows the attribute `age`, and a client of it.
    let change = Change { principal: "embedder".into(), origin: Default::default(), at_ms: clock.now_ms() };
    let tenant = TenantId::parse("acme")?;
    let age = AttributeDefinition::extension(ExtensionKey::parse("age")?, AttributeKind::Text);
    service.provision_tenant(&change, &tenant, "Acme", vec![age]).await?;
    let secret = "example-secret".into();
    accounts.put(&change, REALM, "example-client", Some(tenant.as_str()), &secret).await?;

    // The service's own code may act without a token; callers from outside need one.
    let myself = Client::trusted(tenant, "embedder");
    let user = service.create(&myself, wire::CreateUser::default()).await?;
    eprintln!("made user {}", user.user_id);

    let server =
        HttpServer::new(move || App::new().configure(http::routes(service.clone()))).bind(address)?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}
