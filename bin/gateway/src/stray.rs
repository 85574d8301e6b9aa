//! Lines that a C library writes to standard error by itself, as entries of the log. libpq does so before
//! diesel can take its notices: "WARNING: password file … has group or world access".

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stderr, stderr};

/// Takes what is written to standard error, until it is dropped.
pub(crate) struct Stray {
    real: OwnedFd,
    reader: Option<JoinHandle<()>>,
}

impl Stray {
    /// Begins, and answers where standard error really goes: the log has to write there.
    ///
    /// # Errors
    /// If there is no pipe or no thread to be had; standard error is then what it was.
    pub(crate) fn catch() -> io::Result<(Self, File)> {
        let real = fcntl_dupfd_cloexec(stderr(), 3)?;
        let log = File::from(real.try_clone()?);
        let (lines, writer) = io::pipe()?;
        let reader = std::thread::Builder::new().name("roster-stderr".into()).spawn(move || {
            for line in BufReader::new(lines).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                if !line.trim().is_empty() {
                    tracing::warn!(target: "stderr", "{}", line.trim_end());
                }
            }
        })?;
        // From here on the pipe's only writer is standard error itself.
        dup2_stderr(&writer)?;
        Ok((Self { real, reader: Some(reader) }, log))
    }
}

impl Drop for Stray {
    fn drop(&mut self) {
        // Closes the pipe, which ends the thread when it has told what is in it.
        if dup2_stderr(&self.real).is_ok()
            && let Some(reader) = self.reader.take()
        {
            let _ = reader.join();
        }
    }
}
