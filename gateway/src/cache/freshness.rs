//! Whether this node still hears of changes. A node that does not must not answer from its cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// After so long without a comparison with the journal the cache is not believed.
const MAX_AGE: Duration = Duration::from_secs(3);

/// When the journal was last compared, by the monotonic clock: a process that was frozen finds itself too late at its
/// first read. Cheap to clone.
#[derive(Clone)]
pub struct Freshness {
    started: Instant,
    compared_ms: Arc<AtomicU64>,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { started: Instant::now(), compared_ms: Arc::default() }
    }
}

impl Freshness {
    /// Whether cached state may be answered from.
    pub fn is_fresh(&self) -> bool {
        self.age() < MAX_AGE
    }

    /// Time since the last comparison.
    pub fn age(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.compared_ms.load(Ordering::Relaxed)))
    }

    /// The journal was compared with what this node knew at `since`.
    pub(crate) fn mark_compared(&self, since: Instant) {
        let at = since.saturating_duration_since(self.started);
        self.compared_ms.fetch_max(u64::try_from(at.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
