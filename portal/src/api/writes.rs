//! Changes of the calendar, each atomic for its hotel.

use super::Failure;
use crate::{
    dates::Day,
    grid::cell::Value,
    grid::place::Measure,
    ids::{HotelId, RoomTypeId},
    session::Session,
};

/// How a range's rooms on sale are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Rooms on sale; none takes the nights off sale.
    Allotted(Option<u32>),
    /// So many more, or fewer, whatever is there now.
    Adjust(i32),
}

/// New rooms on sale for consecutive nights of the shared pool.
#[derive(Clone, Debug, PartialEq)]
pub struct AllotmentRange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// What is to become of them.
    pub count: Count,
    /// Rooms on sale that this replaces: if another number stands there, nothing is written. Outer none: don't care.
    pub expected: Option<Option<u32>>,
}

/// A new value of one restriction for consecutive nights, for everybody.
#[derive(Clone, Debug, PartialEq)]
pub struct RestrictionRange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// Which restriction; never the allotment.
    pub measure: Measure,
    /// Its new value: a flag for flags, a number or none for the others.
    pub value: Value,
    /// The value that this replaces: if another one stands there, nothing is written. None: don't care.
    pub expected: Option<Value>,
}

/// A night that stands in the way, or the whole request where there is no night.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Which room type.
    pub room_type: Option<RoomTypeId>,
    /// Which night.
    pub date: Option<Day>,
    /// `CONFLICT`, `BELOW_SOLD`, `BELOW_GUARANTEED`, `CELLS_MOVED`, `REFUSED`, …
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// What stands there now, where something else was expected.
    pub current: Option<i32>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is stored.
    Written {
        /// Number of the event; none where nothing had to change.
        seq: Option<u64>,
        /// Cells that changed.
        changed: u32,
        /// Give it to reads: they will not be older.
        cursor: Option<String>,
    },
    /// Nothing was written, for these reasons.
    Refused(Vec<Refused>),
}

/// Sets or adjusts rooms on sale; all ranges or none. Ranges must not overlap. All are absolute, or all are `Adjust`.
/// `key` makes a repeated call count once.
pub async fn set_allotments(
    session: Session,
    hotel: &HotelId,
    ranges: &[AllotmentRange],
    allow_overcommit: bool,
    change_set: &str,
    key: &str,
) -> Result<Outcome, Failure> {
    let _ = (session, hotel, ranges, allow_overcommit, change_set, key);
    Err(Failure::Unreachable)
}

/// Sets and clears restrictions; all ranges or none.
pub async fn set_restrictions(
    session: Session,
    hotel: &HotelId,
    ranges: &[RestrictionRange],
    change_set: &str,
    key: &str,
) -> Result<Outcome, Failure> {
    let _ = (session, hotel, ranges, change_set, key);
    Err(Failure::Unreachable)
}

/// Takes a change set back, unless its cells were changed again since. The undo is itself a change set: `as_change_set`,
/// by which it can be taken back in turn.
pub async fn undo_change_set(
    session: Session,
    hotel: &HotelId,
    change_set: &str,
    as_change_set: &str,
    key: &str,
) -> Result<Outcome, Failure> {
    let _ = (session, hotel, change_set, as_change_set, key);
    Err(Failure::Unreachable)
}
