//! A primary fails or turns read-only, and its streaming standby is promoted.

use std::time::{Duration, Instant};

use roster_persistence::testing::Cluster;

use super::{Outage, on_port, run_sql};
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::store::Store;
use crate::wait::pause;

/// Within which all dialects have to serve after the promotion.
const BACK: Duration = Duration::from_secs(10);

/// Runs it: six times in the long form, by turns with a primary that stops and one that turns read-only. Each time has
/// a new pair of servers, since nothing makes a standby of an old primary here.
///
/// # Errors
/// If something cannot be started.
pub(crate) fn run(options: &Options) -> Result<Row, String> {
    let cycles = options.cycles(6, 2);
    let mut whole: Option<Row> = None;
    for cycle in 0..cycles {
        let row = promote(options, cycle % 2 == 0)?;
        match &mut whole {
            None => whole = Some(row),
            Some(whole) => {
                whole.figures.add(&row.figures);
                whole.broken += row.broken;
            }
        }
    }
    whole.ok_or_else(|| "no cycles".to_owned())
}

fn promote(options: &Options, stops: bool) -> Result<Row, String> {
    let mut primary = Cluster::start(&[])?;
    let standby = primary.standby()?;
    // What the primary acknowledges, the standby has.
    let names = "ALTER SYSTEM SET synchronous_standby_names = '*'";
    run_sql(&on_port(primary.port()), &[names, "SELECT pg_reload_conf()"])?;
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port(),
        standby.port()
    );
    let store = Store::Postgres(on_port(standby.port()));
    let mut stage = Stage::new(options, "promoted standby", store, 1)?;
    stage.launch(&url, &[])?;
    let (outage, watch) = stage.under_load(|_, watch, record| {
        pause(Duration::from_secs(2));
        let began = Instant::now();
        if stops {
            primary.crash();
        } else {
            let turn = "ALTER SYSTEM SET default_transaction_read_only = on";
            run_sql(&on_port(primary.port()), &[turn, "SELECT pg_reload_conf()"])?;
        }
        pause(Duration::from_secs(3));
        standby.promote()?;
        run_sql(
            &on_port(standby.port()),
            &["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"],
        )?;
        let outage = Outage { began, over: Instant::now() };
        outage.wait(watch, record);
        Ok(outage)
    })?;
    let recovery = outage.judge(&mut stage, &watch, BACK);
    let what = if stops { "stopped" } else { "read-only" };
    stage.settle(&format!(" primary {what}, serves after {recovery}"))?;
    Ok(stage.finish())
}
