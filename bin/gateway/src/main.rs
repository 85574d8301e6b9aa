//! The binary `roster`: reads the command line, and hands over.

use std::process::ExitCode;

use clap::Parser as _;
use roster_gateway::cli::{Cli, Failure};
use roster_gateway::{print, process};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match process::prepare() {
        Ok(()) => actix_web::rt::System::new().block_on(run(cli)),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line for people; the sources are in the message.
            print::tell(format_args!("roster: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    process::survive_large_files()?;
    cli.run().await
}
