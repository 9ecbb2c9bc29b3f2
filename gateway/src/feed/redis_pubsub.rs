//! Hints between nodes over Redis: fast, and allowed to be lost. Presence travels on the same connection.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::Feed;
use super::journal_poller::JournalPoller;
use crate::cache::RedisCache;
use crate::journal::CommittedEvent;
use crate::presence::{self, Presence};

/// A hint longer than this is not sent: the others read the journal.
const MAX_HINT: usize = 1 << 20;

/// Publishes what this node commits, in order of arrival. Consecutive events of a property travel together.
pub(super) async fn publish(redis: RedisCache, mut queue: mpsc::Receiver<Vec<CommittedEvent>>) {
    while let Some(events) = queue.recv().await {
        let hint = serde_json::to_string(&events).ok().filter(|hint| hint.len() <= MAX_HINT);
        if hint.is_none() {
            metrics::counter!("lodgate_hints_dropped_total").increment(1);
        }
        redis.publish(&events, hint.as_deref()).await;
    }
}

/// Hears what other nodes publish. After every (re)connection the journal is compared at once: what was published
/// meanwhile is gone.
pub(super) async fn listen(redis: RedisCache, feed: Arc<Feed>, poller: JournalPoller, presence: Presence) {
    loop {
        match hear(&redis, &feed, &poller, &presence).await {
            Ok(()) => tracing::warn!("the hints of other nodes ended"),
            Err(error) => tracing::warn!(%error, "the hints of other nodes can't be heard"),
        }
        poller.compare_now();
        tokio::time::sleep(Duration::from_millis(rand::random_range(200..600))).await;
    }
}

async fn hear(
    redis: &RedisCache,
    feed: &Feed,
    poller: &JournalPoller,
    presence: &Presence,
) -> Result<(), redis::RedisError> {
    let mut pubsub = redis.client().get_async_pubsub().await?;
    for channel in crate::cache::channels() {
        pubsub.subscribe(channel).await?;
    }
    pubsub.subscribe(presence::CHANNEL).await?;
    poller.compare_now();
    let mut messages = pubsub.into_on_message();
    while let Some(message) = messages.next().await {
        if message.get_channel_name() == presence::CHANNEL {
            presence.apply_remote(message.get_payload_bytes());
            continue;
        }
        match serde_json::from_slice::<Vec<CommittedEvent>>(message.get_payload_bytes()) {
            Ok(events) => events.iter().for_each(|one| feed.apply_remote(one)),
            Err(error) => tracing::warn!(%error, "a hint can't be read"),
        }
    }
    Ok(())
}
