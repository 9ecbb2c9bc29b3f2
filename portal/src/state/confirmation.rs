//! Confirmations for destructive or unusual actions.

use leptos::prelude::*;

/// A confirmation. The shell shows it as a dialog.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The action to confirm, as a question.
    pub title: String,
    /// The consequences, one sentence per line.
    pub lines: Vec<String>,
    /// Label of the button that confirms.
    pub confirm_label: String,
    /// Whether the action closes sales, revokes access, or sells more rooms than there are.
    pub is_destructive: bool,
    /// The action of the button.
    pub on_confirm: Callback<()>,
}
