//! Files that a command is asked to write.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use roster_persistence::DatabaseUrl;

use super::Failure;

/// Refuses what a command must not write over: the store itself with what stands beside it, and
/// anything that is no plain file, which would be replaced by one.
pub(super) fn demand_writable(path: &Path, store: &DatabaseUrl) -> Result<(), Failure> {
    let Ok(target) = std::fs::symlink_metadata(path) else { return Ok(()) };
    // Nothing replaces a folder.
    if !target.is_file() && !target.is_dir() {
        return Err(
            format!("{} is no plain file: write elsewhere, or to standard output", path.display()).into()
        );
    }
    let DatabaseUrl::Sqlite(store) = store else { return Ok(()) };
    let beside = |suffix: &str| PathBuf::from(format!("{}{suffix}", store.display()));
    if ["", "-wal", "-shm", ".lock", ".starting"].into_iter().map(beside).any(|file| is_same(path, &file)) {
        return Err(format!("{} belongs to the store itself: write elsewhere", path.display()).into());
    }
    Ok(())
}

/// Whether both names are those of one file that is there.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    match (std::fs::metadata(one), std::fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_and_what_is_no_file_are_spared() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["store", "store-wal", "other"] {
            std::fs::write(at(name), "x").unwrap();
        }
        std::fs::hard_link(at("store"), at("again")).unwrap();
        std::os::unix::fs::symlink(at("other"), at("link")).unwrap();
        let url = DatabaseUrl::sqlite(at("store"));
        for spared in ["store", "store-wal", "again", "link"] {
            assert!(demand_writable(&at(spared), &url).is_err(), "{spared}");
        }
        assert!(demand_writable(Path::new("/dev/null"), &url).is_err());
        for free in ["other", "new", "."] {
            assert!(demand_writable(&at(free), &url).is_ok(), "{free}");
        }
    }
}
