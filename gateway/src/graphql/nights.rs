//! The nights of a room type, out of cached blocks.

use std::collections::HashMap;

use async_graphql::{Context, Enum, Result};
use chrono::NaiveDate;
use lodgate_entities::ids::RoomTypeId;

use super::access::{PropertyAccess, load_failed};
use super::error::bad_input;
use super::loaders::Loaders;
use super::scalars::Date;
use crate::cache::{BlockKey, Month, Source, VersionedBlock};
use crate::inventory::Night;

/// Most nights of one range.
const LONGEST: i64 = 1_096;

/// Where the numbers of an answer came from.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "Source")]
pub enum StockSource {
    /// The memory of this node, kept current by the feed.
    #[graphql(name = "PROCESS_CACHE")]
    Process,
    /// Redis.
    #[graphql(name = "REDIS_CACHE")]
    Redis,
    /// The database.
    Primary,
}

/// The nights of a range, out of blocks.
pub struct Nights {
    blocks: HashMap<Month, VersionedBlock>,
    /// First night.
    pub from: NaiveDate,
    /// Last night, included.
    pub through: NaiveDate,
    /// The event up to which all of them are true.
    pub seq: i64,
    /// The farthest place that any of them came from.
    pub source: Source,
}

static EMPTY: std::sync::LazyLock<Night> = std::sync::LazyLock::new(Night::default);

impl Nights {
    /// One night of the range.
    pub fn night(&self, date: NaiveDate) -> &Night {
        self.blocks.get(&Month::of(date)).and_then(|stocked| stocked.block.night(date)).unwrap_or(&EMPTY)
    }

    /// Every night, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (NaiveDate, &Night)> {
        self.from.iter_days().take_while(|date| *date <= self.through).map(|date| (date, self.night(date)))
    }
}

/// The range of two arguments.
///
/// # Errors
/// `BAD_USER_INPUT` when it is reversed or too long.
pub fn range(from: Date, through: Date) -> Result<(NaiveDate, NaiveDate)> {
    let nights = (through.0 - from.0).num_days() + 1;
    if nights < 1 {
        Err(bad_input("through", "must not lie before from"))
    } else if nights > LONGEST {
        Err(bad_input("through", format!("a range has at most {LONGEST} nights, not {nights}")))
    } else {
        Ok((from.0, through.0))
    }
}

/// Loads the nights of a room type. Siblings share one batch.
///
/// # Errors
/// When the database can't be reached.
pub async fn load(
    ctx: &Context<'_>,
    seen: &PropertyAccess,
    room_type: RoomTypeId,
    from: NaiveDate,
    through: NaiveDate,
    at_least: i64,
) -> Result<Nights> {
    let property = seen.id();
    let keys: Vec<_> =
        Month::range(from, through).map(|month| (BlockKey { property, room_type, month }, at_least)).collect();
    let loaded = ctx.data::<Loaders>()?.blocks.load_many(keys).await;
    let mut nights = Nights { blocks: HashMap::new(), from, through, seq: i64::MAX, source: Source::Process };
    for ((key, _), found) in loaded {
        if let Some(stocked) = found.map_err(|failure| load_failed(&failure))? {
            nights.seq = nights.seq.min(stocked.seq);
            nights.source = nights.source.max(stocked.source);
            nights.blocks.insert(key.month, stocked);
        }
    }
    Ok(nights)
}
