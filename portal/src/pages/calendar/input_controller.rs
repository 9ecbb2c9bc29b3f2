//! What the hands do in the sheet: keys, pointer, clipboard, and the field that opens over a cell.

use std::{cell::RefCell, rc::Rc};

use leptos::{
    html::Input,
    prelude::*,
    web_sys::{ClipboardEvent, Element, FocusOptions, KeyboardEvent, PointerEvent},
};
use wasm_bindgen::JsCast as _;

use super::{
    keymap,
    keymap::{Act, Stroke},
    renderer::{Canvas, HEADS, Painter},
    view_state::{Block, View},
};
use crate::{
    domain::{
        cell::Value,
        dates::Day,
        night_key::{Place, Spot},
    },
    state::{Panel, ToastKind},
};

/// What a pressed pointer is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Drag {
    #[default]
    None,
    /// It chooses.
    Choosing,
    /// It fills from the chosen rectangle to this one.
    Filling(Option<Block>),
}

/// What the sheet's listeners share.
#[derive(Clone)]
pub struct Hands {
    view: View,
    canvas: Canvas,
    painter: Rc<RefCell<Painter>>,
    is_scheduled: StoredValue<bool>,
    wants_focus: StoredValue<bool>,
    drag: StoredValue<Drag>,
    input: NodeRef<Input>,
}

impl Hands {
    /// Hands that paint on that canvas and type into that field.
    pub fn new(view: View, canvas: Canvas, input: NodeRef<Input>) -> Self {
        Self {
            view,
            canvas,
            painter: Rc::default(),
            is_scheduled: StoredValue::new(false),
            wants_focus: StoredValue::new(false),
            drag: StoredValue::new(Drag::None),
            input,
        }
    }

    /// Takes in what the bulk drawer would do.
    pub fn preview(&self) {
        self.view.desk.preview.with_untracked(|preview| self.painter.borrow_mut().preview(preview.as_ref()));
    }

    /// Takes what is chosen off sale, after asking.
    pub fn clear(&self) {
        self.view.clear();
    }

    /// The pointer is taken away.
    pub fn let_go(&self) {
        self.drag.set_value(Drag::None);
    }

    /// Another part of the sheet is in sight.
    pub fn scrolled(&self) {
        self.canvas.moved();
        self.paint_soon();
    }

    /// Paints before the next frame, once however often it is asked for.
    pub fn paint_soon(&self) {
        if self.is_scheduled.try_get_value() != Some(false) {
            return;
        }
        self.is_scheduled.set_value(true);
        let hands = self.clone();
        request_animation_frame(move || {
            // The page may be gone by then, and its signals with it.
            if hands.is_scheduled.try_get_value().is_some() && !hands.view.active.is_disposed() {
                hands.is_scheduled.set_value(false);
                hands.paint();
            }
        });
    }

    fn paint(&self) {
        let had_focus = self.body_has_focus();
        self.painter.borrow_mut().paint(&self.canvas, self.view);
        let is_typing = self.view.typing.with_untracked(Option::is_some);
        if !is_typing && (self.wants_focus.get_value() || (had_focus && !self.body_has_focus())) {
            self.focus();
        }
        self.wants_focus.set_value(false);
    }

    pub fn focus_soon(&self) {
        self.wants_focus.set_value(true);
        self.paint_soon();
    }

    fn focus(&self) {
        let Some(active) = self.view.active.get_untracked() else { return };
        let lines = self.view.lines.get_untracked();
        if let Some(line) = lines.line_of(&active) {
            self.scroll_to(
                lines.top(line),
                lines.top(line + 1),
                active.place.date.since(self.view.from.get_untracked()),
            );
        }
        if let Some(element) = self.painter.borrow().element(&lines, &active) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = element.focus_with_options(&options);
        }
    }

    /// Scrolls no further than needed to see a cell whole, beside heads that cover what is under them.
    fn scroll_to(&self, top: f64, bottom: f64, column: i32) {
        let (frame, sight) = (&self.canvas.frame, self.canvas.sight());
        let (seen, height) = (sight.top, sight.height - HEADS);
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let scroll_down = |to: f64| {
            frame.set_scroll_top(to as i32);
            self.canvas.moved();
        };
        if top < seen {
            scroll_down(top);
        } else if bottom > seen + height {
            scroll_down((bottom - height).ceil());
        }
        let columns = self.view.columns_untracked();
        let begin = columns.day * f64::from(column);
        let (seen, width) = (sight.left, sight.width - columns.head);
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let scroll_on = |to: f64| {
            frame.set_scroll_left(to as i32);
            self.canvas.moved();
        };
        if begin < seen {
            scroll_on(begin);
        } else if begin + columns.day > seen + width {
            scroll_on((begin + columns.day - width).ceil());
        }
    }

    fn body_has_focus(&self) -> bool {
        document().active_element().is_some_and(|element| self.canvas.body.contains(Some(&element)))
    }

    pub fn has_focus(&self) -> bool {
        document().active_element().is_some_and(|element| self.canvas.frame.contains(Some(&element)))
    }

    pub fn key(&self, event: &KeyboardEvent) {
        if event.default_prevented() || event.is_composing() {
            return;
        }
        if self.view.typing.with_untracked(Option::is_some) {
            self.key_in_field(event);
            return;
        }
        let key = event.key();
        let stroke = Stroke {
            key: &key,
            ctrl: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        if let Some(act) = keymap::act(stroke)
            && self.act(act)
        {
            event.prevent_default();
        }
    }

    /// Does what a key asks for; tells whether there was anything to do.
    fn act(&self, act: Act) -> bool {
        let view = self.view;
        let Some(active) = view.active.get_untracked() else { return false };
        let lines = view.lines.get_untracked();
        let Some(line) = lines.line_of(&active) else { return false };
        let from = view.from.get_untracked();
        let nights = view.nights_untracked();
        let go = |line: usize, date, extend| {
            if let Some(spot) = lines.spot(line, date) {
                view.choose(spot, extend);
            }
        };
        match act {
            Act::Move { rows, nights, extend } => {
                go(lines.stepped(line, rows), active.place.date.plus(nights), extend);
            }
            Act::Edge { is_end, all, extend } => {
                let date = if is_end { from.plus(nights - 1) } else { from };
                let edge = if is_end { lines.last_row() } else { lines.first_row() };
                go(if all { edge.unwrap_or(line) } else { line }, date, extend);
            }
            Act::Page { is_down, extend } => {
                let height = self.canvas.sight().height - HEADS;
                #[expect(clippy::cast_possible_truncation, reason = "rows of a screen")]
                let rows = (height / 48.0).floor().max(1.0) as i32;
                go(lines.stepped(line, if is_down { rows } else { -rows }), active.place.date, extend);
            }
            Act::Period(periods) => self.shift(periods * nights),
            Act::Weeks(weeks) => self.shift(weeks * 7),
            Act::Column => {
                self.choose_between(lines.first_row(), active.place.date, lines.last_row(), active.place.date)
            }
            Act::Row => self.choose_between(Some(line), from, Some(line), from.plus(nights - 1)),
            Act::All => self.choose_between(lines.first_row(), from, lines.last_row(), from.plus(nights - 1)),
            Act::Type(text) => self.begin(&text),
            Act::Apply => view.desk.apply(),
            Act::Stop => view.toggle_stop(),
            Act::Restrictions => view.toggle_restrictions(&active.place.room_type),
            Act::History => view.open_history(),
            Act::FillDown => view.fill_down(),
            Act::FillRight => view.fill_right(),
            Act::Clear => view.clear(),
            Act::Today => {
                if let Some(today) = view.today_untracked() {
                    view.travel(today);
                    go(line, today, false);
                }
            }
            Act::GoTo => view.wants_date.set(true),
            Act::Zoom(days) => view.zoom(days),
            Act::Bulk => view.desk.open_panel(Panel::Bulk),
            Act::Shrink => {
                if view.block().is_some_and(|block| block.lines.0 == block.lines.1 && block.dates.0 == block.dates.1) {
                    return false;
                }
                view.choose(active, false);
            }
        }
        self.focus_unless_elsewhere();
        true
    }

    /// What opened a drawer, a question or a field has the focus already, or will have it.
    fn focus_unless_elsewhere(&self) {
        let view = self.view;
        let is_elsewhere = view.typing.with_untracked(Option::is_some)
            || view.wants_date.get_untracked()
            || view.desk.question.with_untracked(Option::is_some)
            || view.desk.panel_untracked().is_some();
        if is_elsewhere { self.paint_soon() } else { self.focus_soon() }
    }

    fn shift(&self, nights: i32) {
        let view = self.view;
        let before = view.from.get_untracked();
        view.travel(before.plus(nights));
        let by = view.from.get_untracked().since(before);
        if let Some(active) = view.active.get_untracked()
            && by != 0
        {
            let place = Place { date: active.place.date.plus(by), ..active.place };
            view.choose(Spot { place, ..active }, false);
        }
    }

    fn choose_between(&self, first: Option<usize>, from: Day, last: Option<usize>, through: Day) {
        let lines = self.view.lines.get_untracked();
        let ends =
            first.zip(last).and_then(|(first, last)| Some((lines.spot(first, from)?, lines.spot(last, through)?)));
        if let Some((active, other)) = ends {
            self.view.choose_between(active, other);
        }
    }

    /// Opens the field over the active cell. Empty text keeps what is there, to be changed.
    pub fn begin(&self, text: &str) {
        let view = self.view;
        let Some(active) = view.active.get_untracked() else { return };
        if view.is_past(&active.place) {
            view.desk.toast(ToastKind::Failed, "This night is over: it cannot be changed any more.", None);
            return;
        }
        let Some(cell) = view.desk.shown(&active.place) else {
            view.desk.toast(ToastKind::Failed, "This night is still being read. Try again in a moment.", None);
            return;
        };
        if active.measure.is_flag() && text.is_empty() {
            // A switch has nothing to type.
            let on = cell.value(active.measure) == Value::Flag(true);
            let _ = view.enter(if on { "0" } else { "1" });
            return;
        }
        let text = if text.is_empty() {
            match cell.value(active.measure) {
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
        self.paint_soon();
    }

    fn key_in_field(&self, event: &KeyboardEvent) {
        let is_held = event.ctrl_key() || event.meta_key();
        let (rows, nights) = match (event.key().as_str(), event.shift_key()) {
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
        if self.store_field() {
            let view = self.view;
            let is_one = view.spots().len() == 1;
            let lines = view.lines.get_untracked();
            if is_one
                && let Some(active) = view.active.get_untracked()
                && let Some(line) = lines.line_of(&active)
                && let Some(next) = lines.spot(lines.stepped(line, rows), active.place.date.plus(nights))
            {
                view.choose(next, false);
            }
            self.focus_unless_elsewhere();
        }
    }

    /// Does what was typed; what makes no sense stays in the field, with the reason.
    fn store_field(&self) -> bool {
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
    pub fn leave_field(&self) {
        if self.view.typing.try_get_untracked().flatten().is_some() && !self.store_field() {
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
            self.view.desk.toast(ToastKind::Failed, reason, None);
        }
    }

    pub fn pressed(&self, event: &PointerEvent) {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if event.button() != 0 {
            return;
        }
        match target.closest("[data-act]").ok().flatten().and_then(|element| element.get_attribute("data-act")) {
            Some(act) if act == "open" => {
                event.prevent_default();
                let lines = self.view.lines.get_untracked();
                if let Some((_, room, _)) = line_at(&target).and_then(|line| lines.room(line)) {
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
        if let Some(spot) = self.spot_at(&target) {
            // The browser would move the focus to whatever was hit, and begin to mark text.
            event.prevent_default();
            self.leave_field();
            self.view.choose(spot, event.shift_key());
            self.drag.set_value(Drag::Choosing);
            self.focus_soon();
        }
    }

    pub fn moved(&self, event: &PointerEvent) {
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
        let Some(spot) = under.and_then(|element| self.spot_at(&element)) else { return };
        match drag {
            Drag::None => {}
            Drag::Choosing => {
                if self.view.active.with_untracked(|active| active.as_ref() != Some(&spot)) {
                    self.view.choose(spot, true);
                    self.wants_focus.set_value(true);
                }
            }
            Drag::Filling(_) => {
                let lines = self.view.lines.get_untracked();
                let reached = self.view.block().zip(lines.line_of(&spot)).map(|(block, line)| Block {
                    lines: (block.lines.0.min(line), block.lines.1.max(line)),
                    dates: (block.dates.0.min(spot.place.date), block.dates.1.max(spot.place.date)),
                });
                self.drag.set_value(Drag::Filling(reached));
            }
        }
    }

    pub fn released(&self) {
        if let Drag::Filling(Some(reached)) = self.drag.get_value() {
            self.view.fill_to(reached);
        }
        self.drag.set_value(Drag::None);
    }

    fn spot_at(&self, element: &Element) -> Option<Spot> {
        let cell = element.closest("[data-testid=cell]").ok().flatten()?;
        let column: i32 = cell.get_attribute("data-c")?.parse().ok()?;
        let line = line_at(&cell)?;
        self.view.lines.with_untracked(|lines| lines.spot(line, self.view.from.get_untracked().plus(column)))
    }
}

fn line_at(element: &Element) -> Option<usize> {
    element.closest("[data-r]").ok().flatten()?.get_attribute("data-r")?.parse().ok()
}
