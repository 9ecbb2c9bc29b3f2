//! The program: parses the command line, starts logging, and runs the command.

use std::process::ExitCode;

use clap::Parser;
use lodgate::commands::{audit, documents, keys, migrate, schema, seed, serve, token};
use lodgate::config::{Cli, Command};
use lodgate::telemetry::init_logging;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(config) => {
            init_logging(&config.log)?;
            serve::run(&config).await?;
        }
        Command::Migrate(tool) => {
            init_logging(&tool.log)?;
            migrate::run(&tool).await?;
        }
        Command::Seed(options) => {
            init_logging(&options.log)?;
            seed::run(&options).await?;
        }
        Command::Token(options) => {
            init_logging(&options.log)?;
            token::run(&options).await?;
        }
        Command::Keys(command) => {
            init_logging(&keys::tool(&command).log)?;
            keys::run(&command).await?;
        }
        Command::Schema => schema::run()?,
        Command::Audit(tool) => {
            init_logging(&tool.log)?;
            if !audit::run(&tool).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Documents(options) => {
            init_logging(&options.log)?;
            documents::run(&options).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the error in one line, independent of the log filter.
#[expect(clippy::print_stderr, reason = "the error of a failed program")]
fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("lodgate: {error:#}");
    ExitCode::FAILURE
}
