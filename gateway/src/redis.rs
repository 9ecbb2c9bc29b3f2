//! The second level: one Redis hash a property, holding its blocks and the seq up to which they are published.
//!
//! Redis is never believed about what is newest, only about what was true at its `seq`. Every wait is short; after a
//! fault it is left alone for a moment.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use lodgate_entities::ids::PropertyId;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Pipeline, RedisError, Script};

use crate::cache::{Block, BlockKey};
use crate::journal::CommittedEvent;

/// Longest wait for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(250);
/// How long Redis is left alone after a fault.
const PAUSE: Duration = Duration::from_secs(1);
/// A safety net only: what is stale is dropped by its event.
const KEPT_SECONDS: i64 = 3_600;
/// Partitions of the key space, for Redis Cluster.
const PARTITIONS: u64 = 64;

/// Stores blocks read as of `seq` unless something newer was published. ARGV: seq, kept seconds, field, value, …
///
/// A `seq` that is no number says nothing of the blocks beside it: both scripts then begin anew.
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

/// Publishes events first..last: drops what they touched, or everything when something in between is missing.
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

/// A connection that heals, and a breaker before it. Cheap to clone.
#[derive(Clone)]
pub struct RedisCache {
    client: redis::Client,
    connection: Arc<tokio::sync::OnceCell<ConnectionManager>>,
    started: Instant,
    paused_until_ms: Arc<AtomicU64>,
}

/// The partition of a property: keys and channels of one share a slot.
fn partition(property: PropertyId) -> u64 {
    property.0.unsigned_abs() % PARTITIONS
}

fn key(property: PropertyId) -> String {
    format!("lodgate:{{{}}}:stock:{property}", partition(property))
}

/// Every channel that hints travel on.
pub(crate) fn channels() -> Vec<String> {
    (0..PARTITIONS).map(|number| format!("lodgate:{{{number}}}:events")).collect()
}

fn field(key: &BlockKey) -> String {
    format!("{}:{}", key.room_type, key.month.0)
}

impl RedisCache {
    /// Connects at first use, so that a node starts without Redis too.
    ///
    /// # Errors
    /// When the address is not one of Redis.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        Ok(Self {
            client: redis::Client::open(url)?,
            connection: Arc::default(),
            started: Instant::now(),
            paused_until_ms: Arc::default(),
        })
    }

    /// The client, for connections of other kinds.
    pub(crate) fn client(&self) -> &redis::Client {
        &self.client
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether Redis answered last time it was asked.
    pub fn is_up(&self) -> bool {
        self.paused_until_ms.load(Ordering::Relaxed) <= self.elapsed_ms()
    }

    /// Runs one exchange within the time allowed; a fault closes the breaker for a moment and is `None`.
    pub(crate) async fn exchange<T>(
        &self,
        what: &'static str,
        ask: impl AsyncFnOnce(ConnectionManager) -> Result<T, RedisError>,
    ) -> Option<T> {
        if !self.is_up() {
            return None;
        }
        let work = async {
            let connect = || async {
                let config = ConnectionManagerConfig::new()
                    .set_response_timeout(Some(ANSWER_TIMEOUT))
                    .set_connection_timeout(Some(ANSWER_TIMEOUT))
                    .set_number_of_retries(1);
                ConnectionManager::new_with_config(self.client.clone(), config).await
            };
            ask(self.connection.get_or_try_init(connect).await?.clone()).await
        };
        let fault = match tokio::time::timeout(ANSWER_TIMEOUT * 2, work).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        let pause = u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX);
        self.paused_until_ms.store(self.elapsed_ms() + pause, Ordering::Relaxed);
        tracing::warn!(what, fault, "redis is left alone for a moment");
        None
    }

    /// Whether it answers now; for readiness.
    pub async fn ping(&self) -> bool {
        let ask =
            async |mut connection: ConnectionManager| redis::cmd("PING").query_async::<String>(&mut connection).await;
        self.exchange("ping", ask).await.is_some()
    }

    /// The blocks that are there, each with the seq it is true for. One round trip whatever their number.
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
            let command = pipeline.cmd("HMGET").arg(key(*property)).arg("seq");
            for key in keys {
                command.arg(field(key));
            }
        }
        let ask = async |mut connection: ConnectionManager| {
            pipeline.query_async::<Vec<Vec<Option<Vec<u8>>>>>(&mut connection).await
        };
        let answers = self.exchange("read", ask).await.unwrap_or_default();
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

    /// Stores blocks of one property, all read as of one seq, unless Redis knows of something newer.
    pub(super) async fn fill(&self, property: PropertyId, seq: i64, blocks: &[(BlockKey, Arc<Block>)]) {
        let mut script = FILL.prepare_invoke();
        script.key(key(property)).arg(seq).arg(KEPT_SECONDS);
        for (key, block) in blocks {
            script.arg(field(key)).arg(block.encode());
        }
        let ask = async |mut connection: ConnectionManager| script.invoke_async::<i32>(&mut connection).await;
        self.exchange("fill", ask).await;
    }

    /// A field of a hash that holds no stock.
    pub(crate) async fn field(&self, key: &str, field: &str) -> Option<Vec<u8>> {
        let ask = async |mut connection: ConnectionManager| {
            redis::cmd("HGET").arg(key).arg(field).query_async::<Option<Vec<u8>>>(&mut connection).await
        };
        self.exchange("read a field", ask).await.flatten()
    }

    /// Writes a field of a hash that holds no stock; the whole hash goes `kept_seconds` later.
    pub(crate) async fn set_field(&self, key: &str, field: &str, value: &[u8], kept_seconds: i64) {
        let mut pipeline = Pipeline::new();
        pipeline.hset(key, field, value).ignore().expire(key, kept_seconds).ignore();
        let ask = async |mut connection: ConnectionManager| pipeline.query_async::<()>(&mut connection).await;
        self.exchange("write a field", ask).await;
    }

    /// Tells whoever listens on the channel.
    pub(crate) async fn tell(&self, channel: &str, message: &str) {
        let ask = async |mut connection: ConnectionManager| {
            redis::cmd("PUBLISH").arg(channel).arg(message).query_async::<i64>(&mut connection).await
        };
        self.exchange("tell", ask).await;
    }

    /// Makes consecutive events of one property known: drops the blocks they touched and, with `hint`, tells the
    /// other nodes.
    pub(crate) async fn publish(&self, events: &[CommittedEvent], hint: Option<&str>) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return };
        let property = first.event.property;
        let mut fields: Vec<String> = events
            .iter()
            .flat_map(|committed| committed.event.nights())
            .map(|(room_type, date)| field(&BlockKey { property, room_type, month: crate::cache::Month::of(date) }))
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
        let ask = async |mut connection: ConnectionManager| script.invoke_async::<i32>(&mut connection).await;
        self.exchange("publish", ask).await;
    }
}
