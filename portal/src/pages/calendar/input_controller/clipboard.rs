//! Copies the selected cells to the clipboard, and pastes from it.

use leptos::web_sys::ClipboardEvent;

use super::InputController;
use crate::state::ToastKind;

impl InputController {
    /// Copies the selected cells; returns whether the clipboard accepted them.
    pub fn copy(&self, event: &ClipboardEvent) -> bool {
        let Some(text) = self.view.copied_text() else { return false };
        let is_copied = event.clipboard_data().is_some_and(|data| data.set_data("text/plain", &text).is_ok());
        event.prevent_default();
        is_copied
    }

    /// Pastes text at the selected cells; a failure is shown as a toast.
    pub fn paste(&self, event: &ClipboardEvent) {
        let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        event.prevent_default();
        if let Err(reason) = self.view.paste(&text) {
            self.view.notifications.toast(ToastKind::Failed, reason, None);
        }
    }
}
