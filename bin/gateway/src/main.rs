//! The binary `roster`: reads the command line, and hands over.

use std::process::ExitCode;

use clap::Parser as _;
use roster_gateway::cli::Cli;

#[actix_web::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line for people; the sources are in the message.
            eprintln!("roster: {error}");
            ExitCode::FAILURE
        }
    }
}
