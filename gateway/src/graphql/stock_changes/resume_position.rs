//! The resume position of a subscription, for a transport that keeps it on behalf of its client, as server-sent events
//! do.

use std::sync::{Arc, Mutex, PoisonError};

use super::StockMessage;
use crate::graphql::scalars::CursorText;

/// The resume position of one subscription. Clones share one position.
#[derive(Clone, Debug, Default)]
pub struct ResumePosition {
    /// The cursor that the client sent with the request; it takes precedence over the arguments of the operation.
    pub resume: Option<CursorText>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    latest: Option<Checkpoint>,
    is_interrupted: bool,
}

/// The effect of a message on the resume position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// The client can resume after this cursor.
    At(CursorText),
    /// The client can no longer resume.
    Lost,
}

impl ResumePosition {
    /// The position of a client that may have sent a cursor.
    pub fn resumed(at: Option<String>) -> Self {
        Self { resume: at.map(CursorText), ..Self::default() }
    }

    /// Records the effect of a message.
    pub(super) fn record(&self, message: &StockMessage) {
        let latest = match message {
            StockMessage::Resync(_) => Some(Checkpoint::Lost),
            other => other.cursor().cloned().map(Checkpoint::At),
        };
        self.lock().latest = latest;
    }

    /// Marks the stream as interrupted: it ends because of a failure, not because of its contents.
    pub(super) fn interrupt(&self) {
        self.lock().is_interrupted = true;
    }

    /// Takes the effect of the latest message; `None` when there was none since the last call.
    pub fn take_checkpoint(&self) -> Option<Checkpoint> {
        self.lock().latest.take()
    }

    /// `true` when the stream ended because of a failure: the client reconnects and resumes.
    pub fn is_interrupted(&self) -> bool {
        self.lock().is_interrupted
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // No code panics while it holds the lock, so a poisoned lock has consistent contents.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
