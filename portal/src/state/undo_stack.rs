//! The undo stack, and the undo requests that wait for writes in flight.

use std::collections::VecDeque;

use leptos::prelude::*;

use crate::domain::undo::{self, Step};

/// Maximum number of undo and redo requests that wait for writes in flight. Further requests are ignored.
const MAX_QUEUED: usize = 20;

/// The direction of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Take a step back.
    Undo,
    /// Apply a step again that was taken back.
    Redo,
}

impl Direction {
    /// Undo for redo, and the reverse.
    pub fn opposite(self) -> Self {
        match self {
            Self::Undo => Self::Redo,
            Self::Redo => Self::Undo,
        }
    }
}

/// The undo stack. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct UndoStack {
    steps: RwSignal<undo::UndoStack>,
    writes_in_flight: StoredValue<u32>,
    queued: StoredValue<VecDeque<Direction>>,
}

impl UndoStack {
    /// An empty stack. It lives as long as the component that creates it.
    pub fn new() -> Self {
        Self {
            steps: RwSignal::new(undo::UndoStack::default()),
            writes_in_flight: StoredValue::new(0),
            queued: StoredValue::default(),
        }
    }

    /// Whether there is a step to undo; tracked.
    pub fn can_undo(self) -> bool {
        self.steps.with(undo::UndoStack::can_undo)
    }

    /// Whether there is a step to redo; tracked.
    pub fn can_redo(self) -> bool {
        self.steps.with(undo::UndoStack::can_redo)
    }

    /// Records a new step. It empties the list of steps to redo.
    pub(super) fn record(self, step: Step) {
        self.steps.update(|steps| steps.record(step));
    }

    /// Takes the next step of a direction from the stack.
    pub(super) fn pop(self, direction: Direction) -> Option<Step> {
        let pop = |steps: &mut undo::UndoStack| match direction {
            Direction::Undo => steps.pop_undo(),
            Direction::Redo => steps.pop_redo(),
        };
        self.steps.try_update(pop).flatten()
    }

    /// Records the step that reverses an executed step of this direction.
    pub(super) fn record_executed(self, direction: Direction, step: Step) {
        self.steps.update(|steps| match direction {
            Direction::Undo => steps.record_undo(step),
            Direction::Redo => steps.record_redo(step),
        });
    }

    /// Removes the steps that only changed drafts.
    pub(super) fn forget_drafted(self) {
        self.steps.update(undo::UndoStack::forget_drafted);
    }

    /// Queues an undo or redo request while writes are in flight; false if there are none. A write in flight is not on
    /// the stack yet, so that undo would take back the step before it.
    pub(super) fn queue_if_writing(self, direction: Direction) -> bool {
        if self.writes_in_flight.get_value() == 0 {
            return false;
        }
        self.queued.update_value(|queued| {
            if queued.len() < MAX_QUEUED {
                queued.push_back(direction);
            }
        });
        true
    }

    /// Counts a write that begins.
    pub(super) fn begin_write(self) {
        self.writes_in_flight.update_value(|count| *count += 1);
    }

    /// Counts a write that ends. Returns the next queued request if it was the last write.
    pub(super) fn end_write(self) -> Option<Direction> {
        self.writes_in_flight.update_value(|count| *count = count.saturating_sub(1));
        if self.writes_in_flight.get_value() > 0 {
            return None;
        }
        self.queued.try_update_value(VecDeque::pop_front).flatten()
    }

    pub(super) fn clear(self) {
        self.steps.set(undo::UndoStack::default());
    }
}
