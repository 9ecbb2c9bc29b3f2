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

/// A field of a night, in the order of the calendar's rows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Field {
    /// Rooms on sale, shown with the rooms sold and left.
    Allotment,
    /// Sales are stopped.
    StopSell,
    /// Minimum nights of a stay that begins here.
    MinStayArrival,
    /// Maximum nights of a stay that begins here.
    MaxStayArrival,
    /// Minimum nights of a stay that includes this night.
    MinStayThrough,
    /// Maximum nights of a stay that includes this night.
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

    /// The field with this [`key`](Self::key).
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Allotment].into_iter().chain(Self::RESTRICTIONS).find(|field| field.key() == key)
    }

    /// The field of this measure, as the API names it.
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

    /// The name in the row header.
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

    /// True if its values are flags; otherwise they are numbers.
    pub fn is_flag(self) -> bool {
        matches!(self, Self::StopSell | Self::ClosedToArrival | Self::ClosedToDeparture)
    }
}

/// The key of one value of the calendar.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct CellKey {
    /// The night of a room type.
    pub night: NightKey,
    /// The field.
    pub field: Field,
}
