//! A network between gateway and PostgreSQL swallows all connections, and serves only new ones afterwards.

use std::time::{Duration, Instant};

use roster_persistence::testing::{Cluster, Proxy};

use super::{Outage, on_port};
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::store::Store;
use crate::wait::pause;

/// Within which all dialects have to serve.
const BACK: Duration = Duration::from_secs(10);

/// What the gateway is given for its end.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// Runs it: three times in the long form, and a last time with SIGTERM during the swallowing.
///
/// # Errors
/// If something cannot be started.
pub(crate) fn run(options: &Options) -> Result<Row, String> {
    let cluster = Cluster::start(&[])?;
    let proxy = Proxy::to(cluster.port())?;
    let cycles = options.cycles(3, 1) + 1;
    let swallowed = Duration::from_secs(if options.short { 5 } else { 30 });
    let store = Store::Postgres(on_port(cluster.port()));
    let mut stage = Stage::new(options, "swallowing proxy", store, cycles)?;
    let shutdown = SHUTDOWN.as_secs().to_string();
    stage.launch(&on_port(proxy.port()), &[("ROSTER_SHUTDOWN_SECONDS", shutdown)])?;
    for _ in 1..cycles {
        let (outage, watch) = stage.under_load(|_, watch, record| {
            pause(Duration::from_secs(1));
            let began = Instant::now();
            proxy.swallow();
            pause(swallowed);
            proxy.take_new_ones();
            let outage = Outage { began, over: Instant::now() };
            outage.wait(watch, record);
            Ok(outage)
        })?;
        let recovery = outage.judge(&mut stage, &watch, BACK);
        stage.settle(&format!(" swallowed for {} s, serves after {recovery}", swallowed.as_secs()))?;
    }
    let (took, _) = stage.under_load(|gateways, _, record| {
        pause(Duration::from_secs(1));
        proxy.swallow();
        pause(Duration::from_secs(1));
        let took = gateways[0].terminate(SHUTDOWN * 6)?;
        // The process has a second beside what its requests are given.
        if took > SHUTDOWN + Duration::from_secs(1) {
            record.broken(format!("SIGTERM took {took:?}, with shutdown_seconds {}", SHUTDOWN.as_secs()));
        }
        Ok(took)
    })?;
    proxy.take_new_ones();
    stage.relaunch(0)?;
    stage.settle(&format!(" ended {:.2} s after SIGTERM", took.as_secs_f64()))?;
    Ok(stage.finish())
}
