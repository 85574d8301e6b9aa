//! The one way to standard output and standard error. `println!` and `eprintln!` end the process with a
//! panic where the reader has gone, as in `roster doctor --json | head`.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

/// Prints to standard output. A reader that has gone is no error: the command goes on to its own end.
///
/// # Errors
/// If standard output takes nothing more, such as a file on a full disk.
pub fn print(text: Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(named),
    }
}

/// Prints what is shown this once. A reader that has gone is an error here: it is lost.
///
/// # Errors
/// If it may not have reached its reader.
pub fn print_secret(text: Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let printed = out.write_fmt(text).and_then(|()| out.flush());
    printed.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("{}: the new secret is lost, replace or revoke it", named(error)),
        )
    })
}

/// Tells on standard error. Where that takes nothing, there is nowhere left to say so.
pub fn tell(text: Arguments<'_>) {
    let _ = io::stderr().lock().write_fmt(text);
}

/// Standard output for data of any length, whose errors say what failed.
pub(crate) struct Stdout<'a>(io::StdoutLock<'a>);

impl Stdout<'_> {
    pub(crate) fn lock() -> Self {
        Self(io::stdout().lock())
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(named)
    }
}

fn named(error: io::Error) -> io::Error {
    match error.kind() {
        // Callers repeat these.
        ErrorKind::Interrupted | ErrorKind::WouldBlock => error,
        ErrorKind::BrokenPipe => {
            io::Error::new(ErrorKind::BrokenPipe, "standard output was closed before all was written")
        }
        kind => io::Error::new(kind, format!("cannot write to standard output: {error}")),
    }
}
