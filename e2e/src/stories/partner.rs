//! Partners.

use std::time::Duration;

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Dates, Feed, MutationResult, Property, documents, numbers};
use crate::{cli_tokens::TenantKind, client::Client, gateway::Gateway};

impl Gateway {
    /// A partner with all scopes and no limits; created when it is missing.
    pub async fn partner(&self, code: &str) -> Partner {
        let client = self.client(code, TenantKind::Partner).await;
        Partner { client, code: code.to_owned(), base_url: self.base_url().to_owned(), patience: None }
    }
}

/// A partner: a tenant that sells rooms of properties that are open to it.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its client, for operations without a method here.
    pub client: Client,
    /// The tenant code.
    pub code: String,
    base_url: String,
    patience: Option<Duration>,
}

impl Partner {
    /// The same partner at another node.
    #[must_use]
    pub fn at(&self, node: &Gateway) -> Self {
        let base_url = node.base_url().to_owned();
        Self { client: self.client.at(&base_url), base_url, ..self.clone() }
    }

    /// The same partner, with retries of failed calls for this time.
    #[must_use]
    pub fn retrying_for(&self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self.clone() }
    }

    /// Books one room for two adults, with a new key and reference; `stay` is check-in and check-out.
    pub async fn book(&self, property: &Property, room_type: &str, stay: Dates) -> MutationResult {
        self.book_with_key(property, room_type, stay, &Uuid::new_v4().to_string()).await
    }

    /// As [`book`](Self::book), with a given idempotency key, which is also the reference.
    pub async fn book_with_key(&self, property: &Property, room_type: &str, stay: Dates, key: &str) -> MutationResult {
        self.call(documents::BOOK, &self.claim(property, room_type, stay, 1, key)).await
    }

    /// Books as `input` says.
    pub async fn book_as(&self, input: &Value) -> MutationResult {
        self.call(documents::BOOK, input).await
    }

    /// Holds one room for two adults.
    pub async fn hold(&self, property: &Property, room_type: &str, stay: Dates) -> MutationResult {
        self.hold_as(&self.claim(property, room_type, stay, 1, &Uuid::new_v4().to_string())).await
    }

    /// Holds as `input` says.
    pub async fn hold_as(&self, input: &Value) -> MutationResult {
        self.call(documents::HOLD, input).await
    }

    /// Confirms a hold.
    pub async fn confirm(&self, reservation: &str) -> MutationResult {
        self.call(documents::CONFIRM, &json!({ "reservationId": reservation })).await
    }

    /// Cancels all lines of a reservation.
    pub async fn cancel(&self, reservation: &str) -> MutationResult {
        let key = Uuid::new_v4();
        self.call(documents::CANCEL, &json!({ "reservationId": reservation, "idempotencyKey": key })).await
    }

    /// The number of rooms that this partner may still sell on one night.
    ///
    /// # Panics
    /// When the partner may not see the property.
    pub async fn left_to_sell(&self, property: &Property, room_type: &str, date: NaiveDate) -> i64 {
        self.left(property, room_type, (date, date)).await[0]
    }

    /// The number of rooms that this partner may still sell, per night of a closed range.
    ///
    /// # Panics
    /// When the partner may not see the property.
    pub async fn left(&self, property: &Property, room_type: &str, nights: Dates) -> Vec<i64> {
        let (room, contract) = (property.room_type(room_type), property.contract(&self.code));
        let variables = json!({ "id": room, "from": nights.0, "through": nights.1, "contract": contract });
        let data =
            self.client.query(documents::LEFT, &variables).await.unwrap_or_else(|error| panic!("no nights: {error}"));
        let left = &data["node"]["availabilityCalendar"]["leftToSell"];
        assert!(left.is_array(), "{} does not see {}: {data}", self.code, property.code);
        numbers(left)
    }

    /// The partner's reservations with this reference.
    ///
    /// # Panics
    /// When the gateway returns no list.
    pub async fn reservations(&self, reference: &str) -> Vec<Value> {
        let data = self.client.query(documents::RESERVATIONS, &json!({ "reference": reference })).await;
        let data = data.unwrap_or_else(|error| panic!("no reservations: {error}"));
        let edges = data["reservations"]["edges"].as_array().unwrap_or_else(|| panic!("no reservations: {data}"));
        edges.iter().map(|edge| edge["node"].clone()).collect()
    }

    /// Subscribes to a property: its snapshot first, then every change.
    ///
    /// # Panics
    /// When the gateway refuses the websocket.
    pub async fn watch(&self, property: &Property) -> Feed {
        Feed::open(&self.base_url, self.client.token(), &[property], None).await
    }

    /// The input of a booking or a hold of `rooms` rooms for two adults, with one key, which is also the reference.
    pub fn claim(&self, property: &Property, room_type: &str, stay: Dates, rooms: usize, key: &str) -> Value {
        let room = property.room_type(room_type);
        let line = json!({ "roomTypeId": room, "checkIn": stay.0, "checkOut": stay.1, "adults": 2 });
        json!({
            "propertyId": property.id, "contractId": property.contract(&self.code), "idempotencyKey": key, "reference": key,
            "lines": vec![line; rooms],
        })
    }

    async fn call(&self, document: &str, input: &Value) -> MutationResult {
        let variables = json!({ "input": input });
        MutationResult::of(match self.patience {
            Some(patience) => self.client.retrying(document, &variables, patience).await,
            None => self.client.query(document, &variables).await,
        })
    }
}
