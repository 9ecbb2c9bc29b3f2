//! The nights of a room type, as objects and as columns.

use std::collections::HashMap;

use async_graphql::{Context, Result, SimpleObject};
use chrono::NaiveDate;
use lodgate_entities::ids::RoomTypeId;

use super::access::{PropertyAccess, load_failed};
use super::enums::StockSource;
use super::error::bad_input;
use super::loaders::Loaders;
use super::scalars::Date;
use crate::cache::{BlockKey, Month, Source, VersionedBlock};
use crate::inventory::{self, Night, Pool, RoomType};

/// Most nights of one range.
const LONGEST: i64 = 1_096;

/// Selling rules of one level. A number that is not set does not bind.
#[derive(SimpleObject, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restrictions {
    /// Nothing may be sold on this night.
    pub stop_sell: bool,
    /// No stay may begin on this date.
    pub closed_to_arrival: bool,
    /// No stay may end on this date.
    pub closed_to_departure: bool,
    /// Fewest nights of a stay that begins here.
    pub min_stay_arrival: Option<i32>,
    /// Most nights of a stay that begins here.
    pub max_stay_arrival: Option<i32>,
    /// Fewest nights of a stay that includes this night.
    pub min_stay_through: Option<i32>,
    /// Most nights of a stay that includes this night.
    pub max_stay_through: Option<i32>,
    /// Fewest days between booking and arrival.
    pub min_advance_days: Option<i32>,
    /// Most days between booking and arrival.
    pub max_advance_days: Option<i32>,
}

impl From<inventory::Restrictions> for Restrictions {
    fn from(rules: inventory::Restrictions) -> Self {
        Self {
            stop_sell: rules.stop_sell,
            closed_to_arrival: rules.closed_to_arrival,
            closed_to_departure: rules.closed_to_departure,
            min_stay_arrival: rules.min_stay_arrival,
            max_stay_arrival: rules.max_stay_arrival,
            min_stay_through: rules.min_stay_through,
            max_stay_through: rules.max_stay_through,
            min_advance_days: rules.min_advance_days,
            max_advance_days: rules.max_advance_days,
        }
    }
}

/// A supplier's view of one pool on one night.
#[derive(SimpleObject, Clone, Debug)]
pub struct AllotmentNight {
    /// The stay date.
    pub date: Date,
    /// Rooms on sale; null is *not loaded*, which sells nothing and is not 0.
    pub allotted: Option<i32>,
    /// Rooms under a live hold.
    pub held: i32,
    /// Rooms under a confirmed reservation.
    pub sold: i32,
    /// Rooms given back at release.
    pub released: i32,
    /// Rooms received at release.
    pub released_in: i32,
    /// Rooms that are never released and never go below.
    pub guaranteed: i32,
    /// Rooms that can still be sold, never below 0.
    pub left_to_sell: i32,
    /// Rooms promised beyond what is on sale, never below 0.
    pub overcommitted_by: i32,
    /// Whether no more is left than the room type's `lowAt`.
    pub is_low: bool,
    /// The rules of this pool alone.
    pub restrictions: Restrictions,
    /// The rules of the room night, which bind everybody.
    pub night_restrictions: Restrictions,
    /// Most rooms held and sold over all pools; null is no limit.
    pub sell_limit: Option<i32>,
    /// The event up to which this is true.
    pub as_of_seq: i64,
    /// Where it came from.
    pub source: StockSource,
}

/// A supplier's view of one pool over a range: one array a measure, one place a night.
#[derive(SimpleObject, Clone, Debug)]
pub struct AllotmentCalendar {
    /// First night: the first place of every array.
    pub from: Date,
    /// Last night, included: the last place of every array.
    pub through: Date,
    /// Rooms on sale; null is not loaded.
    pub allotted: Vec<Option<i32>>,
    /// Rooms held.
    pub held: Vec<i32>,
    /// Rooms sold.
    pub sold: Vec<i32>,
    /// Rooms that can still be sold.
    pub left_to_sell: Vec<i32>,
    /// Rooms promised beyond what is on sale.
    pub overcommitted_by: Vec<i32>,
    /// Sales are stopped, at the room night or at this pool.
    pub stop_sell: Vec<bool>,
    /// No arrival, at the room night or at this pool.
    pub closed_to_arrival: Vec<bool>,
    /// No departure, at the room night or at this pool.
    pub closed_to_departure: Vec<bool>,
    /// Fewest nights by arrival; the pool's number where it sets one.
    pub min_stay_arrival: Vec<Option<i32>>,
    /// Most nights by arrival.
    pub max_stay_arrival: Vec<Option<i32>>,
    /// Fewest nights by presence.
    pub min_stay_through: Vec<Option<i32>>,
    /// Most nights by presence.
    pub max_stay_through: Vec<Option<i32>>,
    /// Most rooms over all pools.
    pub sell_limit: Vec<Option<i32>>,
    /// The event up to which this is true.
    pub as_of_seq: i64,
    /// Where it came from.
    pub source: StockSource,
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

/// A supplier's nights as objects.
pub fn as_objects(nights: &Nights, room_type: &RoomType, pool: Pool) -> Vec<AllotmentNight> {
    nights
        .iter()
        .map(|(date, night)| {
            let cell = night.pool(pool);
            AllotmentNight {
                date: Date(date),
                allotted: cell.allotted,
                held: cell.held,
                sold: cell.sold,
                released: cell.released,
                released_in: cell.released_in,
                guaranteed: cell.guaranteed,
                left_to_sell: cell.left_to_sell(),
                overcommitted_by: cell.overcommitted_by(),
                is_low: cell.left_to_sell() <= room_type.low_at,
                restrictions: cell.restrictions.into(),
                night_restrictions: night.room.restrictions.into(),
                sell_limit: night.room.sell_limit,
                as_of_seq: nights.seq,
                source: nights.source.into(),
            }
        })
        .collect()
}

/// A supplier's nights as columns.
pub fn as_columns(nights: &Nights, pool: Pool) -> AllotmentCalendar {
    let cells: Vec<_> = nights
        .iter()
        .map(|(_, night)| {
            (night.pool(pool), night.room.restrictions.overlaid_by(&night.pool(pool).restrictions), night.room)
        })
        .collect();
    AllotmentCalendar {
        from: Date(nights.from),
        through: Date(nights.through),
        allotted: cells.iter().map(|(cell, ..)| cell.allotted).collect(),
        held: cells.iter().map(|(cell, ..)| cell.held).collect(),
        sold: cells.iter().map(|(cell, ..)| cell.sold).collect(),
        left_to_sell: cells.iter().map(|(cell, ..)| cell.left_to_sell()).collect(),
        overcommitted_by: cells.iter().map(|(cell, ..)| cell.overcommitted_by()).collect(),
        stop_sell: cells.iter().map(|(_, rules, _)| rules.stop_sell).collect(),
        closed_to_arrival: cells.iter().map(|(_, rules, _)| rules.closed_to_arrival).collect(),
        closed_to_departure: cells.iter().map(|(_, rules, _)| rules.closed_to_departure).collect(),
        min_stay_arrival: cells.iter().map(|(_, rules, _)| rules.min_stay_arrival).collect(),
        max_stay_arrival: cells.iter().map(|(_, rules, _)| rules.max_stay_arrival).collect(),
        min_stay_through: cells.iter().map(|(_, rules, _)| rules.min_stay_through).collect(),
        max_stay_through: cells.iter().map(|(_, rules, _)| rules.max_stay_through).collect(),
        sell_limit: cells.iter().map(|(_, _, room)| room.sell_limit).collect(),
        as_of_seq: nights.seq,
        source: nights.source.into(),
    }
}
