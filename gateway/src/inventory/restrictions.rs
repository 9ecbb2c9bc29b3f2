//! Selling rules: set and clear, at the room night or at one pool. Never touches a count.

use chrono::{DateTime, Utc};

use super::allotments::{MOST_ROOMS, RangeChecker};
use super::cell::{Level, Measure};
use super::command::RestrictionChange;
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::refusal::{Problem, Refusal};
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

fn value_problems(index: usize, change: &RestrictionChange) -> Vec<Problem> {
    let index = index.to_string();
    let mut problems = Vec::new();
    if change.set.is_empty() {
        problems.push(Problem::invalid(&["changes", &index], "name at least one restriction to set or clear"));
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
            Measure::SellLimit => 0..=MOST_ROOMS,
            Measure::MinAdvanceDays | Measure::MaxAdvanceDays => 0..=1_096,
            Measure::StopSell | Measure::ClosedToArrival | Measure::ClosedToDeparture => 0..=1,
            _ => 1..=366,
        };
        if let Some(value) = value.filter(|value| !allowed.contains(value)) {
            let message = format!("{} is {} to {}, not {value}", measure.code(), allowed.start(), allowed.end());
            problems.push(Problem::invalid(&path, message));
        }
    }
    problems
}
