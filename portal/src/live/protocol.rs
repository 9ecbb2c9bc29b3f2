//! The messages of the `graphql-transport-ws` protocol.

use cynic::SubscriptionBuilder as _;
use serde::{Deserialize, Serialize};

use super::subscriptions::{
    Presence, PresenceOfProperty, PresenceVariables, StockChanges, StockMessage, StockVariables,
};
use crate::{
    api::{Cursor, json::Json},
    domain::ids::PropertyId,
};

/// The subprotocol.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// A message of the gateway. The first number is the subscription's.
#[derive(Debug, PartialEq)]
pub enum ServerMessage {
    /// The connection is acknowledged.
    Ack,
    /// A ping, to be answered with a pong.
    Ping,
    /// A message of the stream of changes.
    StockChange(u32, StockMessage),
    /// Every page that is present at a property.
    Presence(u32, Vec<Presence>),
    /// A subscription failed.
    Failed(u32, SubscriptionError),
    /// A subscription ended.
    Complete(u32),
    /// A message that needs no reaction.
    Other,
}

/// The error of a failed subscription.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub struct SubscriptionError {
    /// Milliseconds until the next attempt; none if another attempt would fail too.
    pub retry_after_ms: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    ConnectionAck,
    Ping,
    Next,
    Error,
    Complete,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Payload {
    data: Option<Data>,
    errors: Option<Vec<ErrorEntry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    stock_changes: Option<StockMessage>,
    presence: Option<Vec<Presence>>,
}

#[derive(Default, Deserialize)]
struct ErrorEntry {
    extensions: Option<SubscriptionError>,
}

impl ServerMessage {
    /// Parses one message. An unreadable message of a subscription is its failure, so that no change is missed.
    pub fn read(text: &str) -> Self {
        let Ok(mut message) = Json::parse(text) else { return Self::Other };
        let kind = message.take("type").and_then(|kind| kind.read().ok()).unwrap_or(Kind::Other);
        // Identifiers of subscriptions are numbers from 1.
        let id = message.take("id").and_then(|id| id.read::<String>().ok()?.parse().ok()).unwrap_or_default();
        let payload = message.take("payload");
        match kind {
            Kind::ConnectionAck => Self::Ack,
            Kind::Ping => Self::Ping,
            Kind::Complete => Self::Complete(id),
            Kind::Next => match read(payload) {
                Some(Payload { data: Some(Data { stock_changes: Some(message), .. }), errors: None }) => {
                    Self::StockChange(id, message)
                }
                Some(Payload { data: Some(Data { presence: Some(everyone), .. }), errors: None }) => {
                    Self::Presence(id, everyone)
                }
                payload => Self::failed(id, payload.and_then(|payload: Payload| payload.errors)),
            },
            // The payload of an error is a list.
            Kind::Error => Self::failed(id, read(payload)),
            Kind::Other => Self::Other,
        }
    }

    fn failed(id: u32, entries: Option<Vec<ErrorEntry>>) -> Self {
        let error = entries.into_iter().flatten().find_map(|entry| entry.extensions);
        Self::Failed(id, error.unwrap_or_default())
    }
}

fn read<'text, T: Deserialize<'text>>(payload: Option<Json<'text>>) -> Option<T> {
    payload?.read().ok()
}

#[derive(Serialize)]
struct ClientMessage<'a, Payload> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
}

impl<Payload: Serialize> ClientMessage<'_, Payload> {
    fn text(&self) -> String {
        // Serialisation fails only for maps whose keys are not strings.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The first message, with the access token.
pub fn connection_init(token: &str) -> String {
    #[derive(Serialize)]
    struct Payload {
        authorization: String,
    }
    let payload = Some(Payload { authorization: format!("Bearer {token}") });
    ClientMessage { kind: "connection_init", id: None, payload }.text()
}

/// The answer to a ping.
pub fn pong() -> String {
    ClientMessage::<()> { kind: "pong", id: None, payload: None }.text()
}

/// Ends a subscription.
pub fn complete(id: u32) -> String {
    ClientMessage::<()> { kind: "complete", id: Some(id.to_string()), payload: None }.text()
}

/// Subscribes to changes of these properties, from now on or after a cursor.
pub fn subscribe_stock(id: u32, properties: &[PropertyId], after: Option<Cursor>) -> String {
    let payload = Some(StockChanges::build(StockVariables { properties: Some(properties.to_vec()), after }));
    ClientMessage { kind: "subscribe", id: Some(id.to_string()), payload }.text()
}

/// Subscribes to the presence at a property.
pub fn subscribe_presence(id: u32, property: &PropertyId) -> String {
    let payload = Some(PresenceOfProperty::build(PresenceVariables { property: property.clone() }));
    ClientMessage { kind: "subscribe", id: Some(id.to_string()), payload }.text()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{api::Instant, domain::cell::Cell};

    #[test]
    fn control_messages_are_parsed() {
        let read = |value: Value| ServerMessage::read(&value.to_string());
        assert_eq!(read(json!({ "type": "connection_ack", "payload": {} })), ServerMessage::Ack);
        assert_eq!(read(json!({ "type": "connection_ack", "payload": ["odd"] })), ServerMessage::Ack);
        assert_eq!(read(json!({ "type": "ping" })), ServerMessage::Ping);
        assert_eq!(read(json!({ "type": "pong", "payload": null })), ServerMessage::Other);
        assert_eq!(read(json!({ "type": "complete", "id": "7" })), ServerMessage::Complete(7));
        assert_eq!(ServerMessage::read("no JSON"), ServerMessage::Other);
    }

    #[test]
    fn a_failed_subscription_carries_its_error() {
        let errors = json!([{ "message": "no", "extensions": { "code": "RATE_LIMITED", "retryAfterMs": 40 } }]);
        let error = SubscriptionError { retry_after_ms: Some(40) };
        let refused = json!({ "type": "error", "id": "3", "payload": errors });
        assert_eq!(ServerMessage::read(&refused.to_string()), ServerMessage::Failed(3, error));
        let broken = json!({ "type": "next", "id": "3", "payload": { "data": null, "errors": [{ "message": "no" }] } });
        assert_eq!(ServerMessage::read(&broken.to_string()), ServerMessage::Failed(3, SubscriptionError::default()));
        let foreign = json!({ "type": "next", "id": "3", "payload": { "data": { "stockChanges": {
            "__typename": "StockCheckpoint", "cursor": 5 } } } });
        assert_eq!(ServerMessage::read(&foreign.to_string()), ServerMessage::Failed(3, SubscriptionError::default()));
    }

    #[test]
    fn a_change_is_parsed_cell_by_cell() {
        let text = r#"{"type":"next","id":"1","payload":{"data":{"stockChanges":{"__typename":"StockChange",
            "property":{"id":"p1"},"seq":12,"previousSeq":9,"cursor":"c12",
            "committedAt":"1970-01-01T00:00:01.250+00:00","actor":"ann@harbour.example","changeSetId":null,
            "cells":[{"roomTypeId":"r1","date":"2026-12-24","contractId":null,"allotted":16,"held":1,"sold":15,
            "leftToSell":0,"overcommittedBy":0,"stopSell":true,"closedToArrival":false,"closedToDeparture":false,
            "minStayArrival":2,"maxStayArrival":null,"minStayThrough":null,"maxStayThrough":7}],
            "rangeChanged":null}}}}"#;
        let ServerMessage::StockChange(1, StockMessage::Change(change)) = ServerMessage::read(text) else {
            panic!("a change")
        };
        assert_eq!((change.seq, change.previous_seq, change.committed_at), (12, 9, Instant(1_250.0)));
        let expected = Cell {
            allotted: Some(16),
            held: 1,
            sold: 15,
            stop_sell: true,
            min_stay_arrival: Some(2),
            max_stay_through: Some(7),
            ..Cell::default()
        };
        assert_eq!(change.cells[0].cell(), expected);
    }

    #[test]
    fn unknown_message_kinds_are_ignored() {
        let text = r#"{"type":"next","id":"1","payload":{"data":{"stockChanges":{"__typename":"StockWeather"}}}}"#;
        assert_eq!(ServerMessage::read(text), ServerMessage::StockChange(1, StockMessage::Other));
    }

    #[test]
    fn presence_is_parsed() {
        let text = r#"{"type":"next","id":"2","payload":{"data":{"presence":[{"pageId":"a","actor":"ann",
            "roomTypeIds":["r1"],"from":"2026-12-24","through":null}]}}}"#;
        let ServerMessage::Presence(2, everyone) = ServerMessage::read(text) else { panic!("a list") };
        assert_eq!((everyone[0].actor.as_str(), everyone[0].through), ("ann", None));
    }

    #[test]
    fn client_messages_follow_the_protocol() {
        let value = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
        let hello = json!({ "type": "connection_init", "payload": { "authorization": "Bearer t" } });
        assert_eq!(value(connection_init("t")), hello);
        assert_eq!(value(pong()), json!({ "type": "pong" }));
        assert_eq!(value(complete(4)), json!({ "type": "complete", "id": "4" }));
        let subscribe = value(subscribe_stock(4, &[PropertyId::from("p1")], Some(Cursor("c9".to_owned()))));
        assert_eq!((&subscribe["type"], &subscribe["id"]), (&json!("subscribe"), &json!("4")));
        assert_eq!(subscribe["payload"]["variables"], json!({ "properties": ["p1"], "after": "c9" }));
        let query = subscribe["payload"]["query"].as_str().unwrap_or_default();
        assert!(query.contains("stockChanges(propertyIds: $properties, after: $after)"), "{query}");
        assert!(query.contains("__typename") && query.contains("... on StockChange {"), "{query}");
        let subscribe = value(subscribe_presence(5, &PropertyId::from("p1")));
        assert_eq!(subscribe["payload"]["variables"], json!({ "property": "p1" }));
    }
}
