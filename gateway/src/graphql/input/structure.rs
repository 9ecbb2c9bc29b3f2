//! Inputs about properties, room types and contracts.

use async_graphql::{ID, InputObject, MaybeUndefined, Result};

use crate::graphql::enums::{ContractStatus, PoolAccess, Weekday};
use crate::graphql::error::bad_input;
use crate::graphql::scalars::Date;
use crate::inventory;

/// A new property.
#[derive(InputObject, Clone, Debug)]
pub struct CreatePropertyInput {
    /// Your own code: 1 to 40 letters, digits, dashes, dots or underscores.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Town or place.
    pub place: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// IANA time zone, for example `Europe/Lisbon`.
    pub time_zone: String,
    /// Minutes after local midnight of the stay date until which that night is sold, 0 to 1,800.
    #[graphql(default = 1_080)]
    pub same_day_cut_off: i32,
    /// The weekdays that are its weekend.
    #[graphql(default_with = "vec![Weekday::Fri, Weekday::Sat]")]
    pub weekend_days: Vec<Weekday>,
}

/// New values of a property; an absent field stays.
#[derive(InputObject, Clone, Debug)]
pub struct UpdatePropertyInput {
    /// Which.
    pub property_id: ID,
    /// Name shown to people.
    pub name: MaybeUndefined<String>,
    /// Town or place.
    pub place: MaybeUndefined<String>,
    /// ISO 3166-1 alpha-2.
    pub country: MaybeUndefined<String>,
    /// Minutes after local midnight of the stay date until which that night is sold, 0 to 1,800.
    pub same_day_cut_off: MaybeUndefined<i32>,
    /// The weekdays that are its weekend.
    pub weekend_days: MaybeUndefined<Vec<Weekday>>,
}

/// A new room type.
#[derive(InputObject, Clone, Debug)]
pub struct CreateRoomTypeInput {
    /// At which property.
    pub property_id: ID,
    /// Your own code: 1 to 40 letters, digits, dashes, dots or underscores.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Most guests of any age, 1 to 100.
    pub max_occupancy: i32,
    /// Most adults, 1 to 100.
    pub max_adults: i32,
    /// Most children, 0 to 100.
    pub max_children: i32,
    /// Rooms that exist.
    pub physical_rooms: i32,
    /// Left to sell from which a night counts as low.
    #[graphql(default = 2)]
    pub low_at: i32,
}

/// New values of a room type; an absent field stays.
#[derive(InputObject, Clone, Debug)]
pub struct UpdateRoomTypeInput {
    /// Which.
    pub room_type_id: ID,
    /// Name shown to people.
    pub name: MaybeUndefined<String>,
    /// Most guests of any age.
    pub max_occupancy: MaybeUndefined<i32>,
    /// Most adults.
    pub max_adults: MaybeUndefined<i32>,
    /// Most children.
    pub max_children: MaybeUndefined<i32>,
    /// Rooms that exist.
    pub physical_rooms: MaybeUndefined<i32>,
    /// Left to sell from which a night counts as low.
    pub low_at: MaybeUndefined<i32>,
}

/// A new contract.
#[derive(InputObject, Clone, Debug)]
pub struct CreateContractInput {
    /// At which property.
    pub property_id: ID,
    /// Code of the partner's organisation.
    pub partner_code: String,
    /// Your own code: 1 to 40 letters, digits, dashes, dots or underscores.
    pub code: String,
    /// First night it covers.
    pub first_stay_date: Date,
    /// Last night it covers, included.
    pub last_stay_date: Date,
    /// The room types it covers; absent is all, later ones included.
    pub room_type_ids: Option<Vec<ID>>,
    /// Its access to the shared pool.
    pub pool_access: PoolAccess,
    /// With `CAPPED`: most rooms per room type and night.
    pub pool_cap: Option<i32>,
    /// Longest hold in minutes, extensions included.
    pub longest_hold_minutes: Option<i32>,
    /// Most rooms under live holds at a time.
    pub max_held_rooms: Option<i32>,
    /// The partner is shown no more than this left to sell.
    pub left_to_sell_shown_up_to: Option<i32>,
}

/// New values of a contract; an absent field stays.
#[derive(InputObject, Clone, Debug)]
pub struct UpdateContractInput {
    /// Which.
    pub contract_id: ID,
    /// First night it covers.
    pub first_stay_date: MaybeUndefined<Date>,
    /// Last night it covers, included.
    pub last_stay_date: MaybeUndefined<Date>,
    /// Whether it takes new claims.
    pub status: MaybeUndefined<ContractStatus>,
    /// Its access to the shared pool.
    pub pool_access: MaybeUndefined<PoolAccess>,
    /// With `CAPPED`: most rooms per room type and night.
    pub pool_cap: MaybeUndefined<i32>,
    /// Longest hold in minutes, extensions included.
    pub longest_hold_minutes: MaybeUndefined<i32>,
    /// Most rooms under live holds at a time.
    pub max_held_rooms: MaybeUndefined<i32>,
    /// The partner is shown no more than this left to sell.
    pub left_to_sell_shown_up_to: MaybeUndefined<i32>,
}

/// The access with its cap.
///
/// # Errors
/// `BAD_USER_INPUT` when the cap is missing or too many.
pub fn pool_access(access: PoolAccess, cap: Option<i32>) -> Result<inventory::PoolAccess> {
    match (access, cap) {
        (PoolAccess::None, None) => Ok(inventory::PoolAccess::None),
        (PoolAccess::Full, None) => Ok(inventory::PoolAccess::Full),
        (PoolAccess::Capped, Some(cap)) => Ok(inventory::PoolAccess::Capped(cap)),
        (PoolAccess::Capped, None) => Err(bad_input("poolCap", "CAPPED needs a cap")),
        (PoolAccess::None | PoolAccess::Full, Some(_)) => Err(bad_input("poolCap", "a cap goes with CAPPED only")),
    }
}

/// A patch's field: absent stays, a value replaces, an explicit null is refused.
///
/// # Errors
/// `BAD_USER_INPUT` for null, as clients that send nulls by default must not wipe what is set.
pub fn patch<T>(slot: &mut T, field: &str, value: MaybeUndefined<T>) -> Result<()> {
    match value {
        MaybeUndefined::Undefined => Ok(()),
        MaybeUndefined::Null => Err(bad_input(field, "null is not a value; leave the field out to keep what is set")),
        MaybeUndefined::Value(value) => {
            *slot = value;
            Ok(())
        }
    }
}
