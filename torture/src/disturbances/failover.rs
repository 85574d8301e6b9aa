//! Three PostgreSQL servers under Patroni with synchronous replication, two gateways, and the primary is killed.

use std::time::{Duration, Instant};

use super::Outage;
use crate::patroni::Patroni;
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::store::Store;
use crate::wait::pause;

/// Within which writes have to be taken after the promotion.
const BACK: Duration = Duration::from_secs(10);

/// Runs it: ten times in the long form.
///
/// # Errors
/// If something cannot be started, or the servers do not become whole again.
pub(crate) fn run(options: &Options) -> Result<Row, String> {
    let mut patroni = Patroni::start()?;
    let url = patroni.url("postgres");
    let cycles = options.cycles(10, 1);
    let mut stage = Stage::new(options, "failover", Store::Postgres(url.clone()), cycles)?;
    stage.launch(&url, &[])?;
    stage.launch(&url, &[])?;
    for _ in 0..cycles {
        let before = Duration::from_millis(stage.rng.u64(1_000..3_000));
        let ((outage, killed), watch) = stage.under_load(|_, watch, record| {
            pause(before);
            let killed = patroni.leader().ok_or("no primary")?;
            let began = Instant::now();
            patroni.kill_node(killed);
            patroni.wait_for_another_leader(killed)?;
            let outage = Outage { began, over: Instant::now() };
            outage.wait(watch, record);
            Ok((outage, killed))
        })?;
        let recovery = outage.judge(&mut stage, &watch, BACK);
        let promoted = (outage.over - outage.began).as_secs_f64();
        let begun = Instant::now();
        patroni.start_node(killed)?;
        patroni.wait_until_whole()?;
        let whole = begun.elapsed().as_secs_f64();
        stage.settle(&format!(
            " node {killed} killed, another promoted after {promoted:.1} s, serves after {recovery}, whole after \
             {whole:.1} s"
        ))?;
    }
    Ok(stage.finish())
}
