//! Runs the keyboard commands of the grid.

use leptos::{prelude::*, web_sys::KeyboardEvent};

use super::InputController;
use crate::{
    domain::{
        dates::Day,
        night_key::{CellKey, NightKey},
    },
    pages::calendar::{
        keymap,
        keymap::{Command, KeyPress},
        renderer::HEADER_HEIGHT,
    },
    state::Panel,
};

impl InputController {
    /// Handles a key of the grid or of the cell editor.
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

    /// Runs a command; returns whether it had an effect.
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

    /// Moves the shown nights and the active cell.
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

    /// Selects a rectangle of rows and nights.
    fn select_between(&self, first: Option<usize>, from: Day, last: Option<usize>, through: Day) {
        let rows = self.view.rows.get_untracked();
        let ends = first.zip(last).and_then(|(first, last)| Some((rows.key(first, from)?, rows.key(last, through)?)));
        if let Some((active, other)) = ends {
            self.view.select_between(active, other);
        }
    }
}
