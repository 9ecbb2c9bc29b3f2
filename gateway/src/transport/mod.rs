//! GraphQL over HTTP, over websockets and over server-sent events: who asks, how much, how large, how long; and how the answer looks.

pub(crate) mod body;
mod connection_lifetime;
mod content_negotiation;
pub mod cost;
mod cost_accounting;
mod document_lookup;
pub mod graphiql;
pub mod http;
mod operation;
pub mod query_limits;
mod request;
pub mod request_id;
pub mod response;
pub mod sse;
pub mod websocket;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use request_id::RequestId;

use crate::app::App;
use crate::config::{HttpOptions, LiveOptions};
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
    /// The longest that a caller waits for an answer.
    pub request_timeout: Duration,
    /// The longest that a caller may take to send a body.
    pub body_timeout: Duration,
}

impl Transport {
    /// Over `app`; `draining` turns true when the node is about to stop.
    pub fn new(app: App, http: &HttpOptions, live: LiveOptions, draining: watch::Receiver<bool>) -> Self {
        let (sockets, _) = watch::channel(0);
        Self {
            schema: graphql::schema(app.clone(), graphql::cost::Estimator(operation::estimate)),
            sdl: graphql::sdl().into(),
            sockets: Arc::new(sockets),
            live,
            request_timeout: http.request_timeout,
            body_timeout: http.body_timeout,
            draining,
            app,
        }
    }
}

/// Whether a document could be executed at all: it is GraphQL, and not too large.
///
/// # Errors
/// With the reason, as a caller would hear it.
pub fn check_document(text: &str) -> anyhow::Result<()> {
    operation::check_document(text).map(|_| ()).map_err(|error| anyhow::anyhow!(error.message))
}
