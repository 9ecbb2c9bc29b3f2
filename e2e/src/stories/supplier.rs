//! Suppliers.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Dates, Feed, MutationResult, Property, documents, merge, numbers};
use crate::{
    cli_tokens::{Cli, TenantKind},
    client::Client,
    gateway::Gateway,
};

impl Gateway {
    /// A supplier with all scopes and no limits; created when it is missing.
    pub async fn supplier(&self, code: &str) -> Supplier {
        let client = self.client(code, TenantKind::Supplier).await;
        Supplier { client, cli: self.cli().clone(), base_url: self.base_url().to_owned() }
    }
}

/// A supplier: a tenant that owns properties.
#[derive(Clone, Debug)]
pub struct Supplier {
    /// Its client, for operations without a method here.
    pub client: Client,
    pub(super) cli: Cli,
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

    pub(super) async fn call(&self, document: &str, input: &Value) -> MutationResult {
        MutationResult::of(self.client.query(document, &json!({ "input": input })).await)
    }
}
