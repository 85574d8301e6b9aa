//! Which file a name leads to, so that a file in the place of another is noticed.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A file, whatever its name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    number: u64,
}

impl FileId {
    /// The file at `path`, behind symbolic links.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::of(&metadata))
    }

    /// Whether `path` leads to `file`, which is open.
    pub(crate) fn is_at(path: &Path, file: &File) -> io::Result<bool> {
        let open = Self::of(&file.metadata()?);
        match std::fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Self::of(&metadata) == open),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: metadata.dev(), number: metadata.ino() }
    }

    /// Without such numbers only a file that is gone is noticed.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self { device: 0, number: 0 }
    }

    /// Its number in its file system.
    #[cfg(target_os = "linux")]
    pub(crate) fn number(self) -> u64 {
        self.number
    }
}

/// Keeps the number of a file from being given to another one when the file is removed. It opens nothing that
/// could be read: to close such a file would end SQLite's locks on it.
#[derive(Debug)]
pub(crate) struct Pin {
    #[cfg(target_os = "linux")]
    _file: Option<rustix::fd::OwnedFd>,
}

impl Pin {
    /// Of the file at `path`, where the system has such a thing.
    #[cfg(target_os = "linux")]
    pub(crate) fn at(path: &Path) -> Self {
        use rustix::fs::{Mode, OFlags, open};
        Self { _file: open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok() }
    }

    /// The writer's connection has it open.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn at(_: &Path) -> Self {
        Self {}
    }
}

/// The folder in which `path` is.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where the file at `path` really is or would be made: symbolic links are followed, as SQLite does, which
/// keeps the log beside the file itself.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    /// As many links as Linux follows.
    const LINKS: usize = 40;
    let mut real = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = std::fs::read_link(&real) else { break };
        real = folder_of(&real).join(target);
    }
    match (std::fs::canonicalize(folder_of(&real)), real.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => real,
    }
}

/// `path` with `suffix` behind its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_lead_to_the_file_itself_whether_it_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir(real.join("disk")).unwrap();
        symlink("disk/store", real.join("link")).unwrap();
        symlink("link", real.join("again")).unwrap();
        for path in ["disk/store", "disk/../disk/store", "link", "again"] {
            assert_eq!(real_path(&real.join(path)), real.join("disk/store"), "{path}");
        }
        let none = real.join("none/store");
        assert_eq!(real_path(&none), none);
    }
}
