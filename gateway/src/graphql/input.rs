//! The inputs of mutations, and how they become commands.

use async_graphql::{ID, InputObject, MaybeUndefined, OneofObject, Result};
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId};
use uuid::Uuid;

use super::enums::{ContractStatus, OnConflict, PoolAccess, Weekday};
use super::error::bad_input;
use super::room_type::PoolInput;
use super::scalars::{Date, NodeId};
use crate::inventory::command::{CountChange, CountOp, LineRequest, RestrictionChange};
use crate::inventory::{self, DateRange, Level, Measure, Pool, Stay};

/// An id that names nothing at the property: the rules answer it as they answer any unknown one.
const UNKNOWN: i64 = -1;

/// The room type at this property that an id names.
pub fn room_type_id(property: PropertyId, id: &ID) -> RoomTypeId {
    match NodeId::open(id) {
        Some(NodeId::RoomType(of, room_type)) if of == property => room_type,
        _ => RoomTypeId(UNKNOWN),
    }
}

/// The contract at this property that an id names.
pub fn contract_id(property: PropertyId, id: &ID) -> ContractId {
    match NodeId::open(id) {
        Some(NodeId::Contract(of, contract)) if of == property => contract,
        _ => ContractId(UNKNOWN),
    }
}

fn range(from: Date, through: Date, days: Option<&[Weekday]>) -> DateRange {
    DateRange { from: from.0, through: through.0, days: Weekday::set(days) }
}

fn pool(property: PropertyId, input: &PoolInput, field: &str) -> Result<Pool> {
    match input {
        PoolInput::Shared(true) => Ok(Pool::Shared),
        PoolInput::Shared(false) => Err(bad_input(field, "say shared: true, or name a contractId")),
        PoolInput::ContractId(id) => Ok(Pool::Contract(contract_id(property, id))),
    }
}

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

/// How a count is given: exactly one of these.
#[derive(OneofObject, Clone, Debug)]
pub enum CountInput {
    /// Rooms on sale, what is sold included; 0 to 10,000.
    Allotted(i32),
    /// Rooms still to sell, what is sold excluded; 0 to 10,000.
    LeftToSell(i32),
    /// `true`: not on sale at all, which is not the same as 0.
    NotLoaded(bool),
}

/// Counts on one range of one pool.
#[derive(InputObject, Clone, Debug)]
pub struct AllotmentChange {
    /// The room type.
    pub room_type_id: ID,
    /// The pool.
    pub pool: PoolInput,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Only these weekdays; absent is all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// The count.
    pub count: CountInput,
    /// The `allotted` that you believe you replace; if it moved, `CONFLICT`. A sale in between is no conflict.
    pub expected_allotted: Option<i32>,
}

/// Sets how many rooms are on sale.
#[derive(InputObject, Clone, Debug)]
pub struct SetAllotmentsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges; those of one pool must not overlap.
    pub changes: Vec<AllotmentChange>,
    /// Accept fewer rooms than are held and sold.
    #[graphql(default)]
    pub allow_overcommit: bool,
    /// What to do about cells that conflict.
    #[graphql(default)]
    pub on_conflict: OnConflict,
    /// Made by you: groups the calls of one gesture, also over several properties, for history and undo.
    pub change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// Why, for the history.
    pub reason: Option<String>,
    /// Your own reference, for the history.
    pub reference: Option<String>,
}

/// More or fewer rooms on one range of one pool.
#[derive(InputObject, Clone, Debug)]
pub struct AllotmentAdjustment {
    /// The room type.
    pub room_type_id: ID,
    /// The pool.
    pub pool: PoolInput,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Only these weekdays; absent is all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// Rooms to add; negative to take away.
    pub adjust_by: i32,
    /// The `allotted` that you believe you adjust; if it moved, `CONFLICT`.
    pub expected_allotted: Option<i32>,
}

/// Adjusts how many rooms are on sale.
#[derive(InputObject, Clone, Debug)]
pub struct AdjustAllotmentsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges; those of one pool must not overlap.
    pub changes: Vec<AllotmentAdjustment>,
    /// Accept fewer rooms than are held and sold.
    #[graphql(default)]
    pub allow_overcommit: bool,
    /// What to do about cells that conflict.
    #[graphql(default)]
    pub on_conflict: OnConflict,
    /// Made by you: groups the calls of one gesture.
    pub change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Why, for the history.
    pub reason: Option<String>,
    /// Your own reference, for the history.
    pub reference: Option<String>,
}

impl AllotmentChange {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a choice of `false`.
    pub fn to_change(&self, property: PropertyId) -> Result<CountChange> {
        let op = match self.count {
            CountInput::Allotted(rooms) => CountOp::Allotted(rooms),
            CountInput::LeftToSell(rooms) => CountOp::LeftToSell(rooms),
            CountInput::NotLoaded(true) => CountOp::NotLoaded,
            CountInput::NotLoaded(false) => {
                return Err(bad_input("changes.count.notLoaded", "say true, or give a count"));
            }
        };
        Ok(CountChange {
            room_type: room_type_id(property, &self.room_type_id),
            pool: pool(property, &self.pool, "changes.pool.shared")?,
            range: range(self.from, self.through, self.days_of_week.as_deref()),
            op,
            expected_allotted: self.expected_allotted,
        })
    }
}

impl AllotmentAdjustment {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a choice of `false`.
    pub fn to_change(&self, property: PropertyId) -> Result<CountChange> {
        Ok(CountChange {
            room_type: room_type_id(property, &self.room_type_id),
            pool: pool(property, &self.pool, "changes.pool.shared")?,
            range: range(self.from, self.through, self.days_of_week.as_deref()),
            op: CountOp::AdjustBy(self.adjust_by),
            expected_allotted: self.expected_allotted,
        })
    }
}

/// Where a restriction binds: exactly one of these.
#[derive(OneofObject, Clone, Debug)]
pub enum RestrictionLevel {
    /// `true`: everybody.
    RoomNight(bool),
    /// `true`: what is drawn from the shared pool.
    Shared(bool),
    /// One contract, from both pools.
    ContractId(ID),
}

/// A restriction that can be cleared.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictionField {
    /// `stopSell`
    StopSell,
    /// `closedToArrival`
    ClosedToArrival,
    /// `closedToDeparture`
    ClosedToDeparture,
    /// `minStayArrival`
    MinStayArrival,
    /// `maxStayArrival`
    MaxStayArrival,
    /// `minStayThrough`
    MinStayThrough,
    /// `maxStayThrough`
    MaxStayThrough,
    /// `minAdvanceDays`
    MinAdvanceDays,
    /// `maxAdvanceDays`
    MaxAdvanceDays,
    /// `sellLimit`
    SellLimit,
}

impl From<RestrictionField> for Measure {
    fn from(field: RestrictionField) -> Self {
        match field {
            RestrictionField::StopSell => Self::StopSell,
            RestrictionField::ClosedToArrival => Self::ClosedToArrival,
            RestrictionField::ClosedToDeparture => Self::ClosedToDeparture,
            RestrictionField::MinStayArrival => Self::MinStayArrival,
            RestrictionField::MaxStayArrival => Self::MaxStayArrival,
            RestrictionField::MinStayThrough => Self::MinStayThrough,
            RestrictionField::MaxStayThrough => Self::MaxStayThrough,
            RestrictionField::MinAdvanceDays => Self::MinAdvanceDays,
            RestrictionField::MaxAdvanceDays => Self::MaxAdvanceDays,
            RestrictionField::SellLimit => Self::SellLimit,
        }
    }
}

/// Rules on one range of one level. An absent rule stays, `clear` takes one off, an explicit null is refused.
#[derive(InputObject, Clone, Debug)]
pub struct RestrictionChangeInput {
    /// The room type.
    pub room_type_id: ID,
    /// Where it binds.
    pub level: RestrictionLevel,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Only these weekdays; absent is all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// Nothing may be sold.
    pub stop_sell: MaybeUndefined<bool>,
    /// No stay may begin.
    pub closed_to_arrival: MaybeUndefined<bool>,
    /// No stay may end.
    pub closed_to_departure: MaybeUndefined<bool>,
    /// Fewest nights of a stay that begins here, 1 to 366.
    pub min_stay_arrival: MaybeUndefined<i32>,
    /// Most nights of a stay that begins here, 1 to 366.
    pub max_stay_arrival: MaybeUndefined<i32>,
    /// Fewest nights of a stay that includes the night, 1 to 366.
    pub min_stay_through: MaybeUndefined<i32>,
    /// Most nights of a stay that includes the night, 1 to 366.
    pub max_stay_through: MaybeUndefined<i32>,
    /// Fewest days ahead, 0 to 1,096.
    pub min_advance_days: MaybeUndefined<i32>,
    /// Most days ahead, 0 to 1,096.
    pub max_advance_days: MaybeUndefined<i32>,
    /// Most rooms over all pools, 0 to 10,000; at the level `roomNight` only.
    pub sell_limit: MaybeUndefined<i32>,
    /// What to take off.
    #[graphql(default)]
    pub clear: Vec<RestrictionField>,
}

/// Sets and clears restrictions. Never touches a count.
#[derive(InputObject, Clone, Debug)]
pub struct SetRestrictionsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges; those of one level must not overlap.
    pub changes: Vec<RestrictionChangeInput>,
    /// Made by you: groups the calls of one gesture.
    pub change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// Why, for the history.
    pub reason: Option<String>,
    /// Your own reference, for the history.
    pub reference: Option<String>,
}

impl RestrictionChangeInput {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an explicit null or a choice of `false`.
    pub fn to_change(&self, property: PropertyId) -> Result<RestrictionChange> {
        let level = match &self.level {
            RestrictionLevel::RoomNight(true) => Level::Night,
            RestrictionLevel::Shared(true) => Level::Pool(Pool::Shared),
            RestrictionLevel::ContractId(id) => Level::Pool(Pool::Contract(contract_id(property, id))),
            _ => return Err(bad_input("changes.level", "say true, or name a contractId")),
        };
        let flag = |value: &MaybeUndefined<bool>| (*value).map_value(i32::from);
        let given = [
            (Measure::StopSell, flag(&self.stop_sell)),
            (Measure::ClosedToArrival, flag(&self.closed_to_arrival)),
            (Measure::ClosedToDeparture, flag(&self.closed_to_departure)),
            (Measure::MinStayArrival, self.min_stay_arrival),
            (Measure::MaxStayArrival, self.max_stay_arrival),
            (Measure::MinStayThrough, self.min_stay_through),
            (Measure::MaxStayThrough, self.max_stay_through),
            (Measure::MinAdvanceDays, self.min_advance_days),
            (Measure::MaxAdvanceDays, self.max_advance_days),
            (Measure::SellLimit, self.sell_limit),
        ];
        let mut set = Vec::new();
        for (measure, value) in given {
            match value {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => {
                    let field = format!("changes.{}", measure.code());
                    return Err(bad_input(
                        &field,
                        "null is not a value; leave the field out to keep what is set, or name it in clear",
                    ));
                }
                MaybeUndefined::Value(value) => set.push((measure, Some(value))),
            }
        }
        set.extend(self.clear.iter().map(|field| (Measure::from(*field), None)));
        Ok(RestrictionChange {
            room_type: room_type_id(property, &self.room_type_id),
            level,
            range: range(self.from, self.through, self.days_of_week.as_deref()),
            set,
        })
    }
}

/// Takes a change set back.
#[derive(InputObject, Clone, Debug)]
pub struct UndoChangeSetInput {
    /// The property.
    pub property_id: ID,
    /// The change set.
    pub change_set_id: Uuid,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// Why, for the history.
    pub reason: Option<String>,
}

/// One room asked for.
#[derive(InputObject, Clone, Debug)]
pub struct LineInput {
    /// What.
    pub room_type_id: ID,
    /// First night.
    pub check_in: Date,
    /// The morning of leaving; after `checkIn`, at most 366 nights later.
    pub check_out: Date,
    /// Adults in the room, at least 1.
    pub adults: i32,
    /// Age of each child, 0 to 17 years.
    #[graphql(default)]
    pub child_ages: Vec<i32>,
}

impl LineInput {
    /// As the core has it.
    pub fn to_request(&self, property: PropertyId) -> LineRequest {
        LineRequest {
            room_type: room_type_id(property, &self.room_type_id),
            stay: Stay { check_in: self.check_in.0, check_out: self.check_out.0 },
            adults: self.adults,
            child_ages: self.child_ages.clone(),
        }
    }
}

/// Holds rooms until they are confirmed or the time is over.
#[derive(InputObject, Clone, Debug)]
pub struct PlaceHoldInput {
    /// The property.
    pub property_id: ID,
    /// Under which of your contracts; optional when exactly one fits.
    pub contract_id: Option<ID>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Your own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100, one a room; all or none.
    pub lines: Vec<LineInput>,
    /// Minutes until it ends; 15 unless the gateway is set otherwise.
    pub hold_minutes: Option<i32>,
}

/// Books rooms at once.
#[derive(InputObject, Clone, Debug)]
pub struct BookRoomsInput {
    /// The property.
    pub property_id: ID,
    /// Under which of your contracts; optional when exactly one fits.
    pub contract_id: Option<ID>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Your own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100, one a room; all or none.
    pub lines: Vec<LineInput>,
}

/// Prolongs a hold.
#[derive(InputObject, Clone, Debug)]
pub struct ExtendHoldInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// By how many minutes; 15 unless the gateway is set otherwise.
    pub by_minutes: Option<i32>,
}

/// Turns a hold into a sale.
#[derive(InputObject, Clone, Debug)]
pub struct ConfirmReservationInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
}

/// Gives rooms back, held or sold.
#[derive(InputObject, Clone, Debug)]
pub struct CancelReservationInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Numbers of the lines to give back; absent is all.
    pub lines: Option<Vec<i32>>,
    /// Why, for the history.
    pub reason: Option<String>,
}
