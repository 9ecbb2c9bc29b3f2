//! The structure of a hotel: the property, its room types, and the contracts that open it to partners.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId, TenantId};
use serde::{Deserialize, Serialize};

use super::calendar::{self, Weekdays};
use super::cut_off;

/// A hotel of one supplier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// Identity.
    pub id: PropertyId,
    /// The supplier.
    pub supplier: TenantId,
    /// The supplier's own code, unique per supplier.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Town or place.
    pub place: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// IANA time zone of the hotel.
    pub time_zone: Tz,
    /// Minutes after local midnight of the stay date until which that night is sold, 0 to 1,800.
    pub same_day_cut_off: i32,
    /// The weekdays that are its weekend.
    pub weekend_days: Weekdays,
}

impl Property {
    /// The earliest night that can still be sold or changed.
    pub fn business_date(&self, now: DateTime<Utc>) -> NaiveDate {
        cut_off::business_date(self.time_zone, self.same_day_cut_off, now)
    }

    /// Latest time at which an arrival on `date` can be booked, given `min_advance_days`.
    pub fn bookable_until(&self, date: NaiveDate, min_advance_days: Option<i32>) -> DateTime<Utc> {
        let ahead = Days::new(u64::try_from(min_advance_days.unwrap_or(0)).unwrap_or(0));
        calendar::local_instant(self.time_zone, date - ahead, self.same_day_cut_off)
    }

    /// Earliest time at which an arrival on `date` can be booked: the business date is then `max_advance_days` before it.
    pub fn bookable_from(&self, date: NaiveDate, max_advance_days: i32) -> DateTime<Utc> {
        let ahead = Days::new(u64::try_from(max_advance_days).unwrap_or(0) + 1);
        calendar::local_instant(self.time_zone, date - ahead, self.same_day_cut_off)
    }
}

/// A sellable category of rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomType {
    /// Identity.
    pub id: RoomTypeId,
    /// The supplier's own code, unique per property.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Most guests of any age.
    pub max_occupancy: i32,
    /// Most adults.
    pub max_adults: i32,
    /// Most children.
    pub max_children: i32,
    /// Number of rooms in the building.
    pub physical_rooms: i32,
    /// A night is low when no more than this many rooms are left to sell.
    pub low_at: i32,
}

/// The status of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContractStatus {
    /// Takes holds and bookings.
    Active,
    /// Keeps its reservations, takes no new holds or bookings.
    Suspended,
}

/// A contract's access to the shared pool, per room type and night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PoolAccess {
    /// Its own rooms only.
    None,
    /// At most this many rooms held and sold from the shared pool per night.
    Capped(i32),
    /// All rooms of the shared pool.
    Full,
}

/// A supplier opens a property to a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Identity.
    pub id: ContractId,
    /// The partner.
    pub partner: TenantId,
    /// The supplier's own code, unique per property.
    pub code: String,
    /// First night it covers.
    pub first_stay_date: NaiveDate,
    /// Last night it covers, included.
    pub last_stay_date: NaiveDate,
    /// The room types it covers, ascending; `None` is all, later ones included.
    pub room_types: Option<Vec<RoomTypeId>>,
    /// Its status.
    pub status: ContractStatus,
    /// Access to the shared pool.
    pub pool_access: PoolAccess,
    /// Longest hold in minutes, extensions included.
    pub longest_hold_minutes: Option<i32>,
    /// Most rooms under live holds at a time.
    pub max_held_rooms: Option<i32>,
    /// The partner sees at most this many rooms left to sell.
    pub left_to_sell_shown_up_to: Option<i32>,
}

impl Contract {
    /// `true` when it covers the room type.
    pub fn covers_room_type(&self, room_type: RoomTypeId) -> bool {
        self.room_types.as_ref().is_none_or(|list| list.contains(&room_type))
    }

    /// `true` when it covers the night, active or suspended.
    pub fn covers(&self, room_type: RoomTypeId, date: NaiveDate) -> bool {
        self.covers_room_type(room_type) && (self.first_stay_date..=self.last_stay_date).contains(&date)
    }
}
