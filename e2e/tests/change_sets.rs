//! A supplier's gestures: taken back and done again, made on a belief, and told to colleagues with who made them.

use std::time::Duration;

use lodgate_e2e::{
    Gateway, Redis, Socket, postgres,
    stories::{Hotel, Partner, Supplier, night, numbers, stay},
};
use serde_json::{Value, json};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(10);

const UNDO: &str = "mutation($input: UndoChangeSetInput!) { undoChangeSet(input: $input) {
  event { cause changeSetId } changedCells userErrors { code field } } }";
const LIVE: &str = "subscription($properties: [ID!]) { stockChanges(propertyIds: $properties) {
  ... on StockChange { cause actor changeSetId seq } } }";

struct Scene {
    gateway: Gateway,
    alpha: Supplier,
    beta: Partner,
    hotel: Hotel,
}

impl Scene {
    async fn at(gateway: Gateway) -> Self {
        let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
        let hotel = alpha.property("Seaview").nights(night(0), night(30)).rooms("DBL", 5).opened_to("beta");
        let hotel = hotel.create().await;
        Self { gateway, alpha, beta, hotel }
    }

    async fn both() -> [Self; 2] {
        let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
        let clustered = Gateway::builder().database_url(&database).redis_url(&redis.url()).start().await;
        [Self::at(Gateway::builder().start().await).await, Self::at(clustered).await]
    }

    async fn set(&self, gesture: Uuid, rooms: u32) {
        let change = json!({
            "roomTypeId": self.hotel.room_type("DBL"), "pool": { "shared": true }, "from": night(3), "through": night(4),
            "count": { "allotted": rooms },
        });
        self.alpha.set(&self.hotel, &json!({ "changes": [change], "changeSetId": gesture })).await.accepted();
    }

    async fn undo(&self, gesture: Uuid, of: Uuid, key: &str) -> Value {
        let input = json!({
            "propertyId": self.hotel.id, "changeSetId": gesture, "asChangeSetId": of, "idempotencyKey": key,
        });
        let data = self.alpha.client.query(UNDO, &json!({ "input": input })).await;
        data.unwrap_or_else(|error| panic!("no answer: {error}"))["undoChangeSet"].clone()
    }

    async fn allotted(&self) -> Vec<i64> {
        let calendar = self.alpha.calendar(&self.hotel, "DBL", (night(3), night(4)), None, None).await;
        numbers(&calendar["allotted"])
    }
}

#[tokio::test]
async fn an_undo_is_a_gesture_that_can_be_taken_back() {
    for scene in Scene::both().await {
        let [gesture, undone, redone] = [(); 3].map(|()| Uuid::new_v4());
        scene.set(gesture, 9).await;

        let back = scene.undo(gesture, undone, "1").await;
        assert_eq!(back["event"], json!({ "cause": "UNDO", "changeSetId": undone }));
        assert_eq!(scene.allotted().await, [5, 5]);
        let again = scene.undo(undone, redone, "2").await;
        assert_eq!((&again["event"]["changeSetId"], &again["changedCells"]), (&json!(redone), &json!(2)));
        assert_eq!(scene.allotted().await, [9, 9]);

        let other = scene.undo(undone, Uuid::new_v4(), "2").await;
        assert_eq!(other["userErrors"][0]["code"], "KEY_REUSED", "the gesture that it makes is part of the request");
        let same = scene.undo(redone, redone, "3").await;
        assert_eq!(same["userErrors"], json!([{ "code": "INVALID", "field": ["asChangeSetId"] }]));
        assert_eq!(scene.allotted().await, [9, 9]);
        assert_eq!(scene.gateway.audit().await.drift, 0);
    }
}

#[tokio::test]
async fn a_change_says_who_made_it_to_the_supplier_alone() {
    for scene in Scene::both().await {
        let url = scene.gateway.base_url();
        let watch = async |token: &str| {
            let mut socket = Socket::connect(url, token).await.expect("connected");
            socket.subscribe(LIVE, &json!({ "properties": [scene.hotel.id] })).await.expect("sent");
            socket.next_data(SOON).await.expect("a checkpoint");
            socket
        };
        let next = async |socket: &mut Socket| loop {
            let message = socket.next_data(SOON).await.expect("a message")["stockChanges"].clone();
            if message["seq"].is_number() {
                return message;
            }
        };
        let (mut supplier, mut partner) =
            (watch(scene.alpha.client.token()).await, watch(scene.beta.client.token()).await);
        let gesture = Uuid::new_v4();
        scene.set(gesture, 7).await;
        scene.beta.book(&scene.hotel, "DBL", stay(3, 1)).await.accepted();

        let told = next(&mut supplier).await;
        assert_eq!(
            (&told["cause"], &told["actor"], &told["changeSetId"]),
            (&json!("SET_ALLOTMENTS"), &json!("lodgate"), &json!(gesture))
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
