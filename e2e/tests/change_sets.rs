//! A supplier's gestures: taken back and done again, made on a belief, and told to colleagues with who made them.

use std::time::Duration;

use chrono::NaiveDate;
use lodgate_e2e::{
    Gateway, Redis, Socket, postgres,
    stories::{Hotel, Partner, Supplier, night, numbers, stay},
};
use serde_json::{Value, json};
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(10);

const UNDO: &str = "mutation($input: UndoChangeSetInput!) { undoChangeSet(input: $input) {
  event { cause changeSetId } changedCells userErrors { code field } } }";
const RESTRICT: &str = "mutation($input: SetRestrictionsInput!) { setRestrictions(input: $input) {
  changedCells replayed userErrors { code message field date roomType { code } current } } }";
const RULES: &str = "query($id: ID!, $from: Date!, $through: Date!) { node(id: $id) { ... on RoomType {
  calendar(from: $from, through: $through) { stopSell minStayArrival closedToArrival } } } }";
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

    /// Restricts the doubles as `more` says, for everybody.
    fn change(&self, nights: (NaiveDate, NaiveDate), more: &Value) -> Value {
        let mut change = json!({
            "roomTypeId": self.hotel.room_type("DBL"), "level": { "roomNight": true }, "from": nights.0,
            "through": nights.1,
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            change[field] = value.clone();
        }
        change
    }

    async fn restrict(&self, changes: Vec<Value>, key: Option<&str>) -> Result<Value, lodgate_e2e::ClientError> {
        let input = json!({ "propertyId": self.hotel.id, "changes": changes, "idempotencyKey": key });
        let data = self.alpha.client.query(RESTRICT, &json!({ "input": input })).await?;
        Ok(data["setRestrictions"].clone())
    }

    async fn rules(&self, nights: (NaiveDate, NaiveDate)) -> Value {
        let variables = json!({ "id": self.hotel.room_type("DBL"), "from": nights.0, "through": nights.1 });
        let data = self.alpha.client.query(RULES, &variables).await.expect("data");
        data["node"]["calendar"].clone()
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
async fn rules_are_set_on_a_belief_or_not_at_all() {
    for scene in Scene::both().await {
        let week = (night(1), night(4));
        let rules = scene.change((night(3), night(3)), &json!({ "minStayArrival": 3 }));
        scene.restrict(vec![rules], None).await.expect("set");
        let seq = scene.alpha.stock_seq(&scene.hotel).await;

        let free = json!({ "stopSell": false, "unset": ["MIN_STAY_ARRIVAL"] });
        let more = json!({ "stopSell": true, "expected": free });
        let elsewhere = scene.change((night(9), night(9)), &json!({ "stopSell": true }));
        let refused = scene.restrict(vec![elsewhere.clone(), scene.change(week, &more)], Some("once")).await;
        let errors = refused.expect("data")["userErrors"].clone();
        let told = json!([{
            "code": "CONFLICT", "message": "somebody changed this night meanwhile: minStayArrival is now 3",
            "field": ["changes", "1", "expected", "minStayArrival"], "date": night(3), "roomType": { "code": "DBL" },
            "current": 3,
        }]);
        assert_eq!(errors, told);
        assert_eq!(scene.alpha.stock_seq(&scene.hotel).await, seq, "nothing is written");

        for (expected, field) in [
            (json!({ "stopSell": null }), "changes.expected.stopSell"),
            (json!({ "maxStayThrough": null }), "changes.expected.maxStayThrough"),
            (json!({ "unset": ["STOP_SELL"] }), "changes.expected.unset"),
        ] {
            let change = scene.change(week, &json!({ "stopSell": true, "expected": expected }));
            let refused = scene.restrict(vec![change], None).await.expect_err("a bad belief");
            assert_eq!((refused.code(), refused.errors()[0].field.as_deref()), ("BAD_USER_INPUT", Some(field)));
        }

        // A key that was refused is free; the belief is part of what it stands for.
        let known = json!({ "stopSell": true, "expected": { "minStayArrival": 3, "closedToArrival": false } });
        let night_3 = (night(3), night(3));
        let set = scene.restrict(vec![scene.change(night_3, &known)], Some("once")).await.expect("data");
        assert_eq!((&set["changedCells"], &set["userErrors"]), (&json!(1), &json!([])));
        let repeated = scene.restrict(vec![scene.change(night_3, &known)], Some("once")).await.expect("data");
        assert_eq!(repeated["replayed"], true);
        let blind = scene.change(night_3, &json!({ "stopSell": true }));
        let reused = scene.restrict(vec![blind], Some("once")).await.expect("data");
        assert_eq!(reused["userErrors"][0]["code"], "KEY_REUSED", "{reused}");
        let shown = scene.rules((night(2), night(3))).await;
        assert_eq!(shown["stopSell"], json!([false, true]));
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
