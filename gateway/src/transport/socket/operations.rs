//! The operations that run on one socket, each a task of its own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, Value};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::protocol;
use crate::auth::Viewer;
use crate::graphql::error::ErrorCode;
use crate::transport::operation::{self, Prepared};
use crate::transport::{RequestId, Transport, answer};

/// Most operations at a time.
const MOST: usize = 100;

type Running = Arc<Mutex<HashMap<String, (u64, AbortHandle)>>>;

/// The operations of one socket; dropping them ends them all.
pub(super) struct Operations {
    running: Running,
    /// Tells a finished operation from a later one of the same id.
    started: u64,
}

impl Drop for Operations {
    fn drop(&mut self) {
        for (_, (_, task)) in lock(&self.running).drain() {
            task.abort();
        }
    }
}

fn lock(running: &Running) -> std::sync::MutexGuard<'_, HashMap<String, (u64, AbortHandle)>> {
    // Nothing panics while it is held.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an operation needs to run.
#[derive(Clone)]
pub(super) struct Runner {
    pub(super) transport: Transport,
    pub(super) viewer: Arc<Viewer>,
    pub(super) results: mpsc::Sender<String>,
}

impl Operations {
    pub(super) fn new() -> Self {
        Self { running: Arc::default(), started: 0 }
    }

    /// Whether an operation of this id runs.
    pub(super) fn contains(&self, id: &str) -> bool {
        lock(&self.running).contains_key(id)
    }

    /// Ends an operation; one that has ended is no mistake of the client.
    pub(super) fn stop(&self, id: &str) {
        if let Some((_, task)) = lock(&self.running).remove(id) {
            task.abort();
        }
    }

    /// Starts an operation, or says why not.
    #[expect(clippy::result_large_err, reason = "a refusal is sent at once, and rare")]
    pub(super) fn start(&mut self, runner: Runner, id: String, payload: serde_json::Value) -> Result<(), Response> {
        let name = RequestId::fresh();
        let prepared = self.admit(&runner, payload).inspect_err(|response| {
            operation::count_refused(answer::outcome(response));
        });
        let prepared = prepared.map_err(|mut response| {
            answer::dress(&mut response, &name);
            response
        })?;
        self.started += 1;
        let (number, running) = (self.started, self.running.clone());
        // Held while the task is made, so that it cannot end before it is known.
        let mut known = lock(&self.running);
        let task = tokio::spawn(run(runner, name, id.clone(), prepared, End { running, number }));
        known.insert(id, (number, task.abort_handle()));
        Ok(())
    }

    /// The same checks and the same price as over HTTP.
    #[expect(clippy::result_large_err, reason = "a refusal is sent at once, and rare")]
    fn admit(&self, runner: &Runner, payload: serde_json::Value) -> Result<Prepared, Response> {
        let refuse = |error| Response::from_errors(vec![error]);
        let Runner { transport, viewer, .. } = runner;
        if lock(&self.running).len() >= MOST {
            let message = format!("a socket has at most {MOST} operations at a time");
            return Err(refuse(answer::error(ErrorCode::RateLimited, message)));
        }
        if let Err(retry) = transport.app.limits.check(viewer.tenant, viewer.plan, 1) {
            let mut error = answer::error(ErrorCode::RateLimited, "Too many requests. Wait before the next one.");
            error.extensions.get_or_insert_default().set("retryAfterMs", retry.milliseconds());
            return Err(refuse(error));
        }
        let request = crate::transport::http::parse_payload(payload)
            .map_err(|message| refuse(answer::error(ErrorCode::BadUserInput, message)))?;
        operation::prepare(request).map_err(refuse)
    }
}

/// Takes an operation off the list before its last message is queued: whoever has read that may use the id again.
struct End {
    running: Running,
    number: u64,
}

impl End {
    fn take_off(&self, id: &str) {
        if let Entry::Occupied(entry) = lock(&self.running).entry(id.to_owned())
            && entry.get().0 == self.number
        {
            entry.remove();
        }
    }
}

async fn run(runner: Runner, name: RequestId, id: String, prepared: Prepared, end: End) {
    let last = if prepared.kind == OperationType::Subscription {
        subscribe(&runner, &name, &id, prepared).await
    } else {
        let response = operation::execute(&runner.transport, &runner.viewer, &name, prepared).await;
        if answer::is_request_error(&response) {
            Some(protocol::error(&id, &response.errors))
        } else if runner.results.send(protocol::next(&id, &response)).await.is_ok() {
            Some(protocol::complete(&id))
        } else {
            None
        }
    };
    end.take_off(&id);
    if let Some(last) = last {
        // A socket that is gone needs no last word.
        let _ = runner.results.send(last).await;
    }
}

/// Counts itself for as long as it exists.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("lodgate_subscriptions").increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("lodgate_subscriptions").decrement(1.0);
    }
}

/// Sends every event; gives the last message.
async fn subscribe(runner: &Runner, name: &RequestId, id: &str, prepared: Prepared) -> Option<String> {
    let _counted = Counted::new();
    let Prepared { request, kind } = prepared;
    let request = request.data(runner.viewer.as_ref().clone()).data(name.clone());
    let mut events = runner.transport.schema.execute_stream(request);
    let mut first = true;
    while let Some(mut response) = events.next().await {
        answer::dress(&mut response, name);
        if first {
            operation::count(kind, &response);
            // No stream came to be: this is its only response.
            if response.data == Value::Null && !response.errors.is_empty() {
                return Some(protocol::error(id, &response.errors));
            }
        }
        first = false;
        if runner.results.send(protocol::next(id, &response)).await.is_err() {
            return None;
        }
    }
    Some(protocol::complete(id))
}
