//! PostgreSQL's processes are stopped where they are, with all connections open, and go on later.

use std::time::{Duration, Instant};

use roster_persistence::testing::Cluster;

use super::{Outage, on_port};
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::store::Store;
use crate::wait::pause;

/// Within which all dialects have to serve.
const BACK: Duration = Duration::from_secs(10);

/// Runs it: five times in the long form.
///
/// # Errors
/// If something cannot be started.
pub(crate) fn run(options: &Options) -> Result<Row, String> {
    let cluster = Cluster::start(&[])?;
    let url = on_port(cluster.port());
    let cycles = options.cycles(5, 1);
    let frozen = Duration::from_secs(if options.short { 6 } else { 15 });
    let mut stage = Stage::new(options, "freeze of postgres", Store::Postgres(url.clone()), cycles)?;
    stage.launch(&url, &[])?;
    for _ in 0..cycles {
        let (outage, watch) = stage.under_load(|_, watch, record| {
            pause(Duration::from_secs(1));
            let began = Instant::now();
            cluster.freeze();
            pause(frozen);
            cluster.thaw();
            let outage = Outage { began, over: Instant::now() };
            outage.wait(watch, record);
            Ok(outage)
        })?;
        let recovery = outage.judge(&mut stage, &watch, BACK);
        stage.settle(&format!(" frozen for {} s, serves after {recovery}", frozen.as_secs()))?;
    }
    Ok(stage.finish())
}
