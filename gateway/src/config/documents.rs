//! Options of `documents`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{DatabaseOptions, LogOptions};

/// The options of `documents`.
#[derive(Clone, Debug, Args)]
pub struct Documents {
    /// Code of the tenant.
    #[arg(long, value_name = "CODE")]
    pub tenant: String,
    /// JSON file of GraphQL documents to add: an object of id and document, or a manifest written by a client tool
    /// (`operations`, each with `id` and `body`).
    #[arg(long, value_name = "FILE")]
    pub load: Option<PathBuf>,
    /// Delete the tenant's documents before any are loaded.
    #[arg(long)]
    pub clear: bool,
    /// Whether the tenant may send only its trusted documents. Nodes follow within 10 seconds.
    #[arg(long, value_name = "ON|OFF")]
    pub only: Option<Switch>,
    /// Database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Logging.
    #[command(flatten)]
    pub log: LogOptions,
}

/// On or off, as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Switch the restriction on.
    On,
    /// Switch the restriction off.
    Off,
}
