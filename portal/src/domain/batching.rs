//! Groups pending changes into batches, one per property, with as few ranges as possible. Consecutive nights with the
//! same old value and the same new value form one range.

use super::{
    cell::{Cell, Value},
    dates::Day,
    draft::Change,
    ids::{PropertyId, RoomTypeId},
    night_key::{CellKey, Field},
};

/// A new number of rooms on sale for consecutive nights of the shared pool.
#[derive(Clone, Debug, PartialEq)]
pub struct AllotmentRange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// Rooms on sale; `None` takes the nights off sale.
    pub rooms: Option<u32>,
    /// Rooms on sale that this replaces: the gateway writes nothing if it stores another number. Outer `None`: no
    /// check.
    pub expected: Option<Option<u32>>,
}

/// A new value of one restriction for consecutive nights, at the level of the room night.
#[derive(Clone, Debug, PartialEq)]
pub struct RestrictionRange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// The restriction; never the allotment.
    pub field: Field,
    /// Its new value: a flag for flags, an optional number for the others.
    pub value: Value,
    /// The value that this replaces: the gateway writes nothing if it stores another one. `None`: no check.
    pub expected: Option<Value>,
}

/// The ranges to send for one property.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The property.
    pub property: PropertyId,
    /// Ranges of rooms on sale.
    pub allotments: Vec<AllotmentRange>,
    /// Ranges of restrictions.
    pub restrictions: Vec<RestrictionRange>,
    /// True if a night gets fewer rooms on sale than are held and sold.
    pub is_below_sold: bool,
    /// All keys in the batch.
    pub keys: Vec<CellKey>,
}

/// A change to be sent: key, change, the value that it replaces, and the stored night.
pub type PendingChange = (CellKey, Change, Value, Cell);

/// One batch per property. `changes` are sorted by property, room type and night, at most one per key.
pub fn batches(changes: Vec<PendingChange>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for (key, change, base, stored) in changes {
        if batches.last().is_none_or(|batch| batch.property != key.night.property) {
            batches.push(Batch {
                property: key.night.property.clone(),
                allotments: Vec::new(),
                restrictions: Vec::new(),
                is_below_sold: false,
                keys: Vec::new(),
            });
        }
        let Some(batch) = batches.last_mut() else { continue };
        // A relative change is computed from the stored value, so that is the value it expects.
        let expected = if change.is_relative() { stored.value(key.field) } else { base };
        match (key.field, change.value(&stored), expected) {
            (Field::Allotment, Value::Number(rooms), Value::Number(replaced)) => {
                batch.is_below_sold |= rooms.unwrap_or(0) < stored.promised();
                add_allotment(&mut batch.allotments, &key, rooms, replaced);
            }
            (field, value, replaced) => add_restriction(&mut batch.restrictions, &key, field, value, replaced),
        }
        batch.keys.push(key);
    }
    batches
}

fn add_allotment(ranges: &mut Vec<AllotmentRange>, key: &CellKey, rooms: Option<u32>, replaced: Option<u32>) {
    let expected = Some(replaced);
    let date = key.night.date;
    match ranges.last_mut() {
        Some(last)
            if last.room_type == key.night.room_type
                && last.through.plus(1) == date
                && (last.rooms, last.expected) == (rooms, expected) =>
        {
            last.through = date;
        }
        _ => ranges.push(AllotmentRange {
            room_type: key.night.room_type.clone(),
            from: date,
            through: date,
            rooms,
            expected,
        }),
    }
}

fn add_restriction(ranges: &mut Vec<RestrictionRange>, key: &CellKey, field: Field, value: Value, replaced: Value) {
    let date = key.night.date;
    let last = ranges.iter_mut().rev().find(|range| range.field == field);
    match last {
        Some(last)
            if last.room_type == key.night.room_type
                && last.through.plus(1) == date
                && (last.value, last.expected) == (value, Some(replaced)) =>
        {
            last.through = date;
        }
        _ => ranges.push(RestrictionRange {
            room_type: key.night.room_type.clone(),
            from: date,
            through: date,
            field,
            value,
            expected: Some(replaced),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{dates::Day, night_key::NightKey};

    fn pending(property: &str, date: i32, change: Change, base: u32) -> PendingChange {
        let date = Day::parse("2026-12-01").expect("a date").plus(date);
        let night = NightKey { property: property.into(), room_type: "r".into(), date };
        let stored = Cell { sold: 4, ..Cell::default() }.with(Field::Allotment, Value::Number(Some(base)));
        (CellKey { night, field: change.field() }, change, stored.value(change.field()), stored)
    }

    #[test]
    fn nights_with_equal_old_and_new_values_form_one_range() {
        let set = Change::Allotted(Some(8));
        let sent = batches(vec![
            pending("a", 0, set, 12),
            pending("a", 1, set, 12),
            pending("a", 2, set, 10),
            pending("a", 4, set, 10),
            pending("b", 0, Change::Adjust(-9), 12),
        ]);
        let nights: Vec<i32> = sent[0].allotments.iter().map(|range| range.through.since(range.from) + 1).collect();
        assert_eq!(nights, [2, 1, 1], "another old value, or a gap, begins another range");
        assert_eq!(sent[1].property.as_str(), "b");
        assert_eq!(sent[1].allotments[0].rooms, Some(3));
        assert_eq!(sent[1].allotments[0].expected, Some(Some(12)));
        assert_eq!((sent[0].is_below_sold, sent[1].is_below_sold), (false, true));
    }

    #[test]
    fn each_restriction_has_its_own_ranges() {
        let stop = |date| pending("a", date, Change::StopSell(true), 12);
        let stay = |date| pending("a", date, Change::MinStayArrival(Some(2)), 12);
        let sent = batches(vec![stop(0), stay(0), stop(1), stay(1)]);
        let ranges = &sent[0].restrictions;
        assert_eq!(ranges.len(), 2);
        assert!(ranges.iter().all(|range| range.through.since(range.from) == 1));
        assert_eq!(ranges[1].expected, Some(Value::Number(None)));
    }
}
