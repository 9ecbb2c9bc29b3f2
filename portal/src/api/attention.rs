//! Nights that need attention.

use super::{schema, whole};
use crate::domain::{dates::Day, ids::RoomTypeId};

/// The reason why nights need attention, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttentionKind {
    /// More rooms are held and sold than are on sale.
    Overcommitted,
    /// Rooms were on sale and none is left.
    SoldOut,
    /// At most as many rooms are left as the room type's threshold.
    Low,
    /// Sales are stopped.
    StopSell,
}

/// Consecutive nights of one room type that need attention for the same reason.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionItem {
    /// The reason.
    pub kind: AttentionKind,
    /// The room type.
    pub room_type: RoomTypeId,
    /// Code of the room type.
    pub room_code: String,
    /// Name of the room type.
    pub room_name: String,
    /// Code of the contract that owns the rooms; `None` for the shared pool.
    pub contract: Option<String>,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
    /// Number of nights.
    pub nights: u32,
    /// Minimum of the rooms left per night.
    pub least_left: u32,
    /// Maximum of the rooms promised beyond the allotment per night.
    pub rooms_over: u32,
}

impl AttentionItem {
    /// `None` for a kind that this portal does not know, because it has no text for it.
    pub(super) fn from_wire(item: wire::AttentionItem) -> Option<Self> {
        let kind = match item.kind {
            wire::AttentionKind::Overcommitted => AttentionKind::Overcommitted,
            wire::AttentionKind::SoldOut => AttentionKind::SoldOut,
            wire::AttentionKind::Low => AttentionKind::Low,
            wire::AttentionKind::StopSell => AttentionKind::StopSell,
            wire::AttentionKind::Unknown => return None,
        };
        Some(Self {
            kind,
            room_type: item.room_type.id,
            room_code: item.room_type.code,
            room_name: item.room_type.name,
            contract: item.contract.map(|contract| contract.code),
            from: item.from,
            through: item.through,
            nights: whole(item.nights),
            least_left: whole(item.least_left),
            rooms_over: whole(item.rooms_over),
        })
    }
}

pub(super) mod wire {
    use super::{Day, RoomTypeId, schema};

    #[derive(cynic::QueryFragment)]
    pub struct AttentionItem {
        pub kind: AttentionKind,
        pub room_type: RoomType,
        pub contract: Option<Contract>,
        pub from: Day,
        pub through: Day,
        pub nights: i32,
        pub least_left: i32,
        pub rooms_over: i32,
    }

    #[derive(cynic::Enum, Clone, Copy)]
    pub enum AttentionKind {
        Overcommitted,
        SoldOut,
        Low,
        StopSell,
        #[cynic(fallback)]
        Unknown,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RoomType {
        pub id: RoomTypeId,
        pub code: String,
        pub name: String,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Contract {
        pub code: String,
    }
}
