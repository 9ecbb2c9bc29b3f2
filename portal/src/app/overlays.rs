//! Overlays that are open over the page.

use leptos::prelude::*;

/// What lies open over the page.
#[derive(Clone, Copy)]
pub struct Overlays {
    /// The command palette, with what it begins with.
    pub palette: RwSignal<Option<String>>,
    /// The dialog of keyboard shortcuts.
    pub shortcuts: RwSignal<bool>,
}
