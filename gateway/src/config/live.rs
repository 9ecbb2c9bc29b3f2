//! Options of websockets and event streams.

use std::time::Duration;

use clap::Args;

/// Websockets and event streams.
#[derive(Clone, Copy, Debug, Args)]
pub struct LiveOptions {
    /// Seconds between two pings on a websocket or an event stream; less than the idle timeout of any proxy in between. A
    /// websocket whose client leaves three pings in a row unanswered is closed.
    #[arg(long, env, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub ping_seconds: u64,
    /// Time in seconds over which a stopping node spreads the closing of its websockets and event streams, so that their
    /// clients do not all reconnect at once.
    #[arg(long, env, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=30))]
    pub drain_seconds: u64,
}

impl LiveOptions {
    /// Time between two pings.
    pub fn ping(self) -> Duration {
        Duration::from_secs(self.ping_seconds)
    }

    /// Time over which a stopping node closes its connections.
    pub fn drain(self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}
