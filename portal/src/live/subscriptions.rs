//! The two subscriptions: stock changes and presence.

use crate::{
    api::{Cursor, Instant, Uuid, schema, whole},
    domain::{
        cell::Cell,
        dates::Day,
        ids::{PropertyId, RoomTypeId},
        night_key::NightKey,
    },
    state::Collaborator,
};

/// Maximum number of nights in the calendar, and so in the selection of one row.
const MAX_NIGHTS: i32 = 1_096;

/// Variables of the stock subscription.
#[derive(cynic::QueryVariables)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct StockVariables {
    pub properties: Option<Vec<PropertyId>>,
    pub after: Option<Cursor>,
}

/// The subscription to stock changes.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "StockVariables")]
pub struct StockChanges {
    #[arguments(propertyIds: $properties, after: $after)]
    #[allow(dead_code, reason = "messages are read as `Data`, whichever subscription they are of")]
    stock_changes: StockMessage,
}

/// Variables of the presence subscription.
#[derive(cynic::QueryVariables)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct PresenceVariables {
    pub property: PropertyId,
}

/// The subscription to presence.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "PresenceVariables")]
pub struct PresenceOfProperty {
    #[arguments(propertyId: $property)]
    #[allow(dead_code, reason = "messages are read as `Data`, whichever subscription they are of")]
    presence: Vec<Presence>,
}

/// One message of the stream of changes.
#[derive(cynic::InlineFragments, Debug, PartialEq)]
pub enum StockMessage {
    /// Cells changed.
    Change(StockChange),
    /// The property itself changed.
    Structure(StructureChange),
    /// Every change up to here was delivered.
    Checkpoint(StockCheckpoint),
    /// The stream cannot continue.
    Resync(Resync),
    /// A kind that this version does not know.
    #[cynic(fallback)]
    Other,
}

/// As in the schema.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct StockChange {
    pub property: Property,
    pub seq: i32,
    pub previous_seq: i32,
    pub cursor: Cursor,
    pub committed_at: Instant,
    pub actor: Option<String>,
    pub change_set_id: Option<Uuid>,
    pub cells: Vec<StockCell>,
    pub range_changed: Option<ChangedRange>,
}

/// As in the schema.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct StructureChange {
    pub property: Property,
    pub seq: i32,
    pub previous_seq: i32,
    pub cursor: Cursor,
}

/// As in the schema.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct StockCheckpoint {
    pub cursor: Cursor,
    pub server_time: Instant,
}

/// As in the schema. The field is not used; a selection needs at least one.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct Resync {
    pub committed_at: Instant,
}

/// As in the schema.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct Property {
    pub id: PropertyId,
}

/// As in the schema.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct ChangedRange {
    pub room_type_ids: Vec<RoomTypeId>,
    pub from: Day,
    pub through: Day,
}

/// As in the schema.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct StockCell {
    pub room_type_id: RoomTypeId,
    pub date: Day,
    pub contract_id: Option<cynic::Id>,
    pub allotted: Option<i32>,
    pub held: Option<i32>,
    pub sold: Option<i32>,
    pub left_to_sell: i32,
    pub overcommitted_by: Option<i32>,
    pub stop_sell: bool,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub min_stay_arrival: Option<i32>,
    pub max_stay_arrival: Option<i32>,
    pub min_stay_through: Option<i32>,
    pub max_stay_through: Option<i32>,
}

impl StockCell {
    /// The night as a cell of the calendar.
    pub fn cell(&self) -> Cell {
        Cell {
            allotted: self.allotted.map(whole),
            held: self.held.map(whole).unwrap_or_default(),
            sold: self.sold.map(whole).unwrap_or_default(),
            left: whole(self.left_to_sell),
            over: self.overcommitted_by.map(whole).unwrap_or_default(),
            stop_sell: self.stop_sell,
            closed_to_arrival: self.closed_to_arrival,
            closed_to_departure: self.closed_to_departure,
            min_stay_arrival: self.min_stay_arrival.map(whole),
            max_stay_arrival: self.max_stay_arrival.map(whole),
            min_stay_through: self.min_stay_through.map(whole),
            max_stay_through: self.max_stay_through.map(whole),
        }
    }
}

/// As in the schema.
#[derive(cynic::QueryFragment, Debug, PartialEq)]
#[allow(missing_docs, reason = "the schema says it")]
pub struct Presence {
    pub page_id: String,
    pub actor: String,
    pub room_type_ids: Vec<RoomTypeId>,
    pub from: Option<Day>,
    pub through: Option<Day>,
}

impl Presence {
    /// The collaborator at this property, with every selected night.
    pub fn at(self, property: &PropertyId) -> Collaborator {
        let chosen = self.from.zip(self.through);
        let nights = chosen.map_or(0, |(from, through)| (through.since(from) + 1).min(MAX_NIGHTS));
        let mut night_keys = Vec::new();
        for room_type in &self.room_type_ids {
            let night_key = |date| NightKey { property: property.clone(), room_type: room_type.clone(), date };
            night_keys.extend((0..nights).filter_map(|night| chosen.map(|(from, _)| night_key(from.plus(night)))));
        }
        Collaborator { page: self.page_id, email: self.actor, night_keys }
    }
}
