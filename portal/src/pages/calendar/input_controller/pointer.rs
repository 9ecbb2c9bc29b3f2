//! Selects and fills with the pointer.

use leptos::{
    prelude::*,
    web_sys::{Element, PointerEvent},
};
use wasm_bindgen::JsCast as _;

use super::InputController;
use crate::{domain::night_key::CellKey, pages::calendar::view_state::Block};

/// The drag of a pressed pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Drag {
    #[default]
    None,
    /// It selects cells.
    Selecting,
    /// It fills from the selection to this block.
    Filling(Option<Block>),
}

impl InputController {
    /// Ends a drag without effect.
    pub fn cancel_drag(&self) {
        self.drag.set_value(Drag::None);
    }

    /// Begins a selection or a fill, or expands a room type.
    pub fn on_pointer_down(&self, event: &PointerEvent) {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if event.button() != 0 {
            return;
        }
        match target.closest("[data-act]").ok().flatten().and_then(|element| element.get_attribute("data-act")) {
            Some(command) if command == "open" => {
                event.prevent_default();
                let rows = self.view.rows.get_untracked();
                if let Some((_, room, _)) = row_at(&target).and_then(|row| rows.room(row)) {
                    self.view.toggle_restrictions(&room.id);
                }
                return;
            }
            Some(_) => {
                event.prevent_default();
                self.drag.set_value(Drag::Filling(None));
                return;
            }
            None => {}
        }
        if let Some(key) = self.key_at(&target) {
            // By default the browser moves the focus to the clicked element and selects text.
            event.prevent_default();
            self.on_field_blur();
            self.view.select(key, event.shift_key());
            self.drag.set_value(Drag::Selecting);
            self.focus_soon();
        }
    }

    /// Extends the selection or the fill.
    pub fn on_pointer_move(&self, event: &PointerEvent) {
        let drag = self.drag.get_value();
        if drag == Drag::None {
            return;
        }
        if event.buttons() & 1 == 0 {
            self.drag.set_value(Drag::None);
            return;
        }
        let (x, y) = (event.client_x(), event.client_y());
        #[expect(clippy::cast_precision_loss, reason = "pixels of a page")]
        let under = document().element_from_point(x as f32, y as f32);
        let Some(key) = under.and_then(|element| self.key_at(&element)) else { return };
        match drag {
            Drag::None => {}
            Drag::Selecting => {
                if self.view.active.with_untracked(|active| active.as_ref() != Some(&key)) {
                    self.view.select(key, true);
                    self.is_focus_requested.set_value(true);
                }
            }
            Drag::Filling(_) => {
                let rows = self.view.rows.get_untracked();
                let reached = self.view.block().zip(rows.row_of(&key)).map(|(block, row)| Block {
                    rows: (block.rows.0.min(row), block.rows.1.max(row)),
                    dates: (block.dates.0.min(key.night.date), block.dates.1.max(key.night.date)),
                });
                self.drag.set_value(Drag::Filling(reached));
            }
        }
    }

    /// Ends a drag; a fill takes effect.
    pub fn on_pointer_up(&self) {
        if let Drag::Filling(Some(reached)) = self.drag.get_value() {
            self.view.fill_to(reached);
        }
        self.drag.set_value(Drag::None);
    }

    fn key_at(&self, element: &Element) -> Option<CellKey> {
        let cell = element.closest("[data-testid=cell]").ok().flatten()?;
        let column: i32 = cell.get_attribute("data-c")?.parse().ok()?;
        let row = row_at(&cell)?;
        self.view.rows.with_untracked(|rows| rows.key(row, self.view.from.get_untracked().plus(column)))
    }
}

fn row_at(element: &Element) -> Option<usize> {
    element.closest("[data-r]").ok().flatten()?.get_attribute("data-r")?.parse().ok()
}
