//! The one clock. Everything that needs the time takes it from here, so that tests can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, SubsecRound, Utc};

/// The time, to the millisecond; cheap to clone, all clones move together.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// This machine's time.
    #[expect(clippy::disallowed_methods, reason = "this is the place that owns the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        self.shifted(Utc::now())
    }

    /// The time that the database read, as this clock has it. Deciding by it keeps nodes with wrong clocks in step.
    pub fn shifted(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        (at + Duration::milliseconds(self.ahead_ms.load(Ordering::Relaxed))).trunc_subsecs(3)
    }

    /// Moves this clock and its clones, back when `by` is negative. For tests, and for the demo, which has a past.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
