//! Steps that can be taken back, and done once more.

use super::{draft::Before, ids::HotelId};

/// Something done to the calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Drafts were typed: what stood in their places.
    Typed {
        /// What it is called.
        what: String,
        /// What stood there before.
        before: Before,
    },
    /// Change sets were stored, one a hotel.
    Written {
        /// What it is called.
        what: String,
        /// The hotels and their change sets.
        sets: Vec<(HotelId, String)>,
    },
}

/// Oldest steps are forgotten beyond this.
const MOST: usize = 100;

/// What can be undone and redone, the latest last.
#[derive(Debug, Default)]
pub struct Steps {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl Steps {
    /// Something new was done: what was undone can't be done again.
    pub fn did(&mut self, step: Step) {
        self.undone.clear();
        self.push(step);
    }

    /// What was undone was done again.
    pub fn did_again(&mut self, step: Step) {
        self.push(step);
    }

    /// What was done was undone.
    pub fn undid(&mut self, step: Step) {
        self.undone.push(step);
    }

    /// Takes the latest step.
    pub fn take_done(&mut self) -> Option<Step> {
        self.done.pop()
    }

    /// Takes the step that was undone last.
    pub fn take_undone(&mut self) -> Option<Step> {
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
    pub fn forget_typed(&mut self) {
        self.done.retain(|step| matches!(step, Step::Written { .. }));
        self.undone.retain(|step| matches!(step, Step::Written { .. }));
    }

    fn push(&mut self, step: Step) {
        if self.done.len() == MOST {
            self.done.remove(0);
        }
        self.done.push(step);
    }
}
