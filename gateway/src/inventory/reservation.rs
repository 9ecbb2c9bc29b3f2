//! Reservations: their lines, and the draws of each line.

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::{ContractId, RoomTypeId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cell::{NightKey, Pool};
use super::stay::Stay;

/// The status of a reservation or of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Rooms are kept until it expires.
    Held,
    /// Rooms are sold.
    Confirmed,
    /// Given back by the partner.
    Cancelled,
    /// The hold was not confirmed in time.
    Expired,
    /// The guest did not come.
    NoShow,
}

impl Status {
    /// `true` while rooms are held or sold.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed)
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "HELD",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
            Self::NoShow => "NO_SHOW",
        }
    }
}

/// One room of one line on one night, and the pool it came from. It goes back to that pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// The night.
    pub date: NaiveDate,
    /// The pool.
    pub pool: Pool,
}

/// One room of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 1, 2, 3 … within the reservation.
    pub number: i32,
    /// The room type.
    pub room_type: RoomTypeId,
    /// The stay.
    pub stay: Stay,
    /// Adults in the room.
    pub adults: i32,
    /// Age of each child in years.
    pub child_ages: Vec<i32>,
    /// Status of the line.
    pub status: Status,
    /// One per night, ascending.
    pub draws: Vec<Draw>,
}

/// A reservation of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Identity within the property.
    pub id: Uuid,
    /// The partner.
    pub partner: TenantId,
    /// The contract. All draws are made under it.
    pub contract: ContractId,
    /// Short code for people, unique per property.
    pub locator: String,
    /// The partner's own reference, unique per partner and property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// Status.
    pub status: Status,
    /// Expiry of a hold.
    pub expires_at: Option<DateTime<Utc>>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// 1, 2, 3 …, one more with each change.
    pub revision: i32,
    /// One per room.
    pub lines: Vec<Line>,
}

impl Reservation {
    /// The nights of its live lines.
    pub fn live_nights(&self) -> impl Iterator<Item = NightKey> + '_ {
        self.lines
            .iter()
            .filter(|line| line.status.is_live())
            .flat_map(|line| line.draws.iter().map(move |draw| (line.room_type, draw.date)))
    }

    /// Rooms under hold: one per held line.
    pub fn held_rooms(&self) -> i32 {
        i32::try_from(self.lines.iter().filter(|line| line.status == Status::Held).count()).unwrap_or(i32::MAX)
    }
}
