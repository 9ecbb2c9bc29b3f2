//! Nights that need the attention of a supplier: overcommitted, sold out, low or stopped.

use chrono::{Days, NaiveDate};
use lodgate_entities::ids::RoomTypeId;

use super::cell::{Allotment, Night, Pool};
use super::refusal::Problem;

/// Most nights of one attention list.
pub const MAX_ATTENTION_NIGHTS: i32 = 366;

/// The reason why a night needs attention, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attention {
    /// More rooms are held and sold than are on sale.
    Overcommitted,
    /// Rooms were on sale and none is left.
    SoldOut,
    /// Some rooms are held or sold, and no more are left than the room type's `low_at`.
    Low,
    /// Sales are stopped.
    StopSell,
}

/// Consecutive nights of one pool of one room type that need attention for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The reason.
    pub kind: Attention,
    /// The room type.
    pub room_type: RoomTypeId,
    /// The pool.
    pub pool: Pool,
    /// First night.
    pub from: NaiveDate,
    /// Last night, included.
    pub through: NaiveDate,
    /// Fewest rooms left on any of the nights.
    pub least_left: i32,
    /// Most rooms held and sold beyond those on sale on one of the nights.
    pub over: i32,
}

impl Run {
    /// Number of nights.
    pub fn nights(&self) -> i64 {
        (self.through - self.from).num_days() + 1
    }
}

/// First and last night of an attention list of `days` nights.
///
/// # Errors
/// `INVALID` unless `days` is 1 to 366 and the last night is a date of the calendar.
pub fn attention_range(from: NaiveDate, days: i32) -> Result<(NaiveDate, NaiveDate), Problem> {
    if !(1..=MAX_ATTENTION_NIGHTS).contains(&days) {
        return Err(Problem::invalid(&["days"], format!("1 to {MAX_ATTENTION_NIGHTS} nights, not {days}")));
    }
    let ahead = Days::new(u64::try_from(days - 1).unwrap_or(0));
    let through = from.checked_add_days(ahead);
    Ok((from, through.ok_or_else(|| Problem::invalid(&["from"], "not a date of the calendar"))?))
}

/// Rooms of the pool that can still be sold: no more than the room night's limit leaves.
fn left(night: &Night, cell: &Allotment) -> i32 {
    let limit = night.room.sell_limit.map_or(i32::MAX, |limit| (limit - night.committed()).max(0));
    cell.left_to_sell().min(limit)
}

/// Rooms of the pool that are promised beyond those on sale. Rooms past the sell limit of the room night count for the
/// shared pool.
fn over(night: &Night, pool: Pool, cell: &Allotment) -> i32 {
    let past_limit = match (pool, night.room.sell_limit) {
        (Pool::Shared, Some(limit)) => (night.committed() - limit).max(0),
        _ => 0,
    };
    cell.overcommitted_by().max(past_limit)
}

/// The reason why this pool of the night needs attention, if it does.
///
/// All reasons apply to the shared pool, from which every partner sells. A contract's own pool needs attention only when
/// it is overcommitted: a partner may well sell all rooms that are set aside for it.
pub fn attention(night: &Night, pool: Pool, low_at: i32) -> Option<Attention> {
    let cell = night.pool(pool);
    if over(night, pool, &cell) > 0 {
        return Some(Attention::Overcommitted);
    }
    if pool != Pool::Shared {
        return None;
    }
    if night.room.restrictions.overlaid_by(&cell.restrictions).stop_sell {
        return Some(Attention::StopSell);
    }
    let taken = cell.committed() > 0;
    match (cell.allotted, left(night, &cell)) {
        (None, _) => None,
        (Some(allotted), 0) if allotted > 0 || taken => Some(Attention::SoldOut),
        // A single suite that is not sold has one room left, which is not low.
        (Some(_), left) if taken && left > 0 && left <= low_at => Some(Attention::Low),
        _ => None,
    }
}

/// The runs of one room type over its nights, which are ascending without a gap.
pub fn runs<'a>(
    room_type: RoomTypeId,
    low_at: i32,
    nights: &(impl Iterator<Item = (NaiveDate, &'a Night)> + Clone),
) -> Vec<Run> {
    let mut contracts: Vec<Pool> =
        nights.clone().flat_map(|(_, night)| night.contracts.iter().map(|(id, _)| Pool::Contract(*id))).collect();
    contracts.sort_unstable();
    contracts.dedup();
    let mut runs = Vec::new();
    for pool in std::iter::once(Pool::Shared).chain(contracts) {
        let mut open: Option<Run> = None;
        for (date, night) in nights.clone() {
            let kind = attention(night, pool, low_at);
            if open.is_some_and(|run| Some(run.kind) != kind) {
                runs.extend(open.take());
            }
            let Some(kind) = kind else { continue };
            let cell = night.pool(pool);
            let (left, over) = (left(night, &cell), over(night, pool, &cell));
            let run =
                open.get_or_insert(Run { kind, room_type, pool, from: date, through: date, least_left: left, over });
            *run = Run { through: date, least_left: run.least_left.min(left), over: run.over.max(over), ..*run };
        }
        runs.extend(open);
    }
    runs
}

/// Sorts runs of several room types by reason, date and room type, and keeps the first `most`.
pub fn most_urgent(mut runs: Vec<Run>, most: usize) -> Vec<Run> {
    runs.sort_unstable_by_key(|run| (run.kind, run.from, run.room_type, run.pool));
    runs.truncate(most);
    runs
}
