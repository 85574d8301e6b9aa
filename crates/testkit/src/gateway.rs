use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use roster_auth::HashingConfig;
use roster_gateway::{Application, Config, Mode, Signals};
use roster_kernel::{Clock, SystemClock};
use roster_persistence::Backend;
use roster_persistence::testing::{TestDatabase, is_pooled};

use crate::call::Call;
use crate::raw::RawConnection;

/// A machine's clock that is set wrong, by a time that the test changes; it runs as the right one does.
#[derive(Debug, Default)]
pub struct WrongClock(AtomicI64);

impl WrongClock {
    /// A clock that is ahead by `ms`, or behind if that is negative.
    pub fn ahead_by(ms: i64) -> Self {
        Self(AtomicI64::new(ms))
    }

    /// Sets it to be ahead by `ms`; 0 puts it right.
    pub fn set_ahead_by(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

impl Clock for WrongClock {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0.load(Ordering::SeqCst)
    }
}

/// A gateway with the demonstration's data, in a thread of the test's own process, on a database
/// of its own. Real sockets, real HTTP.
pub struct TestGateway {
    base: String,
    admin: Option<String>,
    agent: ureq::Agent,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    database: Arc<TestDatabase>,
}

impl TestGateway {
    /// Starts one on `database`, with hashing at its cheapest, asking for credentials each time, and
    /// with `adjust` applied.
    pub fn start(database: TestDatabase, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(Arc::new(database), adjust)
    }

    /// Starts another one on the database of this one, as a second replica.
    pub fn beside(&self, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(self.database.clone(), adjust)
    }

    /// Starts one on a database that the test keeps, for when the gateway has ended.
    pub fn start_shared(database: Arc<TestDatabase>, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(database, adjust)
    }

    /// Starts one on `database`, on a machine whose clock is `wall`. On PostgreSQL the server's clock
    /// decides, so `wall` must make no difference.
    pub fn start_at(
        database: Arc<TestDatabase>,
        wall: Arc<dyn Clock>,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        Self::start_on_at(database, wall, adjust)
    }

    fn start_on(database: Arc<TestDatabase>, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::start_on_at(database, Arc::new(SystemClock), adjust)
    }

    fn start_on_at(
        database: Arc<TestDatabase>,
        wall: Arc<dyn Clock>,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            database_url: url_of(&database),
            hashing: HashingConfig::cheapest(),
            shutdown_seconds: 1,
            ..Config::default()
        };
        // Tests of several gateways need not wait; what is believed has tests of its own.
        config.database.believe_ms = 0;
        config.database.prepared_statements = !is_pooled();
        adjust(&mut config);
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let built = Application::build_at(config, Mode::Demo, true, Signals::Ignored, wall).await;
                let application = built.expect("the gateway starts");
                let addresses = (application.address(), application.admin_address());
                sender.send((addresses, application.handle())).expect("the test waits");
                application.run_until_stopped().await.expect("the gateway runs");
            });
        });
        let ((address, admin), handle) = receiver.recv().expect("the gateway starts");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections_per_host(64)
            .build()
            .new_agent();
        let admin = admin.map(|address| format!("http://{address}"));
        Self { base: format!("http://{address}"), admin, agent, handle, thread: Some(thread), database }
    }

    /// The same gateway at its other listener.
    ///
    /// # Panics
    /// If it was told to have none.
    pub fn at_admin(&self, method: &str, path: &str) -> Call {
        let base = self.admin.as_deref().expect("a listener for operators");
        Call::new(self.agent.clone(), method, &format!("{base}{path}"))
    }

    /// Where it listens, as `http://…`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A connection to it, on which the test says whatever it wants.
    pub fn raw(&self) -> RawConnection {
        RawConnection::open(self.base.trim_start_matches("http://"))
    }

    /// The same from another address of this machine.
    pub fn raw_from(&self, source: [u8; 4]) -> RawConnection {
        RawConnection::open_from(source.into(), self.base.trim_start_matches("http://"))
    }

    /// The kind of its database.
    pub fn backend(&self) -> Backend {
        self.database.url().backend()
    }

    /// Its database, for a test that looks behind the scenes.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// A call, not yet sent.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(self.agent.clone(), method, &format!("{}{path}", self.base))
    }

    /// `GET path`
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// `POST path` with a JSON body.
    pub fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Call {
        self.call("POST", path).json(body)
    }
}

impl Drop for TestGateway {
    fn drop(&mut self) {
        // The future only says whether it has stopped; the message is sent at once.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn url_of(database: &TestDatabase) -> String {
    match database.url() {
        roster_persistence::DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        roster_persistence::DatabaseUrl::Postgres(url) => url.clone(),
    }
}

/// Runs `test` against a fresh gateway on every database that there is.
pub fn on_each_gateway(test: impl Fn(&TestGateway)) {
    on_each_gateway_with(|_| {}, test);
}

/// The same with another configuration.
pub fn on_each_gateway_with(adjust: impl Fn(&mut Config), test: impl Fn(&TestGateway)) {
    for database in TestDatabase::each() {
        test(&TestGateway::start(database, &adjust));
    }
}
