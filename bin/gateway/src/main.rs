//! The binary `roster`: reads the command line, and hands over.

use std::process::ExitCode;

use clap::Parser as _;
use roster_gateway::cli::{Cli, Command, OperatorCommand};
use roster_gateway::{Application, Config, Mode, Signals, device_account, key, operator, telemetry};

#[actix_web::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line for people; the sources are in the message.
            eprintln!("roster: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    match cli.command {
        Command::Serve(serve) => {
            let config = Config::load(&serve.common, serve.listen.as_deref())?;
            telemetry::init(&config.log)?;
            let mode = if serve.demo { Mode::Demo } else { Mode::Serve };
            let explicit = serve.common.database_url.is_some();
            let application = Application::build(config, mode, explicit, Signals::Handled).await?;
            application.announce()?;
            Ok(application.run_until_stopped().await?)
        }
        Command::Operator(OperatorCommand::Create { name, common }) => {
            let config = Config::load(&common, None)?;
            telemetry::init(&config.log)?;
            println!("{}", operator::create(&config, &name).await?);
            Ok(())
        }
        Command::Key(command) => {
            let config = Config::load(command.common(), None)?;
            telemetry::init(&config.log)?;
            print!("{}", key::run(&config, command).await?);
            Ok(())
        }
        Command::DeviceAccount(command) => {
            let config = Config::load(command.common(), None)?;
            telemetry::init(&config.log)?;
            print!("{}", device_account::run(&config, &command).await?);
            Ok(())
        }
    }
}
