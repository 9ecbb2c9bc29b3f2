//! Subscriptions to stock changes, and the copy of the stock that a subscriber keeps.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{Property, documents::WATCH};
use crate::{
    TIMEOUT,
    websocket::{WebSocket, WebSocketError},
};

/// A subscription to stock changes.
#[derive(Debug)]
pub struct Feed {
    /// The websocket, for tests of its end.
    pub socket: WebSocket,
}

impl Feed {
    pub(super) async fn open(base_url: &str, token: &str, properties: &[&Property], after: Option<&str>) -> Self {
        let ids: Vec<&str> = properties.iter().map(|property| property.id.as_str()).collect();
        let variables = json!({ "properties": ids, "after": after, "snapshot": after.is_none() });
        let opened = async {
            let mut socket = WebSocket::connect(base_url, token).await?;
            socket.subscribe(WATCH, &variables).await?;
            Ok::<_, WebSocketError>(Self { socket })
        };
        opened.await.unwrap_or_else(|error| panic!("no subscription: {error}"))
    }

    /// The next message of any kind.
    ///
    /// # Errors
    /// When none arrives in time or the websocket closes.
    pub async fn message(&mut self, within: Duration) -> Result<Message, WebSocketError> {
        Ok(Message(self.socket.next_data(within).await?["stockChanges"].clone()))
    }

    /// The next message with cells; checkpoints are skipped.
    ///
    /// # Errors
    /// When none arrives in time or the websocket closes.
    pub async fn next(&mut self) -> Result<Message, WebSocketError> {
        loop {
            let message = self.message(TIMEOUT).await?;
            if message.0["cells"].is_array() {
                return Ok(message);
            }
        }
    }
}

/// One message of a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Message(pub Value);

impl Message {
    /// Its kind, such as `StockChange`.
    pub fn kind(&self) -> &str {
        self.0["__typename"].as_str().unwrap_or_default()
    }

    /// The rooms left to sell on a night; `None` when the message does not contain that night.
    pub fn left_to_sell(&self, room_type: &str, date: NaiveDate) -> Option<i64> {
        let date = date.to_string();
        let mut cells = self.0["cells"].as_array()?.iter();
        cells.find(|cell| cell["roomTypeCode"] == room_type && cell["date"] == date.as_str())?["leftToSell"].as_i64()
    }
}

/// Property id, room type code, night, and contract id (`None`: the shared pool).
type CellKey = (String, String, String, Option<String>);

/// The copy of the stock that a subscriber keeps. It accepts a message only when its `previousSeq` is the last `seq` it
/// knows.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    /// The cells by property, room type, night and contract.
    pub cells: BTreeMap<CellKey, Value>,
    /// The latest `seq` of each property.
    pub seqs: BTreeMap<String, i64>,
    /// The cursor to resume after.
    pub cursor: Option<String>,
    /// The number of applied changes.
    pub changes: u64,
}

impl Mirror {
    /// Applies one message.
    ///
    /// # Errors
    /// When the message does not follow the last one, or says that the stream cannot continue.
    pub fn apply(&mut self, message: &Message) -> Result<()> {
        let value = &message.0;
        let property = value["property"]["id"].as_str().unwrap_or_default().to_owned();
        match message.kind() {
            "StockSnapshot" => {
                let seq = value["seq"].as_i64().context("a snapshot has a seq")?;
                let known = self.seqs.insert(property.clone(), seq);
                ensure!(known.is_none_or(|known| known == seq), "a snapshot with two seqs: {known:?} and {seq}");
                self.keep(&property, value);
            }
            "StockChange" | "StructureChange" => {
                let (seq, previous) = (value["seq"].as_i64(), value["previousSeq"].as_i64());
                let known = self.seqs.get(&property).copied();
                ensure!(
                    previous == known,
                    "a gap at {property}: previousSeq {previous:?} after seq {known:?} in {value}"
                );
                let seq = seq.context("a change has a seq")?;
                ensure!(known.is_some_and(|known| known < seq), "received twice: {seq} after {known:?}");
                ensure!(value["rangeChanged"].is_null(), "a range instead of cells: {value}");
                self.seqs.insert(property.clone(), seq);
                self.changes += 1;
                self.keep(&property, value);
            }
            "StockCheckpoint" => {}
            _ => bail!("the stream cannot continue: {value}"),
        }
        let cursor = value["cursor"].as_str().or_else(|| value["stateCursor"].as_str());
        self.cursor = cursor.map(str::to_owned).or(self.cursor.take());
        Ok(())
    }

    /// The rooms left to sell per night of a closed range; 0 for an unknown cell.
    pub fn left(
        &self,
        property: &Property,
        room_type: &str,
        nights: (NaiveDate, NaiveDate),
        partner: Option<&str>,
    ) -> Vec<i64> {
        let contract = partner.map(|partner| property.contract(partner).to_owned());
        let dates = nights.0.iter_days().take_while(|date| *date <= nights.1);
        dates
            .map(|date| {
                let key = (property.id.clone(), room_type.to_owned(), date.to_string(), contract.clone());
                self.cells.get(&key).and_then(|cell| cell["leftToSell"].as_i64()).unwrap_or_default()
            })
            .collect()
    }

    fn keep(&mut self, property: &str, message: &Value) {
        for cell in message["cells"].as_array().into_iter().flatten() {
            let text = |field: &str| cell[field].as_str().map(str::to_owned);
            let (room_type, date) = (text("roomTypeCode").unwrap_or_default(), text("date").unwrap_or_default());
            self.cells.insert((property.to_owned(), room_type, date, text("contractId")), cell.clone());
        }
    }
}
