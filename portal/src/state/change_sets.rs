//! Change sets: writes drafts and edits to the gateway, after a confirmation if they are unusual.
//!
//! Submission is in `submission.rs`, undo in `reversal.rs`.

use leptos::{prelude::*, task::spawn_local};

use super::{Account, Confirmation, Drafts, FeedStatus, Freshness, Notifications, Stock, ToastKind, UndoStack};
use crate::{
    api::session::Session,
    browser::root_callback::root_callback,
    domain::{
        cell::Cell,
        draft::{Change, Edit},
        night_key::CellKey,
        sanity_checks::Warnings,
    },
};

/// Writes change sets to the gateway. Every copy writes to the same state.
#[derive(Clone, Copy)]
pub struct ChangeSets {
    pub(super) session: Session,
    pub(super) account: Account,
    pub(super) feed: FeedStatus,
    pub(super) stock: Stock,
    pub(super) drafts: Drafts,
    pub(super) undo_stack: UndoStack,
    pub(super) notifications: Notifications,
}

impl ChangeSets {
    /// Submits edits at once, as one change set per property. `label` names the step in the undo stack and in the toast.
    /// The caller asks for a confirmation first if fewer rooms than are sold would be on sale. Returns whether
    /// everything was written; errors are shown on the cells and in a toast.
    pub async fn save(self, edits: Vec<Edit>, label: String) -> bool {
        self.save_with_reason(edits, label, None).await
    }

    /// As [`save`](Self::save), with a reason for the history.
    pub async fn save_with_reason(self, edits: Vec<Edit>, label: String, reason: Option<String>) -> bool {
        self.drafts.stage_without_undo(&edits);
        let keys = edits.into_iter().map(|Edit { night, change }| CellKey { night, field: change.field() });
        let keys: Vec<CellKey> = keys.filter(|key| self.drafts.get(key).is_some()).collect();
        if keys.is_empty() {
            self.notifications.toast(ToastKind::Done, "Nothing had to change.", None);
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
        let unsent = self.drafts.unsent();
        if unsent.is_empty() {
            return;
        }
        if self.feed.freshness.get_untracked() == Freshness::Offline {
            self.notifications.toast(
                ToastKind::Failed,
                "You are offline. Your drafts are kept until you are back.",
                None,
            );
            return;
        }
        if self.drafts.conflicts_untracked().iter().any(|(key, ..)| unsent.contains(key)) {
            self.notifications.toast(
                ToastKind::Failed,
                "Somebody else changed nights that you changed too. Settle those first.",
                None,
            );
            self.stock.notify_all();
            return;
        }
        self.apply_keys(unsent);
    }

    /// As [`apply`](Self::apply), but without the drafts in conflict, which stay drafts.
    pub fn apply_without_conflicts(self) {
        let moved: Vec<CellKey> = self.drafts.conflicts_untracked().into_iter().map(|(key, ..)| key).collect();
        let unsent: Vec<CellKey> = self.drafts.unsent().into_iter().filter(|key| !moved.contains(key)).collect();
        if !unsent.is_empty() {
            self.apply_keys(unsent);
        }
    }

    fn apply_keys(self, keys: Vec<CellKey>) {
        let edits: Vec<Edit> = self.drafts.with(|drafts| {
            let edit = |key: &CellKey| Some(Edit { night: key.night.clone(), change: drafts.get(key)?.change });
            keys.iter().filter_map(edit).collect()
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

    fn warnings_for(self, edits: &[Edit]) -> Warnings {
        let checked: Vec<(CellKey, Change, Cell, u32)> = edits
            .iter()
            .filter_map(|Edit { night, change }| {
                let stored = self.stock.stored(night)?;
                let physical = self.account.physical_rooms(night);
                Some((CellKey { night: night.clone(), field: change.field() }, *change, stored, physical))
            })
            .collect();
        Warnings::check(checked.iter().map(|(key, change, stored, physical)| (key, *change, *stored, *physical)))
    }

    fn confirm_then(self, warnings: Warnings, act: Callback<()>) {
        let lines = warnings.sentences();
        if lines.is_empty() {
            act.run(());
            return;
        }
        self.notifications.ask(Confirmation {
            title: "Is this meant?".to_owned(),
            lines,
            confirm_label: "Yes, save".to_owned(),
            is_destructive: warnings.below_sold > 0,
            on_confirm: act,
        });
    }

    /// Reports a finished write, with a button that undoes it.
    pub(super) fn report_done(self, label: String) {
        let undo = root_callback(move || self.undo());
        self.notifications.toast(ToastKind::Done, label, Some(("Undo".to_owned(), undo)));
    }
}
