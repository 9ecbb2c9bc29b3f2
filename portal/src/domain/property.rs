//! A property and its room types.

use super::{
    dates::{Day, Weekday},
    ids::{PropertyId, RoomTypeId},
};

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Opaque; unlike the code it never changes.
    pub id: PropertyId,
    /// The supplier's own short name.
    pub code: String,
    /// The name on the door.
    pub name: String,
    /// Town or quarter.
    pub place: String,
    /// IANA name of the zone in which the property's nights begin.
    pub time_zone: String,
    /// The stay date that is "tonight" at the property: the first that can be changed.
    pub business_date: Day,
    /// Days whose nights count as weekend here.
    pub weekend_days: Vec<Weekday>,
    /// Its room types, by code.
    pub room_types: Vec<RoomType>,
}

/// One kind of room.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomType {
    /// Opaque.
    pub id: RoomTypeId,
    /// The supplier's own short name.
    pub code: String,
    /// The name guests read.
    pub name: String,
    /// Rooms of this kind in the house.
    pub physical_rooms: u32,
    /// Guests one room takes.
    pub max_occupancy: u32,
    /// This many left or fewer is low.
    pub low_at: u32,
}
