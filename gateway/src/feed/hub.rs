//! Fan-out in this node: each event once, in the order of seq, to every subscriber of its property.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lodgate_entities::ids::PropertyId;
use tokio::sync::mpsc;

use super::subscriber_queue::{FeedItem, SubscriberQueue};
use crate::journal::CommittedEvent;

/// Events of a property that may wait for a missing one before them.
const MAX_EARLY: usize = 64;

struct Watched {
    /// Latest event delivered, with its tag; `None` until the first.
    last: Option<(i64, i64)>,
    /// Events that arrived before their predecessor.
    early: BTreeMap<i64, CommittedEvent>,
    subscribers: Vec<Weak<SubscriberQueue>>,
}

/// The subscriptions of this node by property.
pub struct Hub {
    watched: Mutex<HashMap<PropertyId, Watched>>,
    /// Subscribers of every property, future ones included.
    everything: Mutex<Vec<Weak<SubscriberQueue>>>,
    repair: mpsc::Sender<PropertyId>,
}

/// The registration of a subscription. It ends when this is dropped.
pub struct Watch {
    queue: Arc<SubscriberQueue>,
}

impl Watch {
    /// The next item, in order.
    pub async fn next(&self) -> FeedItem {
        self.queue.next().await
    }
}

impl Hub {
    pub(super) fn new(repair: mpsc::Sender<PropertyId>) -> Self {
        Self { watched: Mutex::default(), everything: Mutex::default(), repair }
    }

    /// Registers a subscriber of these properties. Register before reading the state, or a change in between is lost.
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

    /// Adds the structure events of all properties to a registration, so that the subscriber finds new properties.
    pub fn add_everything(&self, watch: &Watch) {
        let mut everything = self.everything.lock().unwrap_or_else(PoisonError::into_inner);
        everything.retain(|subscriber| subscriber.strong_count() > 0);
        everything.push(Arc::downgrade(&watch.queue));
    }

    fn join(&self, property: PropertyId, queue: &Arc<SubscriberQueue>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = watched.entry(property).or_insert_with(|| Watched {
            last: None,
            early: BTreeMap::new(),
            subscribers: Vec::new(),
        });
        entry.subscribers.retain(|subscriber| subscriber.strong_count() > 0);
        entry.subscribers.push(Arc::downgrade(queue));
    }

    /// Delivers an event that is next, keeps an early one and requests the missing ones, drops an old one.
    pub(super) fn deliver(&self, committed: &CommittedEvent) {
        let event = &committed.event;
        if event.cause.is_structure() {
            self.deliver_everywhere(committed);
        }
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = watched.get_mut(&event.property) else { return };
        match entry.last {
            Some((last, _)) if event.seq <= last => return,
            Some((last, _)) if event.seq > last + 1 => {
                if entry.early.len() < MAX_EARLY {
                    entry.early.insert(event.seq, committed.clone());
                }
                // When the queue of the repair is full, the comparison finds the gap again.
                let _ = self.repair.try_send(event.property);
                return;
            }
            _ => entry.deliver(committed),
        }
        while let Some(next) = entry.last.and_then(|(last, _)| entry.early.remove(&(last + 1))) {
            entry.deliver(&next);
        }
        let last = entry.last.map_or(0, |(last, _)| last);
        entry.early.retain(|seq, _| *seq > last);
        if entry.subscribers.is_empty() {
            watched.remove(&event.property);
        }
    }

    fn deliver_everywhere(&self, committed: &CommittedEvent) {
        let mut everything = self.everything.lock().unwrap_or_else(PoisonError::into_inner);
        everything.retain(|subscriber| match subscriber.upgrade() {
            Some(subscriber) => {
                subscriber.put(FeedItem::Committed(committed.clone()));
                true
            }
            None => false,
        });
    }

    /// Every watched property, with the latest event delivered and its tag.
    pub(super) fn heads(&self) -> Vec<(PropertyId, Option<(i64, i64)>)> {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.iter().map(|(id, entry)| (*id, entry.last)).collect()
    }

    /// Sets the position of a property of which no event was delivered yet. From then on the hub detects gaps.
    pub(super) fn adopt(&self, property: PropertyId, seq: i64, tag: i64) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = watched.get_mut(&property).filter(|entry| entry.last.is_none()) {
            entry.last = Some((seq, tag));
        }
    }

    /// Ends the watches of a property whose history is not the one that was delivered.
    pub(super) fn fork(&self, property: PropertyId) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = watched.remove(&property) {
            for subscriber in entry.subscribers.iter().filter_map(Weak::upgrade) {
                subscriber.put(FeedItem::HistoryForked(property));
            }
        }
    }
}

impl Watched {
    fn deliver(&mut self, committed: &CommittedEvent) {
        self.last = Some((committed.event.seq, committed.event.tag));
        self.subscribers.retain(|subscriber| match subscriber.upgrade() {
            Some(subscriber) => {
                subscriber.put(FeedItem::Committed(committed.clone()));
                true
            }
            None => false,
        });
    }
}
