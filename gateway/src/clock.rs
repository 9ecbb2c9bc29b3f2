//! The clock of the node, which tests can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, SubsecRound, Utc};

/// The time, in milliseconds. Cheap to clone; clones move together.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The current time.
    #[expect(clippy::disallowed_methods, reason = "this is the place that owns the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        self.shifted(Utc::now())
    }

    /// The database's time, moved like this clock. Decisions by it agree on all nodes, whatever their own clocks.
    pub fn shifted(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        (at + Duration::milliseconds(self.ahead_ms.load(Ordering::Relaxed))).trunc_subsecs(3)
    }

    /// Moves this clock and its clones, back if `by` is negative. For tests, and for the history of the demo data.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
