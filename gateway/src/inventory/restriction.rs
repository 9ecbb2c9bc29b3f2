//! Restrictions: set and clear, at the room night or at one pool. Never changes a count.

use chrono::{DateTime, Utc};

use super::allotment::{MAX_ROOMS, RangeChecker};
use super::cell::{Field, Level};
use super::command::RestrictionChange;
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::refusal::{Code, Problem, Refusal};
use super::stay::MAX_STAY_NIGHTS;
use super::stock::Stock;

/// Most days of `minAdvanceDays` and `maxAdvanceDays`: three years.
const MAX_ADVANCE_DAYS: i32 = 1_096;
/// Most nights of a rule about the length of a stay: as many as a stay may have.
const MAX_STAY_RULE_NIGHTS: i32 = MAX_STAY_NIGHTS as i32;

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
            for (field, value) in &change.set {
                let before = night.get(change.level, *field);
                night.set(change.level, *field, *value);
                changed |= night.get(change.level, *field) != before;
            }
            unchanged += usize::from(!changed);
        }
    }
    Ok(Decision { unchanged, ..draft.decide(Cause::SetRestrictions) })
}

/// The conflicts of a change: nights whose stored values are not the expected ones. They are compared before anything
/// changes, so that the ranges of one call do not affect each other's expectations.
fn conflicts(stock: &Stock, index: usize, change: &RestrictionChange) -> Vec<Problem> {
    let mut problems = Vec::new();
    for date in change.nights().filter(|_| !change.expected.is_empty()) {
        let night = stock.night((change.room_type, date));
        for (field, expected) in &change.expected {
            let current = night.shown(*field);
            if current != *expected {
                let path = ["changes", &index.to_string(), "expected", field.code()];
                problems.push(conflict(*field, current).at_field(&path).on_night(change.room_type, date));
            }
        }
    }
    problems
}

fn conflict(field: Field, current: Option<i32>) -> Problem {
    let now = match (current, field.is_flag()) {
        (None, _) => "not set".to_owned(),
        (Some(flag), true) => if flag == 1 { "on" } else { "off" }.to_owned(),
        (Some(number), false) => number.to_string(),
    };
    let message = format!("somebody changed this night meanwhile: {} is now {now}", field.code());
    Problem::new(Code::Conflict, message).current(current)
}

fn value_problems(index: usize, change: &RestrictionChange) -> Vec<Problem> {
    let index = index.to_string();
    let mut problems = Vec::new();
    if change.set.is_empty() {
        problems.push(Problem::invalid(&["changes", &index], "name at least one restriction to set or clear"));
    }
    for (position, (field, _)) in change.expected.iter().enumerate() {
        if change.expected[..position].iter().any(|(earlier, _)| earlier == field) {
            let path = ["changes", &index, "expected", field.code()];
            problems.push(Problem::invalid(&path, "expect one value of a restriction, or that it is unset"));
        }
    }
    for (position, (field, value)) in change.set.iter().enumerate() {
        let path = ["changes", &index, field.code()];
        if change.set[..position].iter().any(|(earlier, _)| earlier == field) {
            problems.push(Problem::invalid(&path, "a restriction can't be set and cleared at once"));
        }
        if *field == Field::SellLimit && change.level != Level::Night {
            problems.push(Problem::invalid(&path, "the sell limit binds all pools: set it at the level roomNight"));
        }
        let allowed = match field {
            Field::SellLimit => 0..=MAX_ROOMS,
            Field::MinAdvanceDays | Field::MaxAdvanceDays => 0..=MAX_ADVANCE_DAYS,
            flag if flag.is_flag() => 0..=1,
            _ => 1..=MAX_STAY_RULE_NIGHTS,
        };
        if let Some(value) = value.filter(|value| !allowed.contains(value)) {
            let message = format!("{} is {} to {}, not {value}", field.code(), allowed.start(), allowed.end());
            problems.push(Problem::invalid(&path, message));
        }
    }
    problems
}
