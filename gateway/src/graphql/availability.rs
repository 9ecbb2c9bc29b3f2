//! What a partner may draw: by night, and for a stay at many hotels in one call.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::RoomTypeId;

use super::access::{self, PropertyAccess, Visibility};
use super::contract::Contract;
use super::error::bad_input;
use super::nights::{self, Nights, StockSource};
use super::property::Property;
use super::restriction::Restrictions;
use super::room_type::{RoomType, room_type_of};
use super::scalars::Date;
use super::user_error::RefusalRule;
use crate::inventory::availability::{contract_night, stay_availability};
use crate::inventory::{self, Problem, Rule, Stay};

/// What a partner may itself draw on one night under one contract.
#[derive(SimpleObject, Clone)]
pub struct AvailabilityNight {
    /// The stay date.
    pub date: Date,
    /// Rooms that can be sold, from both pools together; capped where the contract says so.
    pub left_to_sell: i32,
    /// Of the contract's own rooms.
    pub from_contract: i32,
    /// Of the shared pool.
    pub from_shared_pool: i32,
    /// The rules in force: the room night's and the contract's together.
    pub restrictions: Restrictions,
    /// From when an arrival on this date can be booked; null is from now on.
    pub bookable_from: Option<DateTime<Utc>>,
    /// Until when an arrival on this date can be booked.
    pub bookable_until: DateTime<Utc>,
    /// Why nothing can be sold on this night, whatever the stay; empty when something can.
    pub blocked_by: Vec<RefusalRule>,
    /// Under which contract.
    pub contract: Contract,
    /// The event up to which this is true.
    pub as_of_seq: i64,
    /// Where it came from.
    pub source: StockSource,
}

/// What a partner may itself draw over a range: one array a measure, one place a night.
#[derive(SimpleObject, Clone, Debug)]
pub struct AvailabilityCalendar {
    /// First night: the first place of every array.
    pub from: Date,
    /// Last night, included: the last place of every array.
    pub through: Date,
    /// Rooms that can be sold.
    pub left_to_sell: Vec<i32>,
    /// Sales are stopped.
    pub stop_sell: Vec<bool>,
    /// No arrival.
    pub closed_to_arrival: Vec<bool>,
    /// No departure.
    pub closed_to_departure: Vec<bool>,
    /// Fewest nights by arrival.
    pub min_stay_arrival: Vec<Option<i32>>,
    /// Most nights by arrival.
    pub max_stay_arrival: Vec<Option<i32>>,
    /// Fewest nights by presence.
    pub min_stay_through: Vec<Option<i32>>,
    /// Most nights by presence.
    pub max_stay_through: Vec<Option<i32>>,
    /// The event up to which this is true.
    pub as_of_seq: i64,
    /// Where it came from.
    pub source: StockSource,
}

/// The contract asked for, or the caller's only one.
///
/// # Errors
/// `BAD_USER_INPUT` when there is none or several; `FORBIDDEN` for a supplier.
pub fn contract(seen: &PropertyAccess, id: Option<&ID>) -> Result<inventory::Contract> {
    match (id, &seen.view) {
        (Some(id), _) => {
            access::contract_of(seen, id).ok_or_else(|| bad_input("contractId", "no such contract at this property"))
        }
        (None, Visibility::Partner(own)) if own.len() == 1 => {
            seen.contracts().into_iter().next().ok_or_else(|| bad_input("contractId", "no such contract"))
        }
        (None, Visibility::Partner(_)) => {
            Err(bad_input("contractId", "several of your contracts open this property: name one"))
        }
        (None, Visibility::Supplier) => Err(bad_input("contractId", "name the contract whose view you want")),
    }
}

/// No more than the contract lets its partner see.
pub fn shown(contract: &inventory::Contract, rooms: i32) -> i32 {
    contract.left_to_sell_shown_up_to.map_or(rooms, |most| rooms.min(most))
}

/// A partner's nights as objects.
pub fn as_objects(
    seen: &PropertyAccess,
    nights: &Nights,
    room_type: RoomTypeId,
    contract: &inventory::Contract,
    now: DateTime<Utc>,
) -> Vec<AvailabilityNight> {
    let property = &seen.structure.property;
    let today = property.business_date(now);
    nights
        .iter()
        .map(|(date, night)| {
            let view = contract_night(night, contract, room_type, date);
            let past = (date < today).then_some(Rule::CutOff);
            let left = if past.is_some() { 0 } else { view.left_to_sell };
            AvailabilityNight {
                date: Date(date),
                left_to_sell: shown(contract, left),
                from_contract: shown(contract, view.from_contract.min(left)),
                from_shared_pool: shown(contract, view.from_shared.min(left)),
                restrictions: view.restrictions.into(),
                bookable_from: view.restrictions.max_advance_days.map(|days| property.bookable_from(date, days)),
                bookable_until: property.bookable_until(date, view.restrictions.min_advance_days),
                blocked_by: past.into_iter().chain(view.blocked_by.map(|(rule, _)| rule)).map(Into::into).collect(),
                contract: Contract { seen: seen.clone(), contract: contract.clone() },
                as_of_seq: nights.seq,
                source: nights.source.into(),
            }
        })
        .collect()
}

/// A partner's nights as columns.
pub fn as_columns(
    seen: &PropertyAccess,
    nights: &Nights,
    room_type: RoomTypeId,
    contract: &inventory::Contract,
    now: DateTime<Utc>,
) -> AvailabilityCalendar {
    let today = seen.structure.property.business_date(now);
    let views: Vec<_> = nights
        .iter()
        .map(|(date, night)| {
            let view = contract_night(night, contract, room_type, date);
            (if date < today { 0 } else { shown(contract, view.left_to_sell) }, view.restrictions)
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

/// Which hotels to look at.
#[derive(InputObject, Clone, Debug)]
pub struct AvailabilityWhere {
    /// 1 to 500 hotels. Those that you have no contract for are left out.
    pub property_ids: Vec<ID>,
}

/// A stay: half open, the night of `checkOut` is not slept there.
#[derive(InputObject, Clone, Debug)]
pub struct StayInput {
    /// First night.
    pub check_in: Date,
    /// The morning of leaving; after `checkIn`, at most 366 nights later.
    pub check_out: Date,
}

/// One room asked for.
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
    pub seen: PropertyAccess,
    /// What blocks.
    pub problem: Problem,
}

/// A night that a rule blocks.
#[Object]
impl BlockedNight {
    /// The room type.
    async fn room_type(&self) -> Option<RoomType> {
        room_type_of(&self.seen, self.problem.room_type)
    }

    /// The night; for closed to departure the date of check-out.
    async fn date(&self) -> Option<Date> {
        self.problem.date.map(Date)
    }

    /// The rule.
    async fn rule(&self) -> RefusalRule {
        self.problem.rule.unwrap_or(Rule::ContractInactive).into()
    }

    /// The rule's number.
    async fn value(&self) -> Option<i32> {
        self.problem.value
    }

    /// A sentence for a person.
    async fn message(&self) -> &str {
        &self.problem.message
    }
}

/// What a stay finds in one room type.
#[derive(SimpleObject, Clone)]
pub struct RoomTypeAvailability {
    /// The room type.
    pub room_type: RoomType,
    /// Rooms that can be sold for the whole stay; 0 when a rule blocks it.
    pub left_to_sell: i32,
    /// What blocks it, night by night.
    pub blocked: Vec<BlockedNight>,
}

/// What a stay finds at one property under one contract.
#[derive(SimpleObject, Clone)]
pub struct PropertyAvailability {
    /// The property.
    pub property: Property,
    /// Under which contract.
    pub contract: Contract,
    /// Whether all rooms asked for can be had together.
    pub bookable: bool,
    /// The room types that fit at least one of the rooms asked for.
    pub room_types: Vec<RoomTypeAvailability>,
    /// The event up to which this is true.
    pub as_of_seq: i64,
    /// Where it came from.
    pub source: StockSource,
}

/// The stay as the core has it.
///
/// # Errors
/// `BAD_USER_INPUT` when it is empty or too long.
pub fn stay(input: &StayInput) -> Result<Stay> {
    let stay = Stay { check_in: input.check_in.0, check_out: input.check_out.0 };
    match stay.length() {
        ..=0 => Err(bad_input("stay.checkOut", "must lie after checkIn: a stay has at least one night")),
        1..=366 => Ok(stay),
        _ => Err(bad_input("stay.checkOut", "a stay has at most 366 nights")),
    }
}

fn fits(room_type: &inventory::RoomType, request: &RoomRequest) -> bool {
    let children = i32::try_from(request.child_ages.len()).unwrap_or(i32::MAX);
    request.adults <= room_type.max_adults
        && children <= room_type.max_children
        && request.adults.saturating_add(children) <= room_type.max_occupancy
}

/// What the stay finds at one property under one contract.
///
/// # Errors
/// When the database can't be reached.
pub async fn of_property(
    ctx: &Context<'_>,
    seen: &PropertyAccess,
    contract: &inventory::Contract,
    stay: Stay,
    rooms: &[RoomRequest],
    at_least: i64,
) -> Result<PropertyAvailability> {
    let now = access::app(ctx)?.clock.now();
    let fitting: Vec<&inventory::RoomType> = seen
        .structure
        .room_types
        .values()
        .filter(|room_type| {
            contract.covers_room_type(room_type.id) && rooms.iter().any(|request| fits(room_type, request))
        })
        .collect();
    let loads = fitting.iter().map(|found| nights::load(ctx, seen, found.id, stay.check_in, stay.check_out, at_least));
    let loaded = futures_util::future::try_join_all(loads).await?;
    let mut left: Vec<(&inventory::RoomType, i32)> = Vec::new();
    let mut room_types = Vec::new();
    for (room_type, nights) in fitting.iter().zip(&loaded) {
        let at = |date: NaiveDate| nights.night(date);
        let (rooms, problems) = stay_availability(
            &seen.structure.property,
            contract,
            room_type.id,
            stay,
            now,
            access::app(ctx)?.rules.horizon_nights,
            at,
        );
        left.push((room_type, rooms));
        room_types.push(RoomTypeAvailability {
            room_type: RoomType { seen: seen.clone(), room_type: (*room_type).clone() },
            left_to_sell: shown(contract, rooms),
            blocked: problems.into_iter().map(|problem| BlockedNight { seen: seen.clone(), problem }).collect(),
        });
    }
    let farthest = loaded.iter().map(|nights| nights.source).max().unwrap_or(crate::cache::Source::Process);
    Ok(PropertyAvailability {
        property: Property(seen.clone()),
        contract: Contract { seen: seen.clone(), contract: contract.clone() },
        bookable: all_fit(left, rooms),
        room_types,
        as_of_seq: loaded.iter().map(|nights| nights.seq).min().unwrap_or(0),
        source: farthest.into(),
    })
}

/// Whether the rooms can be had together: the largest party first, each in the smallest room that takes it.
fn all_fit(mut left: Vec<(&inventory::RoomType, i32)>, rooms: &[RoomRequest]) -> bool {
    let mut parties: Vec<&RoomRequest> = rooms.iter().collect();
    parties.sort_by_key(|party| std::cmp::Reverse((party.child_ages.len(), party.adults)));
    left.sort_by_key(|(room_type, _)| (room_type.max_occupancy, room_type.max_adults));
    parties.iter().all(|party| match left.iter_mut().find(|(room_type, rooms)| *rooms > 0 && fits(room_type, party)) {
        Some((_, rooms)) => {
            *rooms -= 1;
            true
        }
        None => false,
    })
}
