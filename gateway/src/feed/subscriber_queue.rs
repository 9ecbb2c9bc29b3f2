//! What waits for one subscriber: every change while it keeps up, the latest state of each cell when it does not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::inventory::{Cause, Night, NightKey};
use crate::journal::{CommittedEvent, MAX_NIGHTS_SENT};

/// Changes that may wait one by one.
const BOUND: usize = 512;

/// One thing to tell.
#[derive(Clone, Debug)]
pub enum FeedItem {
    /// A change.
    One(CommittedEvent),
    /// Several changes of a property in one, since the reader fell behind.
    Coalesced(PropertyId, Coalesced),
    /// The history of the property is not the one that was told: read its state anew.
    HistoryForked(PropertyId),
}

/// Changes of one property, merged: the latest state of each touched night.
#[derive(Clone, Debug)]
pub struct Coalesced {
    /// First event inside.
    pub first_seq: i64,
    /// Last event inside.
    pub seq: i64,
    /// Its tag.
    pub tag: i64,
    /// When that was committed.
    pub at: DateTime<Utc>,
    /// Its cause.
    pub cause: Cause,
    /// Who did it.
    pub actor: String,
    /// The gesture it belongs to.
    pub change_set: Option<Uuid>,
    /// Touched nights as they are at `seq`.
    pub nights: BTreeMap<NightKey, Night>,
    /// Nights that changed without their state being known.
    pub wide: Vec<NightKey>,
    /// Whether a structure event is inside.
    pub structure: bool,
}

#[derive(Default)]
struct Inner {
    queue: VecDeque<FeedItem>,
    merged: BTreeMap<PropertyId, Coalesced>,
}

/// A bounded queue of news.
#[derive(Default)]
pub struct SubscriberQueue {
    inner: Mutex<Inner>,
    arrived: Notify,
}

impl SubscriberQueue {
    pub(super) fn put(&self, news: FeedItem) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.merged.is_empty() && inner.queue.len() < BOUND {
            inner.queue.push_back(news);
        } else {
            let waiting = std::mem::take(&mut inner.queue);
            if !waiting.is_empty() {
                metrics::counter!("lodgate_subscription_conflated_total").increment(1);
            }
            for news in waiting.into_iter().chain([news]) {
                merge(&mut inner, news);
            }
        }
        drop(inner);
        self.arrived.notify_one();
    }

    /// The next news, oldest first.
    pub async fn next(&self) -> FeedItem {
        loop {
            let arrived = self.arrived.notified();
            if let Some(news) = self.try_next() {
                return news;
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

fn merge(inner: &mut Inner, news: FeedItem) {
    match news {
        FeedItem::One(one) => {
            let event = &one.event;
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
            merged.nights.extend(one.nights.iter().cloned());
            if one.range_only || merged.nights.len() > MAX_NIGHTS_SENT {
                merged.wide.extend(event.nights());
                merged.wide.extend(std::mem::take(&mut merged.nights).into_keys());
                merged.wide.sort_unstable();
                merged.wide.dedup();
            }
        }
        FeedItem::Coalesced(property, merged) => {
            inner.merged.insert(property, merged);
        }
        // Nothing told before matters after it.
        FeedItem::HistoryForked(property) => {
            inner.merged.remove(&property);
            inner.queue.push_back(FeedItem::HistoryForked(property));
        }
    }
}
