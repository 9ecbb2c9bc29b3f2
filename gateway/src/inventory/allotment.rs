//! Counts of rooms on sale: set, adjust, take off sale; and the checks of the ranges of a change.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::RoomTypeId;

use super::calendar::{DateRange, order_problem};
use super::cell::{Allotment, Level, Pool};
use super::command::{CountChange, CountOp, SetCounts};
use super::cut_off::{horizon, past_night_rule};
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::refusal::{Code, Problem, Refusal, Rule};
use super::stock::Stock;

/// Most rooms of one room type and night in one pool.
pub const MAX_ROOMS: i32 = 10_000;

/// Sets or adjusts counts: every cell or none, unless conflicts are to be skipped.
pub(super) fn set_counts(stock: &Stock, set: &SetCounts, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut problems = Vec::new();
    let mut checker = RangeChecker::new(stock, now);
    for (index, change) in set.changes.iter().enumerate() {
        let found = checker.check(index, change.room_type, Level::Pool(change.pool), change.range);
        problems.extend(found.into_iter().chain(number_problem(index, change.op)));
    }
    problems.extend(checker.size_problem());
    if !problems.is_empty() {
        return Err(Refusal(problems));
    }
    let mut draft = Draft::new(stock);
    let (mut unchanged, mut conflicts) = (0, Vec::new());
    for change in &set.changes {
        for date in change.range.nights() {
            let night = draft.night((change.room_type, date));
            let before = night.pool(change.pool);
            match new_count(&before, change, set.allow_overcommit) {
                Ok(allotted) if allotted == before.allotted => unchanged += 1,
                Ok(allotted) => night.pool_mut(change.pool).allotted = allotted,
                Err(problem) => conflicts.push(problem.on_night(change.room_type, date)),
            }
        }
    }
    if !conflicts.is_empty() && !set.skip_conflicts {
        return Err(Refusal(conflicts));
    }
    let cause = if set.relative { Cause::AdjustAllotments } else { Cause::SetAllotments };
    Ok(Decision { unchanged, skipped: conflicts, ..draft.decide(cause) })
}

fn number_problem(index: usize, op: CountOp) -> Option<Problem> {
    let index = index.to_string();
    let (name, number, allowed) = match op {
        CountOp::Allotted(number) => ("allotted", number, 0..=MAX_ROOMS),
        CountOp::LeftToSell(number) => ("leftToSell", number, 0..=MAX_ROOMS),
        CountOp::AdjustBy(number) => ("adjustBy", number, -MAX_ROOMS..=MAX_ROOMS),
        CountOp::NotLoaded => return None,
    };
    let path: &[&str] =
        if name == "adjustBy" { &["changes", &index, name] } else { &["changes", &index, "count", name] };
    (!allowed.contains(&number)).then(|| {
        Problem::invalid(path, format!("{name} is {} to {} rooms, not {number}", allowed.start(), allowed.end()))
    })
}

/// The new `allotted` of the cell, or the problem with it.
fn new_count(before: &Allotment, change: &CountChange, allow_overcommit: bool) -> Result<Option<i32>, Problem> {
    if change.expected_allotted.is_some_and(|expected| expected != before.allotted) {
        let now = before.allotted.map_or("not loaded".to_owned(), |rooms| rooms.to_string());
        return Err(Problem::new(
            Code::Conflict,
            format!("somebody changed this night meanwhile: allotted is now {now}"),
        )
        .current(before.allotted));
    }
    let after = match change.op {
        CountOp::Allotted(rooms) => Some(rooms),
        CountOp::LeftToSell(rooms) => {
            let sum = (rooms + before.committed() + before.released - before.released_in).max(0);
            if sum > MAX_ROOMS {
                let message =
                    format!("{rooms} rooms left to sell would be {sum} on sale; {MAX_ROOMS} at most are allowed");
                return Err(Problem::new(Code::Invalid, message).current(before.allotted));
            }
            Some(sum)
        }
        CountOp::NotLoaded => None,
        CountOp::AdjustBy(rooms) => {
            let Some(loaded) = before.allotted else {
                return Err(Problem::blocked(Rule::NotLoaded, None));
            };
            let sum = loaded + rooms;
            if !(0..=MAX_ROOMS).contains(&sum) {
                let message =
                    format!("{loaded} rooms adjusted by {rooms} would be {sum}; 0 to {MAX_ROOMS} are allowed");
                return Err(Problem::new(Code::Invalid, message).current(before.allotted));
            }
            Some(sum)
        }
    };
    check_count(before, after, allow_overcommit)?;
    Ok(after)
}

/// Checks a new count of a cell: never below the guaranteed rooms, and below the held and sold rooms only when the caller
/// allows overcommitment.
pub(super) fn check_count(before: &Allotment, after: Option<i32>, allow_overcommit: bool) -> Result<(), Problem> {
    let rooms = after.unwrap_or(0);
    if before.guaranteed > 0 && rooms < before.guaranteed {
        return Err(Problem {
            value: Some(before.guaranteed),
            ..Problem::new(
                Code::BelowGuaranteed,
                format!("{} rooms are guaranteed to this contract", before.guaranteed),
            )
        }
        .current(before.allotted));
    }
    let lowers = before.allotted.is_some_and(|was| rooms < was || after.is_none());
    let promised = before.committed() + before.released - before.released_in;
    if lowers && rooms < promised && !allow_overcommit {
        return Err(Problem {
            value: Some(before.committed()),
            ..Problem::new(Code::BelowSold, format!("{} rooms are held or sold on this night", before.committed()))
        }
        .current(before.allotted));
    }
    Ok(())
}

/// Checks the ranges of a supplier's change: known ids, open nights, no overlap, and the total size.
pub(super) struct RangeChecker<'a> {
    stock: &'a Stock,
    today: NaiveDate,
    covered: HashSet<(RoomTypeId, Level, NaiveDate)>,
    cells: usize,
    changes: usize,
}

impl<'a> RangeChecker<'a> {
    pub(super) fn new(stock: &'a Stock, now: DateTime<Utc>) -> Self {
        Self { stock, today: stock.property.business_date(now), covered: HashSet::new(), cells: 0, changes: 0 }
    }

    pub(super) fn check(
        &mut self,
        index: usize,
        room_type: RoomTypeId,
        level: Level,
        range: DateRange,
    ) -> Vec<Problem> {
        self.changes += 1;
        let index = index.to_string();
        let mut problems = Vec::new();
        if !self.stock.room_types.contains_key(&room_type) {
            problems.push(Problem::invalid(&["changes", &index, "roomTypeId"], "no such room type at this property"));
        }
        if let Level::Pool(Pool::Contract(id)) = level {
            match self.stock.contracts.get(&id) {
                None => problems
                    .push(Problem::invalid(&["changes", &index, "contractId"], "no such contract at this property")),
                Some(contract) if !contract.covers_room_type(room_type) => problems.push(
                    Problem::invalid(&["changes", &index, "contractId"], "the contract does not cover this room type")
                        .in_room_type(room_type),
                ),
                Some(_) => {}
            }
        }
        let horizon = horizon(self.today, self.stock.limits.horizon_nights);
        if let Some(problem) = order_problem(range.from, range.through) {
            problems.push(problem.at_field(&["changes", &index, "through"]));
        } else if let Some(rule) = past_night_rule(range.from, self.today) {
            let message = format!("nights before {} can no longer be changed", self.today);
            problems.push(Problem { rule: Some(rule), ..Problem::invalid(&["changes", &index, "from"], message) });
        } else if range.through >= horizon {
            let message =
                format!("nights from {horizon} on lie past the horizon of {} nights", self.stock.limits.horizon_nights);
            problems.push(Problem {
                rule: Some(Rule::Horizon),
                ..Problem::invalid(&["changes", &index, "through"], message)
            });
        }
        if !problems.is_empty() {
            return problems;
        }
        let mut overlap = None;
        for date in range.nights() {
            self.cells += 1;
            if self.cells > self.stock.limits.max_cells {
                break;
            }
            if !self.covered.insert((room_type, level, date)) {
                overlap.get_or_insert(date);
            }
        }
        problems.extend(overlap.map(|date| {
            Problem::invalid(&["changes", &index, "from"], "two ranges of this input cover the same night")
                .on_night(room_type, date)
        }));
        problems
    }

    pub(super) fn size_problem(&self) -> Option<Problem> {
        if self.changes == 0 {
            return Some(Problem::invalid(&["changes"], "give at least one change"));
        }
        let most = self.stock.limits.max_cells;
        (self.cells > most).then(|| Problem::invalid(&["changes"], format!("one call changes at most {most} cells")))
    }
}
