//! Inputs about how many rooms are on sale.

use async_graphql::{ID, InputObject, OneofObject, Result};
use lodgate_entities::ids::PropertyId;
use uuid::Uuid;

use super::{pool, range, room_type_id};
use crate::graphql::enums::{OnConflict, Weekday};
use crate::graphql::error::bad_input;
use crate::graphql::room_type::PoolInput;
use crate::graphql::scalars::Date;
use crate::inventory::command::{CountChange, CountOp};

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
            range: range(self.from, self.through, self.days_of_week.as_deref()),
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
            range: range(self.from, self.through, self.days_of_week.as_deref()),
            op: CountOp::AdjustBy(self.adjust_by),
            expected_allotted: self.expected_allotted.map(Some),
        })
    }
}
