//! The history of the demo, written in order, with the clock set to the time of each command.

use chrono::{DateTime, Duration, Utc};
use futures_util::{StreamExt, stream};

use crate::app::App;
use crate::clock::Clock;
use crate::writer::{Submission, WriteError};

/// Maximum number of concurrent commands.
const AT_ONCE: usize = 128;

/// A command and its time.
pub(super) struct Step {
    pub(super) at: DateTime<Utc>,
    pub(super) submission: Submission,
    /// Whether the rules may refuse it.
    pub(super) may_be_refused: bool,
}

/// The node's clock, set back until this is dropped.
pub(super) struct Backfill {
    clock: Clock,
    moved: Duration,
}

impl Backfill {
    pub(super) fn at(clock: Clock, at: DateTime<Utc>) -> Self {
        let mut past = Self { clock, moved: Duration::zero() };
        past.go_to(at);
        past
    }

    fn go_to(&mut self, at: DateTime<Utc>) {
        let by = at - self.clock.now();
        self.clock.advance(by);
        self.moved += by;
    }

    /// Runs all commands. Returns the number of reservations made.
    pub(super) async fn play(&mut self, app: &App, mut steps: Vec<Step>) -> anyhow::Result<usize> {
        steps.sort_by_key(|step| step.at);
        let mut made = 0;
        for together in steps.chunk_by(|one, other| one.at == other.at) {
            self.go_to(together.iter().map(|step| step.at).max().unwrap_or_default());
            let mut answers = stream::iter(together).map(|step| happen(app, step)).buffered(AT_ONCE);
            while let Some(answer) = answers.next().await {
                made += usize::from(answer?);
            }
        }
        Ok(made)
    }
}

impl Drop for Backfill {
    fn drop(&mut self) {
        self.clock.advance(-self.moved);
    }
}

/// Whether a reservation was made.
async fn happen(app: &App, step: &Step) -> anyhow::Result<bool> {
    use crate::inventory::Action;
    let is_booking = matches!(step.submission.command.action, Action::Book(_));
    match app.writer.submit(step.submission.clone()).await {
        Err(WriteError::Refused(_)) if step.may_be_refused => Ok(false),
        answer => super::outcome(answer).map(|_| is_booking),
    }
}
