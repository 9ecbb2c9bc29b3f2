//! Compares the caches and subscribers of this node with the journal, and delivers the events that they lack.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lodgate_entities::ids::PropertyId;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::{Notify, mpsc};

use super::hub::Hub;
use crate::cache::ProcessCache;
use crate::cache::freshness::Freshness;
use crate::cache::redis::RedisBlocks;
use crate::journal::events;
use crate::journal::replay::Replay;

/// Time between two comparisons.
const INTERVAL: Duration = Duration::from_secs(1);
/// Properties per statement.
const CHUNK: usize = 5_000;
/// A property that is more events behind than this is dropped instead of brought up to date.
const MAX_BEHIND: i64 = 2_000;
/// A comparison that hangs must not block the next one.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Compares and repairs. Cheap to clone.
#[derive(Clone)]
pub(super) struct JournalPoller {
    db: DatabaseConnection,
    cache: Arc<ProcessCache>,
    hub: Arc<Hub>,
    redis: Option<RedisBlocks>,
    freshness: Freshness,
    wake: Arc<Notify>,
}

impl JournalPoller {
    pub(super) fn new(
        db: DatabaseConnection,
        cache: Arc<ProcessCache>,
        hub: Arc<Hub>,
        redis: Option<RedisBlocks>,
        freshness: Freshness,
    ) -> Self {
        Self { db, cache, hub, redis, freshness, wake: Arc::default() }
    }

    /// Compares at once, for example after a lost connection.
    pub(super) fn compare_now(&self) {
        self.wake.notify_one();
    }

    /// Compares the heads of all watched and cached properties with the journal, once per second and after
    /// [`JournalPoller::compare_now`].
    pub(super) async fn compare(self) {
        loop {
            let since = Instant::now();
            match tokio::time::timeout(TIMEOUT, self.compare_once()).await {
                Ok(Ok(())) => self.freshness.mark_compared(since),
                Ok(Err(error)) => tracing::warn!(%error, "the comparison with the journal failed"),
                Err(_) => tracing::warn!("the comparison with the journal timed out"),
            }
            metrics::gauge!("lodgate_feed_silence_seconds").set(self.freshness.age().as_secs_f64());
            let _ = tokio::time::timeout(INTERVAL, self.wake.notified()).await;
        }
    }

    async fn compare_once(&self) -> Result<(), DbErr> {
        let cached: HashMap<PropertyId, (i64, i64)> =
            self.cache.heads().into_iter().map(|(id, seq, tag)| (id, (seq, tag))).collect();
        let watched: HashMap<PropertyId, Option<(i64, i64)>> = self.hub.heads().into_iter().collect();
        let ids: Vec<PropertyId> =
            cached.keys().chain(watched.keys()).copied().collect::<HashSet<_>>().into_iter().collect();
        for chunk in ids.chunks(CHUNK) {
            let heads = events::heads(&self.db, chunk).await?;
            for id in chunk {
                let Some(now) = heads.get(id).map(|stock| stock.head) else {
                    self.cache.forget(*id);
                    self.hub.fork(*id);
                    continue;
                };
                let forked =
                    |known: (i64, i64)| known.0 > now.seq || (known.0 == now.seq && known.1 != 0 && known.1 != now.tag);
                if let Some(known) = cached.get(id) {
                    // A commit announced here after the head was read makes the head look old. Only a second look
                    // tells that from a fork.
                    if forked(*known) && self.still_forked(*id, *known).await? {
                        self.cache.forget(*id);
                    } else if known.0 < now.seq {
                        self.catch_up(*id, known.0, now.seq).await?;
                    }
                }
                match watched.get(id) {
                    Some(None) => self.hub.adopt(*id, now.seq, now.tag),
                    Some(Some(known)) if forked(*known) && self.still_forked(*id, *known).await? => self.hub.fork(*id),
                    Some(Some(known)) if known.0 < now.seq => self.catch_up(*id, known.0, now.seq).await?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    async fn still_forked(&self, property: PropertyId, known: (i64, i64)) -> Result<bool, DbErr> {
        let (seq, tag) = known;
        let head = events::heads(&self.db, &[property]).await?.get(&property).map_or(0, |stock| stock.head.seq);
        let same = head >= seq
            && (tag == 0 || events::events(&self.db, &[(property, seq)]).await?.iter().any(|event| event.tag == tag));
        if !same {
            tracing::error!(%property, known = seq, head, "the journal differs from the one that this node has read");
        }
        Ok(!same)
    }

    /// Reads the events after `from` and applies them as if they had arrived as hints.
    async fn catch_up(&self, property: PropertyId, from: i64, to: i64) -> Result<(), DbErr> {
        metrics::counter!("lodgate_feed_repairs_total").increment(1);
        if to - from > MAX_BEHIND {
            self.cache.forget(property);
            self.hub.fork(property);
            return Ok(());
        }
        let Some(mut replay) = Replay::after(&self.db, property, from).await? else { return Ok(()) };
        loop {
            let events = replay.next(&self.db).await?;
            if events.is_empty() {
                return Ok(());
            }
            for event in &events {
                self.cache.apply(event, false);
                self.hub.deliver(event);
            }
            if let Some(redis) = &self.redis {
                redis.publish(&events, None).await;
            }
        }
    }

    /// Fills the gaps that the hub reports.
    pub(super) async fn repair(self, mut gaps: mpsc::Receiver<PropertyId>) {
        while let Some(property) = gaps.recv().await {
            let known = self.hub.heads().into_iter().find(|(id, _)| *id == property).and_then(|(_, last)| last);
            let Some((known, _)) = known else { continue };
            match tokio::time::timeout(TIMEOUT, self.catch_up(property, known, known)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, %property, "a gap in the feed cannot be filled yet"),
                Err(_) => tracing::warn!(%property, "filling a gap in the feed timed out"),
            }
        }
    }
}
