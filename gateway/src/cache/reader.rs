//! Reads through the caches: this process, then Redis in one round trip, then the database in one statement.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use lodgate_entities::ids::PropertyId;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::watch;

use super::freshness::Freshness;
use super::month_block::{Block, BlockKey};
use super::process::ProcessCache;
use super::redis::RedisBlocks;
use crate::journal::{self, PropertyStructure};
use crate::redis::RedisClient;

/// The level that a block comes from, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// This process.
    Process,
    /// Redis.
    Redis,
    /// The database.
    Primary,
}

/// A block with the latest event that it includes and the level that it comes from.
#[derive(Clone, Debug)]
pub struct VersionedBlock {
    /// The nights.
    pub block: Arc<Block>,
    /// Latest event included.
    pub seq: i64,
    /// The level that it comes from.
    pub source: Source,
}

/// Structure by property.
pub type Structures = HashMap<PropertyId, Arc<PropertyStructure>>;

type Pause = dyn Fn(&'static str) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// A point at which a test may suspend a read. Does nothing otherwise.
#[derive(Clone, Default)]
pub struct SyncPoint(Option<Arc<Pause>>);

impl SyncPoint {
    /// Calls `pause` with the name of each point that a read reaches.
    pub fn new(pause: Arc<Pause>) -> Self {
        Self(Some(pause))
    }

    async fn reach(&self, place: &'static str) {
        if let Some(pause) = &self.0 {
            pause(place).await;
        }
    }
}

/// Reads stock and structure through the caches.
pub struct Reader {
    db: DatabaseConnection,
    process: Arc<ProcessCache>,
    redis: Option<RedisBlocks>,
    freshness: Freshness,
    sync: SyncPoint,
    /// Blocks that a read is loading. Other reads of the same block wait for it.
    in_flight: Mutex<HashMap<BlockKey, watch::Receiver<()>>>,
}

fn count(level: &'static str, outcome: &'static str, number: usize) {
    if number > 0 {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        metrics::counter!("lodgate_cache_total", "level" => level, "outcome" => outcome).increment(number);
    }
}

impl Reader {
    /// A reader that loads from `db` what the caches lack.
    pub fn new(
        db: DatabaseConnection,
        process: Arc<ProcessCache>,
        redis: Option<RedisClient>,
        freshness: Freshness,
        sync: SyncPoint,
    ) -> Self {
        Self { db, process, redis: redis.map(RedisBlocks::new), freshness, sync, in_flight: Mutex::default() }
    }

    /// The blocks, if this process has all of them.
    pub fn blocks_at_hand(
        &self,
        keys: &[BlockKey],
        at_least: &HashMap<PropertyId, i64>,
    ) -> Option<HashMap<BlockKey, VersionedBlock>> {
        let mut found = HashMap::with_capacity(keys.len());
        let missing = self.find_in_process(keys, at_least, &mut found);
        missing.is_empty().then(|| {
            count("process", "hit", found.len());
            found
        })
    }

    /// The blocks of all keys.
    ///
    /// `at_least` has the event that the blocks of a property must include (read your own writes).
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn blocks(
        &self,
        keys: &[BlockKey],
        at_least: &HashMap<PropertyId, i64>,
    ) -> Result<HashMap<BlockKey, VersionedBlock>, DbErr> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut missing = self.find_in_process(keys, at_least, &mut found);
        count("process", "hit", found.len());
        count("process", "miss", missing.len());
        if missing.is_empty() {
            return Ok(found);
        }
        let (own, others) = self.join(&missing);
        let keys: Vec<BlockKey> = missing.iter().filter(|key| own.keys.contains(key)).copied().collect();
        self.load(keys, at_least, &mut found).await?;
        // Released before the wait for others: two reads that load each other's blocks must not deadlock.
        drop(own);
        for mut other in others {
            // Ends when the other read has finished or was dropped, both within its own timeouts.
            let _ = other.changed().await;
        }
        missing.retain(|key| !found.contains_key(key));
        let left = self.find_in_process(&missing, at_least, &mut found);
        self.load(left, at_least, &mut found).await?;
        Ok(found)
    }

    async fn load(
        &self,
        keys: Vec<BlockKey>,
        at_least: &HashMap<PropertyId, i64>,
        found: &mut HashMap<BlockKey, VersionedBlock>,
    ) -> Result<(), DbErr> {
        if keys.is_empty() {
            return Ok(());
        }
        let left = self.find_in_redis(keys, at_least, found).await;
        if left.is_empty() { Ok(()) } else { self.read_primary(&left, found).await }
    }

    /// Adds what this process has to `found`; returns the rest.
    fn find_in_process(
        &self,
        keys: &[BlockKey],
        at_least: &HashMap<PropertyId, i64>,
        found: &mut HashMap<BlockKey, VersionedBlock>,
    ) -> Vec<BlockKey> {
        if !self.freshness.is_fresh() {
            return keys.to_vec();
        }
        let mut missing = Vec::new();
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        for group in keys.chunk_by(|a, b| a.property == b.property) {
            let property = group[0].property;
            let wanted: Vec<_> = group.iter().map(|key| (key.room_type, key.month)).collect();
            match self.process.get(property, &wanted, at_least.get(&property).copied().unwrap_or(0)) {
                None => missing.extend_from_slice(group),
                Some(hit) => {
                    for (key, block) in group.iter().zip(hit.blocks) {
                        match block {
                            Some(block) => {
                                found.insert(*key, VersionedBlock { block, seq: hit.applied, source: Source::Process });
                            }
                            None => missing.push(*key),
                        }
                    }
                }
            }
        }
        missing
    }

    async fn find_in_redis(
        &self,
        keys: Vec<BlockKey>,
        at_least: &HashMap<PropertyId, i64>,
        found: &mut HashMap<BlockKey, VersionedBlock>,
    ) -> Vec<BlockKey> {
        // Redis lags behind a commit by the delay of a hint. A node without a feed cannot tell by how much.
        let Some(redis) = self.redis.as_ref().filter(|_| self.freshness.is_fresh()) else { return keys };
        let mut hits = 0;
        for (key, block) in redis.get(&keys).await {
            let seq = block.seq;
            let block = Arc::new(block);
            // Not stored when this process has applied a newer event: the block may lack it.
            if seq >= at_least.get(&key.property).copied().unwrap_or(0)
                && self.process.fill(key.property, seq, 0, vec![(key, block.clone())])
            {
                found.insert(key, VersionedBlock { block, seq, source: Source::Redis });
                hits += 1;
            }
        }
        count("redis", "hit", hits);
        count("redis", "miss", keys.len() - hits);
        keys.into_iter().filter(|key| !found.contains_key(key)).collect()
    }

    async fn read_primary(
        &self,
        keys: &[BlockKey],
        found: &mut HashMap<BlockKey, VersionedBlock>,
    ) -> Result<(), DbErr> {
        self.sync.reach("before the read").await;
        let states = journal::nights(&self.db, keys.iter().map(|key| key.range()).collect()).await?;
        self.sync.reach("between read and fill").await;
        count("primary", "hit", keys.len());
        let mut by_property: HashMap<PropertyId, Vec<(BlockKey, Arc<Block>)>> = HashMap::new();
        for key in keys {
            let Some(state) = states.get(&key.property) else { continue };
            let block = Arc::new(Block::new(*key, state.seq, &state.nights));
            found.insert(*key, VersionedBlock { block: block.clone(), seq: state.seq, source: Source::Primary });
            by_property.entry(key.property).or_default().push((*key, block));
        }
        for (property, blocks) in by_property {
            let Some(state) = states.get(&property) else { continue };
            self.process.fill(property, state.seq, state.tag, blocks.clone());
            if let Some(redis) = self.redis.clone().filter(RedisBlocks::is_up) {
                let seq = state.seq;
                // No read waits for the second level. The circuit breaker bounds the number of these tasks.
                tokio::spawn(async move { redis.fill(property, seq, &blocks).await });
            }
        }
        Ok(())
    }

    /// Registers the keys that no other read is loading; for the others returns what to wait for.
    fn join(&self, keys: &[BlockKey]) -> (InFlight<'_>, Vec<watch::Receiver<()>>) {
        let (done, waiting) = watch::channel(());
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut own, mut others) = (HashSet::new(), Vec::new());
        for key in keys {
            match in_flight.get(key) {
                Some(other) => others.push(other.clone()),
                None => {
                    in_flight.insert(*key, waiting.clone());
                    own.insert(*key);
                }
            }
        }
        (InFlight { reader: self, keys: own, _done: done }, others)
    }

    /// Structure of the properties, if this process has all of it.
    pub fn structures_at_hand(&self, ids: &[PropertyId], at_least: &HashMap<PropertyId, i64>) -> Option<Structures> {
        let (found, missing) = self.cached_structures(ids, at_least);
        missing.is_empty().then_some(found)
    }

    /// Structure of the properties that exist among `ids`; two statements when cold, none when warm.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn structures(
        &self,
        ids: &[PropertyId],
        at_least: &HashMap<PropertyId, i64>,
    ) -> Result<Structures, DbErr> {
        let (mut found, missing) = self.cached_structures(ids, at_least);
        if !missing.is_empty() {
            let wanted: Vec<PropertyId> = missing.iter().map(|(id, _)| *id).collect();
            let mut loaded = journal::load_structure(&self.db, &wanted).await?;
            for (id, epoch) in missing {
                if let Some((head, structure)) = loaded.remove(&id) {
                    let structure = Arc::new(structure);
                    self.process.fill_structure(id, epoch, head.seq, structure.clone());
                    found.insert(id, structure);
                }
            }
        }
        Ok(found)
    }

    /// The structures that this process has; the properties without one, each with the epoch to fill it at.
    fn cached_structures(
        &self,
        ids: &[PropertyId],
        at_least: &HashMap<PropertyId, i64>,
    ) -> (Structures, Vec<(PropertyId, u64)>) {
        let is_fresh = self.freshness.is_fresh();
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            let (cached, epoch) = self.process.structure(*id, at_least.get(id).copied().unwrap_or(0));
            match cached.filter(|_| is_fresh) {
                Some(structure) => {
                    found.insert(*id, structure);
                }
                None => missing.push((*id, epoch)),
            }
        }
        (found, missing)
    }
}

/// The blocks that one read loads. The drop wakes the reads that wait, also when this read is cancelled.
struct InFlight<'a> {
    reader: &'a Reader,
    keys: HashSet<BlockKey>,
    _done: watch::Sender<()>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut in_flight = self.reader.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            in_flight.remove(key);
        }
    }
}
