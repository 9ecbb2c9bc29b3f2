//! The cache of this process: one entry per property, under one lock, current up to one seq.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lodgate_entities::ids::{PropertyId, RoomTypeId};

use super::month_block::{Block, BlockKey, Month};
use crate::journal::{CommittedEvent, PropertyStructure};

type Blocks = HashMap<(RoomTypeId, Month), Arc<Block>>;

/// The cached state of one property.
#[derive(Default)]
struct State {
    /// Latest event applied; every block includes it.
    applied: i64,
    /// Its tag.
    tag: i64,
    blocks: Blocks,
    structure: Option<Arc<PropertyStructure>>,
    /// Counts the events that made the structure stale, so that a read from before one is not stored after it.
    structure_epoch: u64,
}

struct Entry {
    state: Mutex<State>,
    used: AtomicU64,
}

/// Blocks and structure by property. Bounded: the least recently used entry of a sample is evicted first.
///
/// Its own code, since blocks are added to an entry after it is inserted, and a bound by weight would not see them.
pub struct ProcessCache {
    entries: RwLock<HashMap<PropertyId, Arc<Entry>>>,
    blocks: AtomicUsize,
    ticks: AtomicU64,
    max_blocks: usize,
    structure_epoch: AtomicU64,
}

/// Blocks found, and the latest event that they include.
pub(super) struct Hit {
    pub(super) blocks: Vec<Option<Arc<Block>>>,
    pub(super) applied: i64,
}

fn lock(entry: &Entry) -> MutexGuard<'_, State> {
    // A poisoned lock is usable: everything that can panic runs before the lock is taken.
    entry.state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ProcessCache {
    /// Holds at most `max_blocks` blocks of one room type and month each (about 5 kB).
    pub fn new(max_blocks: usize) -> Self {
        Self {
            entries: RwLock::default(),
            blocks: AtomicUsize::new(0),
            ticks: AtomicU64::new(0),
            max_blocks,
            structure_epoch: AtomicU64::new(0),
        }
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

    /// Blocks of one property; `None` when its entry is older than event `at_least`.
    pub(super) fn get(&self, property: PropertyId, keys: &[(RoomTypeId, Month)], at_least: i64) -> Option<Hit> {
        let entry = self.entry(property)?;
        let state = lock(&entry);
        (state.applied >= at_least).then(|| Hit {
            blocks: keys.iter().map(|key| state.blocks.get(key).cloned()).collect(),
            applied: state.applied,
        })
    }

    /// Stores blocks that were read at `seq`; the result says whether they were stored. They are not when this process
    /// has applied a newer event: the read may lack it.
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
        if self.blocks.fetch_add(added, Ordering::Relaxed) + added > self.max_blocks {
            self.evict(property);
        }
        true
    }

    /// Evicts the least recently used entry of a sample until the blocks fit. Never evicts `keep`.
    fn evict(&self, keep: PropertyId) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        while self.blocks.load(Ordering::Relaxed) > self.max_blocks {
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

    /// Applies a committed event. With `is_own` this node committed it: its readers must see it from now on, so the
    /// property gets an entry.
    pub fn apply(&self, committed: &CommittedEvent, is_own: bool) {
        let event = &committed.event;
        if event.cause.is_structure() {
            self.structure_epoch.fetch_add(1, Ordering::Release);
        }
        let entry = if is_own { Some(self.entry_or_new(event.property)) } else { self.entry(event.property) };
        let Some(entry) = entry else { return };
        let mut state = lock(&entry);
        if event.seq <= state.applied {
            return;
        }
        let before = state.blocks.len();
        if event.seq != state.applied + 1 {
            // An event in between is missing: the blocks have to come from the database.
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

    /// Drops a property whose history is not the one that was applied.
    pub fn forget(&self, property: PropertyId) {
        let removed = self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(&property);
        if let Some(entry) = removed {
            self.blocks.fetch_sub(lock(&entry).blocks.len(), Ordering::Relaxed);
        }
    }

    /// Every cached property, with the latest event applied and its tag.
    pub fn heads(&self) -> Vec<(PropertyId, i64, i64)> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|(id, entry)| (*id, lock(entry))).map(|(id, state)| (id, state.applied, state.tag)).collect()
    }

    /// Counts the structure events that this node has applied, of any property. A list of properties is stale after one.
    pub fn structure_epoch(&self) -> u64 {
        self.structure_epoch.load(Ordering::Acquire)
    }

    /// The cached structure, and the epoch to pass to [`ProcessCache::fill_structure`].
    pub(super) fn structure(&self, property: PropertyId, at_least: i64) -> (Option<Arc<PropertyStructure>>, u64) {
        match self.entry(property) {
            None => (None, 0),
            Some(entry) => {
                let state = lock(&entry);
                (state.structure.clone().filter(|_| state.applied >= at_least), state.structure_epoch)
            }
        }
    }

    /// Stores structure that includes every event up to `seq`, unless it became stale after `epoch` was read.
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
