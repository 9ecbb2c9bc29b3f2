//! Drafts and their submission to the gateway.

use leptos::{prelude::*, task::spawn_local};

use super::{AppState, Confirmation, Freshness, ToastKind, draft_storage};
use crate::{
    api,
    api::{ChangeSetInfo, Failure, UserError, WriteResult},
    browser::{self, root_callback::root_callback},
    domain::{
        batching,
        batching::{Batch, PendingChange},
        cell::Cell,
        draft::{Change, Draft, Edit, Stage},
        ids::PropertyId,
        night_key::{CellKey, Field, NightKey},
        sanity_checks::Warnings,
        sort::sorted,
        undo::Step,
    },
};

/// Maximum attempts to submit relative changes while others change the same nights.
const MAX_ATTEMPTS: u32 = 4;

impl AppState {
    /// Puts edits among the drafts, as one step of undo that is called `label`.
    pub fn stage(self, edits: &[Edit], label: &str) {
        self.calendar.update_value(|calendar| {
            let cache = &calendar.cache;
            let before = calendar.drafts.stage(edits, |night| cache.cell(night));
            if !before.is_empty() {
                calendar.undo_stack.record(Step::Drafted { label: label.to_owned(), before });
            }
        });
        self.drafts_changed();
    }

    /// Sends edits at once, as one change set for each property that can be undone, called `label` in the history of
    /// undo and in the toast. Whoever calls has asked already where fewer rooms than are sold shall be on sale. Tells
    /// whether all was written; what stood in the way is shown on its cells, and told.
    pub async fn save(self, edits: Vec<Edit>, label: String) -> bool {
        self.save_with_reason(edits, label, None).await
    }

    /// As [`save`](Self::send), with a reason for the history.
    pub async fn save_with_reason(self, edits: Vec<Edit>, label: String, reason: Option<String>) -> bool {
        let keys = self.calendar.try_update_value(|calendar| {
            let cache = &calendar.cache;
            calendar.drafts.stage(&edits, |night| cache.cell(night));
            let keys = edits.into_iter().map(|Edit { night, change }| CellKey { night, field: change.field() });
            keys.filter(|key| calendar.drafts.get(key).is_some()).collect::<Vec<_>>()
        });
        let keys = keys.unwrap_or_default();
        if keys.is_empty() {
            self.toast(ToastKind::Done, "Nothing had to change.", None);
            return true;
        }
        self.submit(keys, label, reason).await
    }

    /// Saves one edit, after a confirmation if it is unusual.
    pub fn save_edit(self, edit: Edit, label: String) {
        let warnings = self.warnings_for(std::slice::from_ref(&edit));
        self.confirm_then(
            warnings,
            root_callback(move || {
                let (edit, label) = (edit.clone(), label.clone());
                spawn_local(async move {
                    self.save(vec![edit], label).await;
                });
            }),
        );
    }

    /// Submits every draft, after a confirmation if some are unusual. A conflict prevents it.
    pub fn apply(self) {
        let unsent = self.unsent();
        if unsent.is_empty() {
            return;
        }
        if self.freshness.get_untracked() == Freshness::Offline {
            self.toast(ToastKind::Failed, "You are offline. Your drafts are kept until you are back.", None);
            return;
        }
        if self.conflicts_untracked().iter().any(|(key, ..)| unsent.contains(key)) {
            self.toast(
                ToastKind::Failed,
                "Somebody else changed nights that you changed too. Settle those first.",
                None,
            );
            self.notify_all();
            return;
        }
        self.apply_keys(unsent);
    }

    /// As [`apply`](Self::apply), but leaves out what others moved; it stays among the drafts.
    pub fn apply_without_conflicts(self) {
        let moved: Vec<CellKey> = self.conflicts_untracked().into_iter().map(|(key, ..)| key).collect();
        let unsent: Vec<CellKey> = self.unsent().into_iter().filter(|key| !moved.contains(key)).collect();
        if !unsent.is_empty() {
            self.apply_keys(unsent);
        }
    }

    fn apply_keys(self, keys: Vec<CellKey>) {
        let edits = self.calendar.with_value(|calendar| {
            let edit =
                |key: &CellKey| Some(Edit { night: key.night.clone(), change: calendar.drafts.get(key)?.change });
            keys.iter().filter_map(edit).collect::<Vec<_>>()
        });
        let warnings = self.warnings_for(&edits);
        let count = keys.len();
        self.confirm_then(
            warnings,
            root_callback(move || {
                let keys = keys.clone();
                let label = if count == 1 { "1 value saved".to_owned() } else { format!("{count} values saved") };
                spawn_local(async move {
                    self.submit(keys, label, None).await;
                });
            }),
        );
    }

    /// Forgets every draft that is not on its way.
    pub fn discard(self) {
        self.calendar.update_value(|calendar| {
            let keys: Vec<CellKey> = calendar.drafts.iter().map(|(key, _)| key.clone()).collect();
            let mut before = Vec::new();
            for key in keys {
                if calendar.drafts.get(&key).is_some_and(|draft| draft.stage != Stage::Saving) {
                    let draft = calendar.drafts.remove(&key);
                    before.push((key, draft));
                }
            }
            if !before.is_empty() {
                calendar.undo_stack.record(Step::Drafted { label: "Drafts discarded".to_owned(), before });
            }
        });
        self.drafts_changed();
    }

    /// Resolves conflicts: the draft replaces the other user's value, or is dropped.
    pub fn resolve_conflict(self, keys: &[CellKey], keep_mine: bool) {
        self.calendar.update_value(|calendar| {
            for key in keys {
                let Some(stored) = calendar.cache.cell(&key.night) else { continue };
                if keep_mine {
                    if let Some(draft) = calendar.drafts.get_mut(key) {
                        draft.base = stored.value(key.field);
                        draft.stage = Stage::Waiting;
                    }
                } else {
                    calendar.drafts.remove(key);
                }
            }
        });
        self.drafts_changed();
    }

    /// Reads the viewed ranges after a write while the feed is not live.
    pub(super) async fn refresh_after_write(self, property: &PropertyId, cursor: Option<&str>) {
        if self.is_live() {
            return;
        }
        let viewed_ranges = self.calendar.with_value(|calendar| calendar.viewed_ranges(Some(property)));
        for one in viewed_ranges {
            let _ = self.read(&one.property, one.from, one.through, cursor).await;
        }
    }

    /// Sends drafts; what was written is a step that can be undone.
    async fn submit(self, keys: Vec<CellKey>, label: String, reason: Option<String>) -> bool {
        let mut sets = Vec::new();
        let mut is_complete = true;
        self.begin_write();
        let batches = self.batch_keys(&keys);
        for batch in batches {
            let (set, is_done) = self.submit_batch(batch, reason.as_deref()).await;
            sets.extend(set);
            is_complete &= is_done;
        }
        if !sets.is_empty() {
            self.calendar.update_value(|calendar| {
                if calendar.drafts.is_empty() {
                    calendar.undo_stack.forget_drafted();
                }
                calendar.undo_stack.record(Step::Saved { label: label.clone(), sets });
            });
            if is_complete {
                self.report_done(label);
            }
        }
        self.drafts_changed();
        self.end_write();
        is_complete
    }

    fn batch_keys(self, keys: &[CellKey]) -> Vec<Batch> {
        let changes = self.calendar.try_update_value(|calendar| {
            let mut changes: Vec<PendingChange> = Vec::with_capacity(keys.len());
            for key in keys {
                let Some(stored) = calendar.cache.cell(&key.night) else { continue };
                if let Some(draft) = calendar.drafts.get_mut(key) {
                    draft.stage = Stage::Saving;
                    changes.push((key.clone(), draft.change, draft.base, stored));
                }
            }
            sorted(changes, |(one, ..), (other, ..)| one.cmp(other))
        });
        self.drafts_changed();
        batching::batches(changes.unwrap_or_default())
    }

    /// Submits the batch of one property. Returns its change set if anything was written, and whether all was.
    async fn submit_batch(self, mut batch: Batch, reason: Option<&str>) -> (Option<(PropertyId, String)>, bool) {
        let set = browser::uuid();
        self.calendar.update_value(|calendar| {
            calendar.own_sets.insert(set.clone());
        });
        let property = batch.property.clone();
        let mut written = None;
        for attempt in 1..=MAX_ATTEMPTS {
            let answer = self.send_batch(&batch, ChangeSetInfo { change_set: &set, reason }).await;
            written = written.or(answer.is_written.then(|| (property.clone(), set.clone())));
            let Some(error) = answer.error else { return (written, true) };
            let left: Vec<CellKey> = batch.keys.into_iter().filter(|key| !answer.done.contains(key)).collect();
            let is_conflict = matches!(&error, SubmitError::Rejected(user_errors) if user_errors.iter().any(|one| one.code == "CONFLICT"));
            if is_conflict {
                self.reload(&left).await;
                // What is relative counts from what is there now; what is not is somebody's to decide.
                let is_resolved = self.conflicts_untracked().iter().all(|(key, ..)| !left.contains(key));
                if is_resolved && attempt < MAX_ATTEMPTS {
                    match self.batch_keys(&left).into_iter().next() {
                        Some(again) => {
                            batch = again;
                            continue;
                        }
                        None => return (written, true),
                    }
                }
            }
            self.report_error(&left, error);
            return (written, false);
        }
        (written, false)
    }

    async fn send_batch(self, batch: &Batch, info: ChangeSetInfo<'_>) -> BatchResult {
        let mut result = BatchResult::default();
        let is_count = |key: &&CellKey| key.field == Field::Allotment;
        if !batch.allotments.is_empty() {
            let (property, ranges) = (&batch.property, &batch.allotments);
            let key = browser::uuid();
            let answer = api::set_allotments(self.session, property, ranges, batch.is_below_sold, info, &key).await;
            let keys: Vec<CellKey> = batch.keys.iter().filter(is_count).cloned().collect();
            self.handle_result(&mut result, answer, keys).await;
        }
        if result.error.is_none() && !batch.restrictions.is_empty() {
            let answer =
                api::set_restrictions(self.session, &batch.property, &batch.restrictions, info, &browser::uuid()).await;
            let keys: Vec<CellKey> = batch.keys.iter().filter(|key| !is_count(key)).cloned().collect();
            self.handle_result(&mut result, answer, keys).await;
        }
        result
    }

    async fn handle_result(self, result: &mut BatchResult, answer: Result<WriteResult, Failure>, keys: Vec<CellKey>) {
        match answer {
            Ok(WriteResult::Written { seq, cursor, .. }) => {
                result.is_written |= seq.is_some();
                self.mark_stored(&keys, seq);
                if let Some(key) = keys.first() {
                    self.refresh_after_write(&key.night.property, cursor.as_deref()).await;
                }
                result.done.extend(keys);
            }
            Ok(WriteResult::Rejected(user_errors)) => result.error = Some(SubmitError::Rejected(user_errors)),
            Err(failure) => result.error = Some(SubmitError::Failed(failure)),
        }
    }

    /// Turns drafts into stored values. The feed sends the same nights whole; until then these values are shown.
    fn mark_stored(self, keys: &[CellKey], seq: Option<u64>) {
        let now = browser::now();
        self.calendar.update_value(|calendar| {
            for key in keys {
                let Some(draft) = calendar.drafts.remove(key) else { continue };
                if let (Some(seq), Some(stored)) = (seq, calendar.cache.cell(&key.night)) {
                    let after = stored.with(key.field, draft.change.value(&stored));
                    calendar.cache.insert_expected(&key.night, seq, after);
                }
                calendar.mark_saved(key.clone(), now);
            }
        });
        self.schedule_sweep();
        self.drafts_changed();
    }

    /// Reads the nights of these places again.
    async fn reload(self, keys: &[CellKey]) {
        let Some(property) = keys.first().map(|key| key.night.property.clone()) else { return };
        let dates = || keys.iter().map(|key| key.night.date);
        if let (Some(from), Some(through)) = (dates().min(), dates().max()) {
            let _ = self.read(&property, from, through, None).await;
        }
    }

    fn report_error(self, keys: &[CellKey], error: SubmitError) {
        let sentence = match &error {
            SubmitError::Failed(failure) => failure.sentence(),
            SubmitError::Rejected(user_errors) => rejection_sentence(user_errors),
        };
        self.calendar.update_value(|calendar| {
            for key in keys {
                let reason = match &error {
                    SubmitError::Failed(Failure::SignedOut) => None,
                    SubmitError::Failed(_) => Some(sentence.clone()),
                    SubmitError::Rejected(user_errors) => user_errors
                        .iter()
                        .find(|one| one.code != "CONFLICT" && one.is_at(&key.night))
                        .map(|one| one.message.clone()),
                };
                if let Some(draft) = calendar.drafts.get_mut(key) {
                    draft.stage = reason.map_or(Stage::Waiting, Stage::Failed);
                }
            }
        });
        self.drafts_changed();
        match error {
            SubmitError::Failed(failure) => {
                let retry = root_callback(move || self.apply());
                self.report_failure(&failure, Some(("Try again".to_owned(), retry)));
            }
            SubmitError::Rejected(_) => self.toast(ToastKind::Failed, sentence, None),
        }
    }

    pub(super) fn report_failure(self, failure: &Failure, action: Option<(String, Callback<()>)>) {
        if *failure != Failure::SignedOut {
            self.toast(ToastKind::Failed, failure.sentence(), action);
        }
    }

    pub(super) fn report_done(self, label: String) {
        let undo = root_callback(move || self.undo());
        self.toast(ToastKind::Done, label, Some(("Undo".to_owned(), undo)));
    }

    fn unsent(self) -> Vec<CellKey> {
        self.calendar.with_value(|calendar| {
            let unsent = calendar.drafts.iter().filter(|(_, draft)| draft.stage != Stage::Saving);
            unsent.map(|(key, _)| key.clone()).collect()
        })
    }

    /// Drafts whose nights others changed meanwhile: where, the draft, and what is stored now; tracked.
    pub fn conflicts(self) -> Vec<(CellKey, Draft, Cell)> {
        self.track();
        self.conflicts_untracked()
    }

    fn conflicts_untracked(self) -> Vec<(CellKey, Draft, Cell)> {
        self.calendar.with_value(|calendar| {
            let with_cell = |(key, draft): (&CellKey, &Draft)| {
                let stored = calendar.cache.cell(&key.night)?;
                let is_conflict = draft.stage != Stage::Saving && draft.is_in_conflict(&stored);
                is_conflict.then(|| (key.clone(), draft.clone(), stored))
            };
            calendar.drafts.iter().filter_map(with_cell).collect()
        })
    }

    fn warnings_for(self, edits: &[Edit]) -> Warnings {
        let checked: Vec<(CellKey, Change, Cell, u32)> = edits
            .iter()
            .filter_map(|Edit { night, change }| {
                let stored = self.stored(night)?;
                let physical = self.physical_rooms(night);
                Some((CellKey { night: night.clone(), field: change.field() }, *change, stored, physical))
            })
            .collect();
        Warnings::check(checked.iter().map(|(key, change, stored, physical)| (key, *change, *stored, *physical)))
    }

    fn physical_rooms(self, night: &NightKey) -> u32 {
        self.properties.with_untracked(|properties| {
            let properties = properties.as_ref().and_then(|properties| properties.as_ref().ok()).into_iter().flatten();
            let mut rooms =
                properties.filter(|property| property.id == night.property).flat_map(|property| &property.room_types);
            rooms.find(|room| room.id == night.room_type).map_or(u32::MAX, |room| room.physical_rooms)
        })
    }

    fn confirm_then(self, warnings: Warnings, act: Callback<()>) {
        let lines = warnings.sentences();
        if lines.is_empty() {
            act.run(());
            return;
        }
        self.ask(Confirmation {
            title: "Is this meant?".to_owned(),
            lines,
            confirm_label: "Yes, save".to_owned(),
            is_destructive: warnings.below_sold > 0,
            on_confirm: act,
        });
    }

    /// Drafts changed: they are kept, and shown.
    pub(super) fn drafts_changed(self) {
        let count = self.calendar.with_value(|calendar| {
            if let Some(owner) = &calendar.owner {
                draft_storage::write(owner, &calendar.drafts);
            }
            calendar.drafts.len()
        });
        if self.drafts.get_untracked() != count {
            self.drafts.set(count);
        }
        self.notify_all();
    }
}

/// The result of sending a batch.
#[derive(Default)]
struct BatchResult {
    is_written: bool,
    done: Vec<CellKey>,
    error: Option<SubmitError>,
}

enum SubmitError {
    Rejected(Vec<UserError>),
    Failed(Failure),
}

impl UserError {
    pub(super) fn is_at(&self, night: &NightKey) -> bool {
        self.date == Some(night.date) && self.room_type.as_ref().is_none_or(|room| *room == night.room_type)
    }
}

fn rejection_sentence(user_errors: &[UserError]) -> String {
    let moved = user_errors.iter().filter(|one| one.code == "CONFLICT").count();
    match (moved, user_errors.first()) {
        (1, _) => "Nothing was saved: 1 night was changed by somebody else meanwhile.".to_owned(),
        (2.., _) => format!("Nothing was saved: {moved} nights were changed by somebody else meanwhile."),
        (0, Some(first)) => {
            let date = first.date.map(|date| format!("{}: ", date.named())).unwrap_or_default();
            let more =
                if user_errors.len() > 1 { format!(" And {} more.", user_errors.len() - 1) } else { String::new() };
            format!("Nothing was saved. {date}{}.{more}", first.message.trim_end_matches('.'))
        }
        (0, None) => "Nothing was saved.".to_owned(),
    }
}
