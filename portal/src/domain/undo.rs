//! The undo and redo stack.

use super::{draft::Before, ids::PropertyId};

/// An undoable step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Drafts were changed.
    Drafted {
        /// Description of the step.
        label: String,
        /// The previous drafts.
        before: Before,
    },
    /// Change sets were stored, one per property.
    Saved {
        /// Description of the step.
        label: String,
        /// The properties and their change sets.
        sets: Vec<(PropertyId, String)>,
    },
}

/// Maximum number of steps; the oldest ones are dropped.
const MAX_STEPS: usize = 100;

/// The steps that can be undone and redone, latest last.
#[derive(Debug, Default)]
pub struct UndoStack {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl UndoStack {
    /// Records a new step, and clears the steps to redo.
    pub fn record(&mut self, step: Step) {
        self.undone.clear();
        self.push(step);
    }

    /// Records a step that was redone.
    pub fn record_redo(&mut self, step: Step) {
        self.push(step);
    }

    /// Records a step that was undone.
    pub fn record_undo(&mut self, step: Step) {
        self.undone.push(step);
    }

    /// Takes the next step to undo.
    pub fn pop_undo(&mut self) -> Option<Step> {
        self.done.pop()
    }

    /// Takes the next step to redo.
    pub fn pop_redo(&mut self) -> Option<Step> {
        self.undone.pop()
    }

    /// True if there is a step to undo.
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// True if there is a step to redo.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Drops the steps that changed drafts. Called when the drafts are discarded.
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
