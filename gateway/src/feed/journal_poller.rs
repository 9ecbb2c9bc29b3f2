//! Keeping in step with the journal: the comparison that finds what was lost, and the repair.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lodgate_entities::ids::PropertyId;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::{Notify, mpsc};

use super::hub::Hub;
use crate::cache::freshness::Freshness;
use crate::cache::{ProcessCache, RedisCache};
use crate::journal::events;
use crate::journal::replay::Replay;

const EVERY: Duration = Duration::from_secs(1);
/// Properties compared in one statement.
const PORTION: usize = 5_000;
/// Further behind than this, what is cached is dropped instead of brought forward.
const FAR: i64 = 2_000;
/// A comparison that hangs must not hang the next.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Compares and repairs. Cheap to clone.
#[derive(Clone)]
pub(super) struct JournalPoller {
    db: DatabaseConnection,
    cache: Arc<ProcessCache>,
    hub: Arc<Hub>,
    redis: Option<RedisCache>,
    freshness: Freshness,
    hurry: Arc<Notify>,
}

impl JournalPoller {
    pub(super) fn new(
        db: DatabaseConnection,
        cache: Arc<ProcessCache>,
        hub: Arc<Hub>,
        redis: Option<RedisCache>,
        freshness: Freshness,
    ) -> Self {
        Self { db, cache, hub, redis, freshness, hurry: Arc::default() }
    }

    /// Compares at once, for example after a lost connection.
    pub(super) fn compare_now(&self) {
        self.hurry.notify_one();
    }

    /// Once a second, and when told to hurry, compares everything that is watched or cached with the journal's heads.
    pub(super) async fn compare(self) {
        loop {
            let since = Instant::now();
            match tokio::time::timeout(TIMEOUT, self.compare_once()).await {
                Ok(Ok(())) => self.freshness.mark_compared(since),
                Ok(Err(error)) => tracing::warn!(%error, "comparing with the journal failed"),
                Err(_) => tracing::warn!("comparing with the journal took too long"),
            }
            metrics::gauge!("lodgate_feed_silence_seconds").set(self.freshness.age().as_secs_f64());
            let _ = tokio::time::timeout(EVERY, self.hurry.notified()).await;
        }
    }

    async fn compare_once(&self) -> Result<(), DbErr> {
        let cached: HashMap<PropertyId, (i64, i64)> =
            self.cache.heads().into_iter().map(|(id, seq, tag)| (id, (seq, tag))).collect();
        let watched: HashMap<PropertyId, Option<(i64, i64)>> = self.hub.heads().into_iter().collect();
        let ids: Vec<PropertyId> =
            cached.keys().chain(watched.keys()).copied().collect::<HashSet<_>>().into_iter().collect();
        for portion in ids.chunks(PORTION) {
            let heads = events::heads(&self.db, portion).await?;
            for id in portion {
                let Some(now) = heads.get(id).map(|stock| stock.head) else {
                    self.cache.forget(*id);
                    self.hub.fork(*id);
                    continue;
                };
                let forked =
                    |known: (i64, i64)| known.0 > now.seq || (known.0 == now.seq && known.1 != 0 && known.1 != now.tag);
                if let Some(known) = cached.get(id) {
                    // What was read before the head may have been overtaken by a commit announced here since: only
                    // what is still so after a second look is a fork.
                    if forked(*known) && self.still_forked(*id, *known).await? {
                        self.cache.forget(*id);
                    } else if known.0 < now.seq {
                        self.bring_forward(*id, known.0, now.seq).await?;
                    }
                }
                match watched.get(id) {
                    Some(None) => self.hub.adopt(*id, now.seq, now.tag),
                    Some(Some(known)) if forked(*known) && self.still_forked(*id, *known).await? => self.hub.fork(*id),
                    Some(Some(known)) if known.0 < now.seq => self.bring_forward(*id, known.0, now.seq).await?,
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
            tracing::error!(%property, known = seq, head, "the journal is not the one this node knew");
        }
        Ok(!same)
    }

    /// Reads what is missing after `from` and hands it on as if it had been heard.
    async fn bring_forward(&self, property: PropertyId, from: i64, to: i64) -> Result<(), DbErr> {
        metrics::counter!("lodgate_feed_repairs_total").increment(1);
        if to - from > FAR {
            self.cache.forget(property);
            self.hub.fork(property);
            return Ok(());
        }
        let Some(mut missed) = Replay::after(&self.db, property, from).await? else { return Ok(()) };
        loop {
            let some = missed.next(&self.db).await?;
            if some.is_empty() {
                return Ok(());
            }
            for one in &some {
                self.cache.apply(one, false);
                self.hub.deliver(one);
            }
            if let Some(redis) = &self.redis {
                redis.publish(&some, None).await;
            }
        }
    }

    /// Fills the gaps that the hub notices.
    pub(super) async fn repair(self, mut asked: mpsc::Receiver<PropertyId>) {
        while let Some(property) = asked.recv().await {
            let known = self.hub.heads().into_iter().find(|(id, _)| *id == property).and_then(|(_, last)| last);
            let Some((known, _)) = known else { continue };
            match tokio::time::timeout(TIMEOUT, self.bring_forward(property, known, known)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, %property, "a gap in the feed can't be filled yet"),
                Err(_) => tracing::warn!(%property, "filling a gap in the feed took too long"),
            }
        }
    }
}
