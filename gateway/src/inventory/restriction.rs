//! Selling rules: set and clear, at the room night or at one pool. Never touches a count.

use chrono::{DateTime, Utc};

use super::allotment::{MAX_ROOMS, RangeChecker};
use super::cell::{Level, Measure};
use super::command::RestrictionChange;
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::refusal::{Code, Problem, Refusal};
use super::stock::Stock;

/// Sets the named rules on every night of every range, or on none.
pub(super) fn set(stock: &Stock, changes: &[RestrictionChange], now: DateTime<Utc>) -> Result<Decision, Refusal> {
    let mut problems = Vec::new();
    let mut checker = RangeChecker::new(stock, now);
    for (index, change) in changes.iter().enumerate() {
        problems.extend(checker.check(index, change.room_type, change.level, change.range));
        problems.extend(value_problems(index, change));
    }
    problems.extend(checker.size_problem());
    if problems.is_empty() {
        problems = changes.iter().enumerate().flat_map(|(index, change)| conflicts(stock, index, change)).collect();
    }
    if !problems.is_empty() {
        return Err(Refusal(problems));
    }
    let mut draft = Draft::new(stock);
    let mut unchanged = 0;
    for change in changes {
        for date in change.nights() {
            let night = draft.night((change.room_type, date));
            let mut changed = false;
            for (measure, value) in &change.set {
                let before = night.get(change.level, *measure);
                night.set(change.level, *measure, *value);
                changed |= night.get(change.level, *measure) != before;
            }
            unchanged += usize::from(!changed);
        }
    }
    Ok(Decision { unchanged, ..draft.decide(Cause::SetRestrictions) })
}

/// Where the stock is not what the caller believed. Compared before anything is changed, so that the ranges of one call
/// do not disturb each other's expectations.
fn conflicts(stock: &Stock, index: usize, change: &RestrictionChange) -> Vec<Problem> {
    let mut problems = Vec::new();
    for date in change.nights().filter(|_| !change.expected.is_empty()) {
        let night = stock.night((change.room_type, date));
        for (measure, expected) in &change.expected {
            let current = night.shown(*measure);
            if current != *expected {
                let path = ["changes", &index.to_string(), "expected", measure.code()];
                problems.push(conflict(*measure, current).at_field(&path).on(change.room_type, date));
            }
        }
    }
    problems
}

fn conflict(measure: Measure, current: Option<i32>) -> Problem {
    let now = match (current, measure.is_flag()) {
        (None, _) => "not set".to_owned(),
        (Some(flag), true) => if flag == 1 { "on" } else { "off" }.to_owned(),
        (Some(number), false) => number.to_string(),
    };
    let message = format!("somebody changed this night meanwhile: {} is now {now}", measure.code());
    Problem::new(Code::Conflict, message).current(current)
}

fn value_problems(index: usize, change: &RestrictionChange) -> Vec<Problem> {
    let index = index.to_string();
    let mut problems = Vec::new();
    if change.set.is_empty() {
        problems.push(Problem::invalid(&["changes", &index], "name at least one restriction to set or clear"));
    }
    for (position, (measure, _)) in change.expected.iter().enumerate() {
        if change.expected[..position].iter().any(|(earlier, _)| earlier == measure) {
            let path = ["changes", &index, "expected", measure.code()];
            problems.push(Problem::invalid(&path, "expect one value of a restriction, or that it is unset"));
        }
    }
    for (position, (measure, value)) in change.set.iter().enumerate() {
        let path = ["changes", &index, measure.code()];
        if change.set[..position].iter().any(|(earlier, _)| earlier == measure) {
            problems.push(Problem::invalid(&path, "a restriction can't be set and cleared at once"));
        }
        if *measure == Measure::SellLimit && change.level != Level::Night {
            problems.push(Problem::invalid(&path, "the sell limit binds all pools: set it at the level roomNight"));
        }
        let allowed = match measure {
            Measure::SellLimit => 0..=MAX_ROOMS,
            Measure::MinAdvanceDays | Measure::MaxAdvanceDays => 0..=1_096,
            flag if flag.is_flag() => 0..=1,
            _ => 1..=366,
        };
        if let Some(value) = value.filter(|value| !allowed.contains(value)) {
            let message = format!("{} is {} to {}, not {value}", measure.code(), allowed.start(), allowed.end());
            problems.push(Problem::invalid(&path, message));
        }
    }
    problems
}
