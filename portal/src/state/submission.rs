//! Submits drafts to the gateway: one change set per property, and a retry after a conflict.

use super::{ChangeSets, ToastKind};
use crate::{
    api::{self, ChangeSetInfo, Failure, UserError, UserErrorCode, WriteResult},
    browser::{self, root_callback::root_callback},
    domain::{
        batching::{self, Batch, PendingChange},
        draft::{self, Stage},
        ids::PropertyId,
        night_key::{CellKey, Field, NightKey},
        sort::sorted,
        undo::Step,
    },
};

/// Maximum attempts to submit relative changes while others change the same nights.
const MAX_ATTEMPTS: u32 = 4;

impl ChangeSets {
    /// Submits drafts. Returns whether everything was written; the written part is one step of the undo stack.
    pub(super) async fn submit(self, keys: Vec<CellKey>, label: String, reason: Option<String>) -> bool {
        let mut sets = Vec::new();
        let mut is_complete = true;
        self.undo_stack.begin_write();
        let batches = self.batch_keys(&keys);
        for batch in batches {
            let (set, is_done) = self.submit_batch(batch, reason.as_deref()).await;
            sets.extend(set);
            is_complete &= is_done;
        }
        if !sets.is_empty() {
            if self.drafts.with(draft::Drafts::is_empty) {
                self.undo_stack.forget_drafted();
            }
            self.undo_stack.record(Step::Saved { label: label.clone(), sets });
            if is_complete {
                self.report_done(label);
            }
        }
        self.drafts.publish();
        self.end_write();
        is_complete
    }

    fn batch_keys(self, keys: &[CellKey]) -> Vec<Batch> {
        let changes = self.drafts.update(|drafts| {
            let mut changes: Vec<PendingChange> = Vec::with_capacity(keys.len());
            for key in keys {
                let Some(stored) = self.stock.stored(&key.night) else { continue };
                if let Some(draft) = drafts.get_mut(key) {
                    draft.stage = Stage::Saving;
                    changes.push((key.clone(), draft.change, draft.base, stored));
                }
            }
            sorted(changes, |(one, ..), (other, ..)| one.cmp(other))
        });
        self.drafts.publish();
        batching::batches(changes)
    }

    /// Submits the batch of one property. Returns its change set if anything was written, and whether all was.
    async fn submit_batch(self, mut batch: Batch, reason: Option<&str>) -> (Option<(PropertyId, String)>, bool) {
        let set = browser::uuid();
        self.stock.register_own_set(set.clone());
        let property = batch.property.clone();
        let mut written = None;
        for attempt in 1..=MAX_ATTEMPTS {
            let answer = self.send_batch(&batch, ChangeSetInfo { change_set: &set, reason }).await;
            written = written.or(answer.is_written.then(|| (property.clone(), set.clone())));
            let Some(error) = answer.error else { return (written, true) };
            let left: Vec<CellKey> = batch.keys.into_iter().filter(|key| !answer.done.contains(key)).collect();
            if error.is_conflict() {
                self.reload(&left).await;
                // Relative changes apply to the new value; the user decides about the others.
                let is_resolved = self.drafts.conflicts_untracked().iter().all(|(key, ..)| !left.contains(key));
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
                    self.stock.refresh_after_write(&key.night.property, cursor.as_deref()).await;
                }
                result.done.extend(keys);
            }
            Ok(WriteResult::Rejected(user_errors)) => result.error = Some(SubmitError::Rejected(user_errors)),
            Err(failure) => result.error = Some(SubmitError::Failed(failure)),
        }
    }

    /// Removes written drafts and shows their values, until the feed delivers the stored nights.
    fn mark_stored(self, keys: &[CellKey], seq: Option<u64>) {
        let values = self
            .drafts
            .update(|drafts| keys.iter().filter_map(|key| Some((key.clone(), drafts.remove(key)?.change))).collect());
        self.stock.insert_saved(values, seq);
        self.drafts.publish();
    }

    /// Reloads the nights of these cells.
    async fn reload(self, keys: &[CellKey]) {
        let Some(property) = keys.first().map(|key| key.night.property.clone()) else { return };
        let dates = || keys.iter().map(|key| key.night.date);
        if let (Some(from), Some(through)) = (dates().min(), dates().max()) {
            let _ = self.stock.read(&property, from, through, None).await;
        }
    }

    fn report_error(self, keys: &[CellKey], error: SubmitError) {
        let sentence = match &error {
            SubmitError::Failed(failure) => failure.sentence(),
            SubmitError::Rejected(user_errors) => rejection_sentence(user_errors),
        };
        self.drafts.update(|drafts| {
            for key in keys {
                let reason = match &error {
                    SubmitError::Failed(Failure::SignedOut) => None,
                    SubmitError::Failed(_) => Some(sentence.clone()),
                    SubmitError::Rejected(user_errors) => user_errors
                        .iter()
                        .find(|one| one.code != UserErrorCode::Conflict && one.is_at(&key.night))
                        .map(|one| one.message.clone()),
                };
                if let Some(draft) = drafts.get_mut(key) {
                    draft.stage = reason.map_or(Stage::Waiting, Stage::Failed);
                }
            }
        });
        self.drafts.publish();
        match error {
            SubmitError::Failed(failure) => {
                let retry = root_callback(move || self.apply());
                self.notifications.report_failure(&failure, Some(("Try again".to_owned(), retry)));
            }
            SubmitError::Rejected(_) => self.notifications.toast(ToastKind::Failed, sentence, None),
        }
    }
}

/// The result of sending a batch.
#[derive(Default)]
struct BatchResult {
    is_written: bool,
    done: Vec<CellKey>,
    error: Option<SubmitError>,
}

/// The reason why a batch was not written, or not whole.
enum SubmitError {
    /// The gateway rejected the changes.
    Rejected(Vec<UserError>),
    /// The request failed.
    Failed(Failure),
}

impl SubmitError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::Rejected(user_errors) => user_errors.iter().any(|one| one.code == UserErrorCode::Conflict),
            Self::Failed(_) => false,
        }
    }
}

impl UserError {
    pub(super) fn is_at(&self, night: &NightKey) -> bool {
        self.date == Some(night.date) && self.room_type.as_ref().is_none_or(|room| *room == night.room_type)
    }
}

fn rejection_sentence(user_errors: &[UserError]) -> String {
    let moved = user_errors.iter().filter(|one| one.code == UserErrorCode::Conflict).count();
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
