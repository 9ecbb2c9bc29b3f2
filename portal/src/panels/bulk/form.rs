//! The state of the bulk edit form, and its plan.

use leptos::prelude::*;

use super::operation::{Needs, OperationKind};
use crate::{
    domain::{
        bulk::{BulkPlan, Operation, merge_ranges},
        dates::Day,
        ids::RoomTypeId,
        night_key::NightKey,
        property::Property,
        sort::sorted_distinct,
    },
    panels::formatting::runs,
    state::Selection,
};

/// Nights from the business date on that can be changed; also the most that one request loads.
const HORIZON: i32 = 1_096;
/// Nights of the first range if there is neither a selection nor a calendar window.
const NIGHTS: i32 = 14;

/// A range of nights, as two date fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The first night; none while the field is empty.
    pub from: Option<Day>,
    /// The last night, included; none while the field is empty.
    pub through: Option<Day>,
}

impl Range {
    /// Both dates, if they are present and in order.
    pub fn complete(self) -> Option<(Day, Day)> {
        self.from.zip(self.through).filter(|(from, through)| from <= through)
    }
}

impl From<(Day, Day)> for Range {
    fn from((from, through): (Day, Day)) -> Self {
        Self { from: Some(from), through: Some(through) }
    }
}

/// The form. Every copy is the same form. It lives as long as the drawer.
#[derive(Clone, Copy)]
pub struct Form {
    /// The property.
    pub property: Memo<Property>,
    /// The ranges of nights; never empty, but a range may be.
    pub ranges: RwSignal<Vec<Range>>,
    /// The index of the range in the date fields.
    pub edited: RwSignal<usize>,
    /// The selected weekdays, Monday first.
    pub weekdays: RwSignal<[bool; 7]>,
    /// The selected room types.
    pub rooms: RwSignal<Vec<RoomTypeId>>,
    /// The kind of the operation.
    pub kind: RwSignal<OperationKind>,
    /// The number as typed.
    pub value: RwSignal<String>,
    /// True if the restriction is cleared instead.
    pub is_cleared: RwSignal<bool>,
    /// The reason for the history; may be empty.
    pub reason: RwSignal<String>,
    /// The nights to copy from.
    pub source: RwSignal<Range>,
    /// True if allotments may fall below the rooms that are held and sold.
    pub allow_below_sold: RwSignal<bool>,
    /// True if allotments may pass the physical rooms.
    pub allow_above_physical: RwSignal<bool>,
    /// The initial values, which Reset restores.
    opened_with: StoredValue<Opening>,
}

/// The initial values, from the selection in the calendar.
#[derive(Clone)]
struct Opening {
    ranges: Vec<Range>,
    rooms: Vec<RoomTypeId>,
}

impl Form {
    /// The form of a property, with the selection of the calendar as its initial values.
    pub fn new(selection: Selection, property: Memo<Property>) -> Self {
        let opening = Opening::new(selection, &property.get_untracked());
        Self {
            property,
            ranges: RwSignal::new(opening.ranges.clone()),
            edited: RwSignal::new(0),
            weekdays: RwSignal::new([true; 7]),
            rooms: RwSignal::new(opening.rooms.clone()),
            kind: RwSignal::new(OperationKind::Set),
            value: RwSignal::new(String::new()),
            is_cleared: RwSignal::new(false),
            reason: RwSignal::new(String::new()),
            source: RwSignal::new(Range::default()),
            allow_below_sold: RwSignal::new(false),
            allow_above_physical: RwSignal::new(false),
            opened_with: StoredValue::new(opening),
        }
    }

    /// Restores the initial values.
    pub fn reset(self) {
        let opening = self.opened_with.get_value();
        self.edited.set(0);
        self.ranges.set(opening.ranges);
        self.rooms.set(opening.rooms);
        self.weekdays.set([true; 7]);
        self.reason.set(String::new());
        self.source.set(Range::default());
        self.choose(OperationKind::Set);
    }

    /// The range in the date fields; tracked.
    pub fn range(self) -> Range {
        let edited = self.edited.get();
        self.ranges.with(|ranges| ranges.get(edited).copied().unwrap_or_default())
    }

    /// Changes the range in the date fields.
    pub fn set_range(self, range: Range) {
        let edited = self.edited.get_untracked();
        self.ranges.update(|ranges| {
            if let Some(shown) = ranges.get_mut(edited) {
                *shown = range;
            }
        });
    }

    /// Adds an empty range and shows it in the date fields.
    pub fn add_range(self) {
        self.ranges.update(|ranges| ranges.push(Range::default()));
        self.edited.set(self.ranges.with_untracked(Vec::len) - 1);
    }

    /// Removes a range; the only one becomes empty.
    pub fn remove_range(self, index: usize) {
        // The ranges change first: `edited` then moves to an index that exists.
        self.ranges.update(|ranges| {
            ranges.remove(index);
            if ranges.is_empty() {
                ranges.push(Range::default());
            }
        });
        let last = self.ranges.with_untracked(Vec::len) - 1;
        self.edited.update(|edited| *edited = if *edited > index { *edited - 1 } else { *edited }.min(last));
    }

    /// Selects the kind. The number is cleared, because its unit may differ.
    pub fn choose(self, kind: OperationKind) {
        self.kind.set(kind);
        self.is_cleared.set(false);
        self.write(String::new());
    }

    /// Changes the number. Lifted limits apply to one number only, so they are reset.
    pub fn write(self, value: String) {
        self.value.set(value);
        self.allow_below_sold.set(false);
        self.allow_above_physical.set(false);
    }

    /// Adds to the number, within its bounds.
    pub fn step(self, by: i64) {
        let kind = self.kind.get_untracked();
        let Needs::Number(least, most) = kind.needs() else { return };
        let start = if least > 0 && by > 0 { least - 1 } else { 0 };
        let number = self.value.with_untracked(|text| kind.number(text)).unwrap_or(start);
        let number = (number + by).clamp(least, most);
        let sign = if kind.is_difference() && number > 0 { "+" } else { "" };
        self.write(format!("{sign}{number}"));
    }

    /// The operation, or a sentence about the missing input; tracked.
    pub fn operation(self) -> Result<Operation, String> {
        let source = self.source.get().complete();
        let (kind, is_cleared) = (self.kind.get(), self.is_cleared.get());
        self.value.with(|value| kind.operation(value, is_cleared, source))
    }

    /// The plan of an operation; tracked.
    pub fn plan(self, operation: Operation) -> BulkPlan {
        BulkPlan {
            ranges: self.ranges.get().into_iter().filter_map(Range::complete).collect(),
            weekdays: self.weekdays.get(),
            room_types: self.rooms.get(),
            operation,
            allow_below_sold: self.allow_below_sold.get(),
            allow_above_physical: self.allow_above_physical.get(),
        }
    }

    /// The nights of the form without duplicates, earliest first; tracked.
    pub fn nights(self) -> Vec<Day> {
        // The nights do not depend on the operation, so any one serves while the input is incomplete.
        self.plan(self.operation().unwrap_or(Operation::Percent(0))).nights()
    }

    /// The ranges of nights that the preview needs; tracked.
    pub fn needed(self) -> Vec<(Day, Day)> {
        let tonight = self.property.with(|property| property.business_date);
        let last = tonight.plus(HORIZON - 1);
        let within = |(from, through): (Day, Day)| (from.max(tonight), through.min(last));
        let mut needed =
            merge_ranges(&self.ranges.get().into_iter().filter_map(Range::complete).map(within).collect::<Vec<_>>());
        if self.kind.get() == OperationKind::Copy
            && let Some((from, through)) = self.source.get().complete()
        {
            needed.push((from, through.min(from.plus(HORIZON - 1))));
        }
        needed
    }
}

impl Opening {
    fn new(selection: Selection, property: &Property) -> Self {
        let keys = untrack(|| selection.cells()).keys;
        let here: Vec<NightKey> =
            keys.into_iter().map(|key| key.night).filter(|night| night.property == property.id).collect();
        let nights = sorted_distinct(here.iter().map(|night| night.date));
        let rooms = sorted_distinct(here.into_iter().map(|night| night.room_type));
        let is_choice = nights.len() > 1 || rooms.len() > 1;
        let ranges = if nights.len() > 1 {
            runs(nights).into_iter().map(Range::from).collect()
        } else {
            let shown = untrack(|| selection.window());
            let tonight = property.business_date;
            vec![shown.unwrap_or((tonight, tonight.plus(NIGHTS - 1))).into()]
        };
        let all = || property.room_types.iter().map(|room| room.id.clone()).collect();
        Self { ranges, rooms: if is_choice { rooms } else { all() } }
    }
}
