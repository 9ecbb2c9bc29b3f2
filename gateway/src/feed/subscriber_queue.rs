//! The queue of one subscriber: each event while it keeps up, the latest state of each night when it does not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::inventory::{Cause, Night, NightKey};
use crate::journal::{CommittedEvent, MAX_NIGHTS_SENT};

/// Events that may wait one by one. Beyond it the queue coalesces them.
const MAX_ITEMS: usize = 512;

/// One delivery to a subscriber.
#[derive(Clone, Debug)]
pub enum FeedItem {
    /// An event.
    Committed(CommittedEvent),
    /// Several events of a property in one, since the subscriber fell behind.
    Coalesced(PropertyId, Coalesced),
    /// The history of the property is not the one that was delivered: read its state again.
    HistoryForked(PropertyId),
}

/// Several events of one property: the latest state of each touched night.
#[derive(Clone, Debug)]
pub struct Coalesced {
    /// First event included.
    pub first_seq: i64,
    /// Last event included.
    pub seq: i64,
    /// Its tag.
    pub tag: i64,
    /// Its time of commit.
    pub at: DateTime<Utc>,
    /// Its cause.
    pub cause: Cause,
    /// Its actor.
    pub actor: String,
    /// Its change set.
    pub change_set: Option<Uuid>,
    /// Touched nights as they are after `seq`.
    pub nights: BTreeMap<NightKey, Night>,
    /// Touched nights whose state was not sent.
    pub wide: Vec<NightKey>,
    /// Whether a structure event is included.
    pub structure: bool,
}

#[derive(Default)]
struct Inner {
    queue: VecDeque<FeedItem>,
    merged: BTreeMap<PropertyId, Coalesced>,
}

/// A bounded queue of deliveries.
#[derive(Default)]
pub struct SubscriberQueue {
    inner: Mutex<Inner>,
    arrived: Notify,
}

impl SubscriberQueue {
    pub(super) fn put(&self, item: FeedItem) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.merged.is_empty() && inner.queue.len() < MAX_ITEMS {
            inner.queue.push_back(item);
        } else {
            let waiting = std::mem::take(&mut inner.queue);
            if !waiting.is_empty() {
                metrics::counter!("lodgate_subscription_conflated_total").increment(1);
            }
            for item in waiting.into_iter().chain([item]) {
                merge(&mut inner, item);
            }
        }
        drop(inner);
        self.arrived.notify_one();
    }

    /// The next item, oldest first.
    pub async fn next(&self) -> FeedItem {
        loop {
            let arrived = self.arrived.notified();
            if let Some(item) = self.try_next() {
                return item;
            }
            arrived.await;
        }
    }

    fn try_next(&self) -> Option<FeedItem> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.merged.pop_first() {
            Some((property, merged)) => Some(FeedItem::Coalesced(property, merged)),
            None => inner.queue.pop_front(),
        }
    }
}

fn merge(inner: &mut Inner, item: FeedItem) {
    match item {
        FeedItem::Committed(committed) => {
            let event = &committed.event;
            let merged = inner.merged.entry(event.property).or_insert_with(|| Coalesced {
                first_seq: event.seq,
                seq: 0,
                tag: 0,
                at: event.at,
                cause: event.cause,
                actor: String::new(),
                change_set: None,
                nights: BTreeMap::new(),
                wide: Vec::new(),
                structure: false,
            });
            (merged.seq, merged.tag, merged.at, merged.cause) = (event.seq, event.tag, event.at, event.cause);
            (merged.actor, merged.change_set) = (event.actor.clone(), event.change_set);
            merged.structure |= event.cause.is_structure();
            merged.nights.extend(committed.nights.iter().cloned());
            if committed.range_only || merged.nights.len() > MAX_NIGHTS_SENT {
                merged.wide.extend(event.nights());
                merged.wide.extend(std::mem::take(&mut merged.nights).into_keys());
                merged.wide.sort_unstable();
                merged.wide.dedup();
            }
        }
        FeedItem::Coalesced(property, merged) => {
            inner.merged.insert(property, merged);
        }
        // The subscriber reads the state again: what was queued before does not matter.
        FeedItem::HistoryForked(property) => {
            inner.merged.remove(&property);
            inner.queue.push_back(FeedItem::HistoryForked(property));
        }
    }
}
