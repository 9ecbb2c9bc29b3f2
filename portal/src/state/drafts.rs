//! The drafts: typed changes that are not sent yet.

use leptos::prelude::*;

use super::{draft_storage, stock::Stock, undo_stack::UndoStack};
use crate::domain::{
    cell::Cell,
    draft::{self, Before, Draft, Edit, Stage},
    night_key::{CellKey, NightKey},
    undo::Step,
};

/// The state of one value at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct CellSnapshot {
    /// The night as stored by the gateway.
    pub stored: Option<Cell>,
    /// The night with its drafts.
    pub shown: Option<Cell>,
    /// The draft of the value.
    pub draft: Option<Draft>,
    /// Initials of another user who changed the night a moment ago.
    pub changed_by: Option<String>,
    /// Whether the value was saved a moment ago.
    pub is_just_saved: bool,
}

/// The drafts of the signed-in account. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct Drafts {
    drafts: StoredValue<draft::Drafts>,
    count: RwSignal<usize>,
    owner: StoredValue<Option<String>>,
    stock: Stock,
    undo_stack: UndoStack,
}

impl Drafts {
    /// No drafts, and no owner. They live as long as the component that creates them.
    pub fn new(stock: Stock, undo_stack: UndoStack) -> Self {
        Self {
            drafts: StoredValue::default(),
            count: RwSignal::new(0),
            owner: StoredValue::new(None),
            stock,
            undo_stack,
        }
    }

    /// The number of drafts; tracked.
    pub fn count(self) -> usize {
        self.count.get()
    }

    /// The draft of one value; not tracked.
    pub fn get(self, key: &CellKey) -> Option<Draft> {
        self.with(|drafts| drafts.get(key).cloned())
    }

    /// Every draft; not tracked.
    pub fn all(self) -> Vec<(CellKey, Draft)> {
        self.with(|drafts| drafts.iter().map(|(key, draft)| (key.clone(), draft.clone())).collect())
    }

    /// A night with its drafts; not tracked.
    pub fn shown(self, night: &NightKey) -> Option<Cell> {
        let stored = self.stock.stored(night)?;
        Some(self.with(|drafts| drafts.shown(night, stored)))
    }

    /// A snapshot of one value; not tracked.
    pub fn snapshot(self, key: &CellKey) -> CellSnapshot {
        let stored = self.stock.stored(&key.night);
        let (changed_by, is_just_saved) = self.stock.marks(key);
        self.with(|drafts| CellSnapshot {
            stored,
            shown: stored.map(|cell| drafts.shown(&key.night, cell)),
            draft: drafts.get(key).cloned(),
            changed_by,
            is_just_saved,
        })
    }

    /// Adds edits to the drafts, as one step of the undo stack.
    pub fn stage(self, edits: &[Edit], label: &str) {
        let before = self.stage_without_undo(edits);
        self.record(label, before);
        self.publish();
    }

    /// Removes every draft that is not being saved.
    pub fn discard(self) {
        let before = self.update(|drafts| {
            let unsent = drafts.iter().filter(|(_, draft)| draft.stage != Stage::Saving);
            let keys: Vec<CellKey> = unsent.map(|(key, _)| key.clone()).collect();
            keys.into_iter()
                .map(|key| {
                    let draft = drafts.remove(&key);
                    (key, draft)
                })
                .collect()
        });
        self.record("Drafts discarded", before);
        self.publish();
    }

    /// Drafts whose nights another user changed since: the cell, the draft, and the stored night; tracked.
    pub fn conflicts(self) -> Vec<(CellKey, Draft, Cell)> {
        self.stock.track();
        self.conflicts_untracked()
    }

    /// Drafts whose nights another user changed since; not tracked.
    pub(super) fn conflicts_untracked(self) -> Vec<(CellKey, Draft, Cell)> {
        self.with(|drafts| {
            let with_cell = |(key, draft): (&CellKey, &Draft)| {
                let stored = self.stock.stored(&key.night)?;
                let is_conflict = draft.stage != Stage::Saving && draft.is_in_conflict(&stored);
                is_conflict.then(|| (key.clone(), draft.clone(), stored))
            };
            drafts.iter().filter_map(with_cell).collect()
        })
    }

    /// Resolves conflicts: the draft replaces the value of the other user, or is dropped.
    pub fn resolve_conflict(self, keys: &[CellKey], keep_mine: bool) {
        self.update(|drafts| {
            for key in keys {
                let Some(stored) = self.stock.stored(&key.night) else { continue };
                if keep_mine {
                    if let Some(draft) = drafts.get_mut(key) {
                        draft.base = stored.value(key.field);
                        draft.stage = Stage::Waiting;
                    }
                } else {
                    drafts.remove(key);
                }
            }
        });
        self.publish();
    }

    /// The drafts that are not being saved; not tracked.
    pub(super) fn unsent(self) -> Vec<CellKey> {
        self.with(|drafts| {
            let unsent = drafts.iter().filter(|(_, draft)| draft.stage != Stage::Saving);
            unsent.map(|(key, _)| key.clone()).collect()
        })
    }

    /// Adds edits to the drafts; returns what they replace. [`publish`](Self::publish) must follow.
    pub(super) fn stage_without_undo(self, edits: &[Edit]) -> Before {
        self.update(|drafts| drafts.stage(edits, |night| self.stock.stored(night)))
    }

    /// Restores drafts as they were before a step; returns what they replace.
    pub(super) fn restore(self, before: Before) -> Before {
        let replaced = self.update(|drafts| drafts.restore(before));
        self.publish();
        replaced
    }

    /// Changes the drafts without notifying. [`publish`](Self::publish) must follow.
    pub(super) fn update<T: Default>(self, change: impl FnOnce(&mut draft::Drafts) -> T) -> T {
        self.drafts.try_update_value(change).unwrap_or_default()
    }

    /// Reads the drafts; not tracked.
    pub(super) fn with<T>(self, read: impl FnOnce(&draft::Drafts) -> T) -> T {
        self.drafts.with_value(read)
    }

    /// Stores the drafts in the browser and notifies the pages.
    pub(super) fn publish(self) {
        let count = self.with(|drafts| {
            self.owner.with_value(|owner| {
                if let Some(owner) = owner {
                    draft_storage::write(owner, drafts);
                }
            });
            drafts.len()
        });
        if self.count.get_untracked() != count {
            self.count.set(count);
        }
        self.stock.notify_all();
    }

    /// Whether the drafts belong to another account, or to none.
    pub(super) fn belong_to_another(self, email: &str) -> bool {
        self.owner.with_value(|owner| owner.as_deref() != Some(email))
    }

    /// Loads the drafts of an account from the browser's storage.
    pub(super) fn load(self, email: &str) {
        self.owner.set_value(Some(email.to_owned()));
        self.drafts.set_value(draft_storage::read(email));
    }

    /// Removes the drafts from memory; the browser's storage keeps them.
    pub(super) fn clear(self) {
        self.owner.set_value(None);
        self.drafts.set_value(draft::Drafts::default());
    }

    fn record(self, label: &str, before: Before) {
        if !before.is_empty() {
            self.undo_stack.record(Step::Drafted { label: label.to_owned(), before });
        }
    }
}
