use std::collections::HashMap;

use super::*;
use crate::domain::{
    cell::{Cell, Value},
    dates::{Day, Weekday},
    draft::{Change, Edit},
    ids::RoomTypeId,
    night_key::{Field, NightKey},
    property::{Property, RoomType},
};

fn day(text: &str) -> Day {
    Day::parse(text).expect("a date")
}

fn room(code: &str, physical_rooms: u32) -> RoomType {
    let (id, code, name) = (code.into(), code.to_owned(), code.to_owned());
    RoomType { id, code, name, physical_rooms, max_occupancy: 2, low_at: 2 }
}

/// A property with 24 doubles and 4 suites. Its business date is Wednesday 16 December 2026.
fn property() -> Property {
    Property {
        id: "LIS".into(),
        code: "LIS".to_owned(),
        name: "Lisboa".to_owned(),
        place: "Lisbon".to_owned(),
        time_zone: "Europe/Lisbon".to_owned(),
        business_date: day("2026-12-16"),
        weekend_days: vec![Weekday::Friday, Weekday::Saturday],
        room_types: vec![room("DBL", 24), room("STE", 4)],
    }
}

fn plan(ranges: &[(&str, &str)], operation: Operation) -> BulkPlan {
    BulkPlan {
        ranges: ranges.iter().map(|(from, through)| (day(from), day(through))).collect(),
        weekdays: [true; 7],
        room_types: vec!["DBL".into()],
        operation,
        allow_below_sold: false,
        allow_above_physical: false,
    }
}

fn each(change: Change) -> Operation {
    Operation::Each(change)
}

fn loaded(allotted: u32, sold: u32) -> Cell {
    Cell { sold, ..Cell::default() }.with(Field::Allotment, Value::Number(Some(allotted)))
}

/// The same cell on every night.
fn same_cell(cell: Cell) -> impl Fn(&NightKey) -> Option<Cell> {
    move |_| Some(cell)
}

fn changes(preview: &BulkPreview) -> Vec<(String, Change)> {
    preview.edits.iter().map(|Edit { night, change }| (night.date.to_string(), *change)).collect()
}

fn counts(preview: &BulkPreview) -> (usize, usize, usize) {
    (preview.changing, preview.unchanged, preview.blocked.len())
}

#[test]
fn overlapping_and_touching_ranges_are_merged() {
    let ranges = [("2026-12-20", "2026-12-22"), ("2026-12-24", "2026-12-23"), ("2026-12-17", "2026-12-20")];
    let nights = plan(&ranges, each(Change::StopSell(true))).nights();
    assert_eq!(nights, (17..=22).map(|date| day(&format!("2026-12-{date}"))).collect::<Vec<_>>());
    let touching = [(day("2026-12-19"), day("2026-12-20")), (day("2026-12-17"), day("2026-12-18"))];
    assert_eq!(merge_ranges(&touching), [(day("2026-12-17"), day("2026-12-20"))]);
}

#[test]
fn only_weekend_nights_with_another_value_are_changed() {
    let mut plan = plan(&[("2026-12-17", "2026-12-30")], each(Change::Allotted(Some(4))));
    plan.weekdays = [false, false, false, false, true, true, false];
    plan.room_types = vec!["STE".into(), "DBL".into()];
    let cells = |night: &NightKey| Some(loaded(if night.room_type == RoomTypeId::from("DBL") { 8 } else { 4 }, 0));
    let preview = preview(&plan, &property(), cells);
    assert_eq!(counts(&preview), (4, 4, 0));
    let lines = preview.per_room.iter().map(|line| (line.room.as_str(), line.cells, line.now, line.after));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines, [("DBL", 4, 32, 16), ("STE", 0, 16, 16)]);
    let nights: Vec<_> = changes(&preview).into_iter().map(|(date, _)| date).collect();
    assert_eq!(nights, ["2026-12-18", "2026-12-19", "2026-12-25", "2026-12-26"]);
}

#[test]
fn fewer_rooms_than_sold_are_blocked_until_allowed() {
    let mut plan = plan(&[("2026-12-17", "2026-12-17")], each(Change::Allotted(Some(10))));
    let twelve = Cell { held: 1, sold: 11, ..loaded(16, 12) };
    let blocked = preview(&plan, &property(), same_cell(twelve));
    assert_eq!(blocked.blocked[0].1, Blocked::BelowSold { would: 10, promised: 12 });
    assert_eq!((counts(&blocked), blocked.per_room[0].after), ((0, 0, 1), 16));
    plan.allow_below_sold = true;
    let allowed = preview(&plan, &property(), same_cell(twelve));
    assert_eq!((counts(&allowed), allowed.below_sold.len()), ((1, 0, 0), 1));
    // A night that is overcommitted already may become less so.
    plan.allow_below_sold = false;
    assert_eq!(counts(&preview(&plan, &property(), same_cell(loaded(8, 12)))), (1, 0, 0));
    plan.operation = each(Change::Allotted(None));
    assert_eq!(counts(&preview(&plan, &property(), same_cell(loaded(8, 12)))), (0, 0, 1));
}

#[test]
fn more_rooms_than_exist_are_blocked_until_allowed() {
    let mut plan = plan(&[("2026-12-17", "2026-12-17")], each(Change::Adjust(1)));
    let full = same_cell(loaded(24, 3));
    let blocked = preview(&plan, &property(), &full).blocked[0].1;
    assert_eq!(blocked, Blocked::AbovePhysical { would: 25, physical: 24 });
    plan.allow_above_physical = true;
    let allowed = preview(&plan, &property(), &full);
    assert_eq!(changes(&allowed), [("2026-12-17".to_owned(), Change::Adjust(1))]);
    assert_eq!(allowed.above_physical.len(), 1);
    // A night with too many rooms may get fewer.
    plan.allow_above_physical = false;
    plan.operation = each(Change::Adjust(-1));
    assert_eq!(counts(&preview(&plan, &property(), same_cell(loaded(30, 3)))), (1, 0, 0));
}

#[test]
fn past_unknown_and_distant_nights_are_blocked() {
    let property = property();
    let last = property.business_date.plus(1_095);
    let mut plan = plan(&[("2026-12-14", "2026-12-17")], each(Change::StopSell(true)));
    plan.ranges.push((last, last.plus(1)));
    let unknown = day("2026-12-17");
    let preview = preview(&plan, &property, |night| (night.date != unknown).then(|| loaded(8, 0)));
    let reasons: Vec<_> = preview.blocked.iter().map(|(_, why)| *why).collect();
    assert_eq!(reasons, [Blocked::Past, Blocked::Past, Blocked::Unknown, Blocked::BeyondHorizon]);
    assert_eq!(preview.changing, 2);
}

#[test]
fn relative_counts_start_at_the_stored_value() {
    let result = |operation, cell| {
        let preview = preview(&plan(&[("2026-12-17", "2026-12-17")], operation), &property(), same_cell(cell));
        (preview.edits.first().map(|edit| edit.change), preview.blocked.first().map(|(_, why)| *why))
    };
    let set = |rooms| (Some(Change::Allotted(Some(rooms))), None);
    assert_eq!(result(each(Change::LeftToSell(2)), loaded(16, 11)), set(13));
    assert_eq!(result(Operation::Percent(-25), loaded(10, 0)), set(8));
    assert_eq!(result(Operation::Percent(10), loaded(10, 0)), set(11));
    assert_eq!(result(Operation::Percent(10), loaded(4, 0)), (None, None));
    assert_eq!(result(Operation::Percent(10), Cell::default()), (None, None));
    assert_eq!(result(each(Change::Adjust(1)), Cell::default()), (None, Some(Blocked::NotLoaded)));
    assert_eq!(result(each(Change::Adjust(-3)), loaded(2, 0)), (None, Some(Blocked::OutOfRange { would: -1 })));
}

#[test]
fn stopping_a_year_closes_it_and_lifting_makes_nights_with_rooms_sellable() {
    let year = [("2026-12-17", "2027-12-16")];
    let stop = preview(&plan(&year, each(Change::StopSell(true))), &property(), same_cell(loaded(8, 2)));
    assert_eq!((stop.changing, stop.closes, stop.drops.len()), (365, 365, 0));
    assert_eq!((stop.per_room[0].now, stop.per_room[0].after), (0, 365));
    let full = day("2026-12-19");
    let stopped =
        |night: &NightKey| Some(Cell { stop_sell: true, ..loaded(8, if night.date == full { 8 } else { 2 }) });
    let lift = preview(&plan(&year, each(Change::StopSell(false))), &property(), stopped);
    assert_eq!((lift.changing, lift.becomes_sellable.len(), lift.closes), (365, 364, 0));
}

#[test]
fn a_drop_by_three_quarters_is_reported() {
    let down_to = |rooms| {
        let plan = plan(&[("2026-12-17", "2026-12-17")], each(Change::Allotted(rooms)));
        preview(&plan, &property(), same_cell(loaded(20, 0))).drops.len()
    };
    assert_eq!([down_to(Some(6)), down_to(Some(5)), down_to(None)], [0, 1, 1]);
}

#[test]
fn a_copied_week_repeats_by_weekday() {
    // In the week from Monday 21 December each night has as many rooms as its day of the month; Friday is stopped.
    let week: HashMap<Day, Cell> = (21..=27)
        .map(|date| {
            let cell = Cell { stop_sell: date == 25, ..loaded(date, 0) };
            (day(&format!("2026-12-{date}")), cell)
        })
        .collect();
    let cells = |night: &NightKey| Some(week.get(&night.date).copied().unwrap_or(loaded(9, 0)));
    let copy = Operation::Copy { from: day("2026-12-21"), through: day("2026-12-27") };
    let mut plan = plan(&[("2026-12-30", "2027-01-09")], copy);
    plan.allow_above_physical = true;
    let preview = preview(&plan, &property(), cells);
    let rooms: Vec<_> = changes(&preview)
        .into_iter()
        .filter_map(|(_, change)| if let Change::Allotted(rooms) = change { rooms } else { None })
        .collect();
    assert_eq!(rooms, [23, 24, 25, 26, 27, 21, 22, 23, 24, 25, 26]);
    let stops = preview.edits.iter().filter(|edit| edit.change == Change::StopSell(true));
    let stops: Vec<_> = stops.map(|edit| edit.night.date.to_string()).collect();
    assert_eq!(stops, ["2027-01-01", "2027-01-08"]);
    assert_eq!(counts(&preview), (11, 0, 0));
}

#[test]
fn a_copied_weekend_changes_only_weekends() {
    let copy = Operation::Copy { from: day("2026-12-18"), through: day("2026-12-19") };
    let nights = plan(&[("2026-12-21", "2027-01-02")], copy).nights();
    assert_eq!(nights, ["2026-12-25", "2026-12-26", "2027-01-01", "2027-01-02"].map(day));
}
