//! A partner's claim under one contract: its lines, and the draws that each line made.

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::{ContractId, RoomTypeId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cell::{NightKey, Pool};
use super::stay::Stay;

/// Where a reservation or a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Rooms are kept until it expires.
    Held,
    /// Rooms are sold.
    Confirmed,
    /// Given back by the partner.
    Cancelled,
    /// Given back because nobody confirmed in time.
    Expired,
    /// The guest did not come.
    NoShow,
}

impl Status {
    /// Whether rooms are still claimed.
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
    /// What was claimed.
    pub room_type: RoomTypeId,
    /// When.
    pub stay: Stay,
    /// Adults in the room.
    pub adults: i32,
    /// Age of each child.
    pub child_ages: Vec<i32>,
    /// Where the line stands.
    pub status: Status,
    /// One a night, ascending.
    pub draws: Vec<Draw>,
}

/// A partner's claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Identity within the property.
    pub id: Uuid,
    /// Who claimed.
    pub partner: TenantId,
    /// Under which contract; no draw goes across contracts.
    pub contract: ContractId,
    /// Short code for people, unique per property.
    pub locator: String,
    /// The partner's own reference, unique per partner and property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// When a hold ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// 1, 2, 3 …, one more with each change.
    pub revision: i32,
    /// One a room.
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

    /// Rooms under hold: one a line.
    pub fn held_rooms(&self) -> i32 {
        i32::try_from(self.lines.iter().filter(|line| line.status == Status::Held).count()).unwrap_or(i32::MAX)
    }
}
