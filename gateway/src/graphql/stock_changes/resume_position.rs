//! Where a subscription stands, for a transport that keeps the place for its client, as server-sent events do.

use std::sync::{Arc, Mutex, PoisonError};

use super::StockMessage;
use crate::graphql::scalars::CursorText;

/// The place of one subscription. Clones are the same place.
#[derive(Clone, Debug, Default)]
pub struct ResumePosition {
    /// Where the client says that it was; goes before the arguments of the operation.
    pub resume: Option<CursorText>,
    now: Arc<Mutex<Now>>,
}

#[derive(Debug, Default)]
struct Now {
    mark: Option<Checkpoint>,
    is_interrupted: bool,
}

/// What a message makes of the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// The client can resume after it.
    At(CursorText),
    /// The place is worth nothing any more.
    Lost,
}

impl ResumePosition {
    /// The place of a client that says where it was, if it does.
    pub fn resumed(at: Option<String>) -> Self {
        Self { resume: at.map(CursorText), ..Self::default() }
    }

    pub(super) fn keep(&self, message: &StockMessage) {
        let mark = match message {
            StockMessage::Resync(_) => Some(Checkpoint::Lost),
            other => other.cursor().cloned().map(Checkpoint::At),
        };
        self.lock().mark = mark;
    }

    /// The stream ends for no reason of its own.
    pub(super) fn interrupt(&self) {
        self.lock().is_interrupted = true;
    }

    /// What the latest message made of it; `None`: nothing.
    pub fn mark(&self) -> Option<Checkpoint> {
        self.lock().mark.take()
    }

    /// Whether the stream ended for no reason of its own: its client should come again.
    pub fn is_interrupted(&self) -> bool {
        self.lock().is_interrupted
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Now> {
        // Nothing panics while it is held.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
