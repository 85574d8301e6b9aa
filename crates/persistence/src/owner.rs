//! Who owns the files of a SQLite store: the user of the service, also where root runs a command.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

use crate::store_lock::{MARK_LENGTH, id_in};

/// Makes the file at `path`, which must not be there, readable and writable by its owner alone. Made by
/// root, it belongs to the owner of `like`, if there is one to follow; else to the user of this process.
///
/// # Errors
/// If it is there already, cannot be made, or cannot be given away.
pub fn create_private(path: &Path, like: Option<&Path>) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    if let Some(like) = like {
        give(&file, like)?;
    }
    Ok(file)
}

/// Opens the file at `path` to lock it, and makes it where there is none, as [`create_private`] does. It
/// may be one that this process can only read. A symbolic link is refused: root follows none of another
/// user.
pub(crate) fn open_to_lock(path: &Path, like: &Path) -> io::Result<File> {
    let existing = |write: bool| {
        let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
        OpenOptions::new().read(true).write(write).custom_flags(no_follow).open(path)
    };
    match create_private(path, Some(like)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let file = existing(true).or_else(|error| match error.kind() {
        ErrorKind::PermissionDenied => existing(false),
        _ => Err(error),
    })?;
    let metadata = file.metadata()?;
    // One that an earlier version left as root's. Anything else may be another file altogether.
    if metadata.is_file() && metadata.nlink() == 1 && is_lock(&file, metadata.len())? {
        give(&file, like)?;
    }
    Ok(file)
}

/// Whether a file of this length is a lock file by what it holds: nothing, or a mark.
fn is_lock(file: &File, length: u64) -> io::Result<bool> {
    let mut text = String::new();
    if length > 0 && length <= MARK_LENGTH {
        let mut file = file;
        file.read_to_string(&mut text)?;
        file.rewind()?;
    }
    Ok(length == 0 || id_in(&text).is_some())
}

/// Gives `file` to the owner of `like`, if this process is root and that is another.
fn give(file: &File, like: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let (has, wanted) = (file.metadata()?, std::fs::metadata(like)?);
    if has.uid() == wanted.uid() {
        return Ok(());
    }
    fchown(file, Some(wanted.uid()), Some(wanted.gid()))
}
