//! The plan of a bulk edit: nights, room types and operation.

use crate::domain::{cell::Cell, dates::Day, draft::Change, ids::RoomTypeId, night_key::Field, sort::sorted_distinct};

/// One change for many nights of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkPlan {
    /// First and last nights, both included; they may overlap, and one that ends before it begins is no night.
    pub ranges: Vec<(Day, Day)>,
    /// Which days of the week, Monday first.
    pub weekdays: [bool; 7],
    /// Which room types.
    pub room_types: Vec<RoomTypeId>,
    /// What is to become of the nights.
    pub operation: Operation,
    /// Whether fewer rooms than are held and sold may be on sale.
    pub allow_below_sold: bool,
    /// Whether more rooms than there are in the house may be on sale.
    pub allow_above_physical: bool,
}

/// What is to become of each night.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// The same for all of them.
    Each(Change),
    /// The allotment changed by so many percent of what it is, rounded to whole rooms.
    Percent(i64),
    /// Allotment and restrictions of other nights of the same room type: the same days of the week from the first
    /// through the last of them, over and over. Days of the week that are not among them are left alone.
    Copy {
        /// First night to copy from.
        from: Day,
        /// Last one, included.
        through: Day,
    },
}

impl BulkPlan {
    /// Every night the plan means, each once, earliest first.
    pub fn nights(&self) -> Vec<Day> {
        let days = merge_ranges(&self.ranges)
            .into_iter()
            .flat_map(|(from, through)| (0..=through.since(from)).map(move |night| from.plus(night)));
        days.filter(|day| self.weekdays[day.weekday() as usize]).filter(|day| self.operation.applies_to(*day)).collect()
    }
}

impl Operation {
    /// The restriction that the operation is about; none where it is about rooms on sale.
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

    /// Whether this operation has anything to say about a night.
    fn applies_to(self, day: Day) -> bool {
        match self {
            Self::Copy { from, through } => source_night(day, from, through).is_some(),
            Self::Each(_) | Self::Percent(_) => true,
        }
    }

    /// The changes that the operation asks of a night: `before` is the night, `cell_of` another of its room type. None
    /// where what it would copy is not known.
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

/// A count as a change of the allotment; one that no night can have stays so by being far too high.
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

/// The night that a night is copied from: the pattern repeats in whole weeks, so that a Friday comes from a Friday.
fn source_night(day: Day, from: Day, through: Day) -> Option<Day> {
    let nights = through.since(from) + 1;
    if nights < 1 {
        return None;
    }
    let weeks = (nights + 6) / 7;
    let offset = day.since(from).rem_euclid(weeks * 7);
    (offset < nights).then(|| from.plus(offset))
}

/// The same nights in ranges that neither overlap nor touch, earliest first.
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
