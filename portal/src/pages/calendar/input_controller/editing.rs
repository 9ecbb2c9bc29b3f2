//! The input field over the active cell.

use leptos::{prelude::*, web_sys::KeyboardEvent};

use super::InputController;
use crate::{domain::cell::Value, state::ToastKind};

impl InputController {
    /// Opens the cell editor with a text; an empty text is replaced by the value of the cell.
    pub fn start_editing(&self, text: &str) {
        let view = self.view;
        let Some(active) = view.active.get_untracked() else { return };
        if view.is_past(&active.night) {
            view.notifications.toast(ToastKind::Failed, "This night is over. It cannot be changed.", None);
            return;
        }
        let Some(cell) = view.drafts.shown(&active.night) else {
            view.notifications.toast(ToastKind::Failed, "This night is still loading. Try again in a moment.", None);
            return;
        };
        if active.field.is_flag() && text.is_empty() {
            // A flag has no text to edit: the command toggles it.
            let on = cell.value(active.field) == Value::Flag(true);
            let _ = view.enter(if on { "0" } else { "1" });
            return;
        }
        let text = if text.is_empty() {
            match cell.value(active.field) {
                Value::Number(Some(number)) => number.to_string(),
                _ => String::new(),
            }
        } else {
            text.to_owned()
        };
        view.typing_error.set(None);
        view.typing.set(Some(text.clone()));
        if let Some(input) = self.input.get_untracked() {
            input.set_value(&text);
            let _ = input.focus();
            let end = u32::try_from(text.len()).unwrap_or_default();
            let _ = input.set_selection_range(end, end);
        }
        self.schedule_render();
    }

    pub(super) fn on_field_key(&self, event: &KeyboardEvent) {
        let is_held = event.ctrl_key() || event.meta_key();
        let (down, right) = match (event.key().as_str(), event.shift_key()) {
            ("Escape", _) => {
                event.prevent_default();
                self.view.typing.set(None);
                self.focus_soon();
                return;
            }
            ("Enter", _) if is_held => (0, 0),
            ("Enter", false) => (1, 0),
            ("Enter", true) => (-1, 0),
            ("Tab", false) => (0, 1),
            ("Tab", true) => (0, -1),
            _ => return,
        };
        event.prevent_default();
        if self.commit_field() {
            let view = self.view;
            let is_single = view.keys().len() == 1;
            let rows = view.rows.get_untracked();
            if is_single
                && let Some(active) = view.active.get_untracked()
                && let Some(row) = rows.row_of(&active)
                && let Some(next) = rows.key(rows.stepped(row, down), active.night.date.plus(right))
            {
                view.select(next, false);
            }
            self.focus_unless_elsewhere();
        }
    }

    /// Enters the typed text and closes the editor; an invalid text stays there, with the reason.
    pub(super) fn commit_field(&self) -> bool {
        let view = self.view;
        let Some(text) = view.typing.get_untracked() else { return true };
        match view.enter(&text) {
            Ok(()) => {
                view.typing.set(None);
                true
            }
            Err(reason) => {
                view.typing_error.set(Some(reason));
                false
            }
        }
    }

    /// Enters the typed text when the field loses the focus; an invalid text is discarded.
    pub fn on_field_blur(&self) {
        if self.view.typing.try_get_untracked().flatten().is_some() && !self.commit_field() {
            self.view.typing.set(None);
        }
    }
}
