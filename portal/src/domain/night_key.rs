//! Keys of the calendar: a night of a room type, and one field of it.

use serde::{Deserialize, Serialize};

use super::{
    dates::Day,
    ids::{PropertyId, RoomTypeId},
};

/// One night of one room type in the shared pool.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct NightKey {
    /// The property.
    pub property: PropertyId,
    /// Its room type.
    pub room_type: RoomTypeId,
    /// The stay date.
    pub date: Day,
}

/// What a row of the calendar shows, in the order of the rows below a room type.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Field {
    /// Rooms on sale, and with them what is sold and left.
    Allotment,
    /// Nothing may be sold.
    StopSell,
    /// Fewest nights of a stay that begins here.
    MinStayArrival,
    /// Most nights of a stay that begins here.
    MaxStayArrival,
    /// Fewest nights of a stay over this night.
    MinStayThrough,
    /// Most nights of a stay over this night.
    MaxStayThrough,
    /// No stay may begin.
    ClosedToArrival,
    /// No stay may end.
    ClosedToDeparture,
}

impl Field {
    /// Every restriction, in the order of the rows.
    pub const RESTRICTIONS: [Self; 7] = [
        Self::StopSell,
        Self::MinStayArrival,
        Self::MaxStayArrival,
        Self::MinStayThrough,
        Self::MaxStayThrough,
        Self::ClosedToArrival,
        Self::ClosedToDeparture,
    ];

    /// The name in the page, used by the style sheets and browser tests.
    pub fn key(self) -> &'static str {
        match self {
            Self::Allotment => "allotment",
            Self::StopSell => "stop-sell",
            Self::MinStayArrival => "min-stay-arrival",
            Self::MaxStayArrival => "max-stay-arrival",
            Self::MinStayThrough => "min-stay-through",
            Self::MaxStayThrough => "max-stay-through",
            Self::ClosedToArrival => "closed-to-arrival",
            Self::ClosedToDeparture => "closed-to-departure",
        }
    }

    /// The measure of this name.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Allotment].into_iter().chain(Self::RESTRICTIONS).find(|field| field.key() == key)
    }

    /// The measure that the interface calls so.
    pub fn from_schema(name: &str) -> Option<Self> {
        Some(match name {
            "allotted" => Self::Allotment,
            "stopSell" => Self::StopSell,
            "minStayArrival" => Self::MinStayArrival,
            "maxStayArrival" => Self::MaxStayArrival,
            "minStayThrough" => Self::MinStayThrough,
            "maxStayThrough" => Self::MaxStayThrough,
            "closedToArrival" => Self::ClosedToArrival,
            "closedToDeparture" => Self::ClosedToDeparture,
            _ => return None,
        })
    }

    /// The name at the head of its row.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allotment => "Allotment",
            Self::StopSell => "Stop sell",
            Self::MinStayArrival => "Min stay on arrival",
            Self::MaxStayArrival => "Max stay on arrival",
            Self::MinStayThrough => "Min stay through",
            Self::MaxStayThrough => "Max stay through",
            Self::ClosedToArrival => "Closed to arrival",
            Self::ClosedToDeparture => "Closed to departure",
        }
    }

    /// Whether it is switched on and off; else it is a number.
    pub fn is_flag(self) -> bool {
        matches!(self, Self::StopSell | Self::ClosedToArrival | Self::ClosedToDeparture)
    }
}

/// One value of the calendar: a measure of a place.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct CellKey {
    /// Which night of which room type.
    pub night: NightKey,
    /// Which of its measures.
    pub field: Field,
}
