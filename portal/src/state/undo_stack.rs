//! Steps taken back and done once more: drafts at once, what was stored through the gateway.

use std::collections::VecDeque;

use leptos::{prelude::*, task::spawn_local};

use super::{Desk, ToastKind};
use crate::{
    api,
    api::{Outcome, Refused},
    app::{browser, root_callback::lasting},
    domain::{
        cell::Value,
        draft::{Change, Edit},
        ids::HotelId,
        night_key::{Measure, Place, Spot},
        sort::ordered,
        undo::Step,
    },
};

/// Events asked for at a time, and how often, to find a change set in the journal.
const PAGE: u32 = 100;
const MOST_PAGES: u32 = 5;
/// Turns that may wait for what is on its way.
const MOST_TURNS: usize = 20;

/// What became of taking a change set back.
enum Reversed {
    /// It was, by this change set, which can be taken back in turn.
    By(String),
    /// It can't be.
    Refused,
    /// Nobody knows; it may be tried again.
    Failed,
}

impl Desk {
    /// Takes a change set of a hotel back, which can itself be undone. Tells in a toast what became of it, and here
    /// whether it was taken back.
    pub async fn take_back(self, hotel: HotelId, change_set: String, what: String) -> bool {
        let Reversed::By(set) = self.reverse(&hotel, &change_set).await else { return false };
        self.book.update_value(|book| {
            book.steps.did(Step::Written { what: what.clone(), sets: vec![(hotel, set)] });
        });
        self.tell_done(what);
        self.changed();
        true
    }

    /// Takes the latest step back: a draft at once, an applied change set through the gateway.
    pub fn undo(self) {
        self.turn(true);
    }

    /// Does the step that was taken back last once more.
    pub fn redo(self) {
        self.turn(false);
    }

    /// What is on its way is not among the steps yet: undoing now would undo the step before it. So turns wait.
    fn turn(self, is_back: bool) {
        if self.on_their_way.get_value() > 0 {
            self.turns.update_value(|turns| {
                if turns.len() < MOST_TURNS {
                    turns.push_back(is_back);
                }
            });
            return;
        }
        let step =
            self.book.try_update_value(|book| if is_back { book.steps.take_done() } else { book.steps.take_undone() });
        match step.flatten() {
            None => {}
            Some(Step::Typed { what, before }) => {
                self.book.update_value(|book| {
                    let now = book.drafts.restore(before);
                    let step = Step::Typed { what, before: now };
                    if is_back { book.steps.undid(step) } else { book.steps.did_again(step) }
                });
                self.drafts_changed();
            }
            Some(Step::Written { what, sets }) => {
                self.begin_writing();
                spawn_local(self.turn_written(what, sets, is_back));
            }
        }
    }

    pub(super) fn begin_writing(self) {
        self.on_their_way.update_value(|count| *count += 1);
    }

    pub(super) fn end_writing(self) {
        self.on_their_way.update_value(|count| *count = count.saturating_sub(1));
        if self.on_their_way.get_value() == 0
            && let Some(is_back) = self.turns.try_update_value(VecDeque::pop_front).flatten()
        {
            self.turn(is_back);
        }
    }

    async fn turn_written(self, what: String, sets: Vec<(HotelId, String)>, is_back: bool) {
        let (mut turned, mut left) = (Vec::new(), Vec::new());
        for (hotel, set) in sets {
            match self.reverse(&hotel, &set).await {
                Reversed::By(reversed) => turned.push((hotel, reversed)),
                Reversed::Failed => left.push((hotel, set)),
                // It never will be: what lies before it shall not wait for it.
                Reversed::Refused => {}
            }
        }
        self.book.update_value(|book| {
            for (sets, is_turned) in [(turned, true), (left, false)] {
                if !sets.is_empty() {
                    let step = Step::Written { what: what.clone(), sets };
                    if is_back == is_turned { book.steps.undid(step) } else { book.steps.did_again(step) }
                }
            }
        });
        self.changed();
        self.end_writing();
    }

    /// Has the gateway take a change set back.
    async fn reverse(self, hotel: &HotelId, set: &str) -> Reversed {
        let reversed = browser::uuid();
        self.book.update_value(|book| {
            book.own_sets.insert(reversed.clone());
        });
        match api::undo_change_set(self.session, hotel, set, &reversed, &browser::uuid()).await {
            Ok(Outcome::Written { cursor, .. }) => {
                self.catch_up(hotel, cursor.as_deref()).await;
                Reversed::By(reversed)
            }
            Ok(Outcome::Refused(refused)) => {
                let others = self.unmoved(hotel, set, &refused).await;
                self.toast(ToastKind::Failed, not_taken_back(&refused), self.take_the_others_back(others));
                Reversed::Refused
            }
            Err(failure) => {
                self.tell_failure(&failure, None);
                Reversed::Failed
            }
        }
    }

    /// What would take back the part of a change set that nobody moved since.
    async fn unmoved(self, hotel: &HotelId, set: &str, refused: &[Refused]) -> Vec<Edit> {
        let moved = |place: &Place| refused.iter().any(|one| one.is_at(place));
        if !refused.iter().any(|one| one.code == "CELLS_MOVED") {
            return Vec::new();
        }
        let mut values: Vec<(Spot, Option<i32>)> = Vec::new();
        let mut before = None;
        for _ in 0..MOST_PAGES {
            let Ok(page) = api::history(self.session, hotel, None, before, PAGE).await else { return Vec::new() };
            // Newest first, so that the last word on a night is what it was before the whole set.
            for event in page.events.iter().filter(|event| event.change_set.as_deref() == Some(set)) {
                for change in event.changes.iter().filter(|change| change.contract.is_none()) {
                    if let Some(measure) = Measure::of_schema(&change.measure) {
                        let place =
                            Place { hotel: hotel.clone(), room_type: change.room_type.clone(), date: change.date };
                        values.push((Spot { place, measure }, change.before));
                    }
                }
            }
            before = page.next;
            if before.is_none() || !values.is_empty() {
                break;
            }
        }
        let edit = |(spot, value): (Spot, Option<i32>)| {
            let number = value.and_then(|value| u32::try_from(value).ok());
            let value = if spot.measure.is_flag() { Value::Flag(number == Some(1)) } else { Value::Number(number) };
            Some(Edit { what: Change::of(spot.measure, value)?, place: spot.place })
        };
        let mut first_values = ordered(values.into_iter().rev(), |(one, _), (other, _)| one.cmp(other));
        first_values.dedup_by(|(one, _), (other, _)| one == other);
        first_values.into_iter().filter(|(spot, _)| !moved(&spot.place)).filter_map(edit).collect()
    }

    fn take_the_others_back(self, others: Vec<Edit>) -> Option<(String, Callback<()>)> {
        let count = others.len();
        let act = move || {
            let others = others.clone();
            spawn_local(async move {
                self.send(others, "The others taken back".to_owned()).await;
            });
        };
        (count > 0).then(|| (format!("Take back the other {count}"), lasting(act)))
    }
}

fn not_taken_back(refused: &[Refused]) -> String {
    let moved = refused.iter().filter(|one| one.code == "CELLS_MOVED").count();
    match moved {
        0 => refused
            .first()
            .map_or_else(String::new, |one| format!("Not taken back: {}.", one.message.trim_end_matches('.'))),
        1 => "Not taken back: 1 of its nights was changed again since.".to_owned(),
        more => format!("Not taken back: {more} of its nights were changed again since."),
    }
}
