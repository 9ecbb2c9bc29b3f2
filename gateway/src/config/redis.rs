//! Options of Redis.

use clap::Args;

use super::Url;

/// Redis, shared by the nodes of one installation.
#[derive(Clone, Debug, Args)]
pub struct RedisOptions {
    /// Redis for the second-level cache, hints between nodes and shared budgets, as redis://host:port. Default: none; each
    /// node is on its own.
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<Url>,
}
