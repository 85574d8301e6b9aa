//! `just torture`: does to running gateways what real machines do, and verifies that nothing acknowledged is lost.
//!
//! Clients of all dialects write while a disturbance happens. Each attempt is noted before it is sent and each
//! acknowledgement after its answer; then every subject is read back and compared by content, and the database
//! itself is asked about its journal, its totals and its references.

mod client;
mod dialects;
mod disturbances;
mod gateway;
mod http;
mod ledger;
mod patroni;
mod probe;
mod record;
mod stage;
mod store;
mod verify;
mod wait;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::disturbances::Database;
use crate::record::{Row, summary};
use crate::stage::Options;

/// Disturbs running gateways and verifies that no acknowledged write is lost. Ends with an error if a promise broke.
#[derive(Parser)]
struct Arguments {
    /// What to do to them.
    disturbance: Disturbance,
    /// How often; each disturbance has its own default.
    #[arg(long)]
    cycles: Option<usize>,
    /// What the clients' choices and the moments follow from; printed at the start.
    #[arg(long)]
    seed: Option<u64>,
    /// On which database, where there is a choice; both by default.
    #[arg(long)]
    database: Option<Database>,
    /// Fewer and shorter cycles with generous bounds: all but the fail-over in three minutes.
    #[arg(long)]
    short: bool,
    /// The gateway's program; `roster` beside this one by default.
    #[arg(long)]
    gateway: Option<PathBuf>,
}

/// A disturbance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Disturbance {
    /// The gateway is killed with SIGKILL at a random moment.
    Kill,
    /// PostgreSQL crashes and is started again.
    Crash,
    /// A network swallows the connections to PostgreSQL, and then only serves new ones.
    Proxy,
    /// PostgreSQL's processes stop where they are, and go on later.
    Freeze,
    /// A primary stops or turns read-only, and its standby is promoted.
    Standby,
    /// The disk below the store is full for a while; needs to mount.
    FullDisk,
    /// The machine's clock jumps; needs `libfaketime`.
    Clock,
    /// The primary of three servers under Patroni is killed, with two gateways; needs `patroni` and `etcd`.
    Failover,
    /// All of them.
    All,
}

/// One run: its name, the database, and what runs it.
type Run = (Disturbance, &'static str, Database, fn(&Options) -> Result<Row, String>);

const RUNS: &[Run] = &[
    (Disturbance::Kill, "kill on sqlite", Database::Sqlite, |options| {
        disturbances::kill::run(options, Database::Sqlite)
    }),
    (Disturbance::Kill, "kill on postgres", Database::Postgres, |options| {
        disturbances::kill::run(options, Database::Postgres)
    }),
    (Disturbance::Crash, "crash of postgres", Database::Postgres, disturbances::crash::run),
    (Disturbance::Proxy, "swallowing proxy", Database::Postgres, disturbances::proxy::run),
    (Disturbance::Freeze, "freeze of postgres", Database::Postgres, disturbances::freeze::run),
    (Disturbance::Standby, "promoted standby", Database::Postgres, disturbances::standby::run),
    (Disturbance::FullDisk, "full disk on sqlite", Database::Sqlite, |options| {
        disturbances::full_disk::run(options, Database::Sqlite)
    }),
    (Disturbance::FullDisk, "full disk on postgres", Database::Postgres, |options| {
        disturbances::full_disk::run(options, Database::Postgres)
    }),
    (Disturbance::Clock, "clock on sqlite", Database::Sqlite, |options| {
        disturbances::clock::run(options, Database::Sqlite)
    }),
    (Disturbance::Clock, "clock on postgres", Database::Postgres, |options| {
        disturbances::clock::run(options, Database::Postgres)
    }),
    (Disturbance::Failover, "failover", Database::Postgres, disturbances::failover::run),
];

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let program = arguments.gateway.or_else(|| Some(std::env::current_exe().ok()?.with_file_name("roster")));
    let Some(program) = program.filter(|program| program.exists()) else {
        eprintln!("there is no gateway beside this program: cargo build --release -p roster-gateway");
        return ExitCode::FAILURE;
    };
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("seed {seed}");
    let options = Options { program, seed, cycles: arguments.cycles, short: arguments.short };
    let mut rows = Vec::new();
    for (disturbance, name, database, run) in RUNS {
        // A fail-over takes most of a minute, and needs more than the short form may ask for.
        let is_of_all = !(arguments.short && *disturbance == Disturbance::Failover);
        let is_wanted =
            *disturbance == arguments.disturbance || (arguments.disturbance == Disturbance::All && is_of_all);
        if !is_wanted || arguments.database.is_some_and(|wanted| wanted != *database) {
            continue;
        }
        rows.push(run(&options).unwrap_or_else(|error| {
            eprintln!("BROKEN: {name}: {error}");
            Row { name: (*name).to_owned(), figures: record::Figures::default(), broken: 1, skipped: None }
        }));
    }
    summary(&rows);
    if rows.iter().all(|row| row.broken == 0 && (row.skipped.is_none() || arguments.short)) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
