//! The messages of the live feed.

mod catch_up;
mod delivery;
pub mod resume_position;
pub mod stream;
pub mod subscription_filter;

use async_graphql::{Enum, ID, SimpleObject, Union};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::access::{PropertyAccess, Visibility};
use super::availability;
use super::property::Property;
use super::scalars::{CursorText, Date, NodeId};
use super::stock_event::StockCause;
use crate::inventory::availability::contract_night;
use crate::inventory::{Contract, Night, NightKey, Pool};

/// One message. New kinds may be added: pass over what you do not know.
#[derive(Union, Clone)]
pub enum StockMessage {
    /// State, before any change.
    Snapshot(StockSnapshot),
    /// Cells changed.
    Change(StockChange),
    /// The property, a room type or a contract changed.
    Structure(StructureChange),
    /// Nothing was missed up to here.
    Checkpoint(StockCheckpoint),
    /// Read the state anew.
    Resync(Resync),
}

impl StockMessage {
    /// Where to resume after it, if one can.
    pub fn cursor(&self) -> Option<&CursorText> {
        match self {
            Self::Snapshot(part) => part.cursor.as_ref(),
            Self::Change(change) => Some(&change.cursor),
            Self::Structure(change) => Some(&change.cursor),
            Self::Checkpoint(checkpoint) => Some(&checkpoint.cursor),
            Self::Resync(_) => None,
        }
    }
}

/// A part of the state. The changes that follow the last part begin right after it: no gap, no double.
#[derive(SimpleObject, Clone)]
pub struct StockSnapshot {
    /// The property.
    pub property: Property,
    /// The event up to which the cells are true.
    pub seq: i64,
    /// Its cells, in parts of at most 1,000.
    pub cells: Vec<StockCell>,
    /// Whether this is the last part of the last property.
    pub is_last: bool,
    /// With the last part: where to resume.
    pub cursor: Option<CursorText>,
    /// When the state was read.
    pub committed_at: DateTime<Utc>,
}

/// The state of the cells that an event touched, as it was after it.
#[derive(SimpleObject, Clone)]
pub struct StockChange {
    /// The property.
    pub property: Property,
    /// The event; the last one where several are merged.
    pub seq: i64,
    /// The `seq` of the message before this one of the same property and stream. Test this link, not `+ 1`: events that
    /// you do not see take numbers too.
    pub previous_seq: i64,
    /// What it came from; of the last one where several are merged.
    pub cause: StockCause,
    /// Supplier: who did it; the last one where several are merged.
    pub actor: Option<String>,
    /// Supplier: the gesture it belongs to; of the last one where several are merged.
    pub change_set_id: Option<Uuid>,
    /// Every touched cell that you see, whole. Empty where `rangeChanged` says what to read anew.
    pub cells: Vec<StockCell>,
    /// Set instead of cells when too many changed.
    pub range_changed: Option<ChangedRange>,
    /// Whether several events are merged into their latest state, since you read too slowly.
    pub coalesced: bool,
    /// Where to resume.
    pub cursor: CursorText,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
}

/// Cells that changed without being told one by one.
#[derive(SimpleObject, Clone, Debug)]
pub struct ChangedRange {
    /// The room types.
    pub room_type_ids: Vec<ID>,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
}

/// One cell as you see it: a supplier one pool's counts, a partner what it may itself draw under one contract.
#[derive(SimpleObject, Clone, Debug, PartialEq, Eq)]
pub struct StockCell {
    /// The room type.
    pub room_type_id: ID,
    /// Its code.
    pub room_type_code: String,
    /// The night.
    pub date: Date,
    /// The contract; null for the shared pool.
    pub contract_id: Option<ID>,
    /// Supplier: rooms on sale; null is not loaded.
    pub allotted: Option<i32>,
    /// Supplier: rooms held.
    pub held: Option<i32>,
    /// Supplier: rooms sold.
    pub sold: Option<i32>,
    /// Rooms that can still be sold.
    pub left_to_sell: i32,
    /// Supplier: rooms promised beyond what is on sale.
    pub overcommitted_by: Option<i32>,
    /// Sales are stopped.
    pub stop_sell: bool,
    /// No arrival.
    pub closed_to_arrival: bool,
    /// No departure.
    pub closed_to_departure: bool,
    /// Fewest nights by arrival.
    pub min_stay_arrival: Option<i32>,
    /// Most nights by arrival.
    pub max_stay_arrival: Option<i32>,
    /// Fewest nights by presence.
    pub min_stay_through: Option<i32>,
    /// Most nights by presence.
    pub max_stay_through: Option<i32>,
    /// Supplier: most rooms over all pools.
    pub sell_limit: Option<i32>,
}

/// The property, a room type or a contract changed: read its structure and your availability anew.
#[derive(SimpleObject, Clone)]
pub struct StructureChange {
    /// The property, as it is now.
    pub property: Property,
    /// The event.
    pub seq: i64,
    /// As in `StockChange`.
    pub previous_seq: i64,
    /// What changed.
    pub cause: StockCause,
    /// Where to resume.
    pub cursor: CursorText,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
}

/// Nothing was missed up to here. Comes at least every 10 seconds, so that silence is provable.
#[derive(SimpleObject, Clone, Debug)]
pub struct StockCheckpoint {
    /// Where to resume.
    pub cursor: CursorText,
    /// The gateway's time.
    pub server_time: DateTime<Utc>,
    /// Same as `serverTime`.
    pub committed_at: DateTime<Utc>,
}

/// The stream can't go on from where you were, and ends with this: subscribe anew with `snapshot: true`.
#[derive(SimpleObject, Clone, Debug)]
pub struct Resync {
    /// Why.
    pub reason: ResyncReason,
    /// When it was found.
    pub committed_at: DateTime<Utc>,
}

/// Why a stream can't go on.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncReason {
    /// The cursor is older than what can be resumed.
    CursorTooOld,
    /// The database was restored or failed over: its history is not the one that you were told.
    HistoryForked,
    /// The cursor belongs to another selection of properties or nights.
    FilterChanged,
}

/// The cells of one night as the caller sees them.
pub fn cells(seen: &PropertyAccess, key: NightKey, night: &Night) -> Vec<StockCell> {
    let Some(room_type) = seen.structure.room_types.get(&key.0) else { return Vec::new() };
    let blank = StockCell {
        room_type_id: NodeId::RoomType(seen.id(), key.0).encode(),
        room_type_code: room_type.code.clone(),
        date: Date(key.1),
        contract_id: None,
        allotted: None,
        held: None,
        sold: None,
        left_to_sell: 0,
        overcommitted_by: None,
        stop_sell: false,
        closed_to_arrival: false,
        closed_to_departure: false,
        min_stay_arrival: None,
        max_stay_arrival: None,
        min_stay_through: None,
        max_stay_through: None,
        sell_limit: None,
    };
    let ruled = |cell: StockCell, rules: crate::inventory::Restrictions| StockCell {
        stop_sell: rules.stop_sell,
        closed_to_arrival: rules.closed_to_arrival,
        closed_to_departure: rules.closed_to_departure,
        min_stay_arrival: rules.min_stay_arrival,
        max_stay_arrival: rules.max_stay_arrival,
        min_stay_through: rules.min_stay_through,
        max_stay_through: rules.max_stay_through,
        ..cell
    };
    match &seen.view {
        Visibility::Supplier => {
            let own = night.contracts.iter().map(|(id, _)| Pool::Contract(*id));
            let pools = std::iter::once(Pool::Shared).chain(own);
            pools
                .map(|pool| {
                    let cell = night.pool(pool);
                    let contract_id = match pool {
                        Pool::Shared => None,
                        Pool::Contract(id) => Some(NodeId::Contract(seen.id(), id).encode()),
                    };
                    let counts = StockCell {
                        contract_id,
                        allotted: cell.allotted,
                        held: Some(cell.held),
                        sold: Some(cell.sold),
                        left_to_sell: cell.left_to_sell(),
                        overcommitted_by: Some(cell.overcommitted_by()),
                        sell_limit: night.room.sell_limit,
                        ..blank.clone()
                    };
                    ruled(counts, night.room.restrictions.overlaid_by(&cell.restrictions))
                })
                .collect()
        }
        Visibility::Partner(_) => {
            let contracts: Vec<Contract> = seen.contracts();
            let open = contracts.iter().filter(|contract| contract.covers_room_type(key.0));
            open.map(|contract| {
                let view = contract_night(night, contract, key.0, key.1);
                let counts = StockCell {
                    contract_id: Some(NodeId::Contract(seen.id(), contract.id).encode()),
                    left_to_sell: availability::shown(contract, view.left_to_sell),
                    ..blank.clone()
                };
                ruled(counts, view.restrictions)
            })
            .collect()
        }
    }
}
