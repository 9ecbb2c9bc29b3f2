//! The plan of a bulk edit: nights, room types and operation.

use crate::domain::{cell::Cell, dates::Day, draft::Change, ids::RoomTypeId, night_key::Field, sort::sorted_distinct};

/// One change for many nights of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkPlan {
    /// First and last nights, both included. Ranges may overlap; a range that ends before it begins is empty.
    pub ranges: Vec<(Day, Day)>,
    /// The chosen weekdays, Monday first.
    pub weekdays: [bool; 7],
    /// The chosen room types.
    pub room_types: Vec<RoomTypeId>,
    /// The operation on each night.
    pub operation: Operation,
    /// True if fewer rooms may be on sale than are held and sold.
    pub allow_below_sold: bool,
    /// True if more rooms may be on sale than the property has.
    pub allow_above_physical: bool,
}

/// The operation on each night.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// The same change for each night.
    Each(Change),
    /// The allotment changed by a percentage, rounded to whole rooms.
    Percent(i64),
    /// Allotment and restrictions copied from other nights of the same room type. The source nights repeat in whole
    /// weeks, so that a weekday is copied from the same weekday. Nights without a source are unchanged.
    Copy {
        /// First night to copy from.
        from: Day,
        /// Last night to copy from, included.
        through: Day,
    },
}

impl BulkPlan {
    /// The nights of the plan, each once, earliest first.
    pub fn nights(&self) -> Vec<Day> {
        let days = merge_ranges(&self.ranges)
            .into_iter()
            .flat_map(|(from, through)| (0..=through.since(from)).map(move |night| from.plus(night)));
        days.filter(|day| self.weekdays[day.weekday() as usize]).filter(|day| self.operation.applies_to(*day)).collect()
    }
}

impl Operation {
    /// The restriction that the operation changes; `None` if it changes rooms on sale.
    pub fn restriction(self) -> Option<Field> {
        match self {
            Self::Percent(_) | Self::Copy { .. } => None,
            Self::Each(change) => match change {
                Change::Allotted(_) | Change::LeftToSell(_) | Change::Adjust(_) => None,
                Change::StopSell(_) => Some(Field::StopSell),
                Change::MinStayArrival(_) => Some(Field::MinStayArrival),
                Change::MaxStayArrival(_) => Some(Field::MaxStayArrival),
                Change::MinStayThrough(_) => Some(Field::MinStayThrough),
                Change::MaxStayThrough(_) => Some(Field::MaxStayThrough),
                Change::ClosedToArrival(_) => Some(Field::ClosedToArrival),
                Change::ClosedToDeparture(_) => Some(Field::ClosedToDeparture),
            },
        }
    }

    /// True if the operation changes a night; a copy leaves nights without a source unchanged.
    fn applies_to(self, day: Day) -> bool {
        match self {
            Self::Copy { from, through } => source_night(day, from, through).is_some(),
            Self::Each(_) | Self::Percent(_) => true,
        }
    }

    /// The changes of the operation for one night. `before` is the stored night, `cell_of` returns another night of its
    /// room type. `None` if the source of a copy is not loaded.
    pub(super) fn changes(self, day: Day, before: &Cell, cell_of: impl Fn(Day) -> Option<Cell>) -> Option<Vec<Change>> {
        let promised = i64::from(before.promised());
        Some(match self {
            Self::Each(Change::LeftToSell(left)) => vec![allotted(promised + left)],
            Self::Each(change) => vec![change],
            Self::Percent(percent) => {
                let scaled = |rooms: u32| {
                    let hundredths = i64::from(rooms) * (100 + percent);
                    allotted((hundredths + 50).div_euclid(100))
                };
                before.allotted.map(scaled).into_iter().collect()
            }
            Self::Copy { from, through } => copied_changes(&cell_of(source_night(day, from, through)?)?),
        })
    }
}

/// A change of the allotment to a count. A count beyond `u32` becomes the highest number, which is rejected later.
fn allotted(rooms: i64) -> Change {
    Change::Allotted(Some(u32::try_from(rooms.max(0)).unwrap_or(u32::MAX)))
}

fn copied_changes(cell: &Cell) -> Vec<Change> {
    vec![
        Change::Allotted(cell.allotted),
        Change::StopSell(cell.stop_sell),
        Change::MinStayArrival(cell.min_stay_arrival),
        Change::MaxStayArrival(cell.max_stay_arrival),
        Change::MinStayThrough(cell.min_stay_through),
        Change::MaxStayThrough(cell.max_stay_through),
        Change::ClosedToArrival(cell.closed_to_arrival),
        Change::ClosedToDeparture(cell.closed_to_departure),
    ]
}

/// The source of a night. The source nights repeat in whole weeks, so that a Friday is copied from a Friday.
fn source_night(day: Day, from: Day, through: Day) -> Option<Day> {
    let nights = through.since(from) + 1;
    if nights < 1 {
        return None;
    }
    let weeks = (nights + 6) / 7;
    let offset = day.since(from).rem_euclid(weeks * 7);
    (offset < nights).then(|| from.plus(offset))
}

/// The same nights as ranges that neither overlap nor touch, earliest first.
pub fn merge_ranges(ranges: &[(Day, Day)]) -> Vec<(Day, Day)> {
    let mut merged: Vec<(Day, Day)> = Vec::new();
    for (from, through) in sorted_distinct(ranges.iter().copied().filter(|(from, through)| from <= through)) {
        match merged.last_mut() {
            Some((_, last)) if from <= last.plus(1) => *last = through.max(*last),
            _ => merged.push((from, through)),
        }
    }
    merged
}
