//! `/metrics`: the gateway's figures, in the text format of Prometheus.
//!
//! The crates tell their figures to the `metrics` facade, as they tell their logs to `tracing`; what
//! becomes of them is decided here.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, ServiceConfig};
use async_lock::Mutex;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use roster_kernel::PortError;
use roster_web::{Call, Endpoint};

use crate::admin::{Error, Operator};
use crate::compose::House;

/// How long a count of users is shown before they are counted again.
const USERS_MS: i64 = 60_000;

/// How often samples are gathered.
const GATHER: Duration = Duration::from_secs(5);

/// Upper bounds of what takes from a fraction of a millisecond to the longest patience, in seconds.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];

/// One recorder a process: the facade has room for no more.
static RECORDER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS);
    builder
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| tracing::warn!(%error, "no figures"))
        .ok()
});

/// What each figure is, for its `# HELP` line.
fn describe() {
    metrics::describe_counter!("roster_http_requests_total", "Requests answered");
    metrics::describe_histogram!(
        "roster_http_request_duration_seconds",
        "From a request's head to its answer's"
    );
    metrics::describe_histogram!(
        "roster_gate_wait_seconds",
        "Waiting for a connection, the writer or a core"
    );
    metrics::describe_counter!(
        "roster_gate_refused_total",
        "Requests that waited in vain and were told to come again"
    );
    metrics::describe_histogram!("roster_password_hash_seconds", "Hashing or verifying one password");
    metrics::describe_counter!(
        "roster_connections_closed_total",
        "Connections closed by the gateway, by reason: idle, head, answer, address_limit, address_refused, \
         descriptors"
    );
    metrics::describe_counter!("roster_malformed_requests_total", "Requests that are no HTTP");
    metrics::describe_counter!(
        "roster_bodies_cut_total",
        "Bodies that stood still and were cut for others that needed room"
    );
    metrics::describe_counter!("roster_rate_limited_total", "Requests of clients that call too often");
    metrics::describe_counter!(
        "roster_store_given_up_total",
        "How often a silent server's connections were given up"
    );
    metrics::describe_counter!("roster_transaction_retries_total", "Transactions that were done again");
    metrics::describe_counter!(
        "roster_inline_read_stalls_total",
        "Looks at SQLite that held up a web server's thread"
    );
    metrics::describe_counter!(
        "roster_inline_reads_handed_over_total",
        "Looks that found the SQLite file locked, done elsewhere"
    );
    metrics::describe_counter!("roster_swept_rows_total", "Rows that had ended and were taken away");
    metrics::describe_counter!("roster_authentication_failures_total", "Wrong passwords, keys and tokens");
}

/// What `/metrics` stands on.
pub(crate) struct Figures {
    house: Arc<House>,
    /// Whether it is open: who reaches a loopback address is on the machine itself.
    open: bool,
    users: Mutex<Option<(i64, String)>>,
}

impl Figures {
    /// Begins to record.
    pub(crate) fn new(house: Arc<House>, open: bool) -> Self {
        if LazyLock::force(&RECORDER).is_some() {
            describe();
        }
        Self { house, open, users: Mutex::new(None) }
    }

    /// Gathers what was recorded, again and again: else every sample would wait in memory for somebody
    /// who asks, and perhaps nobody ever does.
    pub(crate) async fn gather() {
        let Some(recorder) = &*RECORDER else { return };
        let mut turns = actix_web::rt::time::interval(GATHER);
        loop {
            turns.tick().await;
            recorder.run_upkeep();
        }
    }

    /// Users by dialect, counted at most once a minute whoever asks.
    async fn users(&self) -> Result<String, PortError> {
        let mut kept = self.users.lock().await;
        let now = self.house.clock.now_ms();
        if let Some((at, text)) = &*kept
            && now - at < USERS_MS
        {
            return Ok(text.clone());
        }
        let db = || self.house.db.clone();
        let counts = [
            (
                roster_enterprise_users::DIALECT,
                roster_enterprise_users::DieselStore::new(db()).count().await?,
            ),
            (roster_device_users::REALM, roster_device_users::DieselStore::new(db()).count().await?),
            (roster_tenant_ciam::REALM, roster_tenant_ciam::DieselStore::new(db()).count().await?),
            (roster_iot_roles::REALM, roster_iot_roles::DieselStore::new(db()).count().await?),
        ];
        let mut text = String::from("# HELP roster_users Users in the store\n# TYPE roster_users gauge\n");
        for (realm, count) in counts {
            // A string takes whatever is written to it.
            let _ = writeln!(text, "roster_users{{dialect=\"{realm}\"}} {count}");
        }
        *kept = Some((now, text.clone()));
        Ok(text)
    }
}

/// Mounts `/metrics`.
pub(crate) fn routes(figures: Data<Figures>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(figures).service(Endpoint::<Figures, Error>::at("/metrics").get(read));
    }
}

/// `GET /metrics`: for operators, and for everybody on a loopback address.
async fn read(call: Call<Figures>) -> Result<HttpResponse, Error> {
    // Behind a proxy that is not configured, a loopback address is no sign of who asks.
    if !call.open || call.is_forwarded_by_stranger() {
        Operator::present(&call.house, call.authorization(), call.origin()).await?;
    }
    let users = call.users().await?;
    let recorded = RECORDER.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    let text = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, text)).body(recorded + &users))
}
