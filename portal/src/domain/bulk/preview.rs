//! The preview of a bulk edit: the change or the blocking reason of each night.

use super::plan::BulkPlan;
use crate::domain::{
    cell::{Cell, Value},
    dates::Day,
    draft::{Change, Edit},
    ids::RoomTypeId,
    night_key::{Field, NightKey},
    property::{Property, RoomType},
};

/// Most rooms of a type that can be on sale on a night.
pub const MAX_ROOMS: i64 = 10_000;
/// Nights from the business date on that can be changed.
const HORIZON: i32 = 1_096;

/// Why a night would keep what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Fewer rooms would be on sale than are held and sold; may be allowed.
    BelowSold {
        /// Rooms that would be on sale.
        would: i64,
        /// Rooms held and sold.
        promised: u32,
    },
    /// More rooms would be on sale than there are in the house; may be allowed.
    AbovePhysical {
        /// Rooms that would be on sale.
        would: i64,
        /// Rooms in the house.
        physical: u32,
    },
    /// Fewer than none or more than [`MAX_ROOMS`] would be on sale.
    OutOfRange {
        /// Rooms that would be on sale.
        would: i64,
    },
    /// It was never loaded, so that there is no count to change.
    NotLoaded,
    /// It lies before the business date.
    Past,
    /// It lies too far ahead.
    BeyondHorizon,
    /// What it is, or what would be copied, is not known here.
    Unknown,
}

/// What a plan would do to one room type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomTotals {
    /// Which one.
    pub room: RoomTypeId,
    /// Nights that would change.
    pub cells: usize,
    /// Over all its chosen nights: rooms on sale, or nights with the restriction where the plan is about one.
    pub now: u64,
    /// The same afterwards.
    pub after: u64,
}

/// What a plan would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkPreview {
    /// The changes, by room type and night.
    pub edits: Vec<Edit>,
    /// Nights that would change.
    pub changing: usize,
    /// Nights that are so already.
    pub unchanged: usize,
    /// Nights that would keep what they have, and why.
    pub blocked: Vec<(NightKey, Blocked)>,
    /// Room type by room type, in the plan's order.
    pub per_room: Vec<RoomTotals>,
    /// Nights of which rooms could be sold that cannot be sold now.
    pub becomes_sellable: Vec<NightKey>,
    /// Nights that are for sale now and would be stopped or not loaded.
    pub closes: usize,
    /// Nights that would lose three quarters of their rooms on sale, or more.
    pub drops: Vec<NightKey>,
    /// Nights that would change to fewer rooms than are held and sold, because that is allowed.
    pub below_sold: Vec<NightKey>,
    /// Nights that would change to more rooms than there are in the house, because that is allowed.
    pub above_physical: Vec<NightKey>,
}

/// Works out a plan for a property; `cell_of` returns a stored night.
pub fn preview(plan: &BulkPlan, property: &Property, cell_of: impl Fn(&NightKey) -> Option<Cell>) -> BulkPreview {
    let nights = plan.nights();
    let mut preview = BulkPreview::default();
    for room in property.room_types.iter().filter(|room| plan.room_types.contains(&room.id)) {
        let mut line = RoomTotals { room: room.id.clone(), cells: 0, now: 0, after: 0 };
        for &date in &nights {
            let night = NightKey { property: property.id.clone(), room_type: room.id.clone(), date };
            let before = cell_of(&night);
            let planned = plan_night(plan, property, room, date, before, |date| {
                cell_of(&NightKey { property: property.id.clone(), room_type: room.id.clone(), date })
            });
            let after = preview.take(&night, before, planned);
            line.cells += usize::from(before != after);
            line.now += before.map_or(0, |cell| counted_value(plan, &cell));
            line.after += after.map_or(0, |cell| counted_value(plan, &cell));
        }
        preview.per_room.push(line);
    }
    preview
}

/// What a night would become.
struct PlannedNight {
    changes: Vec<Change>,
    before: Cell,
    after: Cell,
    is_below_sold: bool,
    is_above_physical: bool,
}

fn plan_night(
    plan: &BulkPlan,
    property: &Property,
    room: &RoomType,
    date: Day,
    before: Option<Cell>,
    cell_of: impl Fn(Day) -> Option<Cell>,
) -> Result<PlannedNight, Blocked> {
    let ahead = date.since(property.business_date);
    if ahead < 0 {
        return Err(Blocked::Past);
    }
    if ahead >= HORIZON {
        return Err(Blocked::BeyondHorizon);
    }
    let before = before.ok_or(Blocked::Unknown)?;
    let changes = plan.operation.changes(date, &before, cell_of).ok_or(Blocked::Unknown)?;
    let mut planned =
        PlannedNight { changes: Vec::new(), before, after: before, is_below_sold: false, is_above_physical: false };
    for change in changes {
        let after = apply(planned.after, change)?;
        if after != planned.after {
            planned.after = after;
            planned.changes.push(change);
        }
    }
    let (was, would) = (i64::from(before.allotted.unwrap_or(0)), i64::from(planned.after.allotted.unwrap_or(0)));
    if planned.after.allotted == before.allotted {
        return Ok(planned);
    }
    let is_lower = before.allotted.is_some() && (would < was || planned.after.allotted.is_none());
    planned.is_below_sold = is_lower && would < i64::from(before.promised());
    planned.is_above_physical = would > was && would > i64::from(room.physical_rooms);
    if planned.is_below_sold && !plan.allow_below_sold {
        return Err(Blocked::BelowSold { would, promised: before.promised() });
    }
    if planned.is_above_physical && !plan.allow_above_physical {
        return Err(Blocked::AbovePhysical { would, physical: room.physical_rooms });
    }
    Ok(planned)
}

/// The night after one change, or why it cannot be.
fn apply(cell: Cell, change: Change) -> Result<Cell, Blocked> {
    let (field, value) = match change {
        Change::Allotted(rooms) => {
            let would = i64::from(rooms.unwrap_or(0));
            if would > MAX_ROOMS {
                return Err(Blocked::OutOfRange { would });
            }
            (Field::Allotment, Value::Number(rooms))
        }
        Change::LeftToSell(left) => {
            let would = i64::from(cell.promised()) + left;
            (Field::Allotment, Value::Number(Some(in_range(would)?)))
        }
        Change::Adjust(rooms) => {
            let would = i64::from(cell.allotted.ok_or(Blocked::NotLoaded)?) + rooms;
            (Field::Allotment, Value::Number(Some(in_range(would)?)))
        }
        Change::StopSell(on) => (Field::StopSell, Value::Flag(on)),
        Change::MinStayArrival(nights) => (Field::MinStayArrival, Value::Number(nights)),
        Change::MaxStayArrival(nights) => (Field::MaxStayArrival, Value::Number(nights)),
        Change::MinStayThrough(nights) => (Field::MinStayThrough, Value::Number(nights)),
        Change::MaxStayThrough(nights) => (Field::MaxStayThrough, Value::Number(nights)),
        Change::ClosedToArrival(on) => (Field::ClosedToArrival, Value::Flag(on)),
        Change::ClosedToDeparture(on) => (Field::ClosedToDeparture, Value::Flag(on)),
    };
    // What is left is only counted anew where the count changes: the gateway knows limits that are not known here.
    Ok(if cell.value(field) == value { cell } else { cell.with(field, value) })
}

fn in_range(would: i64) -> Result<u32, Blocked> {
    let rooms = u32::try_from(would).ok().filter(|rooms| i64::from(*rooms) <= MAX_ROOMS);
    rooms.ok_or(Blocked::OutOfRange { would })
}

impl BulkPreview {
    /// Takes in what became of a night; gives it as it would be.
    fn take(&mut self, night: &NightKey, before: Option<Cell>, planned: Result<PlannedNight, Blocked>) -> Option<Cell> {
        let planned = match planned {
            Ok(planned) => planned,
            Err(why) => {
                self.blocked.push((night.clone(), why));
                return before;
            }
        };
        let PlannedNight { changes, before, after, is_below_sold, is_above_physical } = planned;
        if changes.is_empty() {
            self.unchanged += 1;
            return Some(after);
        }
        self.changing += 1;
        if is_sellable(&after) && !is_sellable(&before) {
            self.becomes_sellable.push(night.clone());
        }
        if is_open(&before) && !is_open(&after) {
            self.closes += 1;
        }
        let (was, is) = (before.allotted.unwrap_or(0), after.allotted.unwrap_or(0));
        if was > 0 && u64::from(is) * 4 <= u64::from(was) {
            self.drops.push(night.clone());
        }
        if is_below_sold {
            self.below_sold.push(night.clone());
        }
        if is_above_physical {
            self.above_physical.push(night.clone());
        }
        self.edits.extend(changes.into_iter().map(|change| Edit { night: night.clone(), change }));
        Some(after)
    }
}

/// Whether rooms of the night can be sold at this moment.
fn is_sellable(cell: &Cell) -> bool {
    is_open(cell) && cell.left > 0
}

/// Whether the night is for sale, be there rooms left or not.
fn is_open(cell: &Cell) -> bool {
    cell.allotted.is_some() && !cell.stop_sell
}

/// What a night counts for in [`RoomTotals::now`] and [`RoomTotals::after`].
fn counted_value(plan: &BulkPlan, cell: &Cell) -> u64 {
    match plan.operation.restriction().map(|field| cell.value(field)) {
        None => u64::from(cell.allotted.unwrap_or(0)),
        Some(Value::Flag(is_on)) => u64::from(is_on),
        Some(Value::Number(nights)) => u64::from(nights.is_some()),
    }
}
