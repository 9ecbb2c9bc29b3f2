//! Handles keyboard, pointer and clipboard input of the grid, and the field over the active cell.

use std::{cell::RefCell, rc::Rc};

use leptos::{
    html::Input,
    prelude::*,
    web_sys::{ClipboardEvent, Element, FocusOptions, KeyboardEvent, PointerEvent},
};
use wasm_bindgen::JsCast as _;

use super::{
    keymap,
    keymap::{Command, KeyPress},
    renderer::{GridElements, HEADER_HEIGHT, Renderer},
    view_state::{Block, ViewState},
};
use crate::{
    domain::{
        cell::Value,
        dates::Day,
        night_key::{CellKey, NightKey},
    },
    state::{Panel, ToastKind},
};

/// What a pressed pointer is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Drag {
    #[default]
    None,
    /// It chooses.
    Selecting,
    /// It fills from the chosen rectangle to this one.
    Filling(Option<Block>),
}

/// The state shared by the grid's listeners.
#[derive(Clone)]
pub struct InputController {
    view: ViewState,
    elements: GridElements,
    renderer: Rc<RefCell<Renderer>>,
    is_scheduled: StoredValue<bool>,
    is_focus_requested: StoredValue<bool>,
    drag: StoredValue<Drag>,
    input: NodeRef<Input>,
}

impl InputController {
    /// Hands that paint on that canvas and type into that field.
    pub fn new(view: ViewState, elements: GridElements, input: NodeRef<Input>) -> Self {
        Self {
            view,
            elements,
            renderer: Rc::default(),
            is_scheduled: StoredValue::new(false),
            is_focus_requested: StoredValue::new(false),
            drag: StoredValue::new(Drag::None),
            input,
        }
    }

    /// Takes in what the bulk drawer would do.
    pub fn preview(&self) {
        self.view.panels.preview.with_untracked(|preview| self.renderer.borrow_mut().preview(preview.as_ref()));
    }

    /// Takes what is chosen off sale, after asking.
    pub fn clear(&self) {
        self.view.clear();
    }

    /// The pointer is taken away.
    pub fn cancel_drag(&self) {
        self.drag.set_value(Drag::None);
    }

    /// The grid was scrolled.
    pub fn on_scroll(&self) {
        self.elements.invalidate_viewport();
        self.schedule_render();
    }

    /// Paints before the next frame, once however often it is asked for.
    pub fn schedule_render(&self) {
        if self.is_scheduled.try_get_value() != Some(false) {
            return;
        }
        self.is_scheduled.set_value(true);
        let controller = self.clone();
        request_animation_frame(move || {
            // The page may be gone by then, and its signals with it.
            if controller.is_scheduled.try_get_value().is_some() && !controller.view.active.is_disposed() {
                controller.is_scheduled.set_value(false);
                controller.render();
            }
        });
    }

    fn render(&self) {
        let had_focus = self.body_has_focus();
        self.renderer.borrow_mut().render(&self.elements, self.view);
        let is_typing = self.view.typing.with_untracked(Option::is_some);
        if !is_typing && (self.is_focus_requested.get_value() || (had_focus && !self.body_has_focus())) {
            self.focus();
        }
        self.is_focus_requested.set_value(false);
    }

    pub fn focus_soon(&self) {
        self.is_focus_requested.set_value(true);
        self.schedule_render();
    }

    fn focus(&self) {
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

    /// Scrolls no further than needed to see a cell whole, beside heads that cover what is under them.
    fn scroll_to(&self, top: f64, bottom: f64, column: i32) {
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

    fn body_has_focus(&self) -> bool {
        document().active_element().is_some_and(|element| self.elements.body.contains(Some(&element)))
    }

    pub fn has_focus(&self) -> bool {
        document().active_element().is_some_and(|element| self.elements.frame.contains(Some(&element)))
    }

    pub fn on_key(&self, event: &KeyboardEvent) {
        if event.default_prevented() || event.is_composing() {
            return;
        }
        if self.view.typing.with_untracked(Option::is_some) {
            self.on_field_key(event);
            return;
        }
        let key = event.key();
        let press = KeyPress {
            key: &key,
            ctrl: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        if let Some(command) = keymap::command(press)
            && self.run(command)
        {
            event.prevent_default();
        }
    }

    /// Does what a key asks for; tells whether there was anything to do.
    fn run(&self, command: Command) -> bool {
        let view = self.view;
        let Some(active) = view.active.get_untracked() else { return false };
        let rows = view.rows.get_untracked();
        let Some(row) = rows.row_of(&active) else { return false };
        let from = view.from.get_untracked();
        let nights = view.nights_untracked();
        let go = |row: usize, date, extend| {
            if let Some(key) = rows.key(row, date) {
                view.select(key, extend);
            }
        };
        match command {
            Command::Move { down, right, extend } => {
                go(rows.stepped(row, down), active.night.date.plus(right), extend);
            }
            Command::Edge { is_end, all, extend } => {
                let date = if is_end { from.plus(nights - 1) } else { from };
                let edge = if is_end { rows.last_row() } else { rows.first_row() };
                go(if all { edge.unwrap_or(row) } else { row }, date, extend);
            }
            Command::Page { is_down, extend } => {
                let height = self.elements.viewport().height - HEADER_HEIGHT;
                #[expect(clippy::cast_possible_truncation, reason = "rows of a screen")]
                let count = (height / 48.0).floor().max(1.0) as i32;
                go(rows.stepped(row, if is_down { count } else { -count }), active.night.date, extend);
            }
            Command::Period(periods) => self.shift(periods * nights),
            Command::Weeks(weeks) => self.shift(weeks * 7),
            Command::Column => {
                self.select_between(rows.first_row(), active.night.date, rows.last_row(), active.night.date)
            }
            Command::Row => self.select_between(Some(row), from, Some(row), from.plus(nights - 1)),
            Command::All => self.select_between(rows.first_row(), from, rows.last_row(), from.plus(nights - 1)),
            Command::Type(text) => self.start_editing(&text),
            Command::Apply => view.change_sets.apply(),
            Command::Stop => view.toggle_stop(),
            Command::Restrictions => view.toggle_restrictions(&active.night.room_type),
            Command::History => view.open_history(),
            Command::FillDown => view.fill_down(),
            Command::FillRight => view.fill_right(),
            Command::Clear => view.clear(),
            Command::Today => {
                if let Some(today) = view.today_untracked() {
                    view.show_from(today);
                    go(row, today, false);
                }
            }
            Command::GoTo => view.is_date_requested.set(true),
            Command::Zoom(days) => view.zoom(days),
            Command::Bulk => view.panels.open(Panel::Bulk),
            Command::Shrink => {
                if view.block().is_some_and(|block| block.rows.0 == block.rows.1 && block.dates.0 == block.dates.1) {
                    return false;
                }
                view.select(active, false);
            }
        }
        self.focus_unless_elsewhere();
        true
    }

    /// What opened a drawer, a question or a field has the focus already, or will have it.
    fn focus_unless_elsewhere(&self) {
        let view = self.view;
        let is_elsewhere = view.typing.with_untracked(Option::is_some)
            || view.is_date_requested.get_untracked()
            || view.notifications.confirmation.with_untracked(Option::is_some)
            || view.panels.current_untracked().is_some();
        if is_elsewhere { self.schedule_render() } else { self.focus_soon() }
    }

    fn shift(&self, nights: i32) {
        let view = self.view;
        let before = view.from.get_untracked();
        view.show_from(before.plus(nights));
        let by = view.from.get_untracked().since(before);
        if let Some(active) = view.active.get_untracked()
            && by != 0
        {
            let night = NightKey { date: active.night.date.plus(by), ..active.night };
            view.select(CellKey { night, ..active }, false);
        }
    }

    fn select_between(&self, first: Option<usize>, from: Day, last: Option<usize>, through: Day) {
        let rows = self.view.rows.get_untracked();
        let ends = first.zip(last).and_then(|(first, last)| Some((rows.key(first, from)?, rows.key(last, through)?)));
        if let Some((active, other)) = ends {
            self.view.select_between(active, other);
        }
    }

    /// Opens the field over the active cell. Empty text keeps what is there, to be changed.
    pub fn start_editing(&self, text: &str) {
        let view = self.view;
        let Some(active) = view.active.get_untracked() else { return };
        if view.is_past(&active.night) {
            view.notifications.toast(ToastKind::Failed, "This night is over: it cannot be changed any more.", None);
            return;
        }
        let Some(cell) = view.drafts.shown(&active.night) else {
            view.notifications.toast(ToastKind::Failed, "This night is still being read. Try again in a moment.", None);
            return;
        };
        if active.field.is_flag() && text.is_empty() {
            // A switch has nothing to type.
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

    fn on_field_key(&self, event: &KeyboardEvent) {
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
            let is_one = view.keys().len() == 1;
            let rows = view.rows.get_untracked();
            if is_one
                && let Some(active) = view.active.get_untracked()
                && let Some(row) = rows.row_of(&active)
                && let Some(next) = rows.key(rows.stepped(row, down), active.night.date.plus(right))
            {
                view.select(next, false);
            }
            self.focus_unless_elsewhere();
        }
    }

    /// Does what was typed; what makes no sense stays in the field, with the reason.
    fn commit_field(&self) -> bool {
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

    /// A click elsewhere stores what makes sense, and forgets what does not.
    pub fn on_field_blur(&self) {
        if self.view.typing.try_get_untracked().flatten().is_some() && !self.commit_field() {
            self.view.typing.set(None);
        }
    }

    pub fn copy(&self, event: &ClipboardEvent) -> bool {
        let Some(text) = self.view.copied_text() else { return false };
        let is_copied = event.clipboard_data().is_some_and(|data| data.set_data("text/plain", &text).is_ok());
        event.prevent_default();
        is_copied
    }

    pub fn paste(&self, event: &ClipboardEvent) {
        let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        event.prevent_default();
        if let Err(reason) = self.view.paste(&text) {
            self.view.notifications.toast(ToastKind::Failed, reason, None);
        }
    }

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
            // The browser would move the focus to whatever was hit, and begin to mark text.
            event.prevent_default();
            self.on_field_blur();
            self.view.select(key, event.shift_key());
            self.drag.set_value(Drag::Selecting);
            self.focus_soon();
        }
    }

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
