//! A property and its room types.

use super::{
    dates::{Day, Weekday},
    ids::{PropertyId, RoomTypeId},
};

/// One property.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Opaque id; unlike the code it never changes.
    pub id: PropertyId,
    /// Short name, chosen by the supplier.
    pub code: String,
    /// Name.
    pub name: String,
    /// Town or district.
    pub place: String,
    /// IANA name of the property's time zone.
    pub time_zone: String,
    /// Tonight's stay date at the property, the first that can be changed.
    pub business_date: Day,
    /// Weekdays whose nights are weekend nights.
    pub weekend_days: Vec<Weekday>,
    /// Its room types, sorted by code.
    pub room_types: Vec<RoomType>,
}

/// A room type of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomType {
    /// Opaque id.
    pub id: RoomTypeId,
    /// Short name, chosen by the supplier.
    pub code: String,
    /// Name, shown to guests.
    pub name: String,
    /// Number of rooms of this type at the property.
    pub physical_rooms: u32,
    /// Maximum number of guests per room.
    pub max_occupancy: u32,
    /// A night with at most this many rooms left is low.
    pub low_at: u32,
}
