//! `roster completions`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Failure};
use crate::print::print;

/// Print what makes a shell complete Roster's commands.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster completions bash > /etc/bash_completion.d/roster
  roster completions zsh > /usr/local/share/zsh/site-functions/_roster
  roster completions fish > ~/.config/fish/completions/roster.fish")]
pub struct Completions {
    /// Which shell.
    pub shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "roster", &mut script);
        Ok(print(format_args!("{}", String::from_utf8(script)?))?)
    }
}
