//! The second level: one Redis hash per property, with its blocks and the seq up to which they are published.
//!
//! Redis is never the authority on the latest state, only on what was true at its `seq`.

use std::sync::{Arc, LazyLock};

use lodgate_entities::ids::PropertyId;
use redis::aio::ConnectionManager;
use redis::{Pipeline, Script};

use super::month_block::{Block, BlockKey, Month};
use crate::journal::CommittedEvent;
use crate::redis::RedisClient;

/// Lifetime of a property's hash after its last use. Events drop stale blocks; this only bounds memory.
const KEPT_SECONDS: i64 = 3_600;
/// Partitions of the key space, for Redis Cluster.
const PARTITIONS: u64 = 64;

/// Stores blocks that were read at `seq`, unless a newer event was published. ARGV: seq, kept seconds, field, value, …
///
/// A `seq` that is not a number makes the blocks beside it useless: both scripts then start with an empty hash.
static FILL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local published = redis.call('HGET', KEYS[1], 'seq') \
         if published and not tonumber(published) then redis.call('DEL', KEYS[1]) published = false end \
         if published and tonumber(published) > tonumber(ARGV[1]) then return 0 end \
         if not published then redis.call('HSET', KEYS[1], 'seq', ARGV[1]) end \
         for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end \
         redis.call('EXPIRE', KEYS[1], ARGV[2]) return 1",
    )
});

/// Publishes events first..last: drops the blocks that they touched, or all of them when an event before `first` is
/// missing.
/// ARGV: first, last, kept seconds, channel, message (empty: none), field, …
static PUBLISH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local published = tonumber(redis.call('HGET', KEYS[1], 'seq') or '-1') \
         if not published then redis.call('DEL', KEYS[1]) published = -1 end \
         local first, last = tonumber(ARGV[1]), tonumber(ARGV[2]) \
         if published >= 0 and first > published + 1 then redis.call('DEL', KEYS[1]) end \
         for i = 6, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end \
         if last > published then redis.call('HSET', KEYS[1], 'seq', ARGV[2]) end \
         redis.call('EXPIRE', KEYS[1], ARGV[3]) \
         if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5]) end return 1",
    )
});

/// Blocks in Redis. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RedisBlocks(RedisClient);

/// The partition of a property. Its key and its channel share a slot of a Redis Cluster.
fn partition(property: PropertyId) -> u64 {
    property.0.unsigned_abs() % PARTITIONS
}

fn key(property: PropertyId) -> String {
    format!("lodgate:{{{}}}:stock:{property}", partition(property))
}

/// Every channel that carries hints.
pub(crate) fn channels() -> Vec<String> {
    (0..PARTITIONS).map(|number| format!("lodgate:{{{number}}}:events")).collect()
}

fn field(key: &BlockKey) -> String {
    format!("{}:{}", key.room_type, key.month.0)
}

impl RedisBlocks {
    pub(crate) fn new(client: RedisClient) -> Self {
        Self(client)
    }

    /// Whether Redis answered last time.
    pub(super) fn is_up(&self) -> bool {
        self.0.is_up()
    }

    /// The blocks that Redis has, each with the seq at which it is true, in one round trip.
    pub(super) async fn get(&self, keys: &[BlockKey]) -> Vec<(BlockKey, Block)> {
        let mut by_property: Vec<(PropertyId, Vec<BlockKey>)> = Vec::new();
        for key in keys {
            match by_property.iter_mut().find(|(property, _)| *property == key.property) {
                Some((_, list)) => list.push(*key),
                None => by_property.push((key.property, vec![*key])),
            }
        }
        let mut pipeline = Pipeline::new();
        for (property, keys) in &by_property {
            let get = pipeline.cmd("HMGET").arg(key(*property)).arg("seq");
            for key in keys {
                get.arg(field(key));
            }
        }
        let command = async |mut connection: ConnectionManager| {
            pipeline.query_async::<Vec<Vec<Option<Vec<u8>>>>>(&mut connection).await
        };
        let answers = self.0.exchange("read", command).await.unwrap_or_default();
        let mut found = Vec::new();
        for ((_, keys), values) in by_property.iter().zip(answers) {
            let mut values = values.into_iter();
            let seq = values.next().flatten().and_then(|text| std::str::from_utf8(&text).ok()?.parse::<i64>().ok());
            let Some(seq) = seq else { continue };
            for (key, value) in keys.iter().zip(values) {
                found.extend(value.and_then(|bytes| Some((*key, Block::decode(*key, seq, &bytes)?))));
            }
        }
        found
    }

    /// Stores blocks of one property that were read at `seq`, unless a newer event was published.
    pub(super) async fn fill(&self, property: PropertyId, seq: i64, blocks: &[(BlockKey, Arc<Block>)]) {
        let mut script = FILL.prepare_invoke();
        script.key(key(property)).arg(seq).arg(KEPT_SECONDS);
        for (key, block) in blocks {
            script.arg(field(key)).arg(block.encode());
        }
        let command = async |mut connection: ConnectionManager| script.invoke_async::<i32>(&mut connection).await;
        self.0.exchange("fill", command).await;
    }

    /// Publishes consecutive events of one property: drops the blocks that they touched and, with `hint`, sends it to
    /// the other nodes.
    pub(crate) async fn publish(&self, events: &[CommittedEvent], hint: Option<&str>) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let property = first.event.property;
        let mut fields: Vec<String> = events
            .iter()
            .flat_map(|committed| committed.event.nights())
            .map(|(room_type, date)| field(&BlockKey { property, room_type, month: Month::of(date) }))
            .collect();
        fields.sort_unstable();
        fields.dedup();
        let mut script = PUBLISH.prepare_invoke();
        script
            .key(key(property))
            .arg(first.event.seq)
            .arg(last.event.seq)
            .arg(KEPT_SECONDS)
            .arg(format!("lodgate:{{{}}}:events", partition(property)))
            .arg(hint.unwrap_or_default())
            .arg(fields);
        let command = async |mut connection: ConnectionManager| script.invoke_async::<i32>(&mut connection).await;
        self.0.exchange("publish", command).await;
    }
}
