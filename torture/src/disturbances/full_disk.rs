//! The disk below the store is full, and room is made again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use roster_persistence::testing::Cluster;

use super::{Database, Outage, on_port, run_sql};
use crate::record::Row;
use crate::stage::{Options, Stage};
use crate::store::Store;
use crate::wait::pause;

/// Within which all dialects have to serve after room was made.
const BACK: Duration = Duration::from_secs(10);

/// Within which the gateway has to notice: what it wrote before leaves some room within its own files.
const NOTICED: Duration = Duration::from_secs(30);

/// A file system in memory, which ends with this value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(mebibytes: u32) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("roster-disk-").tempdir().map_err(|e| e.to_string())?;
        let options = format!("size={mebibytes}m,mode=0755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path());
        match mount.output() {
            Ok(output) if output.status.success() => Ok(Self(folder)),
            Ok(output) => {
                Err(format!("a small disk needs mount: {}", String::from_utf8_lossy(&output.stderr).trim()))
            }
            Err(error) => Err(format!("a small disk needs mount: {error}")),
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it to the last block, with a file that is not the store's.
    fn fill(&self, number: usize) -> Result<PathBuf, String> {
        let filler = self.path().join(format!("filler{number}"));
        let mut file = std::fs::File::create(&filler).map_err(|e| e.to_string())?;
        // It ends with the error that the disk is full.
        let _ = std::io::copy(&mut std::io::repeat(0), &mut file);
        Ok(filler)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

/// Runs it: three times in the long form. Where no small disk can be mounted it is skipped.
///
/// # Errors
/// If something cannot be started.
pub(crate) fn run(options: &Options, database: Database) -> Result<Row, String> {
    let name = format!("full disk on {}", database.name());
    let disk = match SmallDisk::mount(if database == Database::Sqlite { 64 } else { 256 }) {
        Ok(disk) => disk,
        Err(reason) => return Ok(Row::skipped(&name, reason)),
    };
    let mut cluster = match database {
        Database::Sqlite => None,
        Database::Postgres => {
            Some(Cluster::start_in(disk.path(), &["max_wal_size=48MB", "min_wal_size=32MB"])?)
        }
    };
    let (url, store) = match &cluster {
        Some(cluster) => (on_port(cluster.port()), Store::Postgres(on_port(cluster.port()))),
        None => {
            let file = disk.path().join("roster.sqlite");
            (format!("sqlite:{}", file.display()), Store::Sqlite(file.display().to_string()))
        }
    };
    let cycles = options.cycles(3, 1);
    let full = Duration::from_secs(if options.short { 4 } else { 10 });
    let mut stage = Stage::new(options, &name, store, cycles)?;
    stage.launch(&url, &[])?;
    for _ in 0..cycles {
        let (outage, watch) = stage.under_load(|_, watch, record| {
            pause(Duration::from_secs(1));
            let began = Instant::now();
            let mut fillers = Vec::new();
            // What the store gives back to the disk is filled too.
            let is_noticed = || watch.ready.iter().all(|samples| samples.has(503, began));
            while began.elapsed() < full || (!is_noticed() && began.elapsed() < NOTICED) {
                fillers.push(disk.fill(fillers.len())?);
                pause(Duration::from_millis(200));
            }
            for filler in fillers {
                let _ = std::fs::remove_file(filler);
            }
            // A server that found no room for its log has ended, and an operator starts it again.
            if let Some(cluster) = &mut cluster
                && run_sql(&url, &["SELECT 1"]).is_err()
            {
                println!("{name}: PostgreSQL itself has ended, and is started again");
                cluster.crash();
                cluster.restart()?;
            }
            let outage = Outage { began, over: Instant::now() };
            outage.wait(watch, record);
            Ok(outage)
        })?;
        let recovery = outage.judge(&mut stage, &watch, BACK);
        let full = (outage.over - outage.began).as_secs_f64();
        stage.settle(&format!(" full for {full:.1} s, serves after {recovery}"))?;
    }
    Ok(stage.finish())
}
