//! What the keys and buttons of the calendar do to the chosen cells.

use leptos::prelude::*;

use super::view_state::View;
use crate::{
    app::root_callback::lasting,
    domain::{
        cell::Value,
        clipboard,
        dates::Day,
        draft::{Change, Edit},
        input_parser,
        night_key::{Measure, Spot},
        sort::distinct,
    },
    state::{Panel, Question, ToastKind},
};

impl View {
    /// Does what was typed to every chosen cell of the same kind as the active one. The error is a sentence.
    pub fn enter(self, text: &str) -> Result<(), String> {
        let Some(active) = self.active.get_untracked() else { return Ok(()) };
        let typed = input_parser::read(text, active.measure)?;
        let edits = self.edits(|spot, cell| {
            let is_like = spot.measure == active.measure;
            is_like.then(|| typed.change(spot.measure, cell)).flatten()
        });
        self.commit(&edits);
        Ok(())
    }

    /// One cell is saved at once; more become drafts.
    pub fn commit(self, edits: &[Edit]) {
        if !self.desk.may_write() {
            self.desk.toast(ToastKind::Failed, "Your role may look at the calendar, but not change it.", None);
            return;
        }
        let is_drafted = |edit: &Edit| {
            let spot = Spot { place: edit.place.clone(), measure: edit.what.measure() };
            self.desk.draft(&spot).is_some()
        };
        match edits {
            [] => {}
            [edit] if !is_drafted(edit) => {
                let what = self.words(edit);
                self.desk.save_now(edit.clone(), what);
            }
            _ => {
                let what = format!("{} drafts", edits.len());
                self.desk.stage(edits, &what);
            }
        }
    }

    /// Edits of the chosen cells that are known and not past.
    fn edits(self, change: impl Fn(&Spot, &crate::domain::cell::Cell) -> Option<Change>) -> Vec<Edit> {
        let spots = self.spots().into_iter().filter(|spot| !self.is_past(&spot.place));
        spots
            .filter_map(|spot| {
                let cell = self.desk.shown(&spot.place)?;
                Some(Edit { what: change(&spot, &cell)?, place: spot.place })
            })
            .collect()
    }

    /// `Deluxe King, Thu 24 December: 10 → 12`.
    fn words(self, edit: &Edit) -> String {
        let spot = Spot { place: edit.place.clone(), measure: edit.what.measure() };
        let room = self.lines.with_untracked(|lines| {
            lines.line_of(&spot).and_then(|line| lines.room(line).map(|(_, room, _)| room.name.clone()))
        });
        let room = room.unwrap_or_default();
        let date = edit.place.date.named();
        let Some(stored) = self.desk.stored(&edit.place) else { return format!("{room}, {date}") };
        let told = |value: Value| match value {
            Value::Number(Some(number)) => number.to_string(),
            Value::Number(None) if spot.measure == Measure::Allotment => "not loaded".to_owned(),
            Value::Flag(true) => "on".to_owned(),
            Value::Number(None) | Value::Flag(false) => "off".to_owned(),
        };
        let (before, after) = (told(stored.value(spot.measure)), told(edit.what.value(&stored)));
        let measure = if spot.measure == Measure::Allotment {
            String::new()
        } else {
            format!(" {}", spot.measure.name().to_lowercase())
        };
        format!("{room}, {date}:{measure} {before} → {after}")
    }

    /// Stops sales of the chosen nights, or lifts the stop where all of them are stopped.
    pub fn toggle_stop(self) {
        let mut places = distinct(self.spots().into_iter().map(|spot| spot.place));
        places.retain(|place| !self.is_past(place));
        let are_stopped = places.iter().all(|place| self.desk.shown(place).is_some_and(|cell| cell.stop_sell));
        let edits = places.into_iter().map(|place| Edit { place, what: Change::StopSell(!are_stopped) });
        self.commit(&edits.filter(|edit| self.desk.shown(&edit.place).is_some()).collect::<Vec<_>>());
    }

    /// Takes the chosen nights off sale, after asking; clears restrictions at once.
    pub fn clear(self) {
        let edits = self.edits(|spot, cell| match (spot.measure, cell.value(spot.measure)) {
            (_, Value::Number(None) | Value::Flag(false)) => None,
            (measure, Value::Number(Some(_))) => Change::of(measure, Value::Number(None)),
            (measure, Value::Flag(true)) => Change::of(measure, Value::Flag(false)),
        });
        let closes = edits.iter().filter(|edit| edit.what.measure() == Measure::Allotment).count();
        if closes == 0 {
            self.commit(&edits);
            return;
        }
        let nights = if closes == 1 { "1 night".to_owned() } else { format!("{closes} nights") };
        self.desk.ask(Question {
            title: format!("Take {nights} off sale?"),
            lines: vec!["Nights that are not loaded sell nothing. What is sold stays sold.".to_owned()],
            yes: "Take off sale".to_owned(),
            is_grave: true,
            on_yes: lasting(move || self.commit(&edits)),
        });
    }

    /// Gives every chosen row the values of the first one.
    pub fn fill_down(self) {
        let Some(block) = self.block() else { return };
        let edits: Vec<Edit> = self.lines.with_untracked(|lines| {
            let first = |date: Day| lines.spot(block.lines.0, date);
            let spots = block.spots(lines).into_iter();
            spots
                .filter_map(|spot| Some((first(spot.place.date)?, spot)))
                .filter_map(|pair| self.copied(pair))
                .collect()
        });
        self.commit(&edits);
    }

    /// Gives every chosen night the values of the first one.
    pub fn fill_right(self) {
        let Some(block) = self.block() else { return };
        let edits: Vec<Edit> = self.lines.with_untracked(|lines| {
            let spots = block.spots(lines).into_iter();
            let with_first = |spot: Spot| {
                let first = lines.spot(lines.line_of(&spot)?, block.dates.0)?;
                Some((first, spot))
            };
            spots.filter_map(with_first).filter_map(|pair| self.copied(pair)).collect()
        });
        self.commit(&edits);
    }

    /// Gives a larger rectangle the values of the chosen one, over and over.
    pub fn fill_to(self, larger: super::view_state::Block) {
        let Some(block) = self.block() else { return };
        let lines = self.lines.get_untracked();
        let (rows, nights) = (block.lines.1 - block.lines.0 + 1, block.dates.1.since(block.dates.0) + 1);
        let edits: Vec<Edit> = larger
            .spots(&lines)
            .into_iter()
            .filter_map(|spot| {
                let line = lines.line_of(&spot)?;
                let row = (line + rows * lines.len() - block.lines.0) % rows + block.lines.0;
                let night = spot.place.date.since(block.dates.0).rem_euclid(nights);
                Some((lines.spot(row, block.dates.0.plus(night))?, spot))
            })
            .filter_map(|pair| self.copied(pair))
            .collect();
        self.commit(&edits);
    }

    /// The edit that gives one cell the value of another of the same kind.
    fn copied(self, (from, to): (Spot, Spot)) -> Option<Edit> {
        if from == to || from.measure != to.measure || self.is_past(&to.place) {
            return None;
        }
        let value = self.desk.shown(&from.place)?.value(from.measure);
        self.desk.shown(&to.place)?;
        Some(Edit { what: Change::of(to.measure, value)?, place: to.place })
    }

    /// The chosen cells as a spreadsheet takes them.
    pub fn copied_text(self) -> Option<String> {
        let block = self.block()?;
        let lines = self.lines.get_untracked();
        let nights = block.dates.1.since(block.dates.0);
        let rows = (block.lines.0..=block.lines.1).filter(|line| lines.room(*line).is_some());
        let text = |spot: Spot| match self.desk.shown(&spot.place).map(|cell| cell.value(spot.measure)) {
            Some(Value::Number(Some(number))) => number.to_string(),
            Some(Value::Flag(on)) => u8::from(on).to_string(),
            Some(Value::Number(None)) | None => String::new(),
        };
        let row =
            |line| (0..=nights).filter_map(|night| lines.spot(line, block.dates.0.plus(night))).map(text).collect();
        Some(clipboard::write(&rows.map(row).collect::<Vec<Vec<String>>>()))
    }

    /// Puts a spreadsheet's block at the chosen cells: a single value into all of them, more from the first one on, cut
    /// at the edge of what is shown. Empty cells leave theirs alone. The error is a sentence.
    pub fn paste(self, text: &str) -> Result<(), String> {
        let block = clipboard::read(text);
        let Some(place) = self.block() else { return Ok(()) };
        let lines = self.lines.get_untracked();
        let mut edits = Vec::new();
        let mut edit = |spot: Spot, text: &str| -> Result<(), String> {
            if text.trim().is_empty() || self.is_past(&spot.place) {
                return Ok(());
            }
            let typed = input_parser::read(text, spot.measure)
                .map_err(|reason| format!("“{}” was not understood, and nothing was pasted. {reason}", text.trim()))?;
            let change = self.desk.shown(&spot.place).and_then(|cell| typed.change(spot.measure, &cell));
            edits.extend(change.map(|what| Edit { place: spot.place, what }));
            Ok(())
        };
        if let [row] = block.as_slice()
            && let [only] = row.as_slice()
        {
            for spot in place.spots(&lines) {
                edit(spot, only)?;
            }
        } else {
            let last = self.through_untracked();
            let mut line = place.lines.0;
            for (number, row) in block.iter().enumerate() {
                if number > 0 {
                    let next = lines.stepped(line, 1);
                    if next == line {
                        break;
                    }
                    line = next;
                }
                for (text, night) in row.iter().zip(0..) {
                    let date = place.dates.0.plus(night);
                    if let Some(spot) = lines.spot(line, date).filter(|_| date <= last) {
                        edit(spot, text)?;
                    }
                }
            }
        }
        // A paste is one step, and never sent without a look at it.
        if edits.is_empty() {
            return Ok(());
        }
        if self.desk.may_write() {
            let what = format!("{} values pasted", edits.len());
            self.desk.stage(&edits, &what);
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
            self.desk.open_panel(Panel::History(active.place));
        }
    }
}
