//! Availability for a contract: rooms left to sell, the rules in force, and the rules that block.

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::RoomTypeId;

use super::cell::{Night, Pool, Restrictions};
use super::cut_off::closed_night;
use super::property::{Contract, ContractStatus, PoolAccess, Property};
use super::refusal::{Problem, Rule};
use super::stay::Stay;

/// One night as one contract sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractNight {
    /// Rooms it can draw from its own allotment.
    pub from_contract: i32,
    /// Rooms it can draw from the shared pool.
    pub from_shared: i32,
    /// Both, and no more than the room night's sell limit leaves.
    pub left_to_sell: i32,
    /// The rules in force: the room night's overlaid by the contract's.
    pub restrictions: Restrictions,
    /// The rule that leaves no room, if none is left.
    pub blocked_by: Option<(Rule, Option<i32>)>,
}

/// The rooms that the contract can draw on the night. Rules about the length of a stay are not checked here.
pub fn contract_night(night: &Night, contract: &Contract, room_type: RoomTypeId, date: NaiveDate) -> ContractNight {
    let own = night.pool(Pool::Contract(contract.id));
    let restrictions = night.room.restrictions.overlaid_by(&own.restrictions);
    let blocked = |rule, value| ContractNight {
        from_contract: 0,
        from_shared: 0,
        left_to_sell: 0,
        restrictions,
        blocked_by: Some((rule, value)),
    };
    if contract.status != ContractStatus::Active || !contract.covers(room_type, date) {
        return blocked(Rule::ContractInactive, None);
    }
    if restrictions.stop_sell {
        return blocked(Rule::StopSell, None);
    }
    let limit_left = night.room.sell_limit.map(|limit| (limit, (limit - night.committed()).max(0)));
    if let Some((limit, 0)) = limit_left {
        return blocked(Rule::SellLimit, Some(limit));
    }
    let from_contract = own.left_to_sell();
    let (from_shared, shared_block) = shared_left(night, contract);
    let left = from_contract + from_shared;
    ContractNight {
        from_contract,
        from_shared,
        left_to_sell: limit_left.map_or(left, |(_, room)| left.min(room)),
        restrictions,
        blocked_by: (left == 0).then(|| shared_block.unwrap_or_else(|| nothing_left(night, contract))),
    }
}

/// The rooms that the contract can draw from the shared pool, and the rule that closes the pool to it.
fn shared_left(night: &Night, contract: &Contract) -> (i32, Option<(Rule, Option<i32>)>) {
    let own = night.pool(Pool::Contract(contract.id));
    let cap = match contract.pool_access {
        PoolAccess::None => return (0, None),
        PoolAccess::Capped(cap) => Some(cap),
        PoolAccess::Full => None,
    };
    if night.shared.restrictions.stop_sell {
        return (0, Some((Rule::StopSell, None)));
    }
    let left = night.shared.left_to_sell();
    match cap.map(|cap| (cap, (cap - own.pool_held - own.pool_sold).max(0))) {
        Some((cap, 0)) if left > 0 => (0, Some((Rule::PoolCap, Some(cap)))),
        Some((_, room)) => (left.min(room), None),
        None => (left, None),
    }
}

fn nothing_left(night: &Night, contract: &Contract) -> (Rule, Option<i32>) {
    let own_loaded = night.pool(Pool::Contract(contract.id)).allotted.is_some();
    let shared_loaded = contract.pool_access != PoolAccess::None && night.shared.allotted.is_some();
    (if own_loaded || shared_loaded { Rule::SoldOut } else { Rule::NotLoaded }, None)
}

/// The pool of the next draw: own rooms first, then the shared pool.
///
/// # Errors
/// The rule that leaves no room.
pub fn next_draw(
    night: &Night,
    contract: &Contract,
    key: (RoomTypeId, NaiveDate),
    shared_open: bool,
) -> Result<Pool, (Rule, Option<i32>)> {
    let view = contract_night(night, contract, key.0, key.1);
    if view.left_to_sell > 0 && view.from_contract > 0 {
        Ok(Pool::Contract(contract.id))
    } else if view.left_to_sell > 0 && shared_open {
        Ok(Pool::Shared)
    } else {
        Err(view.blocked_by.unwrap_or_else(|| nothing_left(night, contract)))
    }
}

/// The rules about a stay as a whole, at one level of restrictions.
///
/// `at` gives the restrictions of a date. Arrival rules are read at check-in, through rules on every night, closed to
/// departure on the date of check-out itself.
pub fn stay_problems(
    property: &Property,
    room_type: RoomTypeId,
    stay: Stay,
    now: DateTime<Utc>,
    at: impl Fn(NaiveDate) -> Restrictions,
) -> Vec<Problem> {
    let length = i32::try_from(stay.length()).unwrap_or(i32::MAX);
    let mut problems = Vec::new();
    let mut block = |date, rule, value| problems.push(Problem::blocked(rule, value).on_night(room_type, date));
    let arrival = at(stay.check_in);
    if arrival.closed_to_arrival {
        block(stay.check_in, Rule::ClosedToArrival, None);
    }
    if let Some(least) = arrival.min_stay_arrival.filter(|least| length < *least) {
        block(stay.check_in, Rule::MinStayArrival, Some(least));
    }
    if let Some(most) = arrival.max_stay_arrival.filter(|most| length > *most) {
        block(stay.check_in, Rule::MaxStayArrival, Some(most));
    }
    let ahead = i32::try_from((stay.check_in - property.business_date(now)).num_days()).unwrap_or(i32::MAX);
    if let Some(least) = arrival.min_advance_days.filter(|least| ahead < *least) {
        block(stay.check_in, Rule::MinAdvance, Some(least));
    }
    if let Some(most) = arrival.max_advance_days.filter(|most| ahead > *most) {
        block(stay.check_in, Rule::MaxAdvance, Some(most));
    }
    for date in stay.nights() {
        let night = at(date);
        if let Some(least) = night.min_stay_through.filter(|least| length < *least) {
            block(date, Rule::MinStayThrough, Some(least));
        }
        if let Some(most) = night.max_stay_through.filter(|most| length > *most) {
            block(date, Rule::MaxStayThrough, Some(most));
        }
    }
    if at(stay.check_out).closed_to_departure {
        block(stay.check_out, Rule::ClosedToDeparture, None);
    }
    problems
}

/// Rooms that the contract can sell for the whole stay, and every rule that blocks it (then 0 rooms).
///
/// `at` gives the night of a date, from check-in through the date of check-out.
pub fn stay_availability<'a>(
    property: &Property,
    contract: &Contract,
    room_type: RoomTypeId,
    stay: Stay,
    now: DateTime<Utc>,
    horizon_nights: i32,
    at: impl Fn(NaiveDate) -> &'a Night,
) -> (i32, Vec<Problem>) {
    let today = property.business_date(now);
    let own = |date| at(date).room.restrictions.overlaid_by(&at(date).pool(Pool::Contract(contract.id)).restrictions);
    let shared = |date| at(date).shared.restrictions;
    let mut problems = stay_problems(property, room_type, stay, now, own);
    let shared_problems = stay_problems(property, room_type, stay, now, shared);
    let (mut rooms, mut needs_shared) = (i32::MAX, false);
    for date in stay.nights() {
        let block = |rule, value| Problem::blocked(rule, value).on_night(room_type, date);
        if let Some((rule, value)) = closed_night(date, today, horizon_nights) {
            problems.push(block(rule, value));
            continue;
        }
        let view = contract_night(at(date), contract, room_type, date);
        let left =
            if shared_problems.is_empty() { view.left_to_sell } else { view.left_to_sell.min(view.from_contract) };
        rooms = rooms.min(left);
        match view.blocked_by {
            Some((rule, value)) => problems.push(block(rule, value)),
            None => needs_shared |= left == 0,
        }
    }
    if needs_shared {
        problems.extend(shared_problems);
    }
    (if problems.is_empty() { rooms } else { 0 }, problems)
}
