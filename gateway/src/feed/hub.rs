//! Fan-out in this node: in the order of seq, each event once, to every subscriber that watches its property.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lodgate_entities::ids::PropertyId;
use tokio::sync::mpsc;

use super::subscriber_queue::{FeedItem, SubscriberQueue};
use crate::journal::CommittedEvent;

/// Events that may wait for one that is missing before them.
const EARLY: usize = 64;

struct Watched {
    /// Latest event delivered, with its tag; `None` until the first.
    last: Option<(i64, i64)>,
    /// Arrived before what precedes them.
    early: BTreeMap<i64, CommittedEvent>,
    readers: Vec<Weak<SubscriberQueue>>,
}

/// The subscriptions of this node by property.
pub struct Hub {
    watched: Mutex<HashMap<PropertyId, Watched>>,
    /// Those who watch every property, later ones included.
    everything: Mutex<Vec<Weak<SubscriberQueue>>>,
    repair: mpsc::Sender<PropertyId>,
}

/// A subscription's registration: ends when dropped.
pub struct Watch {
    queue: Arc<SubscriberQueue>,
}

impl Watch {
    /// What arrives, in order.
    pub async fn next(&self) -> FeedItem {
        self.queue.next().await
    }
}

impl Hub {
    pub(super) fn new(repair: mpsc::Sender<PropertyId>) -> Self {
        Self { watched: Mutex::default(), everything: Mutex::default(), repair }
    }

    /// Registers a reader of these properties. Register before the state is read, or a change in between is lost.
    pub fn watch(&self, properties: impl IntoIterator<Item = PropertyId>) -> Watch {
        let queue = Arc::<SubscriberQueue>::default();
        for property in properties {
            self.join(property, &queue);
        }
        Watch { queue }
    }

    /// Adds a property to a registration.
    pub fn add(&self, watch: &Watch, property: PropertyId) {
        self.join(property, &watch.queue);
    }

    /// Lets a registration hear of structure changes of any property, so that it can find new ones.
    pub fn add_everything(&self, watch: &Watch) {
        let mut everything = self.everything.lock().unwrap_or_else(PoisonError::into_inner);
        everything.retain(|reader| reader.strong_count() > 0);
        everything.push(Arc::downgrade(&watch.queue));
    }

    fn join(&self, property: PropertyId, queue: &Arc<SubscriberQueue>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = watched.entry(property).or_insert_with(|| Watched {
            last: None,
            early: BTreeMap::new(),
            readers: Vec::new(),
        });
        entry.readers.retain(|reader| reader.strong_count() > 0);
        entry.readers.push(Arc::downgrade(queue));
    }

    /// Delivers an event if it is next; keeps it, and asks for what is missing, if it is early; drops it if it is old.
    pub(super) fn deliver(&self, committed: &CommittedEvent) {
        let event = &committed.event;
        if event.cause.is_structure() {
            self.tell_everybody(committed);
        }
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = watched.get_mut(&event.property) else { return };
        match entry.last {
            Some((last, _)) if event.seq <= last => return,
            Some((last, _)) if event.seq > last + 1 => {
                if entry.early.len() < EARLY {
                    entry.early.insert(event.seq, committed.clone());
                }
                // When the queue of repairs is full, the comparison finds the gap again.
                let _ = self.repair.try_send(event.property);
                return;
            }
            _ => entry.tell(committed),
        }
        while let Some(next) = entry.last.and_then(|(last, _)| entry.early.remove(&(last + 1))) {
            entry.tell(&next);
        }
        let last = entry.last.map_or(0, |(last, _)| last);
        entry.early.retain(|seq, _| *seq > last);
        if entry.readers.is_empty() {
            watched.remove(&event.property);
        }
    }

    fn tell_everybody(&self, committed: &CommittedEvent) {
        let mut everything = self.everything.lock().unwrap_or_else(PoisonError::into_inner);
        everything.retain(|reader| match reader.upgrade() {
            Some(reader) => {
                reader.put(FeedItem::One(committed.clone()));
                true
            }
            None => false,
        });
    }

    /// Every watched property with the latest event delivered and its tag.
    pub(super) fn heads(&self) -> Vec<(PropertyId, Option<(i64, i64)>)> {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.iter().map(|(id, entry)| (*id, entry.last)).collect()
    }

    /// Where a property stands that nothing was delivered of yet: from here on a gap is noticed.
    pub(super) fn adopt(&self, property: PropertyId, seq: i64, tag: i64) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = watched.get_mut(&property).filter(|entry| entry.last.is_none()) {
            entry.last = Some((seq, tag));
        }
    }

    /// Tells the readers of a property that its history changed under them.
    pub(super) fn fork(&self, property: PropertyId) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = watched.remove(&property) {
            for reader in entry.readers.iter().filter_map(Weak::upgrade) {
                reader.put(FeedItem::HistoryForked(property));
            }
        }
    }
}

impl Watched {
    fn tell(&mut self, committed: &CommittedEvent) {
        self.last = Some((committed.event.seq, committed.event.tag));
        self.readers.retain(|reader| match reader.upgrade() {
            Some(reader) => {
                reader.put(FeedItem::One(committed.clone()));
                true
            }
            None => false,
        });
    }
}
