//! One read: this process, then Redis in one round trip, then the database in one statement.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use lodgate_entities::ids::PropertyId;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::watch;

use super::month_block::{Block, BlockKey};
use super::process::ProcessCache;
use crate::feed::Freshness;
use crate::journal::{self, PropertyStructure};
use crate::redis::RedisCache;

/// Where an answer came from, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// This process.
    Process,
    /// Redis.
    Redis,
    /// The database.
    Primary,
}

/// A block, the event up to which it is true, and where it came from.
#[derive(Clone, Debug)]
pub struct VersionedBlock {
    /// The nights.
    pub block: Arc<Block>,
    /// True up to this event.
    pub seq: i64,
    /// Where it came from.
    pub source: Source,
}

/// Structure by property.
pub type Structures = HashMap<PropertyId, Arc<PropertyStructure>>;

type Pause = dyn Fn(&'static str) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// A place where a test may hold a read while something else happens. Does nothing otherwise.
#[derive(Clone, Default)]
pub struct SyncPoint(Option<Arc<Pause>>);

impl SyncPoint {
    /// Calls `pause` with the name of each place reached.
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
    redis: Option<RedisCache>,
    freshness: Freshness,
    sync: SyncPoint,
    /// Blocks that somebody is loading: others wait instead of asking the same.
    flights: Mutex<HashMap<BlockKey, watch::Receiver<()>>>,
}

fn count(level: &'static str, outcome: &'static str, number: usize) {
    if number > 0 {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        metrics::counter!("lodgate_cache_total", "level" => level, "outcome" => outcome).increment(number);
    }
}

impl Reader {
    /// Reads from `db` what the caches lack.
    pub fn new(
        db: DatabaseConnection,
        process: Arc<ProcessCache>,
        redis: Option<RedisCache>,
        freshness: Freshness,
        sync: SyncPoint,
    ) -> Self {
        Self { db, process, redis, freshness, sync, flights: Mutex::default() }
    }

    /// The blocks asked for, if this process has all of them.
    pub fn blocks_at_hand(
        &self,
        keys: &[BlockKey],
        at_least: &HashMap<PropertyId, i64>,
    ) -> Option<HashMap<BlockKey, VersionedBlock>> {
        let mut found = HashMap::with_capacity(keys.len());
        let missing = self.ask_process(keys, at_least, &mut found);
        missing.is_empty().then(|| {
            count("process", "hit", found.len());
            found
        })
    }

    /// The blocks asked for; every key is answered.
    ///
    /// `at_least`: the event that an answer about a property must include (read your own write).
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn blocks(
        &self,
        keys: &[BlockKey],
        at_least: &HashMap<PropertyId, i64>,
    ) -> Result<HashMap<BlockKey, VersionedBlock>, DbErr> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut missing = self.ask_process(keys, at_least, &mut found);
        count("process", "hit", found.len());
        count("process", "miss", missing.len());
        if missing.is_empty() {
            return Ok(found);
        }
        let (flight, others) = self.join(&missing);
        let mine: Vec<BlockKey> = missing.iter().filter(|key| flight.mine.contains(key)).copied().collect();
        self.load(mine, at_least, &mut found).await?;
        // Land before waiting for others: two reads that want each other's blocks must not wait in a circle.
        drop(flight);
        for mut other in others {
            // Ends when the one who loads is done or gone, both within its own timeouts.
            let _ = other.changed().await;
        }
        missing.retain(|key| !found.contains_key(key));
        let left = self.ask_process(&missing, at_least, &mut found);
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
        let left = self.ask_redis(keys, at_least, found).await;
        if left.is_empty() { Ok(()) } else { self.ask_primary(&left, found).await }
    }

    /// Answers what this process has and gives back the rest.
    fn ask_process(
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

    async fn ask_redis(
        &self,
        keys: Vec<BlockKey>,
        at_least: &HashMap<PropertyId, i64>,
        found: &mut HashMap<BlockKey, VersionedBlock>,
    ) -> Vec<BlockKey> {
        // Redis may lag behind a commit by the hint's way; a node that hears no feed can't tell by how much.
        let Some(redis) = self.redis.as_ref().filter(|_| self.freshness.is_fresh()) else { return keys };
        let mut hits = 0;
        for (key, block) in redis.get(&keys).await {
            let seq = block.seq;
            let block = Arc::new(block);
            // Refused when this process knows of something newer: then the block may lack it.
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

    async fn ask_primary(&self, keys: &[BlockKey], found: &mut HashMap<BlockKey, VersionedBlock>) -> Result<(), DbErr> {
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
            if let Some(redis) = self.redis.clone().filter(RedisCache::is_up) {
                let seq = state.seq;
                // Nobody waits for the second level; the breaker bounds how many of these there can be.
                tokio::spawn(async move { redis.fill(property, seq, &blocks).await });
            }
        }
        Ok(())
    }

    fn join(&self, keys: &[BlockKey]) -> (InFlight<'_>, Vec<watch::Receiver<()>>) {
        let (landed, waiting) = watch::channel(());
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut mine, mut others) = (HashSet::new(), Vec::new());
        for key in keys {
            match flights.get(key) {
                Some(other) => others.push(other.clone()),
                None => {
                    flights.insert(*key, waiting.clone());
                    mine.insert(*key);
                }
            }
        }
        (InFlight { reader: self, mine, _landed: landed }, others)
    }

    /// Structure of these properties, if this process has all of it.
    pub fn structures_at_hand(&self, ids: &[PropertyId], at_least: &HashMap<PropertyId, i64>) -> Option<Structures> {
        let (found, missing) = self.kept_structures(ids, at_least);
        missing.is_empty().then_some(found)
    }

    /// Structure of the properties that exist among `ids`; two statements when cold, none when warm.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn structures(
        &self,
        ids: &[PropertyId],
        at_least: &HashMap<PropertyId, i64>,
    ) -> Result<Structures, DbErr> {
        let (mut found, missing) = self.kept_structures(ids, at_least);
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

    /// What this process has, and what it lacks with the epoch in which it was found lacking.
    fn kept_structures(
        &self,
        ids: &[PropertyId],
        at_least: &HashMap<PropertyId, i64>,
    ) -> (Structures, Vec<(PropertyId, u64)>) {
        let trusted = self.freshness.is_fresh();
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            let (kept, epoch) = self.process.structure(*id, at_least.get(id).copied().unwrap_or(0));
            match kept.filter(|_| trusted) {
                Some(structure) => {
                    found.insert(*id, structure);
                }
                None => missing.push((*id, epoch)),
            }
        }
        (found, missing)
    }
}

/// The blocks that one read loads; landing wakes whoever waits, also when the read is dropped half way.
struct InFlight<'a> {
    reader: &'a Reader,
    mine: HashSet<BlockKey>,
    _landed: watch::Sender<()>,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut flights = self.reader.flights.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.mine {
            flights.remove(key);
        }
    }
}
