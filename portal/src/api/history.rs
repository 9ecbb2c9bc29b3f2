//! What happened: the journal of a hotel, newest first, whole or of one night.

use super::Failure;
use crate::{
    dates::Day,
    ids::{HotelId, RoomTypeId},
    session::Session,
};

/// What an event came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Cause {
    AdjustAllotments,
    SetAllotments,
    SetRestrictions,
    Undo,
    Hold,
    Extend,
    Confirm,
    Book,
    Cancel,
    Expire,
    /// A property, room type or contract was made or changed.
    Structure,
    /// One that this portal does not know yet.
    Other,
}

impl Cause {
    /// Whether a supplier did it to the calendar, so that it can be taken back.
    pub fn is_gesture(self) -> bool {
        matches!(self, Self::AdjustAllotments | Self::SetAllotments | Self::SetRestrictions | Self::Undo)
    }
}

/// One value of one night, before and after. Flags are 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueChange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// The night.
    pub date: Day,
    /// The measure as the schema writes it: `allotted`, `held`, `sold`, `stopSell`, …
    pub measure: String,
    /// Code of the contract whose own rooms they are; none for the shared pool and for the whole room night.
    pub contract: Option<String>,
    /// What it was; none is not set.
    pub before: Option<i32>,
    /// What it is.
    pub after: Option<i32>,
}

/// One committed change of the hotel.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its number at the hotel.
    pub seq: u64,
    /// When it was committed: milliseconds since 1970.
    pub at_ms: f64,
    /// What it came from.
    pub cause: Cause,
    /// A person's address, a machine's label, a partner's machine, or `system`.
    pub actor: String,
    /// As the caller gave it.
    pub reason: Option<String>,
    /// The gesture it belongs to, by which it can be taken back.
    pub change_set: Option<String>,
    /// The reservation's locator, where it is about one.
    pub locator: Option<String>,
    /// Every value it changed.
    pub changes: Vec<ValueChange>,
}

/// A page of the history, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The events.
    pub events: Vec<Event>,
    /// Give it as `before` for the next page; none at the end.
    pub next: Option<u64>,
}

/// The newest events below `before` of a hotel, or of one night of one of its room types; at most `first`, up to 100.
pub async fn history(
    session: Session,
    hotel: &HotelId,
    night: Option<(&RoomTypeId, Day)>,
    before: Option<u64>,
    first: u32,
) -> Result<History, Failure> {
    let _ = (session, hotel, night, before, first);
    Err(Failure::Unreachable)
}
