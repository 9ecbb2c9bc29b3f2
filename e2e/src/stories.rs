//! The words that tests tell their stories in: suppliers, partners, hotels, bookings and feeds.
//!
//! What sets a scene panics when it is refused; what a story is about returns an [`Outcome`].

pub mod documents;
mod feed;
mod property;

use std::{future::Future, time::Duration};

use chrono::{Days, NaiveDate, Utc};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use self::documents as ask;
pub use self::{
    feed::{Feed, Message, Mirror},
    property::{Hotel, NewProperty},
};
use crate::{
    cli_tokens::{Kind, Mint},
    client::{Client, ClientError},
    gateway::Gateway,
};

/// A first and a last night, both included; or check-in and check-out of a stay.
pub type Dates = (NaiveDate, NaiveDate);

/// The night `n` days from today (UTC). Stories use it because the gateway sells the next 1,096 nights only.
pub fn night(n: u64) -> NaiveDate {
    Utc::now().date_naive() + Days::new(n)
}

/// The stay of so many nights that begins `n` days from today.
pub fn stay(n: u64, nights: u64) -> Dates {
    (night(n), night(n + nights))
}

/// Looks again and again until there is something to see.
///
/// # Panics
/// When nothing came within the time given.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
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
    /// A supplier with all scopes and no limits; made when it is missing.
    pub async fn supplier(&self, code: &str) -> Supplier {
        let client = self.client(code, Kind::Supplier).await;
        Supplier { client, mint: self.mint().clone(), base_url: self.base_url().to_owned() }
    }

    /// A partner with all scopes and no limits; made when it is missing.
    pub async fn partner(&self, code: &str) -> Partner {
        let client = self.client(code, Kind::Partner).await;
        Partner { client, code: code.to_owned(), base_url: self.base_url().to_owned(), patience: None }
    }
}

/// One who owns hotels.
#[derive(Clone, Debug)]
pub struct Supplier {
    /// Its client, for what has no word here.
    pub client: Client,
    mint: Mint,
    base_url: String,
}

impl Supplier {
    /// The same one, calling at another node.
    #[must_use]
    pub fn at(&self, node: &Gateway) -> Self {
        let base_url = node.base_url().to_owned();
        Self { client: self.client.at(&base_url), mint: self.mint.clone(), base_url }
    }

    /// Puts rooms of the shared pool on sale, every night of a closed range.
    pub async fn set_allotments(&self, hotel: &Hotel, room_type: &str, nights: Dates, rooms: u32) -> Outcome {
        let change = json!({
            "roomTypeId": hotel.room_type(room_type), "pool": { "shared": true },
            "from": nights.0, "through": nights.1, "count": { "allotted": rooms },
        });
        self.set(hotel, &json!({ "changes": [change] })).await
    }

    /// Gives a partner rooms of its own, every night of a closed range.
    pub async fn own_rooms(&self, hotel: &Hotel, room_type: &str, partner: &str, nights: Dates, rooms: u32) -> Outcome {
        let change = json!({
            "roomTypeId": hotel.room_type(room_type), "pool": { "contractId": hotel.contract(partner) },
            "from": nights.0, "through": nights.1, "count": { "allotted": rooms },
        });
        self.set(hotel, &json!({ "changes": [change] })).await
    }

    /// Sets counts as `input` says, at a hotel.
    pub async fn set(&self, hotel: &Hotel, input: &Value) -> Outcome {
        let mut input = input.clone();
        input["propertyId"] = json!(hotel.id);
        self.call(ask::SET_ALLOTMENTS, &input).await
    }

    /// Stops or reopens the sale of a room type to everybody, every night of a closed range.
    pub async fn stop_sell(&self, hotel: &Hotel, room_type: &str, nights: Dates, stop: bool) -> Outcome {
        self.restrict(hotel, room_type, nights, &json!({ "stopSell": stop })).await
    }

    /// Sets rules of the room night, for everybody, every night of a closed range.
    pub async fn restrict(&self, hotel: &Hotel, room_type: &str, nights: Dates, rules: &Value) -> Outcome {
        let mut change = json!({
            "roomTypeId": hotel.room_type(room_type), "level": { "roomNight": true }, "from": nights.0, "through": nights.1,
        });
        merge(&mut change, rules);
        self.call(ask::SET_RESTRICTIONS, &json!({ "propertyId": hotel.id, "changes": [change] })).await
    }

    /// Takes back what a change set did at a hotel.
    pub async fn undo(&self, hotel: &Hotel, change_set: Uuid) -> Outcome {
        self.call(ask::UNDO, &json!({ "propertyId": hotel.id, "changeSetId": change_set })).await
    }

    /// How many rooms of the shared pool are sold on each night of a closed range.
    pub async fn sold(&self, hotel: &Hotel, room_type: &str, nights: Dates) -> Vec<i64> {
        numbers(&self.calendar(hotel, room_type, nights, None, None).await["sold"])
    }

    /// The nights of a room type in columns: of the shared pool or of a contract's own rooms.
    ///
    /// # Panics
    /// When the gateway gives none.
    pub async fn calendar(
        &self,
        hotel: &Hotel,
        room_type: &str,
        nights: Dates,
        contract: Option<&str>,
        at_least: Option<&str>,
    ) -> Value {
        let pool =
            contract.map_or(json!({ "shared": true }), |partner| json!({ "contractId": hotel.contract(partner) }));
        let variables = json!({
            "id": hotel.room_type(room_type), "from": nights.0, "through": nights.1, "pool": pool, "atLeast": at_least,
        });
        let data =
            self.client.query(ask::CALENDAR, &variables).await.unwrap_or_else(|error| panic!("no calendar: {error}"));
        assert!(data["node"]["calendar"]["sold"].is_array(), "no calendar: {data}");
        data["node"]["calendar"].clone()
    }

    /// The number of a hotel's latest event, from the journal.
    ///
    /// # Panics
    /// When the gateway gives none.
    pub async fn stock_seq(&self, hotel: &Hotel) -> i64 {
        let data = self.client.query(ask::STOCK_SEQ, &json!({ "id": hotel.id })).await;
        let data = data.unwrap_or_else(|error| panic!("no stockSeq: {error}"));
        data["property"]["stockSeq"].as_i64().unwrap_or_else(|| panic!("no stockSeq: {data}"))
    }

    /// Watches hotels: their state first, then every change.
    ///
    /// # Panics
    /// When the gateway refuses the socket.
    pub async fn watch(&self, hotels: &[&Hotel]) -> Feed {
        Feed::open(&self.base_url, self.client.token(), hotels, None).await
    }

    /// Watches hotels from a cursor on.
    ///
    /// # Panics
    /// When the gateway refuses the socket.
    pub async fn watch_after(&self, hotels: &[&Hotel], cursor: &str) -> Feed {
        Feed::open(&self.base_url, self.client.token(), hotels, Some(cursor)).await
    }

    async fn call(&self, document: &str, input: &Value) -> Outcome {
        Outcome::of(self.client.query(document, &json!({ "input": input })).await)
    }
}

/// One who sells rooms of hotels that are open to it.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its client, for what has no word here.
    pub client: Client,
    /// Its tenant code.
    pub code: String,
    base_url: String,
    patience: Option<Duration>,
}

impl Partner {
    /// The same one, calling at another node.
    #[must_use]
    pub fn at(&self, node: &Gateway) -> Self {
        let base_url = node.base_url().to_owned();
        Self { client: self.client.at(&base_url), base_url, ..self.clone() }
    }

    /// The same one, repeating what got no answer for so long.
    #[must_use]
    pub fn patient(&self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self.clone() }
    }

    /// Books one room for two, under a fresh key and reference; `stay` is check-in and check-out.
    pub async fn book(&self, hotel: &Hotel, room_type: &str, stay: Dates) -> Outcome {
        self.book_with_key(hotel, room_type, stay, &Uuid::new_v4().to_string()).await
    }

    /// As [`book`](Self::book) with a given idempotency key, which is the reference too.
    pub async fn book_with_key(&self, hotel: &Hotel, room_type: &str, stay: Dates, key: &str) -> Outcome {
        self.call(ask::BOOK, &self.claim(hotel, room_type, stay, 1, key)).await
    }

    /// Books as `input` says.
    pub async fn book_as(&self, input: &Value) -> Outcome {
        self.call(ask::BOOK, input).await
    }

    /// Holds one room for two.
    pub async fn hold(&self, hotel: &Hotel, room_type: &str, stay: Dates) -> Outcome {
        self.hold_as(&self.claim(hotel, room_type, stay, 1, &Uuid::new_v4().to_string())).await
    }

    /// Holds as `input` says.
    pub async fn hold_as(&self, input: &Value) -> Outcome {
        self.call(ask::HOLD, input).await
    }

    /// Confirms a hold.
    pub async fn confirm(&self, reservation: &str) -> Outcome {
        self.call(ask::CONFIRM, &json!({ "reservationId": reservation })).await
    }

    /// Cancels all lines of a reservation.
    pub async fn cancel(&self, reservation: &str) -> Outcome {
        let key = Uuid::new_v4();
        self.call(ask::CANCEL, &json!({ "reservationId": reservation, "idempotencyKey": key })).await
    }

    /// How many rooms this partner may still take on one night.
    ///
    /// # Panics
    /// When it may not see the hotel.
    pub async fn left_to_sell(&self, hotel: &Hotel, room_type: &str, date: NaiveDate) -> i64 {
        self.left(hotel, room_type, (date, date)).await[0]
    }

    /// How many rooms this partner may still take on each night of a closed range.
    ///
    /// # Panics
    /// When it may not see the hotel.
    pub async fn left(&self, hotel: &Hotel, room_type: &str, nights: Dates) -> Vec<i64> {
        let (room, contract) = (hotel.room_type(room_type), hotel.contract(&self.code));
        let variables = json!({ "id": room, "from": nights.0, "through": nights.1, "contract": contract });
        let data = self.client.query(ask::LEFT, &variables).await.unwrap_or_else(|error| panic!("no nights: {error}"));
        let left = &data["node"]["availabilityCalendar"]["leftToSell"];
        assert!(left.is_array(), "{} does not see {}: {data}", self.code, hotel.code);
        numbers(left)
    }

    /// The reservations of this partner that have a reference.
    ///
    /// # Panics
    /// When the gateway gives no list.
    pub async fn reservations(&self, reference: &str) -> Vec<Value> {
        let data = self.client.query(ask::RESERVATIONS, &json!({ "reference": reference })).await;
        let data = data.unwrap_or_else(|error| panic!("no reservations: {error}"));
        let edges = data["reservations"]["edges"].as_array().unwrap_or_else(|| panic!("no reservations: {data}"));
        edges.iter().map(|edge| edge["node"].clone()).collect()
    }

    /// Watches a hotel: its state first, then every change.
    ///
    /// # Panics
    /// When the gateway refuses the socket.
    pub async fn watch(&self, hotel: &Hotel) -> Feed {
        Feed::open(&self.base_url, self.client.token(), &[hotel], None).await
    }

    /// The input of a booking or a hold of so many rooms for two under one key, which is the reference too.
    pub fn claim(&self, hotel: &Hotel, room_type: &str, stay: Dates, rooms: usize, key: &str) -> Value {
        let room = hotel.room_type(room_type);
        let line = json!({ "roomTypeId": room, "checkIn": stay.0, "checkOut": stay.1, "adults": 2 });
        json!({
            "propertyId": hotel.id, "contractId": hotel.contract(&self.code), "idempotencyKey": key, "reference": key,
            "lines": vec![line; rooms],
        })
    }

    async fn call(&self, document: &str, input: &Value) -> Outcome {
        let variables = json!({ "input": input });
        Outcome::of(match self.patience {
            Some(patience) => self.client.retrying(document, &variables, patience).await,
            None => self.client.query(document, &variables).await,
        })
    }
}

/// What became of a mutation.
#[derive(Debug)]
pub struct Outcome(pub Result<Value, ClientError>);

impl Outcome {
    /// The payload of the one mutation of an answer.
    fn of(answer: Result<Value, ClientError>) -> Self {
        Self(answer.map(|data| data.as_object().and_then(|fields| fields.values().next().cloned()).unwrap_or_default()))
    }

    /// The payload of a mutation that was done.
    ///
    /// # Panics
    /// When it was refused or not answered.
    #[track_caller]
    pub fn accepted(self) -> Value {
        self.decided().unwrap_or_else(|errors| panic!("refused: {}", json!(errors)))
    }

    /// The id of the reservation of a mutation that was done.
    ///
    /// # Panics
    /// When it was refused or not answered.
    #[track_caller]
    pub fn reservation(self) -> String {
        id_of(&self.accepted()["reservation"])
    }

    /// The `userErrors` of a mutation that was refused.
    ///
    /// # Panics
    /// When it was done or not answered.
    #[track_caller]
    pub fn refused(self) -> Vec<Value> {
        match self.decided() {
            Ok(payload) => panic!("not refused: {payload}"),
            Err(errors) => errors,
        }
    }

    /// The payload, or the `userErrors`.
    ///
    /// # Errors
    /// With the `userErrors` of a mutation that was refused.
    ///
    /// # Panics
    /// When it was not answered.
    #[track_caller]
    pub fn decided(self) -> Result<Value, Vec<Value>> {
        let payload = self.0.unwrap_or_else(|error| panic!("no answer: {error}"));
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
