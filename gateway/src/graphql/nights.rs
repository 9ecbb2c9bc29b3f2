//! The nights of a room type, read from cached blocks.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Result};
use chrono::NaiveDate;
use lodgate_entities::ids::RoomTypeId;

use super::access::{PropertyAccess, load_failed};
use super::error::bad_argument;
use super::loaders::Loaders;
use super::scalars::Date;
use crate::cache::{BlockKey, Month, Source, VersionedBlock};
use crate::inventory::Night;
use crate::inventory::calendar::range_problem;

/// The source of stock values.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Source")]
pub enum StockSource {
    /// The memory of this node, which the feed keeps up to date.
    #[graphql(name = "PROCESS_CACHE")]
    Process,
    /// Redis.
    #[graphql(name = "REDIS_CACHE")]
    Redis,
    /// The database.
    Primary,
}

/// The nights of a range.
pub struct Nights {
    blocks: HashMap<Month, VersionedBlock>,
    /// First night.
    pub from: NaiveDate,
    /// Last night, included.
    pub through: NaiveDate,
    /// The latest event that all nights include.
    pub seq: i64,
    /// The slowest source that any night came from.
    pub source: Source,
}

static EMPTY: std::sync::LazyLock<Night> = std::sync::LazyLock::new(Night::default);

impl Nights {
    /// One night of the range.
    pub fn night(&self, date: NaiveDate) -> &Night {
        self.blocks.get(&Month::of(date)).and_then(|block| block.block.night(date)).unwrap_or(&EMPTY)
    }

    /// Every night, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (NaiveDate, &Night)> {
        self.from.iter_days().take_while(|date| *date <= self.through).map(|date| (date, self.night(date)))
    }
}

/// The range of the arguments `from` and `through`.
///
/// # Errors
/// `BAD_USER_INPUT` when it is reversed or too long.
pub fn range(from: Date, through: Date) -> Result<(NaiveDate, NaiveDate)> {
    match range_problem(from.0, through.0) {
        Some(problem) => Err(bad_argument("", &problem)),
        None => Ok((from.0, through.0)),
    }
}

/// Loads the nights of a room type. Siblings share one batch.
///
/// # Errors
/// When the database cannot be reached.
pub async fn load(
    ctx: &Context<'_>,
    access: &PropertyAccess,
    room_type: RoomTypeId,
    from: NaiveDate,
    through: NaiveDate,
    at_least: i64,
) -> Result<Nights> {
    let property = access.id();
    let keys: Vec<_> =
        Month::range(from, through).map(|month| (BlockKey { property, room_type, month }, at_least)).collect();
    let loaded = ctx.data::<Loaders>()?.blocks.load_many(keys).await;
    let mut nights = Nights { blocks: HashMap::new(), from, through, seq: i64::MAX, source: Source::Process };
    for ((key, _), found) in loaded {
        if let Some(block) = found.map_err(|failure| load_failed(&failure))? {
            nights.seq = nights.seq.min(block.seq);
            nights.source = nights.source.max(block.source);
            nights.blocks.insert(key.month, block);
        }
    }
    Ok(nights)
}
