//! The drawer beside the calendar, and its preview in the grid.

use leptos::prelude::*;

use crate::domain::{draft::Edit, night_key::NightKey};

/// A drawer beside the calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Panel {
    /// The form that edits many nights.
    Bulk,
    /// The history of one night.
    History(NightKey),
}

/// Changes that the calendar shows before they are drafts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The changes.
    pub edits: Vec<Edit>,
    /// Nights that keep their value because a rule forbids the new one.
    pub blocked: Vec<NightKey>,
}

/// The drawer beside the calendar, and its preview. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct Panels {
    /// The changes that the bulk form shows in the grid.
    pub preview: RwSignal<Option<Preview>>,
    current: RwSignal<Option<Panel>>,
}

impl Panels {
    /// No open drawer. It lives as long as the component that creates it.
    pub fn new() -> Self {
        Self { preview: RwSignal::new(None), current: RwSignal::new(None) }
    }

    /// Opens a drawer and closes the one that is open.
    pub fn open(self, panel: Panel) {
        self.current.set(Some(panel));
    }

    /// Closes the open drawer.
    pub fn close(self) {
        self.current.set(None);
    }

    /// The open drawer; tracked.
    pub fn current(self) -> Option<Panel> {
        self.current.get()
    }

    /// The open drawer; not tracked.
    pub fn current_untracked(self) -> Option<Panel> {
        self.current.get_untracked()
    }

    pub(super) fn clear(self) {
        self.preview.set(None);
        self.current.set(None);
    }
}
