//! Taking a supplier's change set back, as long as nobody has moved its cells since.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::RoomTypeId;
use uuid::Uuid;

use super::allotment::check_count;
use super::cell::{Level, Measure};
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::refusal::{Code, Problem, Refusal, Rule};
use super::stock::Stock;

type Field = (RoomTypeId, NaiveDate, Level, Measure);

/// Sets every cell of the change set back to what it was before, or none.
///
/// What reservations did meanwhile stays: only what the supplier itself set is taken back, so a sale in between is no
/// conflict. Where somebody else set a cell between two changes of the set, undoing would take that back too: refused.
///
/// An undo is a gesture of its own, `of`, by which it can be taken back in turn.
pub(super) fn undo(stock: &Stock, change_set: Uuid, of: Option<Uuid>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    if of == Some(change_set) {
        let message = "an undo can't be part of the change set that it takes back";
        return Err(Problem::invalid(&["asChangeSetId"], message).into());
    }
    let mut first_and_last: BTreeMap<Field, (Option<i32>, Option<i32>)> = BTreeMap::new();
    let mut interrupted: BTreeSet<Field> = BTreeSet::new();
    let events = stock.change_sets.get(&change_set).map(Vec::as_slice).unwrap_or_default();
    for event in events.iter().filter(|event| event.cause.is_calendar_gesture()) {
        for cell in &event.cells {
            for field in cell.fields.iter().filter(|field| field.measure.is_set_by_supplier()) {
                let at = (cell.room_type, cell.date, cell.level, field.measure);
                let (_, last) = first_and_last.entry(at).or_insert((field.before, field.before));
                if *last != field.before {
                    interrupted.insert(at);
                }
                *last = field.after;
            }
        }
    }
    if first_and_last.is_empty() {
        return Err(Problem::new(Code::NothingToUndo, "this change set changed nothing at this property")
            .at_field(&["changeSetId"])
            .into());
    }
    let today = stock.property.business_date(now);
    let mut draft = Draft::new(stock);
    let mut problems = Vec::new();
    for ((room_type, date, level, measure), (before, after)) in first_and_last {
        let night = draft.night((room_type, date));
        let current = night.get(level, measure);
        if current != after || interrupted.contains(&(room_type, date, level, measure)) {
            let message = format!("{} was changed again since", measure.code());
            problems.push(Problem::new(Code::CellsMoved, message).on(room_type, date).current(current));
        } else if date < today {
            problems.push(Problem::blocked(Rule::CutOff, None).on(room_type, date));
        } else {
            if let (Measure::Allotted, Level::Pool(pool)) = (measure, level)
                && let Err(problem) = check_count(&night.pool(pool), before, false)
            {
                problems.push(problem.on(room_type, date));
            }
            night.set(level, measure, before);
        }
    }
    if problems.is_empty() { Ok(draft.decide(Cause::Undo)) } else { Err(Refusal(problems)) }
}
