//! Announces committed events: to this node's caches and subscribers, and to the other nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use lodgate_entities::ids::PropertyId;
use sea_orm::DatabaseConnection;
use tokio::sync::mpsc;

use super::hub::Hub;
use super::journal_poller::JournalPoller;
use super::redis_pubsub;
use crate::cache::ProcessCache;
use crate::cache::freshness::Freshness;
use crate::cache::redis::RedisBlocks;
use crate::journal::CommittedEvent;
use crate::presence::Presence;
use crate::redis::RedisClient;

/// Batches of events that may wait to be published. Beyond it hints are dropped; the comparison with the journal
/// replaces them.
const PUBLISH_QUEUE: usize = 10_000;
/// Properties with a gap in their events that may wait for the repair.
const REPAIR_QUEUE: usize = 1_024;

/// Announces committed events. One per node.
pub struct Feed {
    cache: Arc<ProcessCache>,
    hub: Arc<Hub>,
    publish: Option<mpsc::Sender<Vec<CommittedEvent>>>,
}

impl Feed {
    /// Starts the tasks that keep this node in step with the journal: comparison, repair and, with Redis, the hints of
    /// other nodes and their `presence`.
    pub fn start(
        db: DatabaseConnection,
        cache: Arc<ProcessCache>,
        redis: Option<RedisClient>,
        freshness: Freshness,
        presence: Presence,
    ) -> (Arc<Self>, Arc<Hub>) {
        let (repair, repairs) = mpsc::channel(REPAIR_QUEUE);
        let hub = Arc::new(Hub::new(repair));
        let blocks = redis.clone().map(RedisBlocks::new);
        let publish = blocks.clone().map(|blocks| {
            let (sender, queue) = mpsc::channel(PUBLISH_QUEUE);
            tokio::spawn(redis_pubsub::publish(blocks, queue));
            sender
        });
        let feed = Arc::new(Self { cache: cache.clone(), hub: hub.clone(), publish });
        let poller = JournalPoller::new(db, cache, hub.clone(), blocks, freshness);
        tokio::spawn(poller.clone().repair(repairs));
        tokio::spawn(poller.clone().compare());
        if let Some(redis) = redis {
            tokio::spawn(redis_pubsub::listen(redis, feed.clone(), poller, presence));
        }
        (feed, hub)
    }

    /// Announces events that this node has committed. Runs before any caller is answered, so that the node's own
    /// readers see the change from then on.
    pub fn announce(&self, committed: Vec<CommittedEvent>) {
        for event in &committed {
            self.apply(event, true);
        }
        let Some(publish) = &self.publish else { return };
        let mut by_property: BTreeMap<PropertyId, Vec<CommittedEvent>> = BTreeMap::new();
        for event in committed {
            by_property.entry(event.event.property).or_default().push(event);
        }
        for (_, events) in by_property {
            // The caller must not wait for Redis: a full queue drops the hint.
            if publish.try_send(events).is_err() {
                metrics::counter!("lodgate_hints_dropped_total").increment(1);
            }
        }
    }

    /// Applies an event that another node has committed.
    pub(super) fn apply_remote(&self, committed: &CommittedEvent) {
        self.apply(committed, false);
    }

    fn apply(&self, committed: &CommittedEvent, is_own: bool) {
        // The cache first: a subscriber that reads after its message finds the change.
        self.cache.apply(committed, is_own);
        self.hub.deliver(committed);
    }
}
