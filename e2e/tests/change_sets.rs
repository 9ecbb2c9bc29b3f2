//! A supplier's gestures: taken back and done again, made on a belief, and told to colleagues with who made them.

use lodgate_e2e::{
    Gateway, Redis, TIMEOUT, WebSocket, postgres,
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
    async fn at(gateway: Gateway) -> Self {
        let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
        let property = alpha.property("Seaview").nights(night(0), night(30)).rooms("DBL", 5).opened_to("beta");
        let property = property.create().await;
        Self { gateway, alpha, beta, property }
    }

    async fn both() -> [Self; 2] {
        let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
        let clustered = Gateway::builder().database_url(&database).redis_url(&redis.url()).start().await;
        [Self::at(Gateway::builder().start().await).await, Self::at(clustered).await]
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
        data.unwrap_or_else(|error| panic!("no answer: {error}"))["undoChangeSet"].clone()
    }

    async fn allotted(&self) -> Vec<i64> {
        let calendar = self.alpha.calendar(&self.property, "DBL", (night(3), night(4)), None, None).await;
        numbers(&calendar["allotted"])
    }
}

#[tokio::test]
async fn an_undo_is_a_gesture_that_can_be_taken_back() {
    for fixture in Fixture::both().await {
        let [change_set, undone, redone] = [(); 3].map(|()| Uuid::new_v4());
        fixture.set(change_set, 9).await;

        let back = fixture.undo(change_set, undone, "1").await;
        assert_eq!(back["event"], json!({ "cause": "UNDO", "changeSetId": undone }));
        assert_eq!(fixture.allotted().await, [5, 5]);
        let again = fixture.undo(undone, redone, "2").await;
        assert_eq!((&again["event"]["changeSetId"], &again["changedCells"]), (&json!(redone), &json!(2)));
        assert_eq!(fixture.allotted().await, [9, 9]);

        let other = fixture.undo(undone, Uuid::new_v4(), "2").await;
        assert_eq!(other["userErrors"][0]["code"], "KEY_REUSED", "the gesture that it makes is part of the request");
        let same = fixture.undo(redone, redone, "3").await;
        assert_eq!(same["userErrors"], json!([{ "code": "INVALID", "field": ["asChangeSetId"] }]));
        assert_eq!(fixture.allotted().await, [9, 9]);
        assert_eq!(fixture.gateway.audit().await.drift, 0);
    }
}

#[tokio::test]
async fn a_change_says_who_made_it_to_the_supplier_alone() {
    for fixture in Fixture::both().await {
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

        let told = next(&mut supplier).await;
        assert_eq!(
            (&told["cause"], &told["actor"], &told["changeSetId"]),
            (&json!("SET_ALLOTMENTS"), &json!("lodgate"), &json!(change_set))
        );
        let told = next(&mut supplier).await;
        assert_eq!(
            (&told["cause"], &told["actor"], &told["changeSetId"]),
            (&json!("BOOK"), &json!("lodgate"), &Value::Null)
        );
        for cause in ["SET_ALLOTMENTS", "BOOK"] {
            let told = next(&mut partner).await;
            assert_eq!(
                (&told["cause"], &told["actor"], &told["changeSetId"]),
                (&json!(cause), &Value::Null, &Value::Null)
            );
        }
    }
}
