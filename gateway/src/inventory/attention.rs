//! Which nights a supplier should look at: sold beyond what there is, sold out, stopped, or nearly gone.

use chrono::NaiveDate;
use lodgate_entities::ids::RoomTypeId;

use super::cell::{Allotment, Night, Pool};

/// Why a night needs a look, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attention {
    /// More rooms are promised than there are on sale.
    Overcommitted,
    /// Rooms were on sale and none is left.
    SoldOut,
    /// Some are taken, and no more are left than the room type's `low_at`.
    Low,
    /// Sales are stopped.
    StopSell,
}

/// Consecutive nights of one pool of one room type that need a look for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Why.
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
    /// Most rooms promised beyond what is on sale on one of the nights.
    pub over: i32,
}

impl Run {
    /// How many nights.
    pub fn nights(&self) -> i64 {
        (self.through - self.from).num_days() + 1
    }
}

/// Rooms of the pool that can still be sold: no more than the room night's limit leaves.
fn left(night: &Night, cell: &Allotment) -> i32 {
    let limit = night.room.sell_limit.map_or(i32::MAX, |limit| (limit - night.committed()).max(0));
    cell.left_to_sell().min(limit)
}

/// Rooms of the pool that are promised and not there. What is sold past the room night's limit is the shared pool's.
fn over(night: &Night, pool: Pool, cell: &Allotment) -> i32 {
    let past_limit = match (pool, night.room.sell_limit) {
        (Pool::Shared, Some(limit)) => (night.committed() - limit).max(0),
        _ => 0,
    };
    cell.overcommitted_by().max(past_limit)
}

/// Why this pool of the night needs a look, if it does.
///
/// The shared pool is what everybody sells from, so all reasons count there. That a partner has used up the rooms set
/// aside for it is no news; that it was promised more than those is.
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
        // A suite of one room, unsold, is not running low.
        (Some(_), left) if taken && left > 0 && left <= low_at => Some(Attention::Low),
        _ => None,
    }
}

/// The runs of one room type over its nights, which come in ascending order without a gap.
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

/// Brings runs of several room types into order: by reason, then by date, then by room type; and keeps the first.
pub fn most_urgent(mut runs: Vec<Run>, most: usize) -> Vec<Run> {
    runs.sort_unstable_by_key(|run| (run.kind, run.from, run.room_type, run.pool));
    runs.truncate(most);
    runs
}
