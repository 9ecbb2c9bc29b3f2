//! Holds and bookings: claim, extend, confirm, cancel, expire.
//!
//! Own rooms are drawn before the shared pool's; earlier draws are never rebalanced; a room goes back where it came
//! from.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::availability::{next_draw, stay_problems};
use super::cell::{Night, Pool, Restrictions};
use super::command::{Claim, ClaimKind, LineRequest};
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::property::{Contract, ContractStatus, PoolAccess, RoomType};
use super::refusal::{Code, Problem, Refusal, Rule};
use super::reservation::{Draw, Line, Reservation, Status};
use super::stay::MAX_STAY;
use super::stock::Stock;

/// Most lines (rooms) of one reservation.
pub const MAX_LINES: usize = 100;

/// Takes one room on every night of every line, or none at all.
pub(super) fn claim(stock: &Stock, claim: &Claim, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    check_form(stock, claim)?;
    let contract = choose_contract(stock, claim)?;
    let mut problems = Vec::new();
    let expires_at = match claim.kind {
        ClaimKind::Book => None,
        ClaimKind::Hold(minutes) => {
            problems.extend(held_rooms_problem(stock, contract, claim.lines.len()));
            match hold_length(stock, contract, minutes) {
                Ok(length) => Some(now + length),
                Err(problem) => {
                    problems.push(problem);
                    None
                }
            }
        }
    };
    let mut draft = Draft::new(stock);
    let status = if expires_at.is_some() { Status::Held } else { Status::Confirmed };
    let mut lines = Vec::with_capacity(claim.lines.len());
    for (index, request) in claim.lines.iter().enumerate() {
        match draw_line(stock, &mut draft, contract, request, status, now) {
            Ok(draws) => lines.push(Line {
                number: i32::try_from(index).unwrap_or(0) + 1,
                room_type: request.room_type,
                stay: request.stay,
                adults: request.adults,
                child_ages: request.child_ages.clone(),
                status,
                draws,
            }),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert((problem.room_type, problem.date, problem.rule, problem.field.clone())));
        return Err(Refusal(problems));
    }
    let reservation = Reservation {
        id: claim.id,
        partner: claim.partner,
        contract: contract.id,
        locator: claim.locator.clone(),
        reference: claim.reference.clone(),
        guest_name: claim.guest_name.clone(),
        status,
        expires_at,
        created_at: now,
        revision: 1,
        lines,
    };
    let cause = if expires_at.is_some() { Cause::Hold } else { Cause::Book };
    Ok(draft.decide_reservation(cause, reservation))
}

/// What can be said of the request without looking at the stock's numbers.
fn check_form(stock: &Stock, claim: &Claim) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    if claim.lines.is_empty() || claim.lines.len() > MAX_LINES {
        problems.push(Problem::invalid(&["lines"], format!("give 1 to {MAX_LINES} lines, one a room")));
    }
    if claim.reference.trim().is_empty() || claim.reference.len() > 100 {
        problems.push(Problem::invalid(&["reference"], "give your own reference, 1 to 100 characters"));
    }
    if stock.references.contains_key(&(claim.partner, claim.reference.clone())) {
        problems.push(
            Problem::new(
                Code::DuplicateReference,
                "a reservation of yours at this property already has this reference",
            )
            .at_field(&["reference"]),
        );
    }
    for (index, line) in claim.lines.iter().enumerate() {
        let number = index.to_string();
        let length = line.stay.length();
        if length <= 0 {
            problems.push(
                Problem::new(Code::EmptyStay, "checkOut must lie after checkIn: a stay has at least one night")
                    .at_field(&["lines", &number, "checkOut"])
                    .of(line.room_type),
            );
        } else if length > MAX_STAY {
            problems.push(
                Problem::invalid(&["lines", &number, "checkOut"], format!("a stay has at most {MAX_STAY} nights"))
                    .of(line.room_type),
            );
        }
        match stock.room_types.get(&line.room_type) {
            None => {
                problems.push(Problem::invalid(&["lines", &number, "roomTypeId"], "no such room type at this property"))
            }
            Some(room_type) => problems.extend(occupancy_problem(room_type, line, &number)),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Refusal(problems)) }
}

fn occupancy_problem(room_type: &RoomType, line: &LineRequest, number: &str) -> Option<Problem> {
    let children = i32::try_from(line.child_ages.len()).unwrap_or(i32::MAX);
    if line.adults < 1 {
        return Some(Problem::invalid(&["lines", number, "adults"], "a room takes at least one adult"));
    }
    if line.child_ages.iter().any(|age| !(0..=17).contains(age)) {
        return Some(Problem::invalid(&["lines", number, "childAges"], "a child's age is 0 to 17 years"));
    }
    let most = if line.adults > room_type.max_adults {
        room_type.max_adults
    } else if children > room_type.max_children {
        room_type.max_children
    } else if line.adults.saturating_add(children) > room_type.max_occupancy {
        room_type.max_occupancy
    } else {
        return None;
    };
    Some(Problem::blocked(Rule::Occupancy, Some(most)).of(room_type.id).at_field(&["lines", number]))
}

/// The contract named, or the only active one that covers every line.
fn choose_contract<'a>(stock: &'a Stock, claim: &Claim) -> Result<&'a Contract, Refusal> {
    let mut own = stock.contracts.values().filter(|contract| contract.partner == claim.partner);
    if let Some(id) = claim.contract {
        let named = own.find(|contract| contract.id == id);
        return named
            .ok_or_else(|| Problem::invalid(&["contractId"], "no such contract of yours at this property").into());
    }
    let own: Vec<&Contract> = own.collect();
    let fits = |contract: &&&Contract| {
        contract.status == ContractStatus::Active
            && claim.lines.iter().all(|line| line.stay.nights().all(|date| contract.covers(line.room_type, date)))
    };
    let fitting: Vec<&&Contract> = own.iter().filter(fits).collect();
    match (fitting.as_slice(), own.as_slice()) {
        ([only], _) => Ok(only),
        ([], [only]) => Ok(only),
        ([], _) => Err(Problem::blocked(Rule::ContractInactive, None).at_field(&["contractId"]).into()),
        _ => Err(Problem::new(Code::ContractRequired, "several of your contracts cover this stay: name one")
            .at_field(&["contractId"])
            .into()),
    }
}

fn held_rooms_problem(stock: &Stock, contract: &Contract, lines: usize) -> Option<Problem> {
    let most = contract.max_held_rooms.unwrap_or(stock.limits.max_held_rooms).min(stock.limits.max_held_rooms);
    let held = stock.held_rooms.get(&contract.id).copied().unwrap_or(0);
    let wanted = held + i32::try_from(lines).unwrap_or(i32::MAX - held);
    (wanted > most).then(|| Problem::blocked(Rule::HoldLimit, Some(most)))
}

/// Longest hold of the contract in minutes, extensions included.
fn longest_hold(stock: &Stock, contract: &Contract) -> i32 {
    contract.longest_hold_minutes.unwrap_or(stock.limits.hold_minutes_max).min(stock.limits.hold_minutes_max)
}

fn hold_length(stock: &Stock, contract: &Contract, minutes: Option<i32>) -> Result<Duration, Problem> {
    let longest = longest_hold(stock, contract);
    let minutes = minutes.unwrap_or(stock.limits.hold_minutes.min(longest));
    if minutes < 1 {
        Err(Problem::invalid(&["holdMinutes"], "a hold lasts at least one minute"))
    } else if minutes > longest {
        Err(Problem::blocked(Rule::HoldLimit, Some(longest)).at_field(&["holdMinutes"]))
    } else {
        Ok(Duration::minutes(i64::from(minutes)))
    }
}

/// Draws one room on every night of the line, or names every night that is blocked.
///
/// A refused line keeps what it drew in the draft, so that the lines after it are judged on the demand of all.
fn draw_line(
    stock: &Stock,
    draft: &mut Draft<'_>,
    contract: &Contract,
    request: &LineRequest,
    status: Status,
    now: DateTime<Utc>,
) -> Result<Vec<Draw>, Vec<Problem>> {
    let (room_type, stay) = (request.room_type, request.stay);
    let today = stock.property.business_date(now);
    let horizon = today + Duration::days(i64::from(stock.limits.horizon_nights));
    let level = |pool: Option<Pool>| {
        move |date| -> Restrictions {
            let night = stock.nights.get(&(room_type, date));
            match (night, pool) {
                (None, _) => Restrictions::default(),
                (Some(night), None) => {
                    night.room.restrictions.overlaid_by(&night.pool(Pool::Contract(contract.id)).restrictions)
                }
                (Some(night), Some(pool)) => night.pool(pool).restrictions,
            }
        }
    };
    let mut problems = stay_problems(&stock.property, room_type, stay, now, level(None));
    let shared_problems = stay_problems(&stock.property, room_type, stay, now, level(Some(Pool::Shared)));
    let closed_by_shared = contract.pool_access != PoolAccess::None && !shared_problems.is_empty();
    let mut draws = Vec::new();
    for date in stay.nights() {
        let key = (room_type, date);
        if date < today {
            problems.push(Problem::blocked(Rule::CutOff, None).on(room_type, date));
        } else if date >= horizon {
            problems.push(Problem::blocked(Rule::Horizon, Some(stock.limits.horizon_nights)).on(room_type, date));
        } else {
            match next_draw(draft.night(key), contract, key, shared_problems.is_empty()) {
                Ok(pool) => {
                    shift(draft.night(key), contract, pool, status, 1);
                    draws.push(Draw { date, pool });
                }
                Err((Rule::SoldOut | Rule::NotLoaded, _))
                    if closed_by_shared && draft.night(key).shared.left_to_sell() > 0 =>
                {
                    problems.extend(shared_problems.iter().cloned());
                }
                Err((rule, value)) => problems.push(Problem::blocked(rule, value).on(room_type, date)),
            }
        }
    }
    if problems.is_empty() { Ok(draws) } else { Err(problems) }
}

/// Counts one room as `status` in the pool it was drawn from; for the shared pool also in the contract's share of it.
fn shift(night: &mut Night, contract: &Contract, pool: Pool, status: Status, by: i32) {
    let cell = night.pool_mut(pool);
    match status {
        Status::Held => cell.held += by,
        Status::Confirmed => cell.sold += by,
        _ => {}
    }
    if pool == Pool::Shared {
        let own = night.pool_mut(Pool::Contract(contract.id));
        match status {
            Status::Held => own.pool_held += by,
            Status::Confirmed => own.pool_sold += by,
            _ => {}
        }
    }
}

/// Moves the chosen live lines to a status and their rooms with them.
fn move_lines(
    stock: &Stock,
    draft: &mut Draft<'_>,
    reservation: &mut Reservation,
    to: Status,
    chosen: impl Fn(&Line) -> bool,
) -> Result<usize, Refusal> {
    let contract = stock
        .contracts
        .get(&reservation.contract)
        .ok_or_else(|| Problem::invalid(&["reservationId"], "the reservation's contract is not at this property"))?;
    let mut moved = 0;
    for line in reservation.lines.iter_mut().filter(|line| line.status.is_live() && chosen(line)) {
        for draw in &line.draws {
            let night = draft.night((line.room_type, draw.date));
            shift(night, contract, draw.pool, line.status, -1);
            shift(night, contract, draw.pool, to, 1);
        }
        line.status = to;
        moved += 1;
    }
    if moved > 0 {
        reservation.revision += 1;
    }
    Ok(moved)
}

fn named(stock: &Stock, id: Uuid) -> Result<Reservation, Refusal> {
    let found = stock.reservations.get(&id).cloned();
    found.ok_or_else(|| Problem::invalid(&["reservationId"], "no such reservation").into())
}

fn is_over(reservation: &Reservation, now: DateTime<Utc>) -> bool {
    reservation.expires_at.is_some_and(|expiry| expiry <= now)
}

/// Refuses unless the reservation is a hold that still runs.
fn check_held(reservation: &Reservation, now: DateTime<Utc>) -> Result<(), Refusal> {
    match reservation.status {
        Status::Held if is_over(reservation, now) => Err(expired().into()),
        Status::Held => Ok(()),
        Status::Expired => Err(expired().into()),
        status => {
            let message = format!("the reservation is {}, not HELD", status.name());
            Err(Problem::new(Code::NotHeld, message).at_field(&["reservationId"]).into())
        }
    }
}

fn expired() -> Problem {
    Problem::new(Code::HoldExpired, "the hold has expired and its rooms are back on sale").at_field(&["reservationId"])
}

/// Prolongs a hold, up to the longest that is allowed since it was placed. A stop sell on any of its nights refuses.
pub(super) fn extend(
    stock: &Stock,
    id: Uuid,
    by_minutes: Option<i32>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let mut reservation = named(stock, id)?;
    check_held(&reservation, now)?;
    let contract = stock
        .contracts
        .get(&reservation.contract)
        .ok_or_else(|| Problem::invalid(&["reservationId"], "the reservation's contract is not at this property"))?;
    let by = by_minutes.unwrap_or(stock.limits.hold_minutes);
    if by < 1 {
        return Err(Problem::invalid(&["byMinutes"], "extend by at least one minute").into());
    }
    let stopped = |line: &Line, draw: &Draw| {
        let night = stock.night((line.room_type, draw.date));
        night.room.restrictions.stop_sell
            || night.pool(Pool::Contract(contract.id)).restrictions.stop_sell
            || (draw.pool == Pool::Shared && night.shared.restrictions.stop_sell)
    };
    let mut problems = Vec::new();
    for line in reservation.lines.iter().filter(|line| line.status.is_live()) {
        for draw in line.draws.iter().filter(|draw| stopped(line, draw)) {
            problems.push(Problem::blocked(Rule::StopSell, None).on(line.room_type, draw.date));
        }
    }
    let longest = longest_hold(stock, contract);
    let expiry = reservation.expires_at.unwrap_or(now) + Duration::minutes(i64::from(by));
    if expiry > reservation.created_at + Duration::minutes(i64::from(longest)) {
        problems.push(Problem::blocked(Rule::HoldLimit, Some(longest)).at_field(&["byMinutes"]));
    }
    if !problems.is_empty() {
        return Err(Refusal(problems));
    }
    reservation.expires_at = Some(expiry);
    reservation.revision += 1;
    Ok(Draft::new(stock).decide_reservation(Cause::Extend, reservation))
}

/// Turns a running hold into a sale. Only the expiry is checked: the rules were, when the claim was made.
/// Confirming twice changes nothing.
pub(super) fn confirm(stock: &Stock, id: Uuid, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut reservation = named(stock, id)?;
    if reservation.status == Status::Confirmed {
        return Ok(unchanged(reservation));
    }
    check_held(&reservation, now)?;
    let mut draft = Draft::new(stock);
    move_lines(stock, &mut draft, &mut reservation, Status::Confirmed, |_| true)?;
    reservation.status = Status::Confirmed;
    reservation.expires_at = None;
    Ok(draft.decide_reservation(Cause::Confirm, reservation))
}

/// Gives back some lines or all, each room to the pool it came from. What is cancelled already stays so.
pub(super) fn cancel(stock: &Stock, id: Uuid, lines: Option<&[i32]>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut reservation = named(stock, id)?;
    match reservation.status {
        Status::Cancelled => return Ok(unchanged(reservation)),
        Status::Held if is_over(&reservation, now) => return Err(expired().into()),
        Status::Expired => return Err(expired().into()),
        Status::NoShow => {
            return Err(Problem::new(Code::NotActive, "the guest did not come: the reservation is NO_SHOW")
                .at_field(&["reservationId"])
                .into());
        }
        Status::Held | Status::Confirmed => {}
    }
    if let Some(unknown) =
        lines.unwrap_or_default().iter().find(|number| reservation.lines.iter().all(|line| line.number != **number))
    {
        return Err(Problem::invalid(&["lines"], format!("the reservation has no line {unknown}")).into());
    }
    let chosen = |line: &Line| lines.is_none_or(|numbers| numbers.contains(&line.number));
    let today = stock.property.business_date(now);
    let begun: Vec<Problem> = reservation
        .lines
        .iter()
        .filter(|line| line.status == Status::Confirmed && chosen(line) && line.stay.check_in < today)
        .map(|line| {
            Problem::new(Code::StayBegun, "the stay has begun: its first night can no longer be given back")
                .on(line.room_type, line.stay.check_in)
        })
        .collect();
    if !begun.is_empty() {
        return Err(Refusal(begun));
    }
    let mut draft = Draft::new(stock);
    if move_lines(stock, &mut draft, &mut reservation, Status::Cancelled, chosen)? == 0 {
        return Ok(unchanged(reservation));
    }
    if reservation.lines.iter().all(|line| !line.status.is_live()) {
        reservation.status = Status::Cancelled;
        reservation.expires_at = None;
    }
    Ok(draft.decide_reservation(Cause::Cancel, reservation))
}

/// Ends a hold whose time is over. Changes nothing when it is not due.
pub(super) fn expire(stock: &Stock, id: Uuid, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut reservation = named(stock, id)?;
    if reservation.status != Status::Held || !is_over(&reservation, now) {
        return Ok(unchanged(reservation));
    }
    let mut draft = Draft::new(stock);
    move_lines(stock, &mut draft, &mut reservation, Status::Expired, |_| true)?;
    reservation.status = Status::Expired;
    Ok(draft.decide_reservation(Cause::Expire, reservation))
}

fn unchanged(reservation: Reservation) -> Decision {
    Decision { reservation: Some(reservation), unchanged: 1, ..Decision::default() }
}
