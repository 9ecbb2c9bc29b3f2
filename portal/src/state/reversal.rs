//! Undo and redo: drafts locally, stored change sets through the gateway.

use leptos::{prelude::*, task::spawn_local};

use super::{ChangeSets, ToastKind, undo_stack::Direction};
use crate::{
    api::{self, UserError, UserErrorCode, WriteResult},
    browser::{self, root_callback::root_callback},
    domain::{
        cell::Value,
        draft::{Change, Edit},
        ids::PropertyId,
        night_key::{CellKey, Field, NightKey},
        sort::sorted,
        undo::Step,
    },
};

/// Events per page, and maximum number of pages, of the search for a change set in the journal.
const PAGE: u32 = 100;
const MAX_PAGES: u32 = 5;

/// The result of undoing a change set.
enum Reversal {
    /// Undone by this change set, which can itself be undone.
    Done(String),
    /// The gateway rejected the undo; another attempt would fail too.
    Rejected,
    /// The request failed; another attempt may succeed.
    Failed,
}

impl ChangeSets {
    /// Undoes a change set of a property, and reports the result in a toast. Returns whether it was undone. The undo is
    /// a step of the undo stack.
    pub async fn revert(self, property: PropertyId, change_set: String, label: String) -> bool {
        let Reversal::Done(set) = self.reverse(&property, &change_set).await else { return false };
        self.undo_stack.record(Step::Saved { label: label.clone(), sets: vec![(property, set)] });
        self.report_done(label);
        self.stock.notify_all();
        true
    }

    /// Undoes the latest step: drafts at once, a stored change set through the gateway.
    pub fn undo(self) {
        self.execute(Direction::Undo);
    }

    /// Redoes the step that was undone last.
    pub fn redo(self) {
        self.execute(Direction::Redo);
    }

    fn execute(self, direction: Direction) {
        if self.undo_stack.queue_if_writing(direction) {
            return;
        }
        match self.undo_stack.pop(direction) {
            None => {}
            Some(Step::Drafted { label, before }) => {
                let before = self.drafts.restore(before);
                self.undo_stack.record_executed(direction, Step::Drafted { label, before });
            }
            Some(Step::Saved { label, sets }) => {
                self.undo_stack.begin_write();
                spawn_local(self.reverse_change_sets(label, sets, direction));
            }
        }
    }

    /// Ends a write, and executes the next undo or redo that waited for it.
    pub(super) fn end_write(self) {
        if let Some(direction) = self.undo_stack.end_write() {
            self.execute(direction);
        }
    }

    async fn reverse_change_sets(self, label: String, sets: Vec<(PropertyId, String)>, direction: Direction) {
        let (mut reversed, mut left) = (Vec::new(), Vec::new());
        for (property, set) in sets {
            match self.reverse(&property, &set).await {
                Reversal::Done(undo_set) => reversed.push((property, undo_set)),
                Reversal::Failed => left.push((property, set)),
                // Dropped, because it would block the steps before it.
                Reversal::Rejected => {}
            }
        }
        for (sets, direction) in [(reversed, direction), (left, direction.opposite())] {
            if !sets.is_empty() {
                self.undo_stack.record_executed(direction, Step::Saved { label: label.clone(), sets });
            }
        }
        self.stock.notify_all();
        self.end_write();
    }

    /// Undoes a change set through the gateway.
    async fn reverse(self, property: &PropertyId, set: &str) -> Reversal {
        let reversed = browser::uuid();
        self.stock.register_own_set(reversed.clone());
        match api::undo_change_set(self.session, property, set, &reversed, &browser::uuid()).await {
            Ok(WriteResult::Written { cursor, .. }) => {
                self.stock.refresh_after_write(property, cursor.as_deref()).await;
                Reversal::Done(reversed)
            }
            Ok(WriteResult::Rejected(user_errors)) => {
                let collaborators = self.unmoved_edits(property, set, &user_errors).await;
                self.notifications.toast(
                    ToastKind::Failed,
                    rejection_sentence(&user_errors),
                    self.revert_rest_action(collaborators),
                );
                Reversal::Rejected
            }
            Err(failure) => {
                self.notifications.report_failure(&failure, None);
                Reversal::Failed
            }
        }
    }

    /// The edits that undo the part of a change set that nobody changed since.
    async fn unmoved_edits(self, property: &PropertyId, set: &str, user_errors: &[UserError]) -> Vec<Edit> {
        let moved = |night: &NightKey| user_errors.iter().any(|one| one.is_at(night));
        if !user_errors.iter().any(|one| one.code == UserErrorCode::CellsMoved) {
            return Vec::new();
        }
        let mut values: Vec<(CellKey, Option<i32>)> = Vec::new();
        let mut before = None;
        for _ in 0..MAX_PAGES {
            let Ok(page) = api::history(self.session, property, None, before, PAGE).await else { return Vec::new() };
            // Events come newest first, so that the last value of a night is the one from before the whole set.
            for event in page.events.iter().filter(|event| event.change_set.as_deref() == Some(set)) {
                for change in event.changes.iter().filter(|change| change.contract.is_none()) {
                    if let Some(field) = Field::from_schema(&change.measure) {
                        let night = NightKey {
                            property: property.clone(),
                            room_type: change.room_type.clone(),
                            date: change.date,
                        };
                        values.push((CellKey { night, field }, change.before));
                    }
                }
            }
            before = page.next;
            if before.is_none() || !values.is_empty() {
                break;
            }
        }
        let edit = |(key, value): (CellKey, Option<i32>)| {
            let number = value.and_then(|value| u32::try_from(value).ok());
            let value = if key.field.is_flag() { Value::Flag(number == Some(1)) } else { Value::Number(number) };
            Some(Edit { change: Change::new(key.field, value)?, night: key.night })
        };
        let mut first_values = sorted(values.into_iter().rev(), |(one, _), (other, _)| one.cmp(other));
        first_values.dedup_by(|(one, _), (other, _)| one == other);
        first_values.into_iter().filter(|(key, _)| !moved(&key.night)).filter_map(edit).collect()
    }

    fn revert_rest_action(self, collaborators: Vec<Edit>) -> Option<(String, Callback<()>)> {
        let count = collaborators.len();
        let act = move || {
            let collaborators = collaborators.clone();
            spawn_local(async move {
                self.save(collaborators, "The others taken back".to_owned()).await;
            });
        };
        (count > 0).then(|| (format!("Take back the other {count}"), root_callback(act)))
    }
}

fn rejection_sentence(user_errors: &[UserError]) -> String {
    let moved = user_errors.iter().filter(|one| one.code == UserErrorCode::CellsMoved).count();
    match moved {
        0 => user_errors
            .first()
            .map_or_else(String::new, |one| format!("Not taken back: {}.", one.message.trim_end_matches('.'))),
        1 => "Not taken back: 1 of its nights was changed again since.".to_owned(),
        more => format!("Not taken back: {more} of its nights were changed again since."),
    }
}
