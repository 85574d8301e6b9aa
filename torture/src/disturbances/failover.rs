//! Three PostgreSQL servers under Patroni with synchronous replication, two gateways, and the primary is killed.

use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::prelude::*;

use super::{Outage, run_sql};
use crate::patroni::Patroni;
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::store::Store;
use crate::wait::{pause, until};

/// Within which writes have to be taken after the promotion.
const BACK: Duration = Duration::from_secs(10);

/// How long a promotion may take.
const WHOLE: Duration = Duration::from_secs(60);

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
        let ((outage, killed, servers), watch) = stage.under_load(|_, watch, record| {
            pause(before);
            let killed = patroni.leader().ok_or("no primary")?;
            let began = Instant::now();
            patroni.kill_node(killed);
            let leader = patroni.url_of(patroni.wait_for_another_leader(killed)?, "postgres");
            // Patroni tells of a leader that it has yet to promote.
            until("a promoted server", WHOLE, || is_promoted(&leader).then_some(()))?;
            let outage = Outage { began, over: Instant::now() };
            // A commit waits for a synchronous standby: so long the servers themselves take.
            run_sql(&leader, &["SELECT pg_logical_emit_message(true, 'torture', '')"])?;
            let servers = outage.over.elapsed();
            outage.wait(watch, record);
            Ok((outage, killed, servers))
        })?;
        let recovery = outage.judge(&mut stage, &watch, BACK);
        let promoted = (outage.over - outage.began).as_secs_f64();
        let begun = Instant::now();
        patroni.start_node(killed)?;
        patroni.wait_until_whole()?;
        let whole = begun.elapsed().as_secs_f64();
        stage.settle(&format!(
            " node {killed} killed, another promoted after {promoted:.1} s, the servers take writes after {:.2} s, \
             serves after {recovery}, whole after {whole:.1} s",
            servers.as_secs_f64()
        ))?;
    }
    Ok(stage.finish())
}

fn is_promoted(url: &str) -> bool {
    #[derive(QueryableByName)]
    struct Recovery {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        promoted: bool,
    }
    let Ok(mut conn) = PgConnection::establish(url) else { return false };
    let row =
        diesel::sql_query("SELECT NOT pg_is_in_recovery() AS promoted").get_result::<Recovery>(&mut conn);
    row.is_ok_and(|row| row.promoted)
}
