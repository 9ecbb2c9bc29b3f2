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

/// Maximum number of rooms of a type on sale for one night.
pub const MAX_ROOMS: i64 = 10_000;
/// Number of nights from the business date on that can be changed.
const HORIZON: i32 = 1_096;

/// The reason that blocks the change of a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Fewer rooms would be on sale than are held and sold; may be allowed.
    BelowSold {
        /// Rooms that would be on sale.
        would: i64,
        /// Rooms held and sold.
        promised: u32,
    },
    /// More rooms would be on sale than the property has; may be allowed.
    AbovePhysical {
        /// Rooms that would be on sale.
        would: i64,
        /// Number of rooms at the property.
        physical: u32,
    },
    /// A negative number of rooms or more than [`MAX_ROOMS`] would be on sale.
    OutOfRange {
        /// Rooms that would be on sale.
        would: i64,
    },
    /// The night was never loaded, so there is no count to change.
    NotLoaded,
    /// The night lies before the business date.
    Past,
    /// The night lies too far ahead.
    BeyondHorizon,
    /// The night, or the night to copy from, is not in the cache.
    Unknown,
}

/// The totals of one room type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomTotals {
    /// The room type.
    pub room: RoomTypeId,
    /// Nights that would change.
    pub cells: usize,
    /// Sum over its chosen nights: rooms on sale, or nights with the restriction if the plan changes one.
    pub now: u64,
    /// The same sum after the change.
    pub after: u64,
}

/// The effects of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkPreview {
    /// The changes, sorted by room type and night.
    pub edits: Vec<Edit>,
    /// Nights that would change.
    pub changing: usize,
    /// Nights that have the new value already.
    pub unchanged: usize,
    /// Blocked nights, each with the reason.
    pub blocked: Vec<(NightKey, Blocked)>,
    /// Totals per room type, in the order of the property.
    pub per_room: Vec<RoomTotals>,
    /// Nights that become sellable.
    pub becomes_sellable: Vec<NightKey>,
    /// Number of nights on sale that would be stopped or not loaded.
    pub closes: usize,
    /// Nights that would lose three quarters or more of their rooms on sale.
    pub drops: Vec<NightKey>,
    /// Nights that would have fewer rooms on sale than are held and sold, if the plan allows it.
    pub below_sold: Vec<NightKey>,
    /// Nights that would have more rooms on sale than the property has, if the plan allows it.
    pub above_physical: Vec<NightKey>,
}

/// Applies a plan to a property; `cell_of` returns a stored night.
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
            let after = preview.add(&night, before, planned);
            line.cells += usize::from(before != after);
            line.now += before.map_or(0, |cell| counted_value(plan, &cell));
            line.after += after.map_or(0, |cell| counted_value(plan, &cell));
        }
        preview.per_room.push(line);
    }
    preview
}

/// The planned change of one night.
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

/// The night after one change, or the reason that blocks it.
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
    // An unchanged count keeps the rooms left, because the gateway computes them with limits that are not known here.
    Ok(if cell.value(field) == value { cell } else { cell.with(field, value) })
}

fn in_range(would: i64) -> Result<u32, Blocked> {
    let rooms = u32::try_from(would).ok().filter(|rooms| i64::from(*rooms) <= MAX_ROOMS);
    rooms.ok_or(Blocked::OutOfRange { would })
}

impl BulkPreview {
    /// Adds one planned night to the totals, and returns the night after the change.
    fn add(&mut self, night: &NightKey, before: Option<Cell>, planned: Result<PlannedNight, Blocked>) -> Option<Cell> {
        let planned = match planned {
            Ok(planned) => planned,
            Err(reason) => {
                self.blocked.push((night.clone(), reason));
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
        let (old, new) = (before.allotted.unwrap_or(0), after.allotted.unwrap_or(0));
        if old > 0 && u64::from(new) * 4 <= u64::from(old) {
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

/// True if the night is on sale and has rooms left.
fn is_sellable(cell: &Cell) -> bool {
    is_open(cell) && cell.left > 0
}

/// True if the night is on sale, with or without rooms left.
fn is_open(cell: &Cell) -> bool {
    cell.allotted.is_some() && !cell.stop_sell
}

/// The value of a night in [`RoomTotals::now`] and [`RoomTotals::after`].
fn counted_value(plan: &BulkPlan, cell: &Cell) -> u64 {
    match plan.operation.restriction().map(|field| cell.value(field)) {
        None => u64::from(cell.allotted.unwrap_or(0)),
        Some(Value::Flag(is_on)) => u64::from(is_on),
        Some(Value::Number(nights)) => u64::from(nights.is_some()),
    }
}
