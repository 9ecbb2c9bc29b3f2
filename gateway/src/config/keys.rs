//! Options of `keys`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::Tool;
use super::duration::parse_duration;

/// The commands for signing keys.
#[derive(Clone, Debug, Subcommand)]
pub enum Keys {
    /// List the keys, oldest first: the one that signs, since when, and until when each is accepted.
    List(Tool),
    /// Create a new key. It is published immediately and signs after --after, when every node knows it. Older keys are
    /// accepted until the last token that they signed has expired, and then retire. No token becomes invalid.
    Rotate(RotateKeys),
    /// Refuse every token that a key signed, for a key that has leaked. Run rotate first. Within seconds every node
    /// refuses the tokens and closes their websockets. API clients get new tokens with their secret, the portal with its
    /// session; tokens printed by `lodgate token` must be created again.
    Retire(RetireKey),
}

/// The options of `keys rotate`.
#[derive(Clone, Debug, Args)]
pub struct RotateKeys {
    /// Time until the new key signs, such as 1s, 10m or 1d. Nodes learn the key within seconds; other services that check
    /// tokens with /.well-known/jwks.json may cache that for 5 minutes.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    pub after: Duration,
    /// Database and logging.
    #[command(flatten)]
    pub tool: Tool,
}

/// The options of `keys retire`.
#[derive(Clone, Debug, Args)]
pub struct RetireKey {
    /// Name of the key: the `kid` of the tokens that it signed.
    #[arg(value_name = "KID", allow_hyphen_values = true)]
    pub kid: String,
    /// Database and logging.
    #[command(flatten)]
    pub tool: Tool,
}
