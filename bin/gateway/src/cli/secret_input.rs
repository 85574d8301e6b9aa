//! Secrets are never arguments, which other users of the machine can read: they are asked for on
//! the terminal, or come on standard input.

use std::io::{IsTerminal as _, Read as _};

use roster_kernel::Secret;

/// No secret that somebody types or pipes is longer, in bytes.
const MAX_BYTES: u64 = 1 << 16;

/// Standard input without the end of its line.
pub(super) fn from_stdin() -> std::io::Result<Secret> {
    let mut text = String::new();
    let read = std::io::stdin().take(MAX_BYTES).read_to_string(&mut text);
    read.map_err(|error| named("standard input", &error))?;
    Ok(Secret::from(text.trim_end_matches(['\r', '\n'])))
}

/// What is typed at `prompt` without being shown; standard input, if that is no terminal.
pub(super) fn ask(prompt: &str) -> std::io::Result<Secret> {
    if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(prompt);
        Ok(Secret::new(typed.map_err(|error| named("the terminal", &error))?))
    } else {
        from_stdin()
    }
}

fn named(what: &str, error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), format!("cannot read {what}: {error}"))
}
