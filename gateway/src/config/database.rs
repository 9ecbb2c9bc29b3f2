//! Options of the database.

use std::path::PathBuf;

use clap::Args;

use super::Url;

/// Database.
#[derive(Clone, Debug, Args)]
pub struct DatabaseOptions {
    /// PostgreSQL, as postgres://user:password@host:port/database. Default: an embedded SQLite file in the data folder.
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<Url>,
    /// Folder of the embedded database.
    #[arg(long, env, value_name = "DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// Number of connections for reads, in addition to those of the writer lanes.
    #[arg(long, env, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub pool_size: u32,
    /// Number of writer lanes on PostgreSQL, one connection each. SQLite always has one.
    #[arg(long, env, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub lanes: u32,
}
