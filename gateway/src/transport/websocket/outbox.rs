//! The sending half of a socket: one task, two bounded queues, and a time limit for clients that do not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::protocol::Close;

/// Queued results; operations wait when the queue is full. Few, because one may be a large part of a snapshot.
const QUEUE: usize = 16;
/// Queued replies to the client's messages. A client that exceeds it without reading is disconnected.
const CONTROL: usize = 64;
/// Time limit of sending one message.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit of sending the close frame to a stalled client.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A message of an operation.
pub(super) struct OperationResult {
    /// True once the client has cancelled the operation.
    pub(super) is_stopped: Arc<AtomicBool>,
    /// The message.
    pub(super) text: String,
}

/// An item for the sending task.
pub(super) enum Control {
    /// A message of the protocol.
    Text(String),
    /// The close frame.
    Close(Close),
}

/// The queues to the sending task. Dropping it and every clone of its queue ends the task.
pub(super) struct Outbox {
    results: mpsc::Sender<OperationResult>,
    control: mpsc::Sender<Control>,
    task: JoinHandle<()>,
}

impl Outbox {
    /// Starts the sending task.
    pub(super) fn start(sink: SplitSink<WebSocket, Message>) -> Self {
        let (results, result_queue) = mpsc::channel(QUEUE);
        let (control, control_queue) = mpsc::channel(CONTROL);
        let task = tokio::spawn(send(sink, result_queue, control_queue));
        Self { results, control, task }
    }

    /// The queue of results, for operations.
    pub(super) fn results(&self) -> mpsc::Sender<OperationResult> {
        self.results.clone()
    }

    /// Queues a reply to a message of the client.
    ///
    /// # Errors
    /// When the queue is full.
    pub(super) fn reply(&self, text: String) -> Result<(), Close> {
        self.control.try_send(Control::Text(text)).map_err(|_| Close::Overload)
    }

    /// Resolves when the sending task has ended by itself.
    pub(super) async fn ended(&mut self) {
        // Only the end of the task matters; it does not panic.
        let _ = (&mut self.task).await;
    }

    /// Sends the close frame, after the replies queued before it, and ends the task.
    pub(super) async fn close(self, close: Close) {
        let queued = tokio::time::timeout(CLOSE_TIMEOUT, self.control.send(Control::Close(close))).await;
        drop(self.results);
        drop(self.control);
        let mut task = self.task;
        if !matches!(queued, Ok(Ok(()))) || tokio::time::timeout(SEND_TIMEOUT + CLOSE_TIMEOUT, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

async fn send(
    mut sink: SplitSink<WebSocket, Message>,
    mut results: mpsc::Receiver<OperationResult>,
    mut control: mpsc::Receiver<Control>,
) {
    loop {
        let text = tokio::select! {
            biased;
            order = control.recv() => match order {
                Some(Control::Text(text)) => text,
                Some(Control::Close(close)) => return farewell(&mut sink, &close).await,
                None => return,
            },
            Some(result) = results.recv() => {
                // Its id may belong to another operation by now.
                if result.is_stopped.load(Ordering::Acquire) {
                    continue;
                }
                result.text
            }
        };
        match tokio::time::timeout(SEND_TIMEOUT, sink.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => return farewell(&mut sink, &Close::Overload).await,
        }
    }
}

async fn farewell(sink: &mut SplitSink<WebSocket, Message>, close: &Close) {
    // A client that does not read the frame sees the connection end.
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, sink.send(Message::Close(Some(close.frame())))).await;
}
