//! Suppliers, partners, properties and feeds for tests.
//!
//! Methods that prepare a test panic when the gateway refuses; methods that a test may examine return a
//! [`MutationResult`].

pub mod documents;
mod feed;
mod property;

use std::{future::Future, time::Duration};

use chrono::{Days, NaiveDate, Utc};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

pub use self::{
    feed::{Feed, Message, Mirror},
    property::{NewProperty, Property},
};
use crate::{
    TIMEOUT,
    cli_tokens::{Cli, TenantKind},
    client::{Client, ClientError},
    gateway::Gateway,
};

/// The first and the last night, both included; for a stay, check-in and check-out.
pub type Dates = (NaiveDate, NaiveDate);

/// The night `n` days from today (UTC). Tests use relative dates because the gateway sells the next 1,096 nights only.
pub fn night(n: u64) -> NaiveDate {
    Utc::now().date_naive() + Days::new(n)
}

/// A stay of `nights` nights that begins `n` days from today.
pub fn stay(n: u64, nights: u64) -> Dates {
    (night(n), night(n + nights))
}

/// Polls until `look` returns a value, and returns it.
///
/// # Panics
/// After [`TIMEOUT`].
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    eventually_within(what, TIMEOUT, look).await
}

/// As [`eventually`], for a condition that must hold within a shorter time.
///
/// # Panics
/// After `within`.
pub async fn eventually_within<T, F: Future<Output = Option<T>>>(
    what: &str,
    within: Duration,
    mut look: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

impl Gateway {
    /// A supplier with all scopes and no limits; created when it is missing.
    pub async fn supplier(&self, code: &str) -> Supplier {
        let client = self.client(code, TenantKind::Supplier).await;
        Supplier { client, cli: self.cli().clone(), base_url: self.base_url().to_owned() }
    }

    /// A partner with all scopes and no limits; created when it is missing.
    pub async fn partner(&self, code: &str) -> Partner {
        let client = self.client(code, TenantKind::Partner).await;
        Partner { client, code: code.to_owned(), base_url: self.base_url().to_owned(), patience: None }
    }
}

/// A supplier: a tenant that owns properties.
#[derive(Clone, Debug)]
pub struct Supplier {
    /// Its client, for operations without a method here.
    pub client: Client,
    cli: Cli,
    base_url: String,
}

impl Supplier {
    /// The same supplier at another node.
    #[must_use]
    pub fn at(&self, node: &Gateway) -> Self {
        let base_url = node.base_url().to_owned();
        Self { client: self.client.at(&base_url), cli: self.cli.clone(), base_url }
    }

    /// Sets the allotment of the shared pool for every night of a closed range.
    pub async fn set_allotments(
        &self,
        property: &Property,
        room_type: &str,
        nights: Dates,
        rooms: u32,
    ) -> MutationResult {
        let change = json!({
            "roomTypeId": property.room_type(room_type), "pool": { "shared": true },
            "from": nights.0, "through": nights.1, "count": { "allotted": rooms },
        });
        self.set(property, &json!({ "changes": [change] })).await
    }

    /// Sets the allotment of a partner's contract for every night of a closed range.
    pub async fn own_rooms(
        &self,
        property: &Property,
        room_type: &str,
        partner: &str,
        nights: Dates,
        rooms: u32,
    ) -> MutationResult {
        let change = json!({
            "roomTypeId": property.room_type(room_type), "pool": { "contractId": property.contract(partner) },
            "from": nights.0, "through": nights.1, "count": { "allotted": rooms },
        });
        self.set(property, &json!({ "changes": [change] })).await
    }

    /// Sets allotments at a property as `input` says.
    pub async fn set(&self, property: &Property, input: &Value) -> MutationResult {
        let mut input = input.clone();
        input["propertyId"] = json!(property.id);
        self.call(documents::SET_ALLOTMENTS, &input).await
    }

    /// Sets or lifts a stop sell of a room type for every night of a closed range.
    pub async fn stop_sell(&self, property: &Property, room_type: &str, nights: Dates, stop: bool) -> MutationResult {
        self.restrict(property, room_type, nights, &json!({ "stopSell": stop })).await
    }

    /// Sets restrictions of a room type for every night of a closed range.
    pub async fn restrict(&self, property: &Property, room_type: &str, nights: Dates, rules: &Value) -> MutationResult {
        let mut change = json!({
            "roomTypeId": property.room_type(room_type), "level": { "roomNight": true }, "from": nights.0, "through": nights.1,
        });
        merge(&mut change, rules);
        self.call(documents::SET_RESTRICTIONS, &json!({ "propertyId": property.id, "changes": [change] })).await
    }

    /// Undoes the changes of a change set at a property.
    pub async fn undo(&self, property: &Property, change_set: Uuid) -> MutationResult {
        self.call(documents::UNDO, &json!({ "propertyId": property.id, "changeSetId": change_set })).await
    }

    /// The number of rooms of the shared pool that are sold, per night of a closed range.
    pub async fn sold(&self, property: &Property, room_type: &str, nights: Dates) -> Vec<i64> {
        numbers(&self.calendar(property, room_type, nights, None, None).await["sold"])
    }

    /// The calendar of a room type in columns: of the shared pool, or of a contract's own allotment.
    ///
    /// # Panics
    /// When the gateway returns none.
    pub async fn calendar(
        &self,
        property: &Property,
        room_type: &str,
        nights: Dates,
        contract: Option<&str>,
        at_least: Option<&str>,
    ) -> Value {
        let pool =
            contract.map_or(json!({ "shared": true }), |partner| json!({ "contractId": property.contract(partner) }));
        let variables = json!({
            "id": property.room_type(room_type), "from": nights.0, "through": nights.1, "pool": pool, "atLeast": at_least,
        });
        let data = self
            .client
            .query(documents::CALENDAR, &variables)
            .await
            .unwrap_or_else(|error| panic!("no calendar: {error}"));
        assert!(data["node"]["calendar"]["sold"].is_array(), "no calendar: {data}");
        data["node"]["calendar"].clone()
    }

    /// The number of a property's latest stock event.
    ///
    /// # Panics
    /// When the gateway returns none.
    pub async fn stock_seq(&self, property: &Property) -> i64 {
        let data = self.client.query(documents::STOCK_SEQ, &json!({ "id": property.id })).await;
        let data = data.unwrap_or_else(|error| panic!("no stockSeq: {error}"));
        data["property"]["stockSeq"].as_i64().unwrap_or_else(|| panic!("no stockSeq: {data}"))
    }

    /// Subscribes to properties: their snapshot first, then every change.
    ///
    /// # Panics
    /// When the gateway refuses the websocket.
    pub async fn watch(&self, properties: &[&Property]) -> Feed {
        Feed::open(&self.base_url, self.client.token(), properties, None).await
    }

    /// Subscribes to properties, resuming after a cursor.
    ///
    /// # Panics
    /// When the gateway refuses the websocket.
    pub async fn watch_after(&self, properties: &[&Property], cursor: &str) -> Feed {
        Feed::open(&self.base_url, self.client.token(), properties, Some(cursor)).await
    }

    async fn call(&self, document: &str, input: &Value) -> MutationResult {
        MutationResult::of(self.client.query(document, &json!({ "input": input })).await)
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

/// The result of a mutation.
#[derive(Debug)]
pub struct MutationResult(pub Result<Value, ClientError>);

impl MutationResult {
    /// The payload of the only mutation of a response.
    fn of(answer: Result<Value, ClientError>) -> Self {
        Self(answer.map(|data| data.as_object().and_then(|fields| fields.values().next().cloned()).unwrap_or_default()))
    }

    /// The payload of an accepted mutation.
    ///
    /// # Panics
    /// When it was refused or has no response.
    #[track_caller]
    pub fn accepted(self) -> Value {
        self.into_result().unwrap_or_else(|errors| panic!("refused: {}", json!(errors)))
    }

    /// The id of the reservation of an accepted mutation.
    ///
    /// # Panics
    /// When it was refused or has no response.
    #[track_caller]
    pub fn reservation(self) -> String {
        id_of(&self.accepted()["reservation"])
    }

    /// The `userErrors` of a refused mutation.
    ///
    /// # Panics
    /// When it was accepted or has no response.
    #[track_caller]
    pub fn refused(self) -> Vec<Value> {
        match self.into_result() {
            Ok(payload) => panic!("not refused: {payload}"),
            Err(errors) => errors,
        }
    }

    /// The payload, or the `userErrors`.
    ///
    /// # Errors
    /// With the `userErrors` of a refused mutation.
    ///
    /// # Panics
    /// When it has no response.
    #[track_caller]
    pub fn into_result(self) -> Result<Value, Vec<Value>> {
        let payload = self.0.unwrap_or_else(|error| panic!("no response: {error}"));
        match payload["userErrors"].as_array() {
            Some(errors) if !errors.is_empty() => Err(errors.clone()),
            _ => Ok(payload),
        }
    }
}

pub(crate) fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object}")).to_owned()
}

/// A column of a calendar.
pub fn numbers(column: &Value) -> Vec<i64> {
    column.as_array().into_iter().flatten().map(|count| count.as_i64().unwrap_or_default()).collect()
}

fn merge(object: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
}
