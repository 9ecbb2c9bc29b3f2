//! The desk: what everybody who works on the calendar shares.
//!
//! One handle in the context, above the routes: undo, drafts, selection and what is known of every night outlive going
//! from page to page.

use leptos::prelude::*;

use crate::{
    dates::Day,
    grid::{
        draft::Edit,
        ledger::Heard,
        place::{Place, Spot},
    },
};

/// How fresh what the calendar shows is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Changes arrive; the last one took so many milliseconds from its commit.
    Live {
        /// Milliseconds from commit to here, once there was a message to measure.
        lag_ms: Option<u32>,
    },
    /// The connection was lost and is tried again.
    Reconnecting {
        /// Milliseconds until the next try.
        next_try_ms: u32,
    },
    /// The page is hidden, or nobody is watching.
    Paused,
    /// The browser has no network.
    Offline,
}

/// A drawer beside the calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Panel {
    /// Many nights at once.
    Bulk,
    /// What happened to one night.
    History(Place),
}

/// New numbers shown in the calendar before they are anybody's drafts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// What would change.
    pub edits: Vec<Edit>,
    /// Nights that would keep their number because something forbids the new one.
    pub blocked: Vec<Place>,
}

/// What is chosen in the calendar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// The active cell, which has the keyboard's attention.
    pub active: Option<Spot>,
    /// Every chosen value, the active one among them, in the order of rows and nights.
    pub spots: Vec<Spot>,
}

/// The handle. Every copy is the same desk.
#[derive(Clone, Copy)]
pub struct Desk {
    /// How fresh the calendar is; written by the feed.
    pub freshness: RwSignal<Freshness>,
    /// The new numbers that the bulk drawer shows in the grid.
    pub preview: RwSignal<Option<Preview>>,
    panel: RwSignal<Option<Panel>>,
    selected: RwSignal<Selected>,
    drafts: RwSignal<usize>,
}

impl Desk {
    /// A desk with nothing on it. It lives as long as the component that makes it.
    pub fn empty() -> Self {
        Self {
            freshness: RwSignal::new(Freshness::Paused),
            preview: RwSignal::new(None),
            panel: RwSignal::new(None),
            selected: RwSignal::new(Selected::default()),
            drafts: RwSignal::new(0),
        }
    }

    /// Puts edits among the drafts, as one step of undo that is called `what`.
    pub fn stage(self, edits: Vec<Edit>, what: &str) {
        let _ = (edits, what);
    }

    /// Saves one edit at once.
    pub fn save_now(self, edit: Edit) {
        let _ = edit;
    }

    /// Sends every draft.
    pub fn apply(self) {}

    /// Forgets every draft.
    pub fn discard(self) {}

    /// Takes the latest step back: a draft at once, an applied change set through the gateway.
    pub fn undo(self) {}

    /// Does the step that was taken back last once more.
    pub fn redo(self) {}

    /// Whether there is a step to take back; tracked.
    pub fn can_undo(self) -> bool {
        false
    }

    /// Whether there is a step to do once more; tracked.
    pub fn can_redo(self) -> bool {
        false
    }

    /// How many values are typed and not sent yet; tracked.
    pub fn draft_count(self) -> usize {
        self.drafts.get()
    }

    /// What is chosen in the calendar; tracked.
    pub fn selection(self) -> Selected {
        self.selected.get()
    }

    /// Takes in what the feed tells.
    pub fn heard(self, message: Heard) {
        let _ = message;
    }

    /// The first and last night the calendar shows, if it is in sight; tracked.
    pub fn window(self) -> Option<(Day, Day)> {
        None
    }

    /// Opens a drawer; the one that is open closes.
    pub fn open(self, panel: Panel) {
        self.panel.set(Some(panel));
    }

    /// Closes the drawer that is open.
    pub fn close(self) {
        self.panel.set(None);
    }

    /// The drawer that is open; tracked.
    pub fn panel(self) -> Option<Panel> {
        self.panel.get()
    }
}
