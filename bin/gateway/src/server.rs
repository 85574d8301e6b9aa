//! Build, then run.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use roster_web::{DialectOf, TrustedProxies, drain, fallback, observe};

use crate::compose::{Dialects, House};
use crate::config::Config;
use crate::docs::Docs;
use crate::metrics::Figures;
use crate::start::{self, Mode};
use crate::{admin, docs, health, metrics};

/// Whether the server stops at SIGTERM and SIGINT by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signals {
    /// It does: requests in flight finish first.
    Handled,
    /// The embedding process stops it with [`Application::handle`].
    Ignored,
}

/// Why the gateway does not start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(String);

/// A gateway that is bound to its address.
pub struct Application {
    server: Server,
    address: SocketAddr,
    /// The demonstration's throw-away store, which goes with it.
    _throw_away: Option<tempfile::TempDir>,
}

impl Application {
    /// Opens the store, migrates it, begins it if it is new, and binds the address. With
    /// `Mode::Demo` and no `explicit_database` the store is a throw-away one.
    ///
    /// # Errors
    /// If any of that fails; the message says which.
    pub async fn build(
        mut config: Config,
        mode: Mode,
        explicit_database: bool,
        signals: Signals,
    ) -> Result<Self, StartError> {
        let failed = |error: Box<dyn std::error::Error>| StartError(error.to_string());
        if mode == Mode::Demo && !config.listen.ip().is_loopback() {
            let listen = config.listen;
            return Err(StartError(format!("--demo listens on a loopback address only, not on {listen}")));
        }
        let throw_away = match mode {
            Mode::Demo if !explicit_database => {
                let folder = tempfile::Builder::new().prefix("roster-demo-").tempdir();
                let folder = folder.map_err(|error| failed(error.into()))?;
                config.database_url = format!("sqlite:{}", folder.path().join("demo.sqlite").display());
                Some(folder)
            }
            _ => None,
        };
        let cannot =
            |error: std::io::Error| StartError(format!("cannot listen on {}: {error}", config.listen));
        let listener = TcpListener::bind(config.listen).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let house = Arc::new(House::open(&config).map_err(failed)?);
        let dialects = Dialects::new(&house, &config);
        start::prepare(&house, &dialects, mode, &format!("http://{address}")).await.map_err(failed)?;
        let server = serve(listener, &config, house, dialects, signals).map_err(cannot)?;
        Ok(Self { server, address, _throw_away: throw_away })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stops it.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Says on standard output that it is ready: the one line that a script waits for.
    ///
    /// # Errors
    /// If standard output is closed.
    pub fn announce(&self) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on http://{}", self.address)?;
        out.flush()
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// If the server breaks.
    pub async fn run_until_stopped(self) -> std::io::Result<()> {
        self.server.await
    }
}

fn serve(
    listener: TcpListener,
    config: &Config,
    house: Arc<House>,
    dialects: Dialects,
    signals: Signals,
) -> std::io::Result<Server> {
    let proxies = Data::new(TrustedProxies::new(config.trusted_proxies.clone()));
    let dialect_of = Data::new(DialectOf(Dialects::name_of));
    let figures = Data::new(Figures::new(house.clone(), config.is_alone()));
    let docs = config.docs.then(|| Docs::new(Dialects::documents(config))).transpose()?.map(Arc::new);
    // It ends with the runtime that the server runs on.
    actix_web::rt::spawn(Figures::gather());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(proxies.clone())
            .app_data(dialect_of.clone())
            // The last one wrapped is the first to see a request.
            .wrap(from_fn(drain))
            .wrap(
                DefaultHeaders::new()
                    .add(("X-Content-Type-Options", "nosniff"))
                    .add(("Cache-Control", "no-store")),
            )
            .wrap(from_fn(observe))
            .configure(health::routes(house.clone()))
            .configure(metrics::routes(figures.clone()))
            .configure(admin::routes(house.clone(), dialects.clone()))
            .configure(|app| {
                if let Some(docs) = &docs {
                    app.configure(docs::routes(docs.clone()));
                }
            })
            .configure(|app| dialects.mount(app))
            .default_service(fallback::<admin::Error>())
    })
    .shutdown_timeout(config.shutdown_seconds);
    let server = match signals {
        Signals::Handled => server,
        Signals::Ignored => server.disable_signals(),
    };
    Ok(server.listen(listener)?.run())
}
