//! From a commit to every screen: caches and subscribers of this node first, hints to the others, and the journal for
//! whatever was lost on the way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lodgate_entities::ids::PropertyId;
use sea_orm::DatabaseConnection;
use tokio::sync::mpsc;

use crate::cache::{ProcessCache, RedisCache};
use crate::journal::CommittedEvent;
use crate::presence::Presence;

use super::hub::Hub;
use super::{journal_poller, redis_pubsub};
use crate::cache::freshness::Freshness;

/// What waits to be published; beyond it hints are dropped, which the comparison with the journal makes good.
const PUBLISH_QUEUE: usize = 10_000;

/// Tells of committed changes. One a node.
pub struct Feed {
    cache: Arc<ProcessCache>,
    hub: Arc<Hub>,
    publish: Option<mpsc::Sender<Vec<CommittedEvent>>>,
    structure_epoch: AtomicU64,
}

impl Feed {
    /// Starts the tasks that keep this node in step with the journal: comparison, repair and, with Redis, hints and
    /// what other nodes say of `presence`.
    pub fn start(
        db: DatabaseConnection,
        cache: Arc<ProcessCache>,
        redis: Option<RedisCache>,
        freshness: Freshness,
        presence: Presence,
    ) -> (Arc<Self>, Arc<Hub>) {
        let (repair, repairs) = mpsc::channel(1_024);
        let hub = Arc::new(Hub::new(repair));
        let publish = redis.clone().map(|redis| {
            let (sender, queue) = mpsc::channel(PUBLISH_QUEUE);
            tokio::spawn(redis_pubsub::publish(redis, queue));
            sender
        });
        let feed =
            Arc::new(Self { cache: cache.clone(), hub: hub.clone(), publish, structure_epoch: AtomicU64::new(0) });
        let poller = journal_poller::JournalPoller::new(db, cache, hub.clone(), redis.clone(), freshness);
        tokio::spawn(poller.clone().repair(repairs));
        tokio::spawn(poller.clone().compare());
        if let Some(redis) = redis {
            tokio::spawn(redis_pubsub::listen(redis, feed.clone(), poller, presence));
        }
        (feed, hub)
    }

    /// Takes over what this node has just committed, before anybody is answered: its own readers see it from here on.
    pub fn announce(&self, committed: Vec<CommittedEvent>) {
        for one in &committed {
            self.apply(one, true);
        }
        let Some(publish) = &self.publish else { return };
        let mut by_property: BTreeMap<PropertyId, Vec<CommittedEvent>> = BTreeMap::new();
        for one in committed {
            by_property.entry(one.event.property).or_default().push(one);
        }
        for (_, events) in by_property {
            if publish.try_send(events).is_err() {
                metrics::counter!("lodgate_hints_dropped_total").increment(1);
            }
        }
    }

    /// Takes over what another node has committed.
    pub(super) fn apply_remote(&self, committed: &CommittedEvent) {
        self.apply(committed, false);
    }

    fn apply(&self, committed: &CommittedEvent, own: bool) {
        if committed.event.cause.is_structure() {
            self.structure_epoch.fetch_add(1, Ordering::Release);
        }
        self.cache.apply(committed, own);
        self.hub.deliver(committed);
    }

    /// Counts the changes of structure that this node heard of: who lists properties asks anew after one.
    pub fn structure_epoch(&self) -> u64 {
        self.structure_epoch.load(Ordering::Acquire)
    }
}
