//! GraphQL over HTTP, over websockets and over server-sent events: who asks, how much, how large, how long; and how the answer looks.

pub mod answer;
pub mod explorer;
pub mod http;
mod operation;
pub mod request_id;
pub mod shape;
pub mod socket;
pub mod stream;
mod tenure;

use std::sync::Arc;

use tokio::sync::watch;

pub use request_id::RequestId;

use crate::app::App;
use crate::config::LiveOptions;
use crate::graphql::{self, LodgateSchema};

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct Transport {
    /// The node.
    pub app: App,
    /// The interface.
    pub schema: LodgateSchema,
    /// Its description, the same for everybody.
    pub sdl: Arc<str>,
    /// Turns true when the node is about to stop.
    pub draining: watch::Receiver<bool>,
    /// How long-lived connections are kept up.
    pub live: LiveOptions,
    /// Open websockets and event streams; a stopping node waits for them to close.
    pub sockets: Arc<watch::Sender<usize>>,
}

impl Transport {
    /// Over `app`; `draining` turns true when the node is about to stop.
    pub fn new(app: App, live: LiveOptions, draining: watch::Receiver<bool>) -> Self {
        let (sockets, _) = watch::channel(0);
        Self {
            schema: graphql::schema(app.clone()),
            sdl: graphql::sdl().into(),
            sockets: Arc::new(sockets),
            live,
            draining,
            app,
        }
    }
}
