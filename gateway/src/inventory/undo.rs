//! Undo of a supplier's change set, unless its cells were changed again since.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use lodgate_entities::ids::RoomTypeId;
use uuid::Uuid;

use super::allotment::check_count;
use super::cell::{Field, Level};
use super::cut_off::past_night_rule;
use super::decide::{Decision, Draft};
use super::event::Cause;
use super::refusal::{Code, Problem, Refusal};
use super::stock::Stock;

type FieldKey = (RoomTypeId, NaiveDate, Level, Field);

/// Sets every cell of the change set back to what it was before, or none.
///
/// Only fields that the supplier set are undone, so a sale in between stays and is no conflict. A cell that another
/// change set moved between two changes of this one is refused, because the undo would revert that change too.
///
/// The undo belongs to the change set `of`, which can itself be undone.
pub(super) fn undo(stock: &Stock, change_set: Uuid, of: Option<Uuid>, now: DateTime<Utc>) -> Result<Decision, Refusal> {
    if of == Some(change_set) {
        let message = "an undo can't be part of the change set that it undoes";
        return Err(Problem::invalid(&["asChangeSetId"], message).into());
    }
    let mut first_and_last: BTreeMap<FieldKey, (Option<i32>, Option<i32>)> = BTreeMap::new();
    let mut interrupted: BTreeSet<FieldKey> = BTreeSet::new();
    let events = stock.change_sets.get(&change_set).map(Vec::as_slice).unwrap_or_default();
    for event in events.iter().filter(|event| event.cause.is_calendar_change()) {
        for cell in &event.cells {
            for change in cell.fields.iter().filter(|change| change.field.is_set_by_supplier()) {
                let at = (cell.room_type, cell.date, cell.level, change.field);
                let (_, last) = first_and_last.entry(at).or_insert((change.before, change.before));
                if *last != change.before {
                    interrupted.insert(at);
                }
                *last = change.after;
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
    for ((room_type, date, level, field), (before, after)) in first_and_last {
        let night = draft.night((room_type, date));
        let current = night.get(level, field);
        if current != after || interrupted.contains(&(room_type, date, level, field)) {
            let message = format!("{} was changed again since", field.code());
            problems.push(Problem::new(Code::CellsMoved, message).on_night(room_type, date).current(current));
        } else if let Some(rule) = past_night_rule(date, today) {
            problems.push(Problem::blocked(rule, None).on_night(room_type, date));
        } else {
            if let (Field::Allotted, Level::Pool(pool)) = (field, level)
                && let Err(problem) = check_count(&night.pool(pool), before, false)
            {
                problems.push(problem.on_night(room_type, date));
            }
            night.set(level, field, before);
        }
    }
    if problems.is_empty() { Ok(draft.decide(Cause::Undo)) } else { Err(Refusal(problems)) }
}
