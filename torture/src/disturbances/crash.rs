//! PostgreSQL crashes and is started again, under load and under clients that never pause.

use std::time::{Duration, Instant};

use roster_persistence::testing::Cluster;

use super::{Outage, on_port};
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::store::Store;
use crate::wait::pause;

/// Within which each dialect has to serve once the server accepts connections.
const BACK: Duration = Duration::from_secs(1);

/// Runs it: 30 times in the long form.
///
/// # Errors
/// If something cannot be started.
pub(crate) fn run(options: &Options) -> Result<Row, String> {
    let mut cluster = Cluster::start(&[])?;
    let url = on_port(cluster.port());
    let cycles = options.cycles(30, 2);
    let mut stage = Stage::new(options, "crash of postgres", Store::Postgres(url.clone()), cycles)?;
    stage.launch(&url, &[])?;
    for cycle in 0..cycles {
        let (before, away) = (stage.rng.u64(300..1_500), stage.rng.u64(1_500..3_000));
        let (outage, watch) = stage.under_load(|_, watch, record| {
            pause(Duration::from_millis(before));
            let began = Instant::now();
            // In turn as `pg_ctl stop -m immediate` does it, and by SIGKILL of all its processes.
            if cycle % 2 == 0 {
                cluster.crash();
            } else {
                cluster.kill();
            }
            pause(Duration::from_millis(away));
            cluster.restart()?;
            let outage = Outage { began, over: Instant::now() };
            outage.wait(watch, record);
            Ok(outage)
        })?;
        let recovery = outage.judge(&mut stage, &watch, BACK);
        stage.settle(&format!(" away for {away} ms, serves after {recovery}"))?;
    }
    Ok(stage.finish())
}
