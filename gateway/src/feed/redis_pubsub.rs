//! Hints between nodes over Redis. They are fast and may be lost. Presence uses the same connection.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::announce::Feed;
use super::journal_poller::JournalPoller;
use crate::cache::redis::{RedisBlocks, channels};
use crate::journal::CommittedEvent;
use crate::presence::{self, Presence};
use crate::redis::RedisClient;

/// Maximum size of a hint in bytes. Without a hint the other nodes read the journal.
const MAX_HINT: usize = 1 << 20;

/// Publishes the events that this node commits, in order of arrival. Consecutive events of a property share a hint.
pub(super) async fn publish(redis: RedisBlocks, mut queue: mpsc::Receiver<Vec<CommittedEvent>>) {
    while let Some(events) = queue.recv().await {
        let hint = serde_json::to_string(&events).ok().filter(|hint| hint.len() <= MAX_HINT);
        if hint.is_none() {
            metrics::counter!("lodgate_hints_dropped_total").increment(1);
        }
        redis.publish(&events, hint.as_deref()).await;
    }
}

/// Receives what other nodes publish. Hints that are published while this node is not connected are lost, so each
/// (re)connection compares with the journal at once.
pub(super) async fn listen(redis: RedisClient, feed: Arc<Feed>, poller: JournalPoller, presence: Presence) {
    loop {
        match receive(&redis, &feed, &poller, &presence).await {
            Ok(()) => tracing::warn!("the hints of other nodes ended"),
            Err(error) => tracing::warn!(%error, "the hints of other nodes cannot be received"),
        }
        poller.compare_now();
        tokio::time::sleep(Duration::from_millis(rand::random_range(200..600))).await;
    }
}

async fn receive(
    redis: &RedisClient,
    feed: &Feed,
    poller: &JournalPoller,
    presence: &Presence,
) -> Result<(), redis::RedisError> {
    let mut pubsub = redis.client().get_async_pubsub().await?;
    for channel in channels() {
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
            Ok(events) => events.iter().for_each(|event| feed.apply_remote(event)),
            Err(error) => tracing::warn!(%error, "a hint cannot be read"),
        }
    }
    Ok(())
}
