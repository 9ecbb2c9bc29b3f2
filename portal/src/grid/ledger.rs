//! What the gateway told about every night, and what of it changed.

use super::{cell::Cell, place::Place};
use crate::{
    dates::Day,
    ids::{HotelId, RoomTypeId},
};

/// What the feed of live changes tells the calendar.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Nights as they are after event `seq` of the hotel, or as a snapshot has them.
    Cells {
        /// The event up to which they are true.
        seq: u64,
        /// The nights, of the shared pool only.
        cells: Vec<(Place, Cell)>,
        /// Whether they are a state told at the start of a stream, which nobody needs to be alerted to.
        is_snapshot: bool,
        /// Who changed them.
        actor: Option<String>,
        /// The gesture that changed them.
        change_set: Option<String>,
    },
    /// Too many nights changed to be told: read them anew.
    Range {
        /// The hotel.
        hotel: HotelId,
        /// Its room types.
        room_types: Vec<RoomTypeId>,
        /// First night.
        from: Day,
        /// Last night, included.
        through: Day,
    },
    /// The hotel's room types changed, or something may have been missed: read it anew.
    Anew(Option<HotelId>),
}
