//! The gateway's GraphQL interface: one function a query, the shapes of their answers, and what can go wrong.

use gloo_net::http::Request;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    dates::{Day, Weekday},
    session::Session,
};

const ENDPOINT: &str = "/graphql";

/// One hotel.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// Opaque; unlike the code it never changes.
    pub id: String,
    /// The supplier's own short name.
    pub code: String,
    /// The name on the door.
    pub name: String,
    /// Town or quarter.
    pub place: String,
    /// IANA name of the zone in which the hotel's nights begin.
    pub time_zone: String,
    /// The stay date that is "tonight" at the hotel.
    pub business_date: Day,
    /// Days whose nights count as weekend here.
    pub weekend_days: Vec<Weekday>,
}

/// One kind of room with its nights.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct RoomType {
    /// The supplier's own short name.
    pub code: String,
    /// The name guests read.
    pub name: String,
    /// Rooms of this kind in the house.
    pub physical_rooms: i64,
    /// Guests one room takes.
    pub max_occupancy: i64,
    /// This many left or fewer is low.
    pub low_at: i64,
    /// The nights asked for.
    pub calendar: Columns,
}

/// Nights as columns: the n-th entry of each belongs to the n-th night.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Columns {
    /// Rooms put on sale; nothing where the night was never loaded.
    pub allotted: Vec<Option<i64>>,
    /// Rooms held for a booking not yet confirmed.
    pub held: Vec<i64>,
    /// Rooms sold.
    pub sold: Vec<i64>,
    /// Rooms that can still be sold.
    pub left_to_sell: Vec<i64>,
    /// Rooms sold beyond the allotment.
    pub overcommitted_by: Vec<i64>,
    /// Whether selling is stopped.
    pub stop_sell: Vec<bool>,
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The session is over; the sign-in form is shown already.
    SignedOut,
    /// A sentence for the panel that asked.
    Told(String),
}

/// The supplier's hotels. The first 200: nobody picks from a longer list by eye.
pub async fn properties(session: Session) -> Result<Vec<Property>, Failure> {
    #[derive(Deserialize)]
    struct Data {
        properties: Nodes,
    }
    #[derive(Deserialize)]
    struct Nodes {
        nodes: Vec<Property>,
    }
    let query = "query Properties {
        properties(first: 200) { nodes { id code name place timeZone businessDate weekendDays } }
    }";
    let data: Data = ask(session, query, &json!({})).await?;
    Ok(data.properties.nodes)
}

/// The shared pool of every room type of one hotel, both ends included.
pub async fn calendar(session: Session, property: &str, from: Day, through: Day) -> Result<Vec<RoomType>, Failure> {
    #[derive(Deserialize)]
    struct Data {
        property: Option<Rooms>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Rooms {
        room_types: Vec<RoomType>,
    }
    let query = "query Calendar($property: ID!, $from: Date!, $through: Date!) {
        property(id: $property) {
            roomTypes {
                code name physicalRooms maxOccupancy lowAt
                calendar(from: $from, through: $through, pool: { shared: true }) {
                    allotted held sold leftToSell overcommittedBy stopSell
                }
            }
        }
    }";
    let variables = json!({ "property": property, "from": from.to_string(), "through": through.to_string() });
    let data: Data = ask(session, query, &variables).await?;
    let rooms = data.property.ok_or_else(|| Failure::Told("This hotel is no longer yours to see.".to_owned()))?;
    Ok(rooms.room_types)
}

/// Sends a query, and once more with a fresh token if the access token has run out.
async fn ask<T: DeserializeOwned>(session: Session, query: &str, variables: &Value) -> Result<T, Failure> {
    let first = send(session, query, variables).await;
    let answer = match first {
        Err(Failure::SignedOut) if session.renew().await => send(session, query, variables).await,
        other => other,
    };
    if answer == Err(Failure::SignedOut) {
        session.expire();
    }
    let unreadable = |_| Failure::Told("Lodgate's answer was not understood. Reload the page.".to_owned());
    serde_json::from_value(answer?).map_err(unreadable)
}

async fn send(session: Session, query: &str, variables: &Value) -> Result<Value, Failure> {
    let unreachable = |_| Failure::Told("Lodgate cannot be reached. Check your connection.".to_owned());
    let response = Request::post(ENDPOINT)
        .header("authorization", &format!("Bearer {}", session.bearer()))
        .json(&json!({ "query": query, "variables": variables }))
        .map_err(unreachable)?
        .send()
        .await
        .map_err(unreachable)?;
    let status = response.status();
    let body = response.text().await.map_err(unreachable)?;
    read(status, &body)
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<AnswerError>,
}

#[derive(Deserialize)]
struct AnswerError {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Extensions {
    code: String,
    request_id: Option<String>,
    retry_after_ms: Option<u64>,
}

/// The data of an answer. An answer with any error counts as failed: half a calendar would pass for a whole one.
fn read(status: u16, body: &str) -> Result<Value, Failure> {
    let answer = serde_json::from_str::<Answer>(body).ok();
    let (data, error) = answer.map_or((None, None), |answer| (answer.data, answer.errors.into_iter().next()));
    if status == 401 || error.as_ref().is_some_and(|error| error.extensions.code == "UNAUTHENTICATED") {
        return Err(Failure::SignedOut);
    }
    match (data, error) {
        (_, Some(error)) => Err(Failure::Told(sentence(&error))),
        (Some(data), None) => Ok(data),
        (None, None) => Err(Failure::Told(format!("Lodgate gave no answer (status {status}). Try again in a moment."))),
    }
}

fn sentence(error: &AnswerError) -> String {
    let extensions = &error.extensions;
    let mut text = match (extensions.code.as_str(), extensions.retry_after_ms) {
        ("RATE_LIMITED", Some(wait)) => format!("Too many requests. Try again in {} s.", wait.div_ceil(1000)),
        _ => error.message.trim_end_matches('.').to_owned() + ".",
    };
    if let Some(id) = &extensions.request_id {
        text.push_str(&format!(" (request {id})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_data() {
        assert_eq!(read(200, r#"{"data":{"a":1}}"#), Ok(json!({"a": 1})));
    }

    #[test]
    fn an_expired_token_is_told_apart_however_it_is_told() {
        let body = r#"{"data":null,"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
        assert_eq!(read(200, body), Err(Failure::SignedOut));
        assert_eq!(read(401, ""), Err(Failure::SignedOut));
    }

    #[test]
    fn an_error_is_told_with_its_request() {
        let body =
            r#"{"errors":[{"message":"The database is away","extensions":{"code":"UNAVAILABLE","requestId":"r7"}}]}"#;
        assert_eq!(read(503, body), Err(Failure::Told("The database is away. (request r7)".to_owned())));
        let body = r#"{"errors":[{"message":"slow","extensions":{"code":"RATE_LIMITED","retryAfterMs":1200}}]}"#;
        assert_eq!(read(429, body), Err(Failure::Told("Too many requests. Try again in 2 s.".to_owned())));
        assert!(matches!(read(502, "<html>"), Err(Failure::Told(text)) if text.contains("502")));
    }

    #[test]
    fn a_hotel_is_read_with_its_dates() {
        let property: Property = serde_json::from_value(json!({
            "id": "p1", "code": "HARB", "name": "Harbour", "place": "Kiel", "timeZone": "Europe/Berlin",
            "businessDate": "2026-12-16", "weekendDays": ["FRIDAY", "SATURDAY"],
        }))
        .expect("a property of the schema");
        assert_eq!(property.business_date.to_string(), "2026-12-16");
        assert_eq!(property.weekend_days, [Weekday::Friday, Weekday::Saturday]);
    }
}
