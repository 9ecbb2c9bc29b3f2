//! Whether this node still hears of changes. A node that does not must not answer from its cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// After so long without a comparison with the journal the cache is not believed.
const SILENCE: Duration = Duration::from_secs(3);

/// When the journal was last compared, by the monotonic clock: a process that was frozen finds itself too late at its
/// first read. Cheap to clone.
#[derive(Clone)]
pub struct Trust {
    started: Instant,
    heard_ms: Arc<AtomicU64>,
}

impl Default for Trust {
    fn default() -> Self {
        Self { started: Instant::now(), heard_ms: Arc::default() }
    }
}

impl Trust {
    /// Whether cached state may be answered from.
    pub fn holds(&self) -> bool {
        self.silence() < SILENCE
    }

    /// Time since the last comparison.
    pub fn silence(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.heard_ms.load(Ordering::Relaxed)))
    }

    /// The journal was compared with what this node knew at `since`.
    pub(crate) fn heard(&self, since: Instant) {
        let at = since.saturating_duration_since(self.started);
        self.heard_ms.fetch_max(u64::try_from(at.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
