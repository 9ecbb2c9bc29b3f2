//! Rooms on sale: a supplier's view of a pool, as objects and as columns, and the mutations that set them.

use async_graphql::{Context, ID, InputObject, OneofObject, Result, SimpleObject};
use lodgate_entities::ids::PropertyId;
use uuid::Uuid;

use super::access::own_property;
use super::change_set::{OnConflict, StockPayload};
use super::error::bad_input;
use super::mutation_result::unknown;
use super::nights::{Nights, StockSource};
use super::pool::{PoolInput, pool};
use super::restriction::Restrictions;
use super::scalars::{Date, room_type_id};
use super::submit::{ChangeNote, hash, submit};
use super::weekday::{Weekday, date_range};
use crate::inventory::command::{CountChange, CountOp, SetCounts};
use crate::inventory::{Action, Pool, RoomType};

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

/// How a count is given: exactly one of these.
#[derive(OneofObject, Clone, Debug)]
pub enum CountInput {
    /// Rooms on sale, what is sold included; 0 to 10,000.
    Allotted(i32),
    /// Rooms still to sell, what is sold excluded; 0 to 10,000.
    LeftToSell(i32),
    /// `true`: not on sale at all, which is not the same as 0.
    NotLoaded(bool),
}

/// Counts on one range of one pool.
#[derive(InputObject, Clone, Debug)]
pub struct AllotmentChange {
    /// The room type.
    pub room_type_id: ID,
    /// The pool.
    pub pool: PoolInput,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Only these weekdays; absent is all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// The count.
    pub count: CountInput,
    /// The `allotted` that you believe you replace; if it moved, `CONFLICT`. A sale in between is no conflict.
    pub expected_allotted: Option<i32>,
    /// `true`: you believe to replace nothing, as the night is not loaded; if it is, `CONFLICT`.
    #[graphql(default)]
    pub expected_not_loaded: bool,
}

/// Sets how many rooms are on sale.
#[derive(InputObject, Clone, Debug)]
pub struct SetAllotmentsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges; those of one pool must not overlap.
    pub changes: Vec<AllotmentChange>,
    /// Accept fewer rooms than are held and sold.
    #[graphql(default)]
    pub allow_overcommit: bool,
    /// What to do about cells that conflict.
    #[graphql(default)]
    pub on_conflict: OnConflict,
    /// Made by you: groups the calls of one gesture, also over several properties, for history and undo.
    pub change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// Why, for the history.
    pub reason: Option<String>,
    /// Your own reference, for the history.
    pub reference: Option<String>,
}

/// More or fewer rooms on one range of one pool.
#[derive(InputObject, Clone, Debug)]
pub struct AllotmentAdjustment {
    /// The room type.
    pub room_type_id: ID,
    /// The pool.
    pub pool: PoolInput,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Only these weekdays; absent is all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// Rooms to add; negative to take away.
    pub adjust_by: i32,
    /// The `allotted` that you believe you adjust; if it moved, `CONFLICT`.
    pub expected_allotted: Option<i32>,
}

/// Adjusts how many rooms are on sale.
#[derive(InputObject, Clone, Debug)]
pub struct AdjustAllotmentsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges; those of one pool must not overlap.
    pub changes: Vec<AllotmentAdjustment>,
    /// Accept fewer rooms than are held and sold.
    #[graphql(default)]
    pub allow_overcommit: bool,
    /// What to do about cells that conflict.
    #[graphql(default)]
    pub on_conflict: OnConflict,
    /// Made by you: groups the calls of one gesture.
    pub change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Why, for the history.
    pub reason: Option<String>,
    /// Your own reference, for the history.
    pub reference: Option<String>,
}

impl AllotmentChange {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a choice of `false`.
    pub fn to_change(&self, property: PropertyId) -> Result<CountChange> {
        let op = match self.count {
            CountInput::Allotted(rooms) => CountOp::Allotted(rooms),
            CountInput::LeftToSell(rooms) => CountOp::LeftToSell(rooms),
            CountInput::NotLoaded(true) => CountOp::NotLoaded,
            CountInput::NotLoaded(false) => {
                return Err(bad_input("changes.count.notLoaded", "say true, or give a count"));
            }
        };
        Ok(CountChange {
            room_type: room_type_id(property, &self.room_type_id),
            pool: pool(property, &self.pool, "changes.pool.shared")?,
            range: date_range(self.from, self.through, self.days_of_week.as_deref()),
            op,
            expected_allotted: match (self.expected_allotted, self.expected_not_loaded) {
                (Some(_), true) => {
                    return Err(bad_input("changes.expectedNotLoaded", "expect a number or not loaded, not both"));
                }
                (None, true) => Some(None),
                (rooms, false) => rooms.map(Some),
            },
        })
    }
}

impl AllotmentAdjustment {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a choice of `false`.
    pub fn to_change(&self, property: PropertyId) -> Result<CountChange> {
        Ok(CountChange {
            room_type: room_type_id(property, &self.room_type_id),
            pool: pool(property, &self.pool, "changes.pool.shared")?,
            range: date_range(self.from, self.through, self.days_of_week.as_deref()),
            op: CountOp::AdjustBy(self.adjust_by),
            expected_allotted: self.expected_allotted.map(Some),
        })
    }
}

/// Sets how many rooms are on sale.
pub(super) async fn set_allotments(ctx: &Context<'_>, input: SetAllotmentsInput) -> Result<StockPayload> {
    let Some(seen) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = input.idempotency_key.clone().map(|text| (text, hash("setAllotments", &input)));
    let changes = input.changes.iter().map(|change| change.to_change(seen.id())).collect::<Result<_>>()?;
    let set = SetCounts {
        changes,
        allow_overcommit: input.allow_overcommit,
        skip_conflicts: input.on_conflict == OnConflict::Skip,
        relative: false,
    };
    let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
    submit(ctx, seen, Action::SetCounts(set), note, key).await.map(StockPayload)
}

/// Adds rooms to those on sale, or takes rooms away.
pub(super) async fn adjust_allotments(ctx: &Context<'_>, input: AdjustAllotmentsInput) -> Result<StockPayload> {
    let Some(seen) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = Some((input.idempotency_key.clone(), hash("adjustAllotments", &input)));
    let changes = input.changes.iter().map(|change| change.to_change(seen.id())).collect::<Result<_>>()?;
    let set = SetCounts {
        changes,
        allow_overcommit: input.allow_overcommit,
        skip_conflicts: input.on_conflict == OnConflict::Skip,
        relative: true,
    };
    let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
    submit(ctx, seen, Action::SetCounts(set), note, key).await.map(StockPayload)
}
