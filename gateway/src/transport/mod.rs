//! GraphQL over HTTP, websockets and server-sent events: authentication, cost, limits, and the form of responses.

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

/// The state of the handlers. Cheap to clone.
#[derive(Clone)]
pub struct Transport {
    /// The node.
    pub app: App,
    /// The executable schema.
    pub schema: LodgateSchema,
    /// The schema as text, the same for every caller.
    pub sdl: Arc<str>,
    /// True once the node is stopping.
    pub draining: watch::Receiver<bool>,
    /// Options of long-lived connections.
    pub live: LiveOptions,
    /// Open websockets and event streams; a stopping node waits for them to close.
    pub sockets: Arc<watch::Sender<usize>>,
    /// Time limit of an operation.
    pub request_timeout: Duration,
    /// Time limit of a request body.
    pub body_timeout: Duration,
}

impl Transport {
    /// Serves `app`; `draining` becomes true once the node is stopping.
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

/// Checks that a document is valid GraphQL within the size limits.
///
/// # Errors
/// With the message that a caller would get.
pub fn check_document(text: &str) -> anyhow::Result<()> {
    operation::check_document(text).map(|_| ()).map_err(|error| anyhow::anyhow!(error.message))
}
