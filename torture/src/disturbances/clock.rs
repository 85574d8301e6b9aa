//! The machine's clock jumps, as libfaketime shows it to the gateway.

use std::path::Path;
use std::time::Duration;

use super::{Database, Place};
use crate::dialects;
use crate::http::Connection;
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::wait::{pause, until};

/// Where Debian's package puts it.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// How far the clock is from the right time, one after the other.
const JUMPS: [&str; 4] = ["+365d", "+0", "-1h", "+0"];

/// Within which a sign-in has to be good after a jump.
const BACK: Duration = Duration::from_secs(10);

/// Runs it: the clock goes a year ahead, back, an hour behind, and back; twice in the long form.
///
/// # Errors
/// If something cannot be started.
pub(crate) fn run(options: &Options, database: Database) -> Result<Row, String> {
    let name = format!("clock on {}", database.name());
    let Some(library) = LIBRARIES.into_iter().find(|library| Path::new(library).exists()) else {
        return Ok(Row::skipped(&name, "no libfaketime: install the package libfaketime".to_owned()));
    };
    let place = Place::new(database)?;
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = folder.path().join("time");
    // It is replaced whole, so that the gateway never reads half of it.
    let set = |offset: &str| {
        let new = folder.path().join("new");
        std::fs::write(&new, offset).and_then(|()| std::fs::rename(&new, &file)).map_err(|e| e.to_string())
    };
    set("+0")?;
    let cycles = options.cycles(JUMPS.len() * 2, if database == Database::Sqlite { JUMPS.len() } else { 2 });
    let mut stage = Stage::new(options, &name, place.store(), cycles)?;
    let environment = [
        ("LD_PRELOAD", library.to_owned()),
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_CACHE_DURATION", "1".to_owned()),
        // Durations run on as they do on a machine whose clock is set.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    stage.launch(&place.url(), &environment)?;
    for jump in JUMPS.into_iter().cycle().take(cycles) {
        let (worst, _) = stage.under_load(|gateways, _, record| {
            pause(Duration::from_millis(700));
            set(jump)?;
            // The gateway takes it within a second.
            pause(Duration::from_millis(1_500));
            let bases = [gateways[0].base.clone()];
            let mut worst = Duration::ZERO;
            for dialect in dialects::ALL {
                let mut connection = Connection::to(&bases, 0);
                let mut last = String::new();
                let signed_in = until("a sign-in", BACK, || {
                    let token = dialect.sign_in(&mut connection);
                    let read =
                        token.map(|token| connection.send(&dialect.probe().header("Authorization", token)));
                    last = read.as_ref().map_or_else(ToString::to_string, ToString::to_string);
                    read.is_ok_and(|answer| answer.status() == 200).then_some(())
                });
                match signed_in {
                    Ok(((), took)) => worst = worst.max(took),
                    Err(error) => record.broken(format!("{} at {jump}: {error}: {last}", dialect.name())),
                }
            }
            Ok(worst)
        })?;
        stage.settle(&format!(" clock at {jump}, signed in within {:.2} s", worst.as_secs_f64()))?;
    }
    Ok(stage.finish())
}
