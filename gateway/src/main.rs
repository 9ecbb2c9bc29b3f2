//! The program: reads the command line, starts logging, and hands over.

use std::process::ExitCode;

use clap::Parser;
use lodgate::commands::{audit, documents, keys, migrate, schema, seed, serve, token};
use lodgate::config::{Cli, Command};
use lodgate::telemetry::init_logging;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => complain(&error),
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
        Command::Keys(what) => {
            init_logging(&keys::tool(&what).log)?;
            keys::run(&what).await?;
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

/// One sentence, whatever the log filter says.
#[expect(clippy::print_stderr, reason = "the last word of a program that failed")]
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("lodgate: {error:#}");
    ExitCode::FAILURE
}
