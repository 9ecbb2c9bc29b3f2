//! Nights of the shared pool, one by one and as totals of the house.

use super::Failure;
use crate::{
    dates::Day,
    grid::cell::Cell,
    ids::{HotelId, RoomTypeId},
    session::Session,
};

/// Consecutive nights of one room type.
#[derive(Clone, Debug, PartialEq)]
pub struct Nights {
    /// The room type.
    pub room_type: RoomTypeId,
    /// The event of the hotel up to which they are true.
    pub seq: u64,
    /// One a night, from the first asked for through the last.
    pub cells: Vec<Cell>,
}

/// The house of one night, all room types of the shared pool together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightTotal {
    /// The stay date.
    pub date: Day,
    /// Rooms on sale.
    pub allotted: u32,
    /// Rooms held.
    pub held: u32,
    /// Rooms sold.
    pub sold: u32,
    /// Rooms that can still be sold.
    pub left: u32,
    /// Rooms promised beyond what is on sale.
    pub over: u32,
    /// Room types that are low.
    pub low_room_types: u32,
    /// Room types that are sold out.
    pub sold_out_room_types: u32,
    /// Room types of which sales are stopped.
    pub stopped_room_types: u32,
}

/// The shared pool of every room type of one hotel, both ends included, at most 1,096 nights. `at_least`: a cursor of
/// one's own write that the answer must not be older than.
pub async fn nights(
    session: Session,
    hotel: &HotelId,
    from: Day,
    through: Day,
    at_least: Option<&str>,
) -> Result<Vec<Nights>, Failure> {
    let _ = (session, hotel, from, through, at_least);
    Err(Failure::Unreachable)
}

/// Totals by night, both ends included, at most 1,096.
pub async fn night_totals(
    session: Session,
    hotel: &HotelId,
    from: Day,
    through: Day,
) -> Result<Vec<NightTotal>, Failure> {
    let _ = (session, hotel, from, through);
    Err(Failure::Unreachable)
}
