//! Availability for partners: per night, and for a stay at many properties in one call.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::RoomTypeId;

use super::access::{self, PropertyAccess, Visibility};
use super::contract::Contract;
use super::error::{bad_argument, bad_input};
use super::nights::{self, Nights, StockSource};
use super::property::Property;
use super::restriction::Restrictions;
use super::room_type::{RoomType, room_type_of};
use super::scalars::Date;
use super::user_error::RefusalRule;
use crate::inventory::availability::{contract_night, stay_availability};
use crate::inventory::cut_off::past_night_rule;
use crate::inventory::occupancy::{Party, all_fit};
use crate::inventory::{self, Problem, Rule, Stay};

/// The rooms that a partner can draw on one night under one contract, with the rules in force.
#[derive(SimpleObject, Clone)]
pub struct AvailabilityNight {
    /// The stay date.
    pub date: Date,
    /// Rooms that can be sold from both pools together, at most `leftToSellShownUpTo` of the contract.
    pub left_to_sell: i32,
    /// Rooms that can be sold from the contract's own rooms.
    pub from_contract: i32,
    /// Rooms that can be sold from the shared pool.
    pub from_shared_pool: i32,
    /// The rules in force: those of the room night and of the contract together.
    pub restrictions: Restrictions,
    /// Earliest time at which an arrival on this date can be booked; null is no limit.
    pub bookable_from: Option<DateTime<Utc>>,
    /// Latest time at which an arrival on this date can be booked.
    pub bookable_until: DateTime<Utc>,
    /// Rules that block every sale of this night, whatever the stay; empty when rooms can be sold.
    pub blocked_by: Vec<RefusalRule>,
    /// The contract.
    pub contract: Contract,
    /// Number of the latest stock event that is included.
    pub as_of_seq: i64,
    /// The source of the values.
    pub source: StockSource,
}

/// The rooms that a partner can draw over a range, with the rules in force: one array per value, one element per
/// night.
#[derive(SimpleObject, Clone, Debug)]
pub struct AvailabilityCalendar {
    /// First night: the first element of every array.
    pub from: Date,
    /// Last night, included: the last element of every array.
    pub through: Date,
    /// Rooms that can be sold.
    pub left_to_sell: Vec<i32>,
    /// Sales are stopped.
    pub stop_sell: Vec<bool>,
    /// No stay may begin on this date.
    pub closed_to_arrival: Vec<bool>,
    /// No stay may end on this date.
    pub closed_to_departure: Vec<bool>,
    /// Fewest nights of a stay that begins on this date.
    pub min_stay_arrival: Vec<Option<i32>>,
    /// Most nights of a stay that begins on this date.
    pub max_stay_arrival: Vec<Option<i32>>,
    /// Fewest nights of a stay that includes this night.
    pub min_stay_through: Vec<Option<i32>>,
    /// Most nights of a stay that includes this night.
    pub max_stay_through: Vec<Option<i32>>,
    /// Number of the latest stock event that is included.
    pub as_of_seq: i64,
    /// The source of the values.
    pub source: StockSource,
}

/// The contract with the given id, or the only one of the caller.
///
/// # Errors
/// `BAD_USER_INPUT` when there is none or several; `FORBIDDEN` for a supplier.
pub fn contract(access: &PropertyAccess, id: Option<&ID>) -> Result<inventory::Contract> {
    match (id, access.visibility()) {
        (Some(id), _) => {
            access::contract_of(access, id).ok_or_else(|| bad_input("contractId", "no such contract at this property"))
        }
        (None, Visibility::Partner(own)) if own.len() == 1 => {
            access.contracts().into_iter().next().ok_or_else(|| bad_input("contractId", "no such contract"))
        }
        (None, Visibility::Partner(_)) => {
            Err(bad_input("contractId", "several of your contracts open this property: name one"))
        }
        (None, Visibility::Supplier) => {
            Err(bad_input("contractId", "a supplier gives the contract whose availability it reads"))
        }
    }
}

/// Rooms left to sell as the partner sees them: at most `left_to_sell_shown_up_to` of the contract.
pub fn visible_rooms(contract: &inventory::Contract, rooms: i32) -> i32 {
    contract.left_to_sell_shown_up_to.map_or(rooms, |most| rooms.min(most))
}

/// A partner's nights as objects.
pub fn as_objects(
    access: &PropertyAccess,
    nights: &Nights,
    room_type: RoomTypeId,
    contract: &inventory::Contract,
    now: DateTime<Utc>,
) -> Vec<AvailabilityNight> {
    let property = access.property();
    let today = property.business_date(now);
    nights
        .iter()
        .map(|(date, night)| {
            let view = contract_night(night, contract, room_type, date);
            let past = past_night_rule(date, today);
            let left = if past.is_some() { 0 } else { view.left_to_sell };
            AvailabilityNight {
                date: Date(date),
                left_to_sell: visible_rooms(contract, left),
                from_contract: visible_rooms(contract, view.from_contract.min(left)),
                from_shared_pool: visible_rooms(contract, view.from_shared.min(left)),
                restrictions: view.restrictions.into(),
                bookable_from: view.restrictions.max_advance_days.map(|days| property.bookable_from(date, days)),
                bookable_until: property.bookable_until(date, view.restrictions.min_advance_days),
                blocked_by: past.into_iter().chain(view.blocked_by.map(|(rule, _)| rule)).map(Into::into).collect(),
                contract: Contract { access: access.clone(), contract: contract.clone() },
                as_of_seq: nights.seq,
                source: nights.source.into(),
            }
        })
        .collect()
}

/// A partner's nights as columns.
pub fn as_columns(
    access: &PropertyAccess,
    nights: &Nights,
    room_type: RoomTypeId,
    contract: &inventory::Contract,
    now: DateTime<Utc>,
) -> AvailabilityCalendar {
    let today = access.property().business_date(now);
    let views: Vec<_> = nights
        .iter()
        .map(|(date, night)| {
            let view = contract_night(night, contract, room_type, date);
            let is_past = past_night_rule(date, today).is_some();
            (if is_past { 0 } else { visible_rooms(contract, view.left_to_sell) }, view.restrictions)
        })
        .collect();
    AvailabilityCalendar {
        from: Date(nights.from),
        through: Date(nights.through),
        left_to_sell: views.iter().map(|(left, _)| *left).collect(),
        stop_sell: views.iter().map(|(_, rules)| rules.stop_sell).collect(),
        closed_to_arrival: views.iter().map(|(_, rules)| rules.closed_to_arrival).collect(),
        closed_to_departure: views.iter().map(|(_, rules)| rules.closed_to_departure).collect(),
        min_stay_arrival: views.iter().map(|(_, rules)| rules.min_stay_arrival).collect(),
        max_stay_arrival: views.iter().map(|(_, rules)| rules.max_stay_arrival).collect(),
        min_stay_through: views.iter().map(|(_, rules)| rules.min_stay_through).collect(),
        max_stay_through: views.iter().map(|(_, rules)| rules.max_stay_through).collect(),
        as_of_seq: nights.seq,
        source: nights.source.into(),
    }
}

/// The properties of an availability request.
#[derive(InputObject, Clone, Debug)]
pub struct AvailabilityWhere {
    /// 1 to 500 properties. Properties that you have no contract for are left out.
    pub property_ids: Vec<ID>,
}

/// A stay: from `checkIn` to `checkOut`. The night of `checkOut` is not part of it.
#[derive(InputObject, Clone, Debug)]
pub struct StayInput {
    /// First night.
    pub check_in: Date,
    /// The morning of departure: 1 to 366 nights after `checkIn`.
    pub check_out: Date,
}

/// One requested room.
#[derive(InputObject, Clone, Debug)]
pub struct RoomRequest {
    /// Adults in the room, at least 1.
    pub adults: i32,
    /// Age of each child, 0 to 17 years.
    #[graphql(default)]
    pub child_ages: Vec<i32>,
}

/// A night that a rule blocks.
#[derive(Clone)]
pub struct BlockedNight {
    /// As the caller sees the property.
    pub access: PropertyAccess,
    /// The blocking rule.
    pub problem: Problem,
}

/// A night that a rule blocks.
#[Object]
impl BlockedNight {
    /// The room type.
    async fn room_type(&self) -> Option<RoomType> {
        room_type_of(&self.access, self.problem.room_type)
    }

    /// The night; for `CLOSED_TO_DEPARTURE` the date of check-out.
    async fn date(&self) -> Option<Date> {
        self.problem.date.map(Date)
    }

    /// The rule.
    async fn rule(&self) -> RefusalRule {
        self.problem.rule.unwrap_or(Rule::ContractInactive).into()
    }

    /// The number of the rule, for example the fewest nights.
    async fn value(&self) -> Option<i32> {
        self.problem.value
    }

    /// Message for a person to read. Programs use the other fields.
    async fn message(&self) -> &str {
        &self.problem.message
    }
}

/// Availability of one stay in one room type.
#[derive(SimpleObject, Clone)]
pub struct RoomTypeAvailability {
    /// The room type.
    pub room_type: RoomType,
    /// Rooms that can be sold for the whole stay; 0 when a rule blocks it.
    pub left_to_sell: i32,
    /// The rules that block the stay, night by night.
    pub blocked: Vec<BlockedNight>,
}

/// Availability of one stay at one property under one contract.
#[derive(SimpleObject, Clone)]
pub struct PropertyAvailability {
    /// The property.
    pub property: Property,
    /// The contract.
    pub contract: Contract,
    /// `true` when all requested rooms can be booked together.
    pub bookable: bool,
    /// The room types that take at least one of the requested rooms.
    pub room_types: Vec<RoomTypeAvailability>,
    /// Number of the latest stock event that is included.
    pub as_of_seq: i64,
    /// The source of the values.
    pub source: StockSource,
}

/// The stay as the core has it.
///
/// # Errors
/// `BAD_USER_INPUT` when it is empty or too long.
pub fn stay(input: &StayInput) -> Result<Stay> {
    let stay = Stay { check_in: input.check_in.0, check_out: input.check_out.0 };
    match stay.length_problem() {
        Some(problem) => Err(bad_argument("stay", &problem)),
        None => Ok(stay),
    }
}

impl RoomRequest {
    fn party(&self) -> Party<'_> {
        Party { adults: self.adults, child_ages: &self.child_ages }
    }
}

/// Availability of a stay at one property under one contract.
///
/// # Errors
/// When the database cannot be reached.
pub async fn property_availability(
    ctx: &Context<'_>,
    access: &PropertyAccess,
    contract: &inventory::Contract,
    stay: Stay,
    rooms: &[RoomRequest],
    at_least: i64,
) -> Result<PropertyAvailability> {
    let now = access::app(ctx)?.clock.now();
    let parties: Vec<Party<'_>> = rooms.iter().map(RoomRequest::party).collect();
    let fitting: Vec<&inventory::RoomType> = access
        .room_types()
        .values()
        .filter(|room_type| {
            contract.covers_room_type(room_type.id) && parties.iter().any(|party| party.fits(room_type))
        })
        .collect();
    let loads =
        fitting.iter().map(|found| nights::load(ctx, access, found.id, stay.check_in, stay.check_out, at_least));
    let loaded = futures_util::future::try_join_all(loads).await?;
    let mut left: Vec<(&inventory::RoomType, i32)> = Vec::new();
    let mut room_types = Vec::new();
    for (room_type, nights) in fitting.iter().zip(&loaded) {
        let night_of = |date: NaiveDate| nights.night(date);
        let (rooms, problems) = stay_availability(
            access.property(),
            contract,
            room_type.id,
            stay,
            now,
            access::app(ctx)?.rules.horizon_nights,
            night_of,
        );
        left.push((room_type, rooms));
        room_types.push(RoomTypeAvailability {
            room_type: RoomType { access: access.clone(), room_type: (*room_type).clone() },
            left_to_sell: visible_rooms(contract, rooms),
            blocked: problems.into_iter().map(|problem| BlockedNight { access: access.clone(), problem }).collect(),
        });
    }
    let slowest_source = loaded.iter().map(|nights| nights.source).max().unwrap_or(crate::cache::Source::Process);
    Ok(PropertyAvailability {
        property: Property(access.clone()),
        contract: Contract { access: access.clone(), contract: contract.clone() },
        bookable: all_fit(left, &parties),
        room_types,
        as_of_seq: loaded.iter().map(|nights| nights.seq).min().unwrap_or(0),
        source: slowest_source.into(),
    })
}
