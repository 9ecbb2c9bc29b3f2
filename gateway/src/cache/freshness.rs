//! Tells whether this node receives changes. A node that does not must not answer from its cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Without a comparison with the journal for this long, the cache is not used.
const MAX_AGE: Duration = Duration::from_secs(3);

/// The time of the last comparison with the journal, by the monotonic clock: a process that was suspended is stale at its
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
    /// Whether reads may use the cache.
    pub fn is_fresh(&self) -> bool {
        self.age() < MAX_AGE
    }

    /// Time since the last comparison.
    pub fn age(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.compared_ms.load(Ordering::Relaxed)))
    }

    /// Records a comparison of the journal with the state of this node at `since`.
    pub(crate) fn mark_compared(&self, since: Instant) {
        let at = since.saturating_duration_since(self.started);
        self.compared_ms.fetch_max(u64::try_from(at.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
