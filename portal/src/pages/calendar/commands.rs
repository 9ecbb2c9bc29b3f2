//! The commands of the calendar on the selected cells.

use leptos::prelude::*;

use super::view_state::ViewState;
use crate::{
    browser::root_callback::root_callback,
    domain::{
        cell::Value,
        clipboard,
        dates::Day,
        draft::{Change, Edit},
        input_parser,
        night_key::{CellKey, Field},
        sort::sorted_distinct,
    },
    state::{Confirmation, Panel, ToastKind},
};

impl ViewState {
    /// Applies a typed text to every selected cell of the active cell's field. The error is a sentence for the user.
    pub fn enter(self, text: &str) -> Result<(), String> {
        let Some(active) = self.active.get_untracked() else { return Ok(()) };
        let input = input_parser::parse(text, active.field)?;
        let edits =
            self.edits(|key, cell| (key.field == active.field).then(|| input.change(key.field, cell)).flatten());
        self.commit(&edits);
        Ok(())
    }

    /// Saves one edit at once; several become drafts.
    pub fn commit(self, edits: &[Edit]) {
        if !self.account.may_write() {
            self.notifications.toast(ToastKind::Failed, "Your role may view the calendar, but not change it.", None);
            return;
        }
        let is_drafted = |edit: &Edit| {
            let key = CellKey { night: edit.night.clone(), field: edit.change.field() };
            self.drafts.get(&key).is_some()
        };
        match edits {
            [] => {}
            [edit] if !is_drafted(edit) => {
                let description = self.sentence(edit);
                self.change_sets.save_edit(edit.clone(), description);
            }
            _ => {
                let description = format!("{} drafts", edits.len());
                self.drafts.stage(edits, &description);
            }
        }
    }

    /// Edits of the selected cells that are loaded and not past.
    fn edits(self, change: impl Fn(&CellKey, &crate::domain::cell::Cell) -> Option<Change>) -> Vec<Edit> {
        let keys = self.keys().into_iter().filter(|key| !self.is_past(&key.night));
        keys.filter_map(|key| {
            let cell = self.drafts.shown(&key.night)?;
            Some(Edit { change: change(&key, &cell)?, night: key.night })
        })
        .collect()
    }

    /// The description of an edit: `Deluxe King, Thu 24 December: 10 → 12`.
    fn sentence(self, edit: &Edit) -> String {
        let key = CellKey { night: edit.night.clone(), field: edit.change.field() };
        let room = self.rows.with_untracked(|rows| {
            rows.row_of(&key).and_then(|row| rows.room(row).map(|(_, room, _)| room.name.clone()))
        });
        let room = room.unwrap_or_default();
        let date = edit.night.date.named();
        let Some(stored) = self.stock.stored(&edit.night) else { return format!("{room}, {date}") };
        let text = |value: Value| match value {
            Value::Number(Some(number)) => number.to_string(),
            Value::Number(None) if key.field == Field::Allotment => "not loaded".to_owned(),
            Value::Flag(true) => "on".to_owned(),
            Value::Number(None) | Value::Flag(false) => "off".to_owned(),
        };
        let (before, after) = (text(stored.value(key.field)), text(edit.change.value(&stored)));
        let field =
            if key.field == Field::Allotment { String::new() } else { format!(" {}", key.field.name().to_lowercase()) };
        format!("{room}, {date}:{field} {before} → {after}")
    }

    /// Sets the stop sell of the selected nights, or lifts it if all of them have it.
    pub fn toggle_stop(self) {
        let mut night_keys = sorted_distinct(self.keys().into_iter().map(|key| key.night));
        night_keys.retain(|night| !self.is_past(night));
        let are_stopped = night_keys.iter().all(|night| self.drafts.shown(night).is_some_and(|cell| cell.stop_sell));
        let edits = night_keys.into_iter().map(|night| Edit { night, change: Change::StopSell(!are_stopped) });
        self.commit(&edits.filter(|edit| self.drafts.shown(&edit.night).is_some()).collect::<Vec<_>>());
    }

    /// Takes the selected nights off sale, after a confirmation; clears restrictions without one.
    pub fn clear(self) {
        let edits = self.edits(|key, cell| match (key.field, cell.value(key.field)) {
            (_, Value::Number(None) | Value::Flag(false)) => None,
            (field, Value::Number(Some(_))) => Change::new(field, Value::Number(None)),
            (field, Value::Flag(true)) => Change::new(field, Value::Flag(false)),
        });
        let closes = edits.iter().filter(|edit| edit.change.field() == Field::Allotment).count();
        if closes == 0 {
            self.commit(&edits);
            return;
        }
        let nights = if closes == 1 { "1 night".to_owned() } else { format!("{closes} nights") };
        self.notifications.ask(Confirmation {
            title: format!("Take {nights} off sale?"),
            lines: vec!["Nights that are not loaded cannot be sold. Sold rooms stay sold.".to_owned()],
            confirm_label: "Take off sale".to_owned(),
            is_destructive: true,
            on_confirm: root_callback(move || self.commit(&edits)),
        });
    }

    /// Copies the values of the first selected row to the other selected rows.
    pub fn fill_down(self) {
        let Some(block) = self.block() else { return };
        let edits: Vec<Edit> = self.rows.with_untracked(|rows| {
            let first = |date: Day| rows.key(block.rows.0, date);
            let keys = block.keys(rows).into_iter();
            keys.filter_map(|key| Some((first(key.night.date)?, key))).filter_map(|pair| self.copied(pair)).collect()
        });
        self.commit(&edits);
    }

    /// Copies the values of the first selected night to the other selected nights.
    pub fn fill_right(self) {
        let Some(block) = self.block() else { return };
        let edits: Vec<Edit> = self.rows.with_untracked(|rows| {
            let keys = block.keys(rows).into_iter();
            let with_first = |key: CellKey| {
                let first = rows.key(rows.row_of(&key)?, block.dates.0)?;
                Some((first, key))
            };
            keys.filter_map(with_first).filter_map(|pair| self.copied(pair)).collect()
        });
        self.commit(&edits);
    }

    /// Fills a larger block with the values of the selection, repeated.
    pub fn fill_to(self, larger: super::view_state::Block) {
        let Some(block) = self.block() else { return };
        let rows = self.rows.get_untracked();
        let (height, nights) = (block.rows.1 - block.rows.0 + 1, block.dates.1.since(block.dates.0) + 1);
        let edits: Vec<Edit> = larger
            .keys(&rows)
            .into_iter()
            .filter_map(|key| {
                let row = rows.row_of(&key)?;
                let source = (row + height * rows.len() - block.rows.0) % height + block.rows.0;
                let night = key.night.date.since(block.dates.0).rem_euclid(nights);
                Some((rows.key(source, block.dates.0.plus(night))?, key))
            })
            .filter_map(|pair| self.copied(pair))
            .collect();
        self.commit(&edits);
    }

    /// The edit that copies the value of a cell to another one of the same field.
    fn copied(self, (from, to): (CellKey, CellKey)) -> Option<Edit> {
        if from == to || from.field != to.field || self.is_past(&to.night) {
            return None;
        }
        let value = self.drafts.shown(&from.night)?.value(from.field);
        self.drafts.shown(&to.night)?;
        Some(Edit { change: Change::new(to.field, value)?, night: to.night })
    }

    /// The selected cells as text for a spreadsheet.
    pub fn copied_text(self) -> Option<String> {
        let block = self.block()?;
        let rows = self.rows.get_untracked();
        let nights = block.dates.1.since(block.dates.0);
        let numbers = (block.rows.0..=block.rows.1).filter(|row| rows.room(*row).is_some());
        let text = |key: CellKey| match self.drafts.shown(&key.night).map(|cell| cell.value(key.field)) {
            Some(Value::Number(Some(number))) => number.to_string(),
            Some(Value::Flag(on)) => u8::from(on).to_string(),
            Some(Value::Number(None)) | None => String::new(),
        };
        let row = |row| (0..=nights).filter_map(|night| rows.key(row, block.dates.0.plus(night))).map(text).collect();
        Some(clipboard::write(&numbers.map(row).collect::<Vec<Vec<String>>>()))
    }

    /// Pastes the cells of a spreadsheet. A single value goes to all selected cells; several go to the cells from the
    /// first selected one on, as far as they are shown. Empty cells change nothing. The error is a sentence for the user.
    pub fn paste(self, text: &str) -> Result<(), String> {
        let block = clipboard::read(text);
        let Some(target) = self.block() else { return Ok(()) };
        let rows = self.rows.get_untracked();
        let mut edits = Vec::new();
        let mut edit = |key: CellKey, text: &str| -> Result<(), String> {
            if text.trim().is_empty() || self.is_past(&key.night) {
                return Ok(());
            }
            let input = input_parser::parse(text, key.field)
                .map_err(|reason| format!("“{}” is not a valid value. Nothing was pasted. {reason}", text.trim()))?;
            let change = self.drafts.shown(&key.night).and_then(|cell| input.change(key.field, &cell));
            edits.extend(change.map(|change| Edit { night: key.night, change }));
            Ok(())
        };
        if let [values] = block.as_slice()
            && let [value] = values.as_slice()
        {
            for key in target.keys(&rows) {
                edit(key, value)?;
            }
        } else {
            let last = self.through_untracked();
            let mut row = target.rows.0;
            for (number, values) in block.iter().enumerate() {
                if number > 0 {
                    let next = rows.stepped(row, 1);
                    if next == row {
                        break;
                    }
                    row = next;
                }
                for (text, night) in values.iter().zip(0..) {
                    let date = target.dates.0.plus(night);
                    if let Some(key) = rows.key(row, date).filter(|_| date <= last) {
                        edit(key, text)?;
                    }
                }
            }
        }
        // A paste is one undo step. It always becomes drafts, so that the user can check it before it is sent.
        if edits.is_empty() {
            return Ok(());
        }
        if self.account.may_write() {
            let description = format!("{} values pasted", edits.len());
            self.drafts.stage(&edits, &description);
        } else {
            self.commit(&edits);
        }
        Ok(())
    }

    fn through_untracked(self) -> Day {
        self.from.get_untracked().plus(self.nights_untracked() - 1)
    }

    /// Opens the history of the active night.
    pub fn open_history(self) {
        if let Some(active) = self.active.get_untracked() {
            self.panels.open(Panel::History(active.night));
        }
    }
}
