//! Confirmations for destructive or unusual actions.

use leptos::prelude::*;

use super::AppState;

/// A confirmation. The shell shows it as a dialog.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// What is about to happen, as a question.
    pub title: String,
    /// The consequences, one sentence per line.
    pub lines: Vec<String>,
    /// The word on the button that does it.
    pub confirm_label: String,
    /// Whether it closes sales, revokes access, or promises rooms that do not exist.
    pub is_destructive: bool,
    /// What the button does.
    pub on_confirm: Callback<()>,
}

impl AppState {
    /// Shows the confirmation in place of an open one.
    pub fn ask(self, confirmation: Confirmation) {
        self.confirmation.set(Some(confirmation));
    }
}
