//! What a supplier should look at first.

use super::{Failure, NightTotal};
use crate::{
    dates::Day,
    ids::{HotelId, RoomTypeId},
    session::Session,
};

/// Why nights need a look, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttentionKind {
    /// More rooms are promised than there are on sale.
    Overcommitted,
    /// Rooms were on sale and none is left.
    SoldOut,
    /// Few are left.
    Low,
    /// Sales are stopped.
    StopSell,
}

/// Consecutive nights of one room type that need a look for the same reason.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionItem {
    /// Why.
    pub kind: AttentionKind,
    /// The room type.
    pub room_type: RoomTypeId,
    /// Its code.
    pub room_code: String,
    /// Its name.
    pub room_name: String,
    /// Code of the contract whose own rooms it is about; none is the shared pool.
    pub contract: Option<String>,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// How many nights.
    pub nights: u32,
    /// Fewest rooms left on any of them.
    pub least_left: u32,
    /// Most rooms promised beyond what is on sale on one of them.
    pub rooms_over: u32,
}

/// Room nights sold and given back within one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PickupHour {
    /// Sold.
    pub sold: u32,
    /// Given back.
    pub cancelled: u32,
}

/// What partners took and gave back lately.
#[derive(Clone, Debug, PartialEq)]
pub struct Pickup {
    /// Room nights sold less given back.
    pub net: i32,
    /// Room nights sold.
    pub sold: u32,
    /// Room nights given back.
    pub cancelled: u32,
    /// Hour by hour, oldest first.
    pub hours: Vec<PickupHour>,
}

/// The first page of one hotel, read at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Today {
    /// What needs a look in the next 30 nights, most urgent first.
    pub attention: Vec<AttentionItem>,
    /// 365 nights from the business date on.
    pub totals: Vec<NightTotal>,
    /// The last 24 hours.
    pub pickup: Pickup,
}

/// The first page of a hotel whose business date is `today`.
pub async fn today(session: Session, hotel: &HotelId, today: Day) -> Result<Today, Failure> {
    let _ = (session, hotel, today);
    Err(Failure::Unreachable)
}
