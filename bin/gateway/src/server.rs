//! Build, then run.

use std::future::poll_fn;
use std::net::{SocketAddr, TcpListener};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, middleware::from_fn, rt};
use futures_util::future::{Either, select};
use roster_kernel::{Clock, SystemClock};
use roster_persistence::{Closed, Db, Opening};
use roster_web::{Connections, DialectOf, Limits, TrustedProxies, drain, fallback, observe, track};

use crate::compose::{Dialects, House};
use crate::config::Config;
use crate::config_check::check as check_config;
use crate::docs::Docs;
use crate::front::{Front, front};
use crate::limits::{self, seconds};
use crate::listener::Listening;
use crate::metrics::Figures;
use crate::print::print;
use crate::shutdown::{Listener, Shutdown, Stopping};
use crate::signals::Stops;
use crate::start::{self, Mode};
use crate::tls::{self, Certificate};
use crate::{admin, docs, headers, health, memory, metrics, open, sweep};

/// Whether the server stops at SIGTERM and SIGINT by itself, and reads its certificate again at SIGHUP.
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

/// A gateway that is bound to its addresses.
pub struct Application {
    server: Server,
    address: SocketAddr,
    /// The listener for operators, if they have one of their own.
    admin: Option<(Server, SocketAddr)>,
    /// What stops both and when, if that is not for the embedding process.
    stops: Option<(Stops, Shutdown)>,
    /// `http` or `https`.
    scheme: &'static str,
    /// Closed when the servers have ended.
    db: Db,
    /// The demonstration's throw-away store, which goes with it.
    _throw_away: Option<tempfile::TempDir>,
}

impl Application {
    /// Opens the store, migrates it, begins it if it is new, and binds the addresses. With
    /// `Mode::Demo` and no `explicit_database` the store is a throw-away one.
    ///
    /// # Errors
    /// If any of that fails; the message says which.
    pub async fn build(
        config: Config,
        mode: Mode,
        explicit_database: bool,
        signals: Signals,
    ) -> Result<Self, StartError> {
        Self::build_at(config, mode, explicit_database, signals, Arc::new(SystemClock)).await
    }

    /// Builds it as [`Application::build`] does, and begins an empty store where one is missing.
    ///
    /// # Errors
    /// As [`Application::build`].
    pub async fn build_new(
        config: Config,
        mode: Mode,
        explicit_database: bool,
        signals: Signals,
    ) -> Result<Self, StartError> {
        let wall = Arc::new(SystemClock);
        Self::build_as(config, mode, explicit_database, signals, wall, Opening::New).await
    }

    /// Builds it as [`Application::build`] does, on a machine whose clock is `wall`.
    ///
    /// # Errors
    /// As [`Application::build`].
    pub async fn build_at(
        config: Config,
        mode: Mode,
        explicit_database: bool,
        signals: Signals,
        wall: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        Self::build_as(config, mode, explicit_database, signals, wall, Opening::Serve).await
    }

    async fn build_as(
        mut config: Config,
        mode: Mode,
        explicit_database: bool,
        signals: Signals,
        wall: Arc<dyn Clock>,
        opening: Opening,
    ) -> Result<Self, StartError> {
        let failed = |error: Box<dyn std::error::Error>| StartError(error.to_string());
        for listen in [Some(config.listen), config.admin_listen].into_iter().flatten() {
            if mode == Mode::Demo && !listen.ip().is_loopback() {
                return Err(StartError(format!(
                    "--demo listens on a loopback address only, not on {listen}"
                )));
            }
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
        check_config(&config).map_err(|error| StartError(format!("configuration: {error}")))?;
        let certificate = Certificate::open(&config.tls).map_err(StartError)?;
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let (listener, address) = bind(config.listen)?;
        let admin_listener = config.admin_listen.map(bind).transpose()?;
        let house = Arc::new(open::to_begin(&config, wall, opening).map_err(failed)?);
        let dialects = Dialects::new(&house, &config);
        let base = format!("{scheme}://{address}");
        start::prepare(&house, &dialects, mode, &base, opening).await.map_err(failed)?;
        let documented = config.clone();
        let docs = config.docs.then(|| Docs::new(move || Dialects::documents(&documented)));
        let served = Served {
            docs: docs.map(Arc::new),
            figures: Data::new(Figures::new(house.clone(), config.figures_are_open())),
            stopping: Stopping::default(),
            house,
            dialects,
        };
        let stopping = served.stopping.clone();
        // Listened to from before it is ready: unheard, a signal would end the process.
        let stops = (signals == Signals::Handled).then(Stops::listen).transpose();
        let stops = stops.map_err(|error| failed(error.into()))?;
        let hangups = (signals == Signals::Handled).then(|| signal(SignalKind::hangup()).ok()).flatten();
        // They end with the runtime that the server runs on.
        rt::spawn(Figures::gather());
        rt::spawn(memory::watch());
        rt::spawn(sweep::run(served.house.clone(), config.sweep_minutes));
        rt::spawn(watch(certificate.clone(), hangups));
        let door = Door::new(&config, mode, &served.house, certificate);
        let db = served.house.db.clone();
        let cannot = |error: std::io::Error| StartError(format!("cannot serve: {error}"));
        let total = limits::connections(config.database.pool_size);
        let mut listeners = Vec::new();
        let (server, admin) = match admin_listener {
            None => {
                let server = door.open(listener, total, &mut listeners, move |app| served.all(app));
                (server.map_err(cannot)?, None)
            }
            Some((admin_listener, address)) => {
                let public = served.clone();
                let admin = door.for_operators();
                // What others take of the public listener they cannot take of the operators'.
                let kept = (total / 8).clamp(1, 64);
                let routes = move |app: &mut ServiceConfig| served.for_operators(app);
                let admin = admin.open(admin_listener, kept, &mut listeners, routes);
                let routes = move |app: &mut ServiceConfig| public.for_callers(app);
                let server = door.open(listener, total - kept, &mut listeners, routes);
                let server = server.map_err(cannot)?;
                tracing::info!("operators at {scheme}://{address}");
                (server, Some((admin.map_err(cannot)?, address)))
            }
        };
        let (drain, limit) = (config.drain(), Duration::from_secs(config.shutdown_seconds));
        let stops = stops.map(|stops| (stops, Shutdown { stopping, listeners, drain, limit }));
        Ok(Self { server, address, admin, stops, scheme, db, _throw_away: throw_away })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for operators, if that is elsewhere.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|(_, address)| *address)
    }

    /// What stops it.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Begins to serve, and says on standard output that it is ready: the one line that a script waits
    /// for.
    ///
    /// # Errors
    /// If it cannot begin, or standard output takes nothing more, such as a file on a full disk.
    pub async fn announce(&mut self) -> std::io::Result<()> {
        // It serves once it was polled: whoever waits for the line may call.
        if let Poll::Ready(ended) = poll_fn(|cx| Poll::Ready(Pin::new(&mut self.server).poll(cx))).await {
            return ended.and(Err(std::io::Error::other("the server ended at once")));
        }
        print(format_args!("listening on {}://{}\n", self.scheme, self.address))
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// If the server breaks.
    pub async fn run_until_stopped(self) -> std::io::Result<()> {
        let admin = self.admin.map(|(server, _)| (server.handle(), rt::spawn(server)));
        if let Some((stops, shutdown)) = self.stops {
            rt::spawn(shutdown.at(stops));
        }
        let ended = self.server.await;
        if let Some((handle, running)) = admin {
            handle.stop(true).await;
            running.await.map_err(std::io::Error::other)??;
        }
        close(&self.db);
        ended
    }
}

/// How long the end of the process waits for others who read the SQLite file.
const CLOSING: Duration = Duration::from_secs(3);

/// Leaves a SQLite file that is whole by itself, or says that it is not.
fn close(db: &Db) {
    match db.close(CLOSING) {
        Ok(Closed::Whole) => {}
        Ok(Closed::LogRemains) => tracing::warn!(
            store = %db.url(),
            "another process reads the store: its last writes are in the file beside it that ends in -wal, \
             which belongs to it; copy both"
        ),
        Err(error) => {
            tracing::warn!(%error, store = %db.url(), "the store could not be closed; copy its -wal too");
        }
    }
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let cannot = |error: std::io::Error| StartError(format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    Ok((listener, address))
}

/// Who is served what.
#[derive(Clone)]
struct Served {
    house: Arc<House>,
    dialects: Dialects,
    figures: Data<Figures>,
    docs: Option<Arc<Docs>>,
    stopping: Stopping,
}

impl Served {
    fn all(&self, app: &mut ServiceConfig) {
        self.for_operators(app);
        self.dialects_and_docs(app);
    }

    fn for_operators(&self, app: &mut ServiceConfig) {
        app.configure(health::routes(self.house.clone(), self.stopping.clone()))
            .configure(metrics::routes(self.figures.clone()))
            .configure(admin::routes(self.house.clone(), self.dialects.clone()));
    }

    fn for_callers(&self, app: &mut ServiceConfig) {
        app.configure(health::routes(self.house.clone(), self.stopping.clone()));
        self.dialects_and_docs(app);
    }

    fn dialects_and_docs(&self, app: &mut ServiceConfig) {
        // Before the dialects, one of which has the root.
        if let Some(docs) = &self.docs {
            app.configure(docs::routes(docs.clone()));
        }
        self.dialects.mount(app);
    }
}

/// What all listeners have in common.
#[derive(Clone)]
struct Door {
    proxies: Data<TrustedProxies>,
    dialect_of: Data<DialectOf>,
    limits: Data<Limits>,
    certificate: Option<Arc<Certificate>>,
    config: Config,
    mode: Mode,
    house: Arc<House>,
}

impl Door {
    fn new(config: &Config, mode: Mode, house: &Arc<House>, certificate: Option<Arc<Certificate>>) -> Self {
        Self {
            proxies: Data::new(TrustedProxies::new(config.trusted_proxies.clone())),
            dialect_of: Data::new(DialectOf(Dialects::name_of)),
            limits: Data::new(config.limits.of_routes(house.requests.clone())),
            certificate,
            config: config.clone(),
            mode,
            house: house.clone(),
        }
    }

    /// The same for the operators' own listener: whoever calls the other one too often takes nothing
    /// away from them.
    fn for_operators(&self) -> Self {
        let limits = Limits { requests: None, ..self.limits.as_ref().clone() };
        Self { limits: Data::new(limits), ..self.clone() }
    }

    /// Serves `routes` at `listener`, to `most` connections at a time, and adds what a stop needs to
    /// `listeners`.
    fn open(
        &self,
        listener: TcpListener,
        most: usize,
        listeners: &mut Vec<Listener>,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> std::io::Result<Server> {
        let Self { proxies, dialect_of, limits, .. } = self.clone();
        let is_secure = self.certificate.is_some();
        let fronts = Data::new(self.front(&listener)?);
        let app = move || {
            App::new()
                .app_data(proxies.clone())
                .app_data(dialect_of.clone())
                .app_data(limits.clone())
                .app_data(fronts.clone())
                // The last one wrapped is the first to see a request.
                .wrap(from_fn(drain))
                .wrap(from_fn(front))
                .wrap(headers::defaults(is_secure))
                .wrap(from_fn(observe))
                .wrap(from_fn(track))
                .configure(&routes)
                .default_service(fallback::<admin::Error>())
        };
        let times = self.config.limits;
        let connections = Connections::new(times.of_connections(most, self.proxies.as_ref().clone()));
        rt::spawn(connections.clone().watch());
        let tls = self.certificate.as_ref().map(|certificate| certificate.server()).transpose();
        let socket = listener.try_clone()?;
        let listening = Listening {
            listener,
            connections: connections.clone(),
            most,
            tls: tls.map_err(std::io::Error::other)?,
            head: seconds(times.head_seconds),
            shutdown_seconds: self.config.shutdown_seconds,
        };
        let server = listening.serve(app)?;
        listeners.push(Listener { socket, connections, handle: server.handle() });
        Ok(server)
    }

    /// Where only the listener's address keeps strangers out, a browser must not be led to it under a
    /// name of theirs.
    fn front(&self, listener: &TcpListener) -> std::io::Result<Front> {
        let is_near = self.mode == Mode::Demo || listener.local_addr()?.ip().is_loopback();
        let own_hosts_only = is_near && self.config.trusted_proxies.is_empty();
        Ok(Front::new(self.house.clone(), own_hosts_only, self.config.tenant_ciam.enabled))
    }
}

/// Reads the certificate again when its files change, and at SIGHUP, which does nothing where there is
/// none.
async fn watch(certificate: Option<Arc<Certificate>>, mut hangups: Option<Signal>) {
    let mut looks = rt::time::interval(tls::LOOK);
    loop {
        let hangup = async {
            match &mut hangups {
                Some(hangups) => hangups.recv().await,
                None => std::future::pending().await,
            }
        };
        match select(pin!(hangup), pin!(looks.tick())).await {
            Either::Left(_) => certificate.iter().for_each(|certificate| certificate.reload()),
            Either::Right(_) => certificate.iter().for_each(|certificate| certificate.look()),
        }
    }
}
