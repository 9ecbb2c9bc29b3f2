//! Change sets: undo, redo, and the author of a change.

use lodgate_e2e::{
    Backend, Gateway, TIMEOUT, WebSocket, on_backends,
    stories::{Partner, Property, Supplier, night, numbers, stay},
};
use serde_json::{Value, json};
use uuid::Uuid;

const UNDO: &str = "mutation($input: UndoChangeSetInput!) { undoChangeSet(input: $input) {
  event { cause changeSetId } changedCells userErrors { code field } } }";
const LIVE: &str = "subscription($properties: [ID!]) { stockChanges(propertyIds: $properties) {
  ... on StockChange { cause actor changeSetId seq } } }";

struct Fixture {
    gateway: Gateway,
    alpha: Supplier,
    beta: Partner,
    property: Property,
}

impl Fixture {
    async fn on(backend: &Backend) -> Self {
        let gateway = backend.gateway().start().await;
        let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
        let property = alpha.property("Seaview").nights(night(0), night(30)).rooms("DBL", 5).opened_to("beta");
        let property = property.create().await;
        Self { gateway, alpha, beta, property }
    }

    async fn set(&self, change_set: Uuid, rooms: u32) {
        let change = json!({
            "roomTypeId": self.property.room_type("DBL"), "pool": { "shared": true }, "from": night(3), "through": night(4),
            "count": { "allotted": rooms },
        });
        self.alpha.set(&self.property, &json!({ "changes": [change], "changeSetId": change_set })).await.accepted();
    }

    async fn undo(&self, change_set: Uuid, of: Uuid, key: &str) -> Value {
        let input = json!({
            "propertyId": self.property.id, "changeSetId": change_set, "asChangeSetId": of, "idempotencyKey": key,
        });
        let data = self.alpha.client.query(UNDO, &json!({ "input": input })).await;
        data.unwrap_or_else(|error| panic!("no response: {error}"))["undoChangeSet"].clone()
    }

    async fn allotted(&self) -> Vec<i64> {
        let calendar = self.alpha.calendar(&self.property, "DBL", (night(3), night(4)), None, None).await;
        numbers(&calendar["allotted"])
    }
}

on_backends!(an_undo_is_a_change_set_that_can_be_undone on sqlite, postgres_and_redis);

async fn an_undo_is_a_change_set_that_can_be_undone(backend: Backend) {
    let fixture = Fixture::on(&backend).await;
    let [change_set, undone, redone] = [(); 3].map(|()| Uuid::new_v4());
    fixture.set(change_set, 9).await;

    let first = fixture.undo(change_set, undone, "1").await;
    assert_eq!(first["event"], json!({ "cause": "UNDO", "changeSetId": undone }));
    assert_eq!(fixture.allotted().await, [5, 5]);
    let again = fixture.undo(undone, redone, "2").await;
    assert_eq!((&again["event"]["changeSetId"], &again["changedCells"]), (&json!(redone), &json!(2)));
    assert_eq!(fixture.allotted().await, [9, 9]);

    let other = fixture.undo(undone, Uuid::new_v4(), "2").await;
    assert_eq!(other["userErrors"][0]["code"], "KEY_REUSED", "the id of the new change set is part of the request");
    let same = fixture.undo(redone, redone, "3").await;
    assert_eq!(same["userErrors"], json!([{ "code": "INVALID", "field": ["asChangeSetId"] }]));
    assert_eq!(fixture.allotted().await, [9, 9]);
    assert_eq!(fixture.gateway.audit().await.drift, 0);
}

on_backends!(only_the_supplier_sees_the_author_of_a_change on sqlite, postgres_and_redis);

async fn only_the_supplier_sees_the_author_of_a_change(backend: Backend) {
    let fixture = Fixture::on(&backend).await;
    let url = fixture.gateway.base_url();
    let watch = async |token: &str| {
        let mut socket = WebSocket::connect(url, token).await.expect("connected");
        socket.subscribe(LIVE, &json!({ "properties": [fixture.property.id] })).await.expect("sent");
        socket.next_data(TIMEOUT).await.expect("a checkpoint");
        socket
    };
    let next = async |socket: &mut WebSocket| loop {
        let message = socket.next_data(TIMEOUT).await.expect("a message")["stockChanges"].clone();
        if message["seq"].is_number() {
            return message;
        }
    };
    let (mut supplier, mut partner) =
        (watch(fixture.alpha.client.token()).await, watch(fixture.beta.client.token()).await);
    let change_set = Uuid::new_v4();
    fixture.set(change_set, 7).await;
    fixture.beta.book(&fixture.property, "DBL", stay(3, 1)).await.accepted();

    let change = next(&mut supplier).await;
    assert_eq!(
        (&change["cause"], &change["actor"], &change["changeSetId"]),
        (&json!("SET_ALLOTMENTS"), &json!("lodgate"), &json!(change_set))
    );
    let change = next(&mut supplier).await;
    assert_eq!(
        (&change["cause"], &change["actor"], &change["changeSetId"]),
        (&json!("BOOK"), &json!("lodgate"), &Value::Null)
    );
    for cause in ["SET_ALLOTMENTS", "BOOK"] {
        let change = next(&mut partner).await;
        assert_eq!(
            (&change["cause"], &change["actor"], &change["changeSetId"]),
            (&json!(cause), &Value::Null, &Value::Null)
        );
    }
}
