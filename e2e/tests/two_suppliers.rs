//! Two suppliers and two partners on one gateway, for tests of input that is refused.

use chrono::NaiveDate;
use lodgate_e2e::{
    Client, Gateway,
    stories::{Partner, Property, Supplier, documents, night},
};
use serde_json::{Value, json};

/// Two suppliers and two partners, with one property per supplier and one contract per property.
pub struct Fixture {
    pub gateway: Gateway,
    pub alpha: Supplier,
    pub beta: Partner,
    pub property: Property,
    /// A property of another supplier, open to another partner.
    pub foreign: Property,
    pub gamma: Partner,
}

impl Fixture {
    pub async fn new() -> Self {
        let gateway = Gateway::builder().start().await;
        let alpha = gateway.supplier("alpha").await;
        let property =
            alpha.property("Seaview").nights(night(0), night(30)).rooms("DBL", 5).opened_to("beta").create().await;
        let omega = gateway.supplier("omega").await;
        let foreign =
            omega.property("Hillside").nights(night(0), night(30)).rooms("DBL", 5).opened_to("gamma").create().await;
        let (beta, gamma) = (gateway.partner("beta").await, gateway.partner("gamma").await);
        Self { gateway, alpha, beta, property, foreign, gamma }
    }

    /// An allotment change of the shared pool at the own property.
    pub fn count(&self, nights: (NaiveDate, NaiveDate), rooms: i32) -> Value {
        let room = self.property.room_type("DBL");
        let (pool, count) = (json!({ "shared": true }), json!({ "allotted": rooms }));
        json!({ "roomTypeId": room, "pool": pool, "from": nights.0, "through": nights.1, "count": count })
    }

    pub async fn set(&self, changes: &[Value]) -> Result<Value, Problem> {
        let input = json!({ "propertyId": self.property.id, "changes": changes });
        mutate(&self.alpha.client, documents::SET_ALLOTMENTS, &input).await
    }

    pub async fn book(&self, nights: (NaiveDate, NaiveDate)) -> Result<Value, Problem> {
        mutate(&self.beta.client, documents::BOOK, &self.beta.claim(&self.property, "DBL", nights, 1, "once")).await
    }

    pub async fn seq(&self) -> i64 {
        self.alpha.stock_seq(&self.property).await
    }

    pub async fn nothing_was_written_since(&self, seq: i64) {
        assert_eq!(self.seq().await, seq);
        assert_eq!(self.gateway.audit().await.drift, 0);
    }
}

/// The reason of a refusal.
#[derive(Debug, PartialEq)]
pub struct Problem {
    pub code: String,
    pub field: String,
    pub rule: Value,
    pub message: String,
}

impl Problem {
    pub fn is(&self, code: &str, field: &str) -> bool {
        self.code == code && self.field == field && !self.message.is_empty()
    }
}

/// Sends a mutation and returns the first user error or GraphQL error.
pub async fn mutate(client: &Client, document: &str, input: &Value) -> Result<Value, Problem> {
    let data = match client.query(document, &json!({ "input": input })).await {
        Ok(data) => data,
        Err(error) => return Err(problem_of(error.errors().first().unwrap_or_else(|| panic!("no response: {error}")))),
    };
    let payload = data.as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or_default();
    let Some(error) = payload["userErrors"].get(0) else { return Ok(payload) };
    let field: Vec<&str> = error["field"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    Err(Problem { code: text("code"), field: field.join("."), rule: error["rule"].clone(), message: text("message") })
}

fn problem_of(error: &lodgate_e2e::client::GraphQlError) -> Problem {
    let (field, rule) = (error.field.clone().unwrap_or_default(), Value::Null);
    Problem { code: error.code.clone(), field, rule, message: error.message.clone() }
}
