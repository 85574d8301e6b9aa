//! The gateway is killed with SIGKILL at a random moment, and started again.

use std::time::Duration;

use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::wait::pause;

use super::{Database, Place};

/// Runs it: 300 times on SQLite and 100 times on PostgreSQL in the long form.
///
/// # Errors
/// If something cannot be started.
pub(crate) fn run(options: &Options, database: Database) -> Result<Row, String> {
    let place = Place::new(database)?;
    let cycles = match database {
        Database::Sqlite => options.cycles(300, 5),
        Database::Postgres => options.cycles(100, 3),
    };
    let mut stage = Stage::new(options, &format!("kill on {}", database.name()), place.store(), cycles)?;
    stage.launch(&place.url(), &[])?;
    for _ in 0..cycles {
        let moment = Duration::from_millis(stage.rng.u64(200..1_500));
        stage.under_load(|gateways, _, _| {
            pause(moment);
            gateways[0].kill();
            Ok(())
        })?;
        let took = stage.relaunch(0)?;
        stage.settle(&format!(
            " killed after {:.2} s, started in {:.2} s",
            moment.as_secs_f64(),
            took.as_secs_f64()
        ))?;
    }
    Ok(stage.finish())
}
