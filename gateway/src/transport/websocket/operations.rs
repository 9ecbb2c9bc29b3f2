//! The running operations of a socket, one task each.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, Value};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::outbox::OperationResult;
use super::protocol;
use crate::auth::Viewer;
use crate::graphql::error::ErrorCode;
use crate::transport::operation::{self, Prepared, Subscribed};
use crate::transport::{RequestId, Transport, cost_accounting, document_lookup, request, response};

/// Maximum number of concurrent operations.
const MAX_OPERATIONS: usize = 100;

type Running = Arc<Mutex<HashMap<String, Operation>>>;

/// A running operation.
struct Operation {
    /// Distinguishes it from a later operation with the same id.
    number: u64,
    /// Tells the outbox that the client has cancelled it.
    is_stopped: Arc<AtomicBool>,
    task: AbortHandle,
}

impl Operation {
    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.task.abort();
    }
}

/// The operations of a socket; dropping them cancels them.
pub(super) struct Operations {
    running: Running,
    /// Number of operations started.
    started: u64,
}

impl Drop for Operations {
    fn drop(&mut self) {
        for (_, operation) in lock(&self.running).drain() {
            operation.stop();
        }
    }
}

fn lock(running: &Running) -> std::sync::MutexGuard<'_, HashMap<String, Operation>> {
    // Nothing panics while it is held.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The context of an operation.
#[derive(Clone)]
pub(super) struct Runner {
    pub(super) transport: Transport,
    pub(super) viewer: Arc<Viewer>,
    pub(super) results: mpsc::Sender<OperationResult>,
}

impl Operations {
    pub(super) fn new() -> Self {
        Self { running: Arc::default(), started: 0 }
    }

    /// Whether an operation with this id is running.
    pub(super) fn contains(&self, id: &str) -> bool {
        lock(&self.running).contains_key(id)
    }

    /// Cancels an operation. An operation that has ended is no error.
    pub(super) fn stop(&self, id: &str) {
        if let Some(operation) = lock(&self.running).remove(id) {
            operation.stop();
        }
    }

    /// Starts an operation, or returns the error.
    pub(super) async fn start(
        &mut self,
        runner: Runner,
        id: String,
        payload: serde_json::Value,
    ) -> Result<(), Response> {
        let name = RequestId::fresh();
        let prepared = self.admit(&runner, payload).await.inspect_err(|response| {
            operation::count_refused(response::outcome(response));
        });
        let prepared = prepared.map_err(|mut response| {
            response::annotate_errors(&mut response, &name);
            response
        })?;
        self.started += 1;
        let (number, is_stopped) = (self.started, Arc::<AtomicBool>::default());
        let results = Results { queue: runner.results.clone(), is_stopped: is_stopped.clone() };
        let end = End { running: self.running.clone(), number };
        // Held while the task is spawned, so that the task cannot end before it is registered.
        let mut known = lock(&self.running);
        let task = tokio::spawn(run(runner, results, name, id.clone(), prepared, end)).abort_handle();
        known.insert(id, Operation { number, is_stopped, task });
        Ok(())
    }

    /// The same checks and cost as over HTTP.
    async fn admit(&self, runner: &Runner, payload: serde_json::Value) -> Result<Prepared, Response> {
        let refuse = |error| Response::from_errors(vec![error]);
        let Runner { transport, viewer, .. } = runner;
        if lock(&self.running).len() >= MAX_OPERATIONS {
            let message = format!("a socket has at most {MAX_OPERATIONS} operations at a time");
            return Err(refuse(response::error(ErrorCode::RateLimited, message)));
        }
        if let Err(retry) = transport.app.limits.check(viewer.tenant, viewer.plan, 1) {
            let mut error = response::error(ErrorCode::RateLimited, retry.sentence());
            error.extensions.get_or_insert_default().set("retryAfterMs", retry.milliseconds());
            return Err(refuse(error));
        }
        let sent = request::parse_value(payload)
            .map_err(|message| refuse(response::error(ErrorCode::BadUserInput, message)))?;
        document_lookup::prepare(&runner.transport.app, viewer, sent).await.map_err(refuse)
    }
}

/// The sender of an operation's messages.
struct Results {
    queue: mpsc::Sender<OperationResult>,
    is_stopped: Arc<AtomicBool>,
}

impl Results {
    /// Sends a message. Returns whether the socket is still open.
    async fn send(&self, text: String) -> bool {
        self.queue.send(OperationResult { is_stopped: self.is_stopped.clone(), text }).await.is_ok()
    }
}

/// Unregisters an operation before its last message is queued: a client may reuse the id once it has read that message.
struct End {
    running: Running,
    number: u64,
}

impl End {
    fn take_off(&self, id: &str) {
        if let Entry::Occupied(entry) = lock(&self.running).entry(id.to_owned())
            && entry.get().number == self.number
        {
            entry.remove();
        }
    }
}

async fn run(runner: Runner, results: Results, name: RequestId, id: String, prepared: Prepared, end: End) {
    let last = if prepared.kind == OperationType::Subscription {
        subscribe(&runner, &results, &name, &id, prepared).await
    } else {
        let response = operation::execute(&runner.transport, &runner.viewer, &name, prepared).await;
        if response::is_request_error(&response) {
            Some(protocol::error(&id, &response.errors))
        } else if results.send(protocol::next(&id, &response)).await {
            Some(protocol::complete(&id))
        } else {
            None
        }
    };
    end.take_off(&id);
    if let Some(last) = last {
        // The socket may be closed already.
        results.send(last).await;
    }
}

/// Sends every event. Returns the last message.
async fn subscribe(
    runner: &Runner,
    results: &Results,
    name: &RequestId,
    id: &str,
    prepared: Prepared,
) -> Option<String> {
    let _counted = Subscribed::new();
    let Runner { transport, viewer, .. } = runner;
    let _opened = match cost_accounting::begin_subscription(&transport.app, viewer, &prepared) {
        Ok(opened) => opened,
        Err(mut refused) => {
            response::annotate_errors(&mut refused, name);
            operation::count(prepared.kind, &refused);
            return Some(protocol::error(id, &refused.errors));
        }
    };
    let Prepared { request, kind, .. } = prepared;
    let request = request.data(runner.viewer.as_ref().clone()).data(name.clone());
    let mut events = runner.transport.schema.execute_stream(request);
    let mut first = true;
    while let Some(mut response) = events.next().await {
        response::annotate_errors(&mut response, name);
        if first {
            operation::count(kind, &response);
            // The stream did not start; this is its only response.
            if response.data == Value::Null && !response.errors.is_empty() {
                return Some(protocol::error(id, &response.errors));
            }
        }
        first = false;
        transport.app.limits.deliver(viewer.tenant, viewer.plan).await;
        if !results.send(protocol::next(id, &response)).await {
            return None;
        }
    }
    Some(protocol::complete(id))
}
