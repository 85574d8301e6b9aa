//! An authenticated `GET` of one user, beside what the web server alone, or the database alone, does.

use std::path::PathBuf;
use std::process::Command;

use roster_persistence::testing::TestDatabase;

use crate::gateway::{Gateway, sqlite};
use crate::measure::{Effort, median_of};
use crate::subjects;
use crate::table::{Figure, Table, Target};
use crate::wrk::Load;
use crate::{bare, gateway};

/// As many as the store has connections, so that the database's own tool is given as many.
const CONNECTIONS: usize = 10;

/// On SQLite, beside a bare handler with the same body.
pub(crate) fn on_sqlite(effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let gateway = Gateway::start(&sqlite(&folder.path().join("bench.sqlite")));
    for subject in subjects::made(&gateway) {
        let headers = [("Authorization", subject.authorization.as_str())];
        let bare = bare::start(&gateway.get(&subject.path, &headers));
        let rate = |gateway: &Gateway| {
            let url = format!("{}{}", gateway.base, subject.path);
            Load { url, headers: &headers, connections: 32, seconds: effort.seconds(3), script: None }
                .run()
                .rate
        };
        // In turns, so that both meet the same machine.
        let pairs: Vec<(f64, f64)> = (0..effort.rounds(5)).map(|_| (rate(&gateway), rate(&bare))).collect();
        let figure = Figure::Rate(median_of(pairs.iter().map(|pair| pair.0)));
        let bound = Figure::Rate(median_of(pairs.iter().map(|pair| pair.1)));
        table.row(&format!("GET of one user, {}", subject.dialect), figure, bound, Target::AtLeast(0.5));
    }
}

/// On PostgreSQL, beside its own `pgbench -S`.
pub(crate) fn on_postgres(effort: Effort, table: &mut Table) {
    let Some(database) = TestDatabase::postgres() else {
        eprintln!("no PostgreSQL: its rows are left out");
        return;
    };
    let Some(pgbench) = pgbench() else {
        eprintln!("no pgbench: the rows of PostgreSQL are left out");
        return;
    };
    let beside = TestDatabase::postgres().expect("another database");
    let url = |database: &TestDatabase| match database.url() {
        roster_persistence::DatabaseUrl::Postgres(url) => url.clone(),
        roster_persistence::DatabaseUrl::Sqlite(_) => unreachable!("it was asked for PostgreSQL"),
    };
    let made = Command::new(&pgbench).args(["-i", "-q", "-s", "1"]).arg(url(&beside)).output();
    assert!(made.expect("pgbench").status.success(), "pgbench -i");
    let bound = || {
        let mut command = Command::new(&pgbench);
        command.args(["-S", "-M", "prepared", "-j", "1", "-c", &CONNECTIONS.to_string()]);
        command.args(["-T", &effort.seconds(3).to_string()]).arg(url(&beside));
        let output = command.output().expect("pgbench");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("tps = ")).expect("a rate");
        line.split(' ').next().expect("a number").parse::<f64>().expect("a number")
    };
    let gateway = Gateway::start(&url(&database));
    for subject in subjects::made(&gateway) {
        let headers = [("Authorization", subject.authorization.as_str())];
        let rate = || {
            let (url, seconds) = (format!("{}{}", gateway.base, subject.path), effort.seconds(3));
            Load { url, headers: &headers, connections: CONNECTIONS, seconds, script: None }.run().rate
        };
        let pairs: Vec<(f64, f64)> = (0..effort.rounds(3)).map(|_| (rate(), bound())).collect();
        let figure = Figure::Rate(median_of(pairs.iter().map(|pair| pair.0)));
        let bound = Figure::Rate(median_of(pairs.iter().map(|pair| pair.1)));
        let work = format!("the same on PostgreSQL, {}, beside pgbench -S", subject.dialect);
        table.row(&work, figure, bound, Target::AtLeast(0.5));
    }
}

fn pgbench() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin/pgbench")).collect();
    found.sort();
    found.into_iter().rev().find(|pgbench| pgbench.exists())
}

/// From the process's start to its being ready, and what it then holds, on a store of this size.
pub(crate) fn start(database_url: &str, users: usize, table: &mut Table) {
    let times: Vec<gateway::Gateway> = (0..5).map(|_| Gateway::start(database_url)).collect();
    let took = median_of(times.iter().map(|gateway| gateway.took.as_secs_f64()));
    let memory = median_of(times.iter().map(|gateway| gateway.memory("VmRSS:")));
    let (took, limit) = (std::time::Duration::from_secs_f64(took), std::time::Duration::from_millis(150));
    table.limit(&format!("start to ready on {users} users"), Figure::Time(took), Figure::Time(limit));
    table.limit("idle memory there", Figure::Mebibytes(memory), Figure::Mebibytes(40.0));
}
