//! Overlays that are open over the page.

use leptos::prelude::*;

/// The overlays over the page.
#[derive(Clone, Copy)]
pub struct Overlays {
    /// The initial text of the command palette while it is open.
    pub palette: RwSignal<Option<String>>,
    /// Whether the dialog of keyboard shortcuts is open.
    pub shortcuts: RwSignal<bool>,
}
