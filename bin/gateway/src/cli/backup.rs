//! `roster backup`

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use chrono::DateTime;
use clap::Args;
use roster_persistence::archive::Summary;

use super::output::demand_writable;
use super::{Common, Failure};
use crate::compose::House;
use crate::{open, print};

/// Write the whole store into one file, as it is at one moment, while gateways run on it. The file
/// holds the hashes of passwords and the keys that sign tokens: only you can read it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster backup
  roster backup -o /var/backups/roster.backup
  roster backup -o - | ssh vault 'cat > roster.backup'")]
pub struct Backup {
    /// The file, which appears under its name when it is complete, in place of one that was there;
    /// '-' for standard output. Without it, a new file in this folder that is named by the time.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Backup {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let config = self.common.load()?;
        let house = open::to_read(&config).await?;
        if self.output.as_deref().is_some_and(|path| path == Path::new("-")) {
            if std::io::stdout().is_terminal() {
                return Err("a backup is not for the terminal: redirect it, or name a file with -o".into());
            }
            house.db.backup(roster_migrations::ALL, print::Stdout::lock())?;
            return Ok(());
        }
        if let Some(path) = &self.output {
            demand_writable(path, house.db.url())?;
        }
        let (path, summary) = match &self.output {
            Some(path) => (path.clone(), into_file(&house, path, true)?),
            None => {
                let path = named(house.clock.now_ms());
                let summary = into_file(&house, &path, false)?;
                (path, summary)
            }
        };
        let (rows, tables) = (summary.total(), summary.rows.len());
        Ok(print::print(format_args!("{}: {rows} rows of {tables} tables\n", path.display()))?)
    }
}

/// As `roster-20261122T091500Z.backup`.
fn named(now_ms: i64) -> PathBuf {
    let time = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
    PathBuf::from(time.format("roster-%Y%m%dT%H%M%SZ.backup").to_string())
}

/// Writes beside `path` and puts it in place when everything is on the disk.
fn into_file(house: &House, path: &Path, replace: bool) -> Result<Summary, Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let cannot = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    if path.file_name().is_none() || path.is_dir() {
        return Err(format!("{} is no name of a file", path.display()).into());
    }
    // 0600, as all of these are; gone again if the backup fails.
    let mut file = tempfile::Builder::new()
        .prefix(".roster-backup-")
        .suffix(".part")
        .tempfile_in(folder)
        .map_err(cannot)?;
    let mut out = std::io::BufWriter::new(file.as_file_mut());
    let summary = house.db.backup(roster_migrations::ALL, &mut out)?;
    out.flush().map_err(cannot)?;
    drop(out);
    file.as_file().sync_all().map_err(cannot)?;
    if replace {
        file.persist(path).map_err(|failed| cannot(failed.error))?;
    } else {
        file.persist_noclobber(path).map_err(|failed| cannot(failed.error))?;
    }
    // The name is on the disk when its folder is.
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot)?;
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_name_has_that_of_the_time() {
        assert_eq!(named(1_700_000_000_000), PathBuf::from("roster-20231114T221320Z.backup"));
    }
}
