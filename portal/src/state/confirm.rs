//! What is asked before something grave is done.

use leptos::prelude::*;

use super::AppState;

/// A question with a way out. Shown as a dialog by the shell.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// What is about to happen, as a question.
    pub title: String,
    /// What it means, a sentence a line.
    pub lines: Vec<String>,
    /// The word on the button that does it.
    pub confirm_label: String,
    /// Whether it closes sales, shuts somebody out, or promises rooms that are not there.
    pub is_destructive: bool,
    /// What the button does.
    pub on_confirm: Callback<()>,
}

impl AppState {
    /// Shows the question; one that was open is gone.
    pub fn ask(self, confirmation: Confirmation) {
        self.confirmation.set(Some(confirmation));
    }
}
