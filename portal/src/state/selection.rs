//! The selection in the calendar, and the nights that it shows.

use leptos::prelude::*;

use crate::domain::{dates::Day, night_key::CellKey};

/// The selected cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SelectedCells {
    /// The active cell, which the keyboard edits.
    pub active: Option<CellKey>,
    /// Every selected cell, the active one included, in the order of rows and nights.
    pub keys: Vec<CellKey>,
}

/// The selection in the calendar, and the nights that it shows. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct Selection {
    cells: RwSignal<SelectedCells>,
    window: RwSignal<Option<(Day, Day)>>,
}

impl Selection {
    /// An empty selection. It lives as long as the component that creates it.
    pub fn new() -> Self {
        Self { cells: RwSignal::new(SelectedCells::default()), window: RwSignal::new(None) }
    }

    /// The selected cells; tracked.
    pub fn cells(self) -> SelectedCells {
        self.cells.get()
    }

    /// Replaces the selected cells.
    pub fn select(self, cells: SelectedCells) {
        if self.cells.with_untracked(|now| *now != cells) {
            self.cells.set(cells);
        }
    }

    /// The first and last night that the calendar shows; none while no calendar is shown. Tracked.
    pub fn window(self) -> Option<(Day, Day)> {
        self.window.get()
    }

    /// Sets the first and last night that the calendar shows; none when the calendar is left.
    pub fn set_window(self, window: Option<(Day, Day)>) {
        if self.window.try_get_untracked().is_some_and(|now| now != window) {
            self.window.set(window);
        }
    }

    pub(super) fn clear(self) {
        self.cells.set(SelectedCells::default());
    }
}
