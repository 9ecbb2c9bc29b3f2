//! The command line: one struct of options per concern, one file per struct.
//!
//! Every option of `serve` is an environment variable too. The doc comments are what `--help` prints.

mod database;
mod demo;
mod documents;
mod duration;
mod external;
mod http;
mod inventory;
mod issuer;
mod keys;
mod live;
mod log;
mod plans;
mod redis;
mod token;
mod url;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};

pub use self::database::DatabaseOptions;
pub use self::demo::{DemoOptions, Secret};
pub use self::documents::{Documents, Switch};
pub use self::external::ExternalOptions;
pub use self::http::{HttpOptions, Origin};
pub use self::inventory::InventoryOptions;
pub use self::issuer::IssuerOptions;
pub use self::keys::{Keys, RetireKey, RotateKeys};
pub use self::live::LiveOptions;
pub use self::log::{LogFormat, LogOptions};
pub use self::plans::PlanOptions;
pub use self::redis::RedisOptions;
pub use self::token::{KindArg, Token};
pub use self::url::Url;

/// GraphQL gateway for hotel inventory.
#[derive(Debug, Parser)]
#[command(name = "lodgate", version, propagate_version = true)]
pub struct Cli {
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway: GraphQL over HTTP and websockets, sign-in and the portal. Migrates the database first.
    Serve(Box<Config>),
    /// Migrate the database to the current schema, then exit. Several processes may run it at the same time.
    Migrate(Tool),
    /// Fill an empty database with demo hotels, partners, users and API clients, and print their credentials.
    Seed(Seed),
    /// Print an access token, alone on one line, for tests and for the operator's tools.
    Token(Token),
    /// List, rotate and retire the token signing keys in the database. A node with --signing-key-file does not use them.
    #[command(subcommand)]
    Keys(Keys),
    /// Print the GraphQL schema that this version serves.
    Schema,
    /// Compare every count with its reservations and the journal, and print the differences. Exits with 1 if there are any.
    Audit(Tool),
    /// Load a tenant's trusted documents, and restrict the tenant to them or lift the restriction. Prints the result.
    Documents(Documents),
}

/// The options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// HTTP server.
    #[command(flatten)]
    pub http: HttpOptions,
    /// Websockets and event streams.
    #[command(flatten)]
    pub live: LiveOptions,
    /// Database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisOptions,
    /// Built-in token issuer.
    #[command(flatten)]
    pub issuer: IssuerOptions,
    /// External token issuers.
    #[command(flatten)]
    pub externals: ExternalOptions,
    /// Parameters of the inventory rules.
    #[command(flatten)]
    pub inventory: InventoryOptions,
    /// Plans.
    #[command(flatten)]
    pub plans: PlanOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
    /// Demo data.
    #[command(flatten)]
    pub demo: DemoOptions,
    /// Seed the demo data if the database is empty.
    #[arg(long = "demo", env = "DEMO", value_parser = BoolishValueParser::new())]
    pub seed_demo: bool,
}

/// The options of commands that only need the database.
#[derive(Clone, Debug, Args)]
pub struct Tool {
    /// Database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
}

/// The options of `seed`.
#[derive(Clone, Debug, Args)]
pub struct Seed {
    /// Database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
    /// Demo data.
    #[command(flatten)]
    pub demo: DemoOptions,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
