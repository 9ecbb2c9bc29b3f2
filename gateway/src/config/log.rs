//! Options of logging.

use clap::{Args, ValueEnum};

/// Logging, to standard error.
#[derive(Clone, Debug, Args)]
pub struct LogOptions {
    /// Text lines, or one JSON object per line.
    #[arg(long, env, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Log filter: level or target=level, separated by commas.
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info,sqlx::postgres::notice=warn")]
    pub log: String,
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text.
    Text,
    /// One JSON object per line.
    Json,
}
