//! The stock events of a property, newest first, of all nights or of one.

use cynic::QueryBuilder as _;

use super::session::Session;
use super::{
    Failure, Instant, Uuid,
    scalars::{seq, seq_out},
    schema,
    transport::execute,
};
use crate::domain::{
    dates::Day,
    ids::{PropertyId, RoomTypeId},
};

/// The cause of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Cause {
    AdjustAllotments,
    SetAllotments,
    SetRestrictions,
    Undo,
    Hold,
    Extend,
    Confirm,
    Book,
    Cancel,
    Expire,
    /// A property, room type or contract was created or changed.
    Structure,
    /// A cause that this portal does not know.
    Other,
}

impl Cause {
    /// True if the event is a calendar change of the supplier, which can be undone.
    pub fn is_supplier_change(self) -> bool {
        matches!(self, Self::AdjustAllotments | Self::SetAllotments | Self::SetRestrictions | Self::Undo)
    }
}

/// One value of one night, before and after. Flags are 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueChange {
    /// The room type.
    pub room_type: RoomTypeId,
    /// The night.
    pub date: Day,
    /// The measure, named as in the API: `allotted`, `held`, `sold`, `stopSell`, …
    pub measure: String,
    /// Code of the contract that owns the rooms; `None` for the shared pool and for the room night.
    pub contract: Option<String>,
    /// Value before the event; `None` is not set.
    pub before: Option<i32>,
    /// Value after the event; `None` is not set.
    pub after: Option<i32>,
}

/// One committed stock event of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Sequence number at the property.
    pub seq: u64,
    /// Time of the commit: milliseconds since 1970.
    pub at_ms: f64,
    /// Cause.
    pub cause: Cause,
    /// The email of a user, the label of an API client, or `system`.
    pub actor: String,
    /// Reason, given by the caller.
    pub reason: Option<String>,
    /// Id of the change set, for undo.
    pub change_set: Option<String>,
    /// Locator of the reservation, if the event belongs to one.
    pub locator: Option<String>,
    /// The changed values.
    pub changes: Vec<ValueChange>,
}

/// A page of the history, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The events.
    pub events: Vec<Event>,
    /// The `before` of the next page; `None` at the end.
    pub next: Option<u64>,
}

/// Reads the newest events below `before`, of a property or of one night of a room type. At most `first` events, up to
/// 100.
pub async fn history(
    session: Session,
    property: &PropertyId,
    night: Option<(&RoomTypeId, Day)>,
    before: Option<u64>,
    first: u32,
) -> Result<History, Failure> {
    let (room_type, date) = night.map(|(room_type, date)| (room_type.clone(), date)).unzip();
    let variables = wire::HistoryVariables {
        property: property.clone(),
        room_type,
        date,
        before: before.map(seq_out),
        first: i32::try_from(first.min(100)).unwrap_or_default(),
    };
    let data = execute(session, wire::History::build(variables)).await?;
    Ok(data.property.ok_or_else(Failure::no_property)?.history.into())
}

impl From<wire::StockHistory> for History {
    fn from(page: wire::StockHistory) -> Self {
        Self { events: page.events.into_iter().map(Event::from).collect(), next: page.next.map(seq) }
    }
}

impl From<wire::StockEvent> for Event {
    fn from(event: wire::StockEvent) -> Self {
        let Instant(at_ms) = event.committed_at;
        Self {
            seq: seq(event.seq),
            at_ms,
            cause: event.cause.into(),
            actor: event.actor,
            reason: event.reason,
            change_set: event.change_set_id.map(|Uuid(text)| text),
            locator: event.reservation.map(|reservation| reservation.locator),
            changes: event.cells.into_iter().filter_map(ValueChange::from_wire).collect(),
        }
    }
}

impl ValueChange {
    /// `None` if the room type is not visible.
    fn from_wire(change: wire::CellChange) -> Option<Self> {
        Some(Self {
            room_type: change.room_type?.id,
            date: change.date,
            measure: change.measure,
            contract: change.contract.map(|contract| contract.code),
            before: change.before,
            after: change.after,
        })
    }
}

impl From<wire::StockCause> for Cause {
    fn from(cause: wire::StockCause) -> Self {
        use wire::StockCause as Wire;
        match cause {
            Wire::AdjustAllotments => Self::AdjustAllotments,
            Wire::SetAllotments => Self::SetAllotments,
            Wire::SetRestrictions => Self::SetRestrictions,
            Wire::Undo => Self::Undo,
            Wire::Hold => Self::Hold,
            Wire::Extend => Self::Extend,
            Wire::Confirm => Self::Confirm,
            Wire::Book => Self::Book,
            Wire::Cancel => Self::Cancel,
            Wire::Expire => Self::Expire,
            Wire::ContractCreated
            | Wire::ContractUpdated
            | Wire::PropertyCreated
            | Wire::PropertyUpdated
            | Wire::RoomTypeCreated
            | Wire::RoomTypeUpdated => Self::Structure,
            Wire::Unknown => Self::Other,
        }
    }
}

mod wire {
    use super::{Day, Instant, PropertyId, RoomTypeId, Uuid, schema};

    #[derive(cynic::QueryVariables)]
    pub struct HistoryVariables {
        pub property: PropertyId,
        pub room_type: Option<RoomTypeId>,
        pub date: Option<Day>,
        pub before: Option<i32>,
        pub first: i32,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query", variables = "HistoryVariables")]
    pub struct History {
        #[arguments(id: $property)]
        pub property: Option<PropertyHistory>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Property", variables = "HistoryVariables")]
    pub struct PropertyHistory {
        #[arguments(before: $before, date: $date, first: $first, roomTypeId: $room_type)]
        pub history: StockHistory,
    }

    #[derive(cynic::QueryFragment)]
    pub struct StockHistory {
        pub events: Vec<StockEvent>,
        pub next: Option<i32>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct StockEvent {
        pub seq: i32,
        pub committed_at: Instant,
        pub cause: StockCause,
        pub actor: String,
        pub reason: Option<String>,
        pub change_set_id: Option<Uuid>,
        pub reservation: Option<Reservation>,
        pub cells: Vec<CellChange>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Reservation {
        pub locator: String,
    }

    #[derive(cynic::QueryFragment)]
    pub struct CellChange {
        pub room_type: Option<RoomType>,
        pub date: Day,
        pub measure: String,
        pub contract: Option<Contract>,
        pub before: Option<i32>,
        pub after: Option<i32>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RoomType {
        pub id: RoomTypeId,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Contract {
        pub code: String,
    }

    #[derive(cynic::Enum, Clone, Copy)]
    pub enum StockCause {
        AdjustAllotments,
        SetAllotments,
        SetRestrictions,
        Undo,
        Hold,
        Extend,
        Confirm,
        Book,
        Cancel,
        Expire,
        ContractCreated,
        ContractUpdated,
        PropertyCreated,
        PropertyUpdated,
        RoomTypeCreated,
        RoomTypeUpdated,
        #[cynic(fallback)]
        Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_parsed_with_their_values() {
        let data: wire::History = serde_json::from_value(json!({ "property": { "history": {
            "events": [
                {
                    "seq": 9, "committedAt": "2026-12-16T10:00:00.500+00:00", "cause": "SET_ALLOTMENTS",
                    "actor": "ann@harbour.example", "reason": null,
                    "changeSetId": "0193a0c5-0000-7000-8000-000000000001", "reservation": null,
                    "cells": [
                        { "roomType": { "id": "r1" }, "date": "2026-12-24", "measure": "allotted", "contract": null,
                          "before": null, "after": 12 },
                        { "roomType": null, "date": "2026-12-24", "measure": "allotted", "contract": null,
                          "before": 1, "after": 2 },
                    ],
                },
                {
                    "seq": 8, "committedAt": "2026-12-16T09:00:00Z", "cause": "REBUILD", "actor": "system",
                    "reason": "why", "changeSetId": null, "reservation": { "locator": "K7RX2A" }, "cells": [],
                },
            ],
            "next": 8,
        } } }))
        .expect("an answer of the schema");
        let page = History::from(data.property.expect("a property").history);
        assert_eq!(page.next, Some(8));
        let [first, second] = &page.events[..] else { panic!("two events") };
        assert_eq!((first.seq, first.at_ms), (9, 1_797_415_200_500.0));
        assert!(first.cause.is_supplier_change() && first.change_set.is_some());
        let change = ValueChange {
            room_type: RoomTypeId::from("r1"),
            date: Day::parse("2026-12-24").expect("a date"),
            measure: "allotted".to_owned(),
            contract: None,
            before: None,
            after: Some(12),
        };
        assert_eq!(first.changes, [change]);
        assert_eq!((second.cause, second.locator.as_deref()), (Cause::Other, Some("K7RX2A")));
    }

    #[test]
    fn a_page_of_one_night_is_requested() {
        let variables = wire::HistoryVariables {
            property: PropertyId::from("p1"),
            room_type: Some(RoomTypeId::from("r1")),
            date: Day::parse("2026-12-24"),
            before: Some(seq_out(80)),
            first: 50,
        };
        let operation = wire::History::build(variables);
        let arguments = "history(before: $before, date: $date, first: $first, roomTypeId: $roomType)";
        assert!(operation.query.contains(arguments), "{}", operation.query);
        let expected = json!({ "property": "p1", "roomType": "r1", "date": "2026-12-24", "before": 80, "first": 50 });
        assert_eq!(serde_json::to_value(&operation.variables).expect("variables"), expected);
    }
}
