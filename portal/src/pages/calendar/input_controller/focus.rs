//! Moves the focus and the scroll position to the active cell.

use leptos::{prelude::*, web_sys::FocusOptions};

use super::InputController;
use crate::pages::calendar::renderer::HEADER_HEIGHT;

impl InputController {
    /// Focuses the active cell at the next rendering.
    pub fn focus_soon(&self) {
        self.is_focus_requested.set_value(true);
        self.schedule_render();
    }

    /// Scrolls to the active cell and focuses it.
    pub(super) fn focus(&self) {
        let Some(active) = self.view.active.get_untracked() else { return };
        let rows = self.view.rows.get_untracked();
        if let Some(row) = rows.row_of(&active) {
            self.scroll_to(rows.top(row), rows.top(row + 1), active.night.date.since(self.view.from.get_untracked()));
        }
        if let Some(element) = self.renderer.borrow().element(&rows, &active) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = element.focus_with_options(&options);
        }
    }

    /// Scrolls the least distance that shows the whole cell beside the sticky headers.
    pub(super) fn scroll_to(&self, top: f64, bottom: f64, column: i32) {
        let (frame, viewport) = (&self.elements.frame, self.elements.viewport());
        let (start, height) = (viewport.top, viewport.height - HEADER_HEIGHT);
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let scroll_down = |to: f64| {
            frame.set_scroll_top(to as i32);
            self.elements.invalidate_viewport();
        };
        if top < start {
            scroll_down(top);
        } else if bottom > start + height {
            scroll_down((bottom - height).ceil());
        }
        let columns = self.view.columns_untracked();
        let begin = columns.day * f64::from(column);
        let (start, width) = (viewport.left, viewport.width - columns.head);
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let scroll_on = |to: f64| {
            frame.set_scroll_left(to as i32);
            self.elements.invalidate_viewport();
        };
        if begin < start {
            scroll_on(begin);
        } else if begin + columns.day > start + width {
            scroll_on((begin + columns.day - width).ceil());
        }
    }

    /// Returns whether the focus is in a cell.
    pub(super) fn body_has_focus(&self) -> bool {
        document().active_element().is_some_and(|element| self.elements.body.contains(Some(&element)))
    }

    /// Returns whether the focus is in the grid or in the cell editor.
    pub fn has_focus(&self) -> bool {
        document().active_element().is_some_and(|element| self.elements.frame.contains(Some(&element)))
    }

    /// Focuses the active cell, unless a panel, a confirmation or an input field takes the focus.
    pub(super) fn focus_unless_elsewhere(&self) {
        let view = self.view;
        let is_elsewhere = view.typing.with_untracked(Option::is_some)
            || view.is_date_requested.get_untracked()
            || view.notifications.confirmation.with_untracked(Option::is_some)
            || view.panels.current_untracked().is_some();
        if is_elsewhere { self.schedule_render() } else { self.focus_soon() }
    }
}
