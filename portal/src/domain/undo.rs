//! The undo and redo stack.

use super::{draft::Before, ids::PropertyId};

/// Something done to the calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Drafts were typed: what stood in their places.
    Drafted {
        /// What it is called.
        label: String,
        /// What stood there before.
        before: Before,
    },
    /// Change sets were stored, one a property.
    Saved {
        /// What it is called.
        label: String,
        /// The properties and their change sets.
        sets: Vec<(PropertyId, String)>,
    },
}

/// Oldest steps are forgotten beyond this.
const MAX_STEPS: usize = 100;

/// What can be undone and redone, the latest last.
#[derive(Debug, Default)]
pub struct UndoStack {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl UndoStack {
    /// Something new was done: what was undone can't be done again.
    pub fn record(&mut self, step: Step) {
        self.undone.clear();
        self.push(step);
    }

    /// What was undone was done again.
    pub fn record_redo(&mut self, step: Step) {
        self.push(step);
    }

    /// What was done was undone.
    pub fn record_undo(&mut self, step: Step) {
        self.undone.push(step);
    }

    /// Takes the latest step.
    pub fn pop_undo(&mut self) -> Option<Step> {
        self.done.pop()
    }

    /// Takes the step that was undone last.
    pub fn pop_redo(&mut self) -> Option<Step> {
        self.undone.pop()
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether there is a step to do again.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// The drafts are gone: steps that typed them mean nothing any more.
    pub fn forget_drafted(&mut self) {
        self.done.retain(|step| matches!(step, Step::Saved { .. }));
        self.undone.retain(|step| matches!(step, Step::Saved { .. }));
    }

    fn push(&mut self, step: Step) {
        if self.done.len() == MAX_STEPS {
            self.done.remove(0);
        }
        self.done.push(step);
    }
}
