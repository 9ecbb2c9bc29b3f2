//! The messages of the stock subscription.

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

/// One message. More kinds may be added: ignore unknown ones.
#[derive(Union, Clone)]
pub enum StockMessage {
    /// A part of the state, before any change.
    Snapshot(StockSnapshot),
    /// Cells changed.
    Change(StockChange),
    /// The property, a room type or a contract changed.
    Structure(StructureChange),
    /// All changes up to here were delivered.
    Checkpoint(StockCheckpoint),
    /// The stream cannot continue: read the state again.
    Resync(Resync),
}

impl StockMessage {
    /// The cursor to resume after this message, if there is one.
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

/// A part of the state. Changes follow the last part without a gap and without a repetition.
#[derive(SimpleObject, Clone)]
pub struct StockSnapshot {
    /// The property.
    pub property: Property,
    /// Number of the latest stock event that the cells include.
    pub seq: i64,
    /// Its cells, at most 1,000 per message.
    pub cells: Vec<StockCell>,
    /// `true` for the last part of the last property.
    pub is_last: bool,
    /// With the last part: cursor to resume after it.
    pub cursor: Option<CursorText>,
    /// Time at which the state was read.
    pub committed_at: DateTime<Utc>,
}

/// The cells that an event changed, with their state after it.
#[derive(SimpleObject, Clone)]
pub struct StockChange {
    /// The property.
    pub property: Property,
    /// Number of the stock event; of the last one where several are merged.
    pub seq: i64,
    /// The `seq` of the previous message of the same property in this stream. Compare with it, not with `seq - 1`:
    /// events that the caller does not see use numbers too.
    pub previous_seq: i64,
    /// The cause; of the last event where several are merged.
    pub cause: StockCause,
    /// Supplier: the actor; of the last event where several are merged.
    pub actor: Option<String>,
    /// Supplier: the change set; of the last event where several are merged.
    pub change_set_id: Option<Uuid>,
    /// All values of every changed cell that the caller sees. Empty when `rangeChanged` is set.
    pub cells: Vec<StockCell>,
    /// Set instead of `cells` when too many cells changed: read this range again.
    pub range_changed: Option<ChangedRange>,
    /// `true` when several events are merged into their latest state, because the subscriber reads too slowly.
    pub coalesced: bool,
    /// Cursor to resume after this message.
    pub cursor: CursorText,
    /// Time of the commit.
    pub committed_at: DateTime<Utc>,
}

/// Cells that changed and are not listed one by one.
#[derive(SimpleObject, Clone, Debug)]
pub struct ChangedRange {
    /// The room types.
    pub room_type_ids: Vec<ID>,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
}

/// One cell as the caller sees it: for a supplier the counts of one pool, for a partner what it can draw under one
/// contract.
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
    /// Supplier: rooms held and sold beyond those on sale.
    pub overcommitted_by: Option<i32>,
    /// Sales are stopped.
    pub stop_sell: bool,
    /// No stay may begin on this date.
    pub closed_to_arrival: bool,
    /// No stay may end on this date.
    pub closed_to_departure: bool,
    /// Fewest nights of a stay that begins on this date.
    pub min_stay_arrival: Option<i32>,
    /// Most nights of a stay that begins on this date.
    pub max_stay_arrival: Option<i32>,
    /// Fewest nights of a stay that includes this night.
    pub min_stay_through: Option<i32>,
    /// Most nights of a stay that includes this night.
    pub max_stay_through: Option<i32>,
    /// Supplier: most rooms over all pools.
    pub sell_limit: Option<i32>,
}

/// The property, a room type or a contract changed: read the property and its availability again.
#[derive(SimpleObject, Clone)]
pub struct StructureChange {
    /// The property after the change.
    pub property: Property,
    /// The event.
    pub seq: i64,
    /// As in `StockChange`.
    pub previous_seq: i64,
    /// The cause.
    pub cause: StockCause,
    /// Cursor to resume after this message.
    pub cursor: CursorText,
    /// Time of the commit.
    pub committed_at: DateTime<Utc>,
}

/// All changes up to this cursor were delivered. Sent at least every 10 seconds, so that a client notices a broken
/// stream.
#[derive(SimpleObject, Clone, Debug)]
pub struct StockCheckpoint {
    /// Cursor to resume after this message.
    pub cursor: CursorText,
    /// The gateway's time.
    pub server_time: DateTime<Utc>,
    /// Same as `serverTime`.
    pub committed_at: DateTime<Utc>,
}

/// The stream cannot continue from its position and ends with this message. Subscribe again with `snapshot: true`.
#[derive(SimpleObject, Clone, Debug)]
pub struct Resync {
    /// The reason.
    pub reason: ResyncReason,
    /// Time at which the gateway found the reason.
    pub committed_at: DateTime<Utc>,
}

/// The reason why a stream cannot continue.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncReason {
    /// The cursor is older than the resume window.
    CursorTooOld,
    /// The database was restored or failed over: its history is not the one that was delivered.
    HistoryForked,
    /// The cursor belongs to another selection of properties or nights.
    FilterChanged,
}

/// The cells of one night as the caller sees them.
pub fn cells(access: &PropertyAccess, key: NightKey, night: &Night) -> Vec<StockCell> {
    let Some(room_type) = access.room_type(key.0) else { return Vec::new() };
    let empty = StockCell {
        room_type_id: NodeId::RoomType(access.id(), key.0).encode(),
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
    let with_rules = |cell: StockCell, rules: crate::inventory::Restrictions| StockCell {
        stop_sell: rules.stop_sell,
        closed_to_arrival: rules.closed_to_arrival,
        closed_to_departure: rules.closed_to_departure,
        min_stay_arrival: rules.min_stay_arrival,
        max_stay_arrival: rules.max_stay_arrival,
        min_stay_through: rules.min_stay_through,
        max_stay_through: rules.max_stay_through,
        ..cell
    };
    match access.visibility() {
        Visibility::Supplier => {
            let own = night.contracts.iter().map(|(id, _)| Pool::Contract(*id));
            let pools = std::iter::once(Pool::Shared).chain(own);
            pools
                .map(|pool| {
                    let cell = night.pool(pool);
                    let contract_id = match pool {
                        Pool::Shared => None,
                        Pool::Contract(id) => Some(NodeId::Contract(access.id(), id).encode()),
                    };
                    let counts = StockCell {
                        contract_id,
                        allotted: cell.allotted,
                        held: Some(cell.held),
                        sold: Some(cell.sold),
                        left_to_sell: cell.left_to_sell(),
                        overcommitted_by: Some(cell.overcommitted_by()),
                        sell_limit: night.room.sell_limit,
                        ..empty.clone()
                    };
                    with_rules(counts, night.room.restrictions.overlaid_by(&cell.restrictions))
                })
                .collect()
        }
        Visibility::Partner(_) => {
            let contracts: Vec<Contract> = access.contracts();
            let open = contracts.iter().filter(|contract| contract.covers_room_type(key.0));
            open.map(|contract| {
                let view = contract_night(night, contract, key.0, key.1);
                let counts = StockCell {
                    contract_id: Some(NodeId::Contract(access.id(), contract.id).encode()),
                    left_to_sell: availability::visible_rooms(contract, view.left_to_sell),
                    ..empty.clone()
                };
                with_rules(counts, view.restrictions)
            })
            .collect()
        }
    }
}
