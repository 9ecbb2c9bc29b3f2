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
    /// Rooms guaranteed to the contract: never released, and `allotted` never goes below them.
    pub guaranteed: i32,
    /// Rooms that can still be sold, never below 0.
    pub left_to_sell: i32,
    /// Rooms held and sold beyond those on sale, never below 0.
    pub overcommitted_by: i32,
    /// `true` when no more rooms are left to sell than the room type's `lowAt`.
    pub is_low: bool,
    /// The rules of this pool alone.
    pub restrictions: Restrictions,
    /// The rules of the room night, which bind every pool.
    pub night_restrictions: Restrictions,
    /// Most rooms held and sold over all pools; null is no limit.
    pub sell_limit: Option<i32>,
    /// Number of the latest stock event that is included.
    pub as_of_seq: i64,
    /// The source of the values.
    pub source: StockSource,
}

/// A supplier's view of one pool over a range: one array per value, one element per night.
#[derive(SimpleObject, Clone, Debug)]
pub struct AllotmentCalendar {
    /// First night: the first element of every array.
    pub from: Date,
    /// Last night, included: the last element of every array.
    pub through: Date,
    /// Rooms on sale; null is not loaded.
    pub allotted: Vec<Option<i32>>,
    /// Rooms held.
    pub held: Vec<i32>,
    /// Rooms sold.
    pub sold: Vec<i32>,
    /// Rooms that can still be sold.
    pub left_to_sell: Vec<i32>,
    /// Rooms held and sold beyond those on sale.
    pub overcommitted_by: Vec<i32>,
    /// Sales are stopped: set at the room night or at this pool.
    pub stop_sell: Vec<bool>,
    /// No stay may begin on this date: set at the room night or at this pool.
    pub closed_to_arrival: Vec<bool>,
    /// No stay may end on this date: set at the room night or at this pool.
    pub closed_to_departure: Vec<bool>,
    /// Fewest nights of a stay that begins on this date; the pool's value where it sets one.
    pub min_stay_arrival: Vec<Option<i32>>,
    /// Most nights of a stay that begins on this date.
    pub max_stay_arrival: Vec<Option<i32>>,
    /// Fewest nights of a stay that includes this night.
    pub min_stay_through: Vec<Option<i32>>,
    /// Most nights of a stay that includes this night.
    pub max_stay_through: Vec<Option<i32>>,
    /// Most rooms over all pools.
    pub sell_limit: Vec<Option<i32>>,
    /// Number of the latest stock event that is included.
    pub as_of_seq: i64,
    /// The source of the values.
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

/// A count: exactly one of these fields.
#[derive(OneofObject, Clone, Debug)]
pub enum CountInput {
    /// Rooms on sale, held and sold rooms included; 0 to 10,000.
    Allotted(i32),
    /// Rooms left to sell, held and sold rooms excluded; 0 to 10,000.
    LeftToSell(i32),
    /// `true`: takes the night off sale (*not loaded*), which is not the same as 0.
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
    /// Only these weekdays; absent means all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// The count.
    pub count: CountInput,
    /// Expected current `allotted`. Any other stored value is refused as `CONFLICT`. A sale in between is no conflict.
    pub expected_allotted: Option<i32>,
    /// `true`: the night is expected not to be loaded. A loaded night is refused as `CONFLICT`.
    #[graphql(default)]
    pub expected_not_loaded: bool,
}

/// Sets how many rooms are on sale.
#[derive(InputObject, Clone, Debug)]
pub struct SetAllotmentsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges. Ranges of one pool must not overlap.
    pub changes: Vec<AllotmentChange>,
    /// Accept fewer rooms than are held and sold.
    #[graphql(default)]
    pub allow_overcommit: bool,
    /// Handling of cells that conflict.
    #[graphql(default)]
    pub on_conflict: OnConflict,
    /// Id that the caller makes. It groups several calls, also over several properties, into one change set for the
    /// history and for undo.
    pub change_set_id: Option<Uuid>,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: Option<String>,
    /// Reason, shown in the history; at most 500 characters.
    pub reason: Option<String>,
    /// The caller's own reference, shown in the history; at most 500 characters.
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
    /// Only these weekdays; absent means all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// Rooms to add; negative to take away.
    pub adjust_by: i32,
    /// Expected current `allotted`. Any other stored value is refused as `CONFLICT`.
    pub expected_allotted: Option<i32>,
}

/// Adjusts how many rooms are on sale.
#[derive(InputObject, Clone, Debug)]
pub struct AdjustAllotmentsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges. Ranges of one pool must not overlap.
    pub changes: Vec<AllotmentAdjustment>,
    /// Accept fewer rooms than are held and sold.
    #[graphql(default)]
    pub allow_overcommit: bool,
    /// Handling of cells that conflict.
    #[graphql(default)]
    pub on_conflict: OnConflict,
    /// Id that the caller makes. It groups several calls into one change set.
    pub change_set_id: Option<Uuid>,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: String,
    /// Reason, shown in the history; at most 500 characters.
    pub reason: Option<String>,
    /// The caller's own reference, shown in the history; at most 500 characters.
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
                return Err(bad_input("changes.count.notLoaded", "give true, or a count"));
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
    let Some(access) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = input.idempotency_key.clone().map(|text| (text, hash("setAllotments", &input)));
    let changes = input.changes.iter().map(|change| change.to_change(access.id())).collect::<Result<_>>()?;
    let set = SetCounts {
        changes,
        allow_overcommit: input.allow_overcommit,
        skip_conflicts: input.on_conflict == OnConflict::Skip,
        relative: false,
    };
    let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
    submit(ctx, access, Action::SetCounts(set), note, key).await.map(StockPayload)
}

/// Adds rooms to those on sale, or takes rooms away.
pub(super) async fn adjust_allotments(ctx: &Context<'_>, input: AdjustAllotmentsInput) -> Result<StockPayload> {
    let Some(access) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = Some((input.idempotency_key.clone(), hash("adjustAllotments", &input)));
    let changes = input.changes.iter().map(|change| change.to_change(access.id())).collect::<Result<_>>()?;
    let set = SetCounts {
        changes,
        allow_overcommit: input.allow_overcommit,
        skip_conflicts: input.on_conflict == OnConflict::Skip,
        relative: true,
    };
    let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
    submit(ctx, access, Action::SetCounts(set), note, key).await.map(StockPayload)
}
