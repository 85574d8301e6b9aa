//! The files beside which a gateway works: who reads them, and whether there is room.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use roster_persistence::{DatabaseUrl, foreign_log, lock_of};

use super::Report;
use crate::{first_start, missing};

const MIB: u64 = 1 << 20;

/// A write-ahead log that is larger is not being emptied.
const LARGE_WAL: u64 = 256 * MIB;

pub(super) fn check(report: &mut Report, url: &DatabaseUrl) {
    let folder = crate::start::folder(url);
    first_start(report, &folder);
    let DatabaseUrl::Sqlite(path) = url else { return };
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    permissions(report, path, here);
    lock(report, url, path);
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let (file, wal) = (size(path), size(Path::new(&wal)));
    if wal > LARGE_WAL {
        report.warning(
            "wal",
            format!("the write-ahead log has {} MiB", wal / MIB),
            "end what reads for long (a backup, a stuck process); the next checkpoint empties it",
        );
    } else {
        report.ok("wal", format!("{} MiB beside {} MiB", wal / MIB, file / MIB));
    }
    match rustix::fs::statvfs(here) {
        Ok(disk) => room(report, disk.f_bavail.saturating_mul(disk.f_frsize), file),
        Err(error) => report.warning(
            "disk",
            format!("cannot see how much room {} has: {error}", here.display()),
            "look at it with df",
        ),
    }
}

/// Whether a store is missing that was begun here, and who uses the one that is there.
fn lock(report: &mut Report, url: &DatabaseUrl, path: &Path) {
    let traces = missing::traces_of(url);
    if !traces.is_empty() {
        report.error(
            "store-missing",
            format!("the store at {url} is missing: {}", traces.join(" and ")),
            "put its file back, with its -wal if that was moved too, or restore a backup: `roster restore`; \
             `roster serve --new` begins with an empty store",
        );
    }
    if let Some(foreign) = foreign_log(url) {
        report.error(
            "store-replaced",
            foreign,
            "stop the gateway first; a file that was moved needs its own log",
        );
    }
    let Some(lock) = lock_of(url) else { return };
    let owner = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.uid());
    let shown = lock.path.display();
    match (owner(&lock.path), owner(path)) {
        (Ok(has), Ok(wanted)) if has != wanted => report.error(
            "store-lock",
            format!("{shown} belongs to another user than the store, whose gateway cannot start"),
            format!("chown --reference={} {shown}", path.display()),
        ),
        _ => report.ok("store-lock", lock.text()),
    }
}

fn first_start(report: &mut Report, folder: &Path) {
    let path: PathBuf = folder.join(first_start::FILE);
    if path.exists() {
        let shown = path.display();
        let what = format!("{shown} still holds the first secrets in clear");
        report.warning("first-start", what, format!("keep them elsewhere and remove it: rm {shown}"));
    } else {
        report.ok("first-start", "its secrets lie nowhere");
    }
}

/// Who may read and write the store, but for its owner.
fn permissions(report: &mut Report, path: &Path, folder: &Path) {
    let mode = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o7777);
    if let Ok(mode) = mode(path) {
        let shown = path.display();
        if mode & 0o022 != 0 {
            let what = format!("others may write {shown} (mode {mode:o})");
            report.error("store-file", what, format!("chmod 600 {shown}"));
        } else if mode & 0o044 != 0 {
            let what =
                format!("others may read {shown} (mode {mode:o}), with every hash and signing key in it");
            report.warning("store-file", what, format!("chmod 600 {shown}"));
        } else {
            report.ok("store-file", format!("{shown} (mode {mode:o})"));
        }
    }
    if let Ok(mode) = mode(folder) {
        let shown = folder.display();
        // A sticky folder lets everybody make files, and nobody take another's away.
        if mode & 0o002 != 0 && mode & 0o1000 == 0 {
            let what = format!("everybody may replace the files of {shown} (mode {mode:o})");
            report.error("store-folder", what, format!("chmod o-w {shown}"));
        } else {
            report.ok("store-folder", format!("{shown} (mode {mode:o})"));
        }
    }
}

/// Whether the disk has room for the store to grow.
fn room(report: &mut Report, free: u64, store: u64) {
    let what = format!("{} MiB free", free / MIB);
    let mend = "make room, or move the store: a full disk refuses every write";
    if free < 64 * MIB {
        report.error("disk", what, mend);
    } else if free < (store / 2).max(512 * MIB) {
        report.warning("disk", what, mend);
    } else {
        report.ok("disk", what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_disk_has_to_have_room_for_the_store_to_grow() {
        let level = |free, store| {
            let mut report = Report::default();
            room(&mut report, free * MIB, store * MIB);
            report.findings[0].level
        };
        assert_eq!(level(63, 1), Level::Error);
        assert_eq!(level(511, 1), Level::Warning);
        assert_eq!(level(512, 1), Level::Ok);
        assert_eq!(level(2_000, 5_000), Level::Warning);
        assert_eq!(level(2_500, 5_000), Level::Ok);
    }
}
