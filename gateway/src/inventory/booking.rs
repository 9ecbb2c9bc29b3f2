//! Holds and bookings: book, extend, confirm, cancel, expire.
//!
//! A contract's own rooms are drawn before those of the shared pool. Earlier draws are never rebalanced. A room returns
//! to the pool it came from.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::availability::{next_draw, stay_problems};
use super::cell::{Night, Pool, Restrictions};
use super::command::{BookingKind, BookingRequest, LineRequest};
use super::cut_off::{closed_night, past_night_rule};
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::occupancy::occupancy_problem;
use super::property::{Contract, ContractStatus, PoolAccess};
use super::refusal::{Code, Problem, Refusal, Rule};
use super::reservation::{Draw, Line, Reservation, Status};
use super::stock::Stock;
use super::text_limits::reference_problem;

/// Most lines (rooms) of one reservation.
pub const MAX_LINES: usize = 100;

/// Takes one room on every night of every line, or none at all.
pub(super) fn book(stock: &Stock, booking: &BookingRequest, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    check_form(stock, booking)?;
    let contract = choose_contract(stock, booking)?;
    let mut problems = Vec::new();
    let expires_at = match booking.kind {
        BookingKind::Book => None,
        BookingKind::Hold(minutes) => {
            problems.extend(held_rooms_problem(stock, contract, booking.lines.len()));
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
    let mut lines = Vec::with_capacity(booking.lines.len());
    for (index, request) in booking.lines.iter().enumerate() {
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
        let mut unique = HashSet::new();
        problems
            .retain(|problem| unique.insert((problem.room_type, problem.date, problem.rule, problem.field.clone())));
        return Err(Refusal(problems));
    }
    let reservation = Reservation {
        id: booking.id,
        partner: booking.partner,
        contract: contract.id,
        locator: booking.locator.clone(),
        reference: booking.reference.clone(),
        guest_name: booking.guest_name.clone(),
        status,
        expires_at,
        created_at: now,
        revision: 1,
        lines,
    };
    let cause = if expires_at.is_some() { Cause::Hold } else { Cause::Book };
    Ok(draft.decide_reservation(cause, reservation))
}

/// Checks the request without reading the counts of the stock.
fn check_form(stock: &Stock, booking: &BookingRequest) -> Result<(), Refusal> {
    let mut problems = Vec::new();
    if booking.lines.is_empty() || booking.lines.len() > MAX_LINES {
        problems.push(Problem::invalid(&["lines"], format!("give 1 to {MAX_LINES} lines, one per room")));
    }
    problems.extend(reference_problem(&booking.reference));
    if stock.references.contains_key(&(booking.partner, booking.reference.clone())) {
        problems.push(
            Problem::new(
                Code::DuplicateReference,
                "a reservation of yours at this property already has this reference",
            )
            .at_field(&["reference"]),
        );
    }
    for (index, line) in booking.lines.iter().enumerate() {
        let number = index.to_string();
        problems.extend(
            line.stay
                .length_problem()
                .map(|problem| problem.at_field(&["lines", &number, "checkOut"]).in_room_type(line.room_type)),
        );
        match stock.room_types.get(&line.room_type) {
            None => {
                problems.push(Problem::invalid(&["lines", &number, "roomTypeId"], "no such room type at this property"))
            }
            Some(room_type) => problems.extend(occupancy_problem(room_type, line.party(), &["lines", &number])),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Refusal(problems)) }
}

/// The contract of the request, or the only active one that covers every line.
fn choose_contract<'a>(stock: &'a Stock, booking: &BookingRequest) -> Result<&'a Contract, Refusal> {
    let mut own = stock.contracts.values().filter(|contract| contract.partner == booking.partner);
    if let Some(id) = booking.contract {
        let named = own.find(|contract| contract.id == id);
        return named
            .ok_or_else(|| Problem::invalid(&["contractId"], "no such contract of yours at this property").into());
    }
    let own: Vec<&Contract> = own.collect();
    let fits = |contract: &&&Contract| {
        contract.status == ContractStatus::Active
            && booking.lines.iter().all(|line| line.stay.nights().all(|date| contract.covers(line.room_type, date)))
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
/// A refused line keeps its draws in the draft, so that the next lines are checked against the demand of all lines.
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
        if let Some((rule, value)) = closed_night(date, today, stock.limits.horizon_nights) {
            problems.push(Problem::blocked(rule, value).on_night(room_type, date));
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
                Err((rule, value)) => problems.push(Problem::blocked(rule, value).on_night(room_type, date)),
            }
        }
    }
    if problems.is_empty() { Ok(draws) } else { Err(problems) }
}

/// Adds `by` rooms of a status to the pool they were drawn from; for the shared pool also to the contract's use of it.
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

/// Moves the chosen live lines, and the counts of their rooms, to another status.
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

fn find_reservation(stock: &Stock, id: Uuid) -> Result<Reservation, Refusal> {
    let found = stock.reservations.get(&id).cloned();
    found.ok_or_else(|| Problem::invalid(&["reservationId"], "no such reservation").into())
}

fn is_over(reservation: &Reservation, now: DateTime<Utc>) -> bool {
    reservation.expires_at.is_some_and(|expiry| expiry <= now)
}

/// Checks that the reservation is a hold that has not expired.
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

/// Extends a hold, up to the longest hold that is allowed since it was placed. A stop sell on any of its nights refuses.
pub(super) fn extend(
    stock: &Stock,
    id: Uuid,
    by_minutes: Option<i32>,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let mut reservation = find_reservation(stock, id)?;
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
            problems.push(Problem::blocked(Rule::StopSell, None).on_night(line.room_type, draw.date));
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

/// Turns a live hold into a sale. Only the expiry is checked: the selling rules were checked when the hold was placed.
/// A second confirmation changes nothing.
pub(super) fn confirm(stock: &Stock, id: Uuid, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut reservation = find_reservation(stock, id)?;
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

/// Cancels some lines or all. Each room returns to the pool it came from. Cancelled lines stay cancelled.
pub(super) fn cancel(stock: &Stock, id: Uuid, lines: Option<&[i32]>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut reservation = find_reservation(stock, id)?;
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
        .filter(|line| {
            line.status == Status::Confirmed && chosen(line) && past_night_rule(line.stay.check_in, today).is_some()
        })
        .map(|line| {
            Problem::new(Code::StayBegun, "the stay has begun: its first night can no longer be given back")
                .on_night(line.room_type, line.stay.check_in)
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

/// Expires a hold that is due. Changes nothing when it is not due.
pub(super) fn expire(stock: &Stock, id: Uuid, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut reservation = find_reservation(stock, id)?;
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
