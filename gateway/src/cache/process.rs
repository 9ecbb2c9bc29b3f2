//! The cache of this process: one entry a property, under one lock, true up to one seq.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lodgate_entities::ids::{PropertyId, RoomTypeId};

use super::month_block::{Block, BlockKey, Month};
use crate::journal::{CommittedEvent, PropertyStructure};

type Blocks = HashMap<(RoomTypeId, Month), Arc<Block>>;

/// What this process knows of one property.
#[derive(Default)]
struct State {
    /// Latest event applied; every block includes it.
    applied: i64,
    /// Its tag.
    tag: i64,
    blocks: Blocks,
    structure: Option<Arc<PropertyStructure>>,
    /// Counts what made the structure stale, so that a read from before is not stored after.
    structure_epoch: u64,
}

struct Entry {
    state: Mutex<State>,
    used: AtomicU64,
}

/// Blocks and structure by property. Bounded: the least recently used of a sample goes first.
pub struct ProcessCache {
    entries: RwLock<HashMap<PropertyId, Arc<Entry>>>,
    blocks: AtomicUsize,
    ticks: AtomicU64,
    most_blocks: usize,
}

/// Blocks found, and the event up to which they are true.
pub(super) struct Hit {
    pub(super) blocks: Vec<Option<Arc<Block>>>,
    pub(super) applied: i64,
}

fn lock(entry: &Entry) -> MutexGuard<'_, State> {
    // A panic can't leave a half-made state: everything that can fail is done before the lock is taken.
    entry.state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ProcessCache {
    /// Holds at most `most_blocks` blocks, each of a month of one room type (about 5 kB).
    pub fn new(most_blocks: usize) -> Self {
        Self { entries: RwLock::default(), blocks: AtomicUsize::new(0), ticks: AtomicU64::new(0), most_blocks }
    }

    fn entry(&self, property: PropertyId) -> Option<Arc<Entry>> {
        let entry = self.entries.read().unwrap_or_else(PoisonError::into_inner).get(&property).cloned()?;
        entry.used.store(self.ticks.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(entry)
    }

    fn entry_or_new(&self, property: PropertyId) -> Arc<Entry> {
        self.entry(property).unwrap_or_else(|| {
            let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
            let new = || {
                Arc::new(Entry { state: Mutex::default(), used: AtomicU64::new(self.ticks.load(Ordering::Relaxed)) })
            };
            entries.entry(property).or_insert_with(new).clone()
        })
    }

    /// The blocks asked for of one property, unless it is behind `at_least`.
    pub(super) fn get(&self, property: PropertyId, keys: &[(RoomTypeId, Month)], at_least: i64) -> Option<Hit> {
        let entry = self.entry(property)?;
        let state = lock(&entry);
        (state.applied >= at_least).then(|| Hit {
            blocks: keys.iter().map(|key| state.blocks.get(key).cloned()).collect(),
            applied: state.applied,
        })
    }

    /// Stores blocks that were read as of `seq`. Refused when this process has already applied something newer: the
    /// read may lack it.
    pub(super) fn fill(&self, property: PropertyId, seq: i64, tag: i64, blocks: Vec<(BlockKey, Arc<Block>)>) -> bool {
        let entry = self.entry_or_new(property);
        let mut state = lock(&entry);
        if seq < state.applied {
            return false;
        }
        if state.applied == 0 {
            (state.applied, state.tag) = (seq, tag);
        }
        let mut added = 0;
        for (key, block) in blocks {
            added += usize::from(state.blocks.insert((key.room_type, key.month), block).is_none());
        }
        drop(state);
        if self.blocks.fetch_add(added, Ordering::Relaxed) + added > self.most_blocks {
            self.evict(property);
        }
        true
    }

    /// Drops the entries least recently used among a sample until there is room; never `keep`.
    fn evict(&self, keep: PropertyId) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        while self.blocks.load(Ordering::Relaxed) > self.most_blocks {
            let oldest = entries
                .iter()
                .filter(|(id, _)| **id != keep)
                .take(16)
                .min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed))
                .map(|(id, _)| *id);
            let Some(entry) = oldest.and_then(|id| entries.remove(&id)) else { return };
            self.blocks.fetch_sub(lock(&entry).blocks.len(), Ordering::Relaxed);
        }
    }

    /// Takes a committed event over. `own`: this node committed it, so that readers here must see it from now on.
    pub fn apply(&self, committed: &CommittedEvent, own: bool) {
        let event = &committed.event;
        let entry = if own { Some(self.entry_or_new(event.property)) } else { self.entry(event.property) };
        let Some(entry) = entry else { return };
        let mut state = lock(&entry);
        if event.seq <= state.applied {
            return;
        }
        let before = state.blocks.len();
        if event.seq != state.applied + 1 {
            // Something in between is not known here: start afresh from the database.
            state.blocks.clear();
        }
        if event.cause.is_structure() || event.seq != state.applied + 1 {
            state.structure = None;
            state.structure_epoch += 1;
        }
        if committed.range_only {
            for (room_type, date) in event.nights() {
                state.blocks.remove(&(room_type, Month::of(date)));
            }
        }
        for ((room_type, date), night) in &committed.nights {
            if let Some(block) = state.blocks.get_mut(&(*room_type, Month::of(*date)))
                && block.seq < event.seq
            {
                Arc::make_mut(block).set(*date, night.clone());
            }
        }
        (state.applied, state.tag) = (event.seq, event.tag);
        let dropped = before - state.blocks.len();
        drop(state);
        self.blocks.fetch_sub(dropped, Ordering::Relaxed);
    }

    /// Forgets a property: its history is not the one that was applied.
    pub fn forget(&self, property: PropertyId) {
        let removed = self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(&property);
        if let Some(entry) = removed {
            self.blocks.fetch_sub(lock(&entry).blocks.len(), Ordering::Relaxed);
        }
    }

    /// Every property kept here, with the latest event applied and its tag.
    pub fn heads(&self) -> Vec<(PropertyId, i64, i64)> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|(id, entry)| (*id, lock(entry))).map(|(id, state)| (id, state.applied, state.tag)).collect()
    }

    /// The structure kept, and the epoch to give back to [`ProcessCache::fill_structure`].
    pub(super) fn structure(&self, property: PropertyId, at_least: i64) -> (Option<Arc<PropertyStructure>>, u64) {
        match self.entry(property) {
            None => (None, 0),
            Some(entry) => {
                let state = lock(&entry);
                (state.structure.clone().filter(|_| state.applied >= at_least), state.structure_epoch)
            }
        }
    }

    /// Stores structure that includes every event up to `seq`, unless it became stale since `epoch` was read.
    pub(super) fn fill_structure(&self, property: PropertyId, epoch: u64, seq: i64, structure: Arc<PropertyStructure>) {
        let entry = self.entry_or_new(property);
        let mut state = lock(&entry);
        if state.structure_epoch != epoch {
            return;
        }
        state.applied = state.applied.max(if state.blocks.is_empty() { seq } else { 0 });
        state.structure = Some(structure);
    }
}
