//! The journal as the supplier reads it: newest first, all of it or what touched one night.

use lodgate_e2e::{
    Gateway, Redis, postgres,
    stories::{Property, Supplier, eventually, night, stay},
};
use serde_json::{Value, json};

const HISTORY: &str = "query($id: ID!, $before: Int, $first: Int!, $room: ID, $date: Date) { property(id: $id) {
  history(before: $before, first: $first, roomTypeId: $room, date: $date) {
    events { seq cause actor reservation { locator } cells { date } } next } } }";

/// A page of the history, as `variables` ask for it beside the property.
async fn page(supplier: &Supplier, property: &Property, variables: Value) -> Value {
    let mut variables = variables;
    variables["id"] = json!(property.id);
    let data = supplier.client.query(HISTORY, &variables).await.unwrap_or_else(|error| panic!("no history: {error}"));
    data["property"]["history"].clone()
}

/// All pages: the seqs and causes in order.
async fn all(supplier: &Supplier, property: &Property, variables: Value) -> Vec<(i64, String)> {
    let (mut found, mut before) = (Vec::new(), Value::Null);
    loop {
        let mut variables = variables.clone();
        variables["before"] = before;
        let page = page(supplier, property, variables).await;
        for event in page["events"].as_array().into_iter().flatten() {
            found.push((
                event["seq"].as_i64().unwrap_or_default(),
                event["cause"].as_str().unwrap_or_default().to_owned(),
            ));
        }
        before = page["next"].clone();
        if before.is_null() {
            return found;
        }
    }
}

async fn tells_the_history(gateway: &Gateway) {
    let alpha = gateway.supplier("alpha").await;
    let beta = gateway.partner("beta").await;
    let property = alpha.property("Seaview").nights(night(0), night(20)).rooms("DBL", 4).rooms("SGL", 3);
    let property = property.opened_to("beta").create().await;
    alpha.set_allotments(&property, "DBL", (night(3), night(5)), 6).await.accepted();
    alpha.stop_sell(&property, "SGL", (night(4), night(4)), true).await.accepted();
    let booked = beta.book(&property, "DBL", stay(4, 2)).await.reservation();
    beta.book(&property, "DBL", stay(6, 1)).await.accepted();
    beta.cancel(&booked).await.accepted();

    let head = alpha.stock_seq(&property).await;
    let everything = all(&alpha, &property, json!({ "first": 3 })).await;
    let seqs: Vec<i64> = everything.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=head).rev().collect::<Vec<_>>(), "every event once, newest first");
    assert_eq!(everything[0].1, "CANCEL");
    let first = page(&alpha, &property, json!({ "first": 100 })).await;
    assert!(first["next"].is_null(), "a page that holds all is the last: {first}");
    assert!(first["events"][0]["reservation"]["locator"].is_string(), "{first}");

    let of_night = |room: &str, ahead| json!({ "first": 1, "room": property.room_type(room), "date": night(ahead) });
    let causes = async |room: &str, ahead| {
        let found = all(&alpha, &property, of_night(room, ahead)).await;
        found.into_iter().map(|(_, cause)| cause).collect::<Vec<_>>()
    };
    assert_eq!(causes("DBL", 4).await, ["CANCEL", "BOOK", "SET_ALLOTMENTS", "SET_ALLOTMENTS"]);
    assert_eq!(causes("DBL", 6).await, ["BOOK", "SET_ALLOTMENTS"]);
    assert_eq!(causes("SGL", 4).await, ["SET_RESTRICTIONS", "SET_ALLOTMENTS"]);
    assert!(causes("DBL", 30).await.is_empty());

    let room = property.room_type("DBL");
    let foreign = gateway.supplier("omega").await.property("Hillside").rooms("DBL", 1).create().await;
    for (variables, field) in [
        (json!({ "first": 0 }), "first"),
        (json!({ "first": 101 }), "first"),
        (json!({ "first": 5, "room": room }), "date"),
        (json!({ "first": 5, "date": night(4) }), "roomTypeId"),
        (json!({ "first": 5, "room": foreign.room_type("DBL"), "date": night(4) }), "roomTypeId"),
        (json!({ "first": 5, "room": "Ujk5OTk5OS4x", "date": night(4) }), "roomTypeId"),
        (json!({ "first": 5, "room": property.contract("beta"), "date": night(4) }), "roomTypeId"),
    ] {
        let mut variables = variables;
        variables["id"] = json!(property.id);
        let refused = alpha.client.query(HISTORY, &variables).await.expect_err("a bad argument");
        let told = (refused.code(), refused.errors()[0].field.as_deref());
        assert_eq!(told, ("BAD_USER_INPUT", Some(field)), "{variables}");
    }
    let mine = json!({ "id": property.id, "first": 5 });
    let refused = beta.client.query(HISTORY, &mine).await.expect_err("not for partners");
    assert_eq!(refused.code(), "FORBIDDEN");
    let theirs = json!({ "id": foreign.id, "first": 5 });
    let data = alpha.client.query(HISTORY, &theirs).await.expect("data");
    assert_eq!(data, json!({ "property": null }));
}

#[tokio::test]
async fn the_embedded_gateway_tells_the_history() {
    tells_the_history(&Gateway::builder().start().await).await;
}

#[tokio::test]
async fn the_clustered_gateway_tells_the_history() {
    let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
    let gateway = Gateway::builder().database_url(&database).redis_url(&redis.url()).start().await;
    tells_the_history(&gateway).await;
}

#[tokio::test]
async fn fifty_events_with_their_reservations_cost_four_statements() {
    let database = postgres().await.database().await;
    let gateway = Gateway::builder().database_url(&database).start().await;
    let alpha = gateway.supplier("alpha").await;
    let beta = gateway.partner("beta").await;
    let property =
        alpha.property("Seaview").nights(night(0), night(60)).rooms("DBL", 50).opened_to("beta").create().await;
    for number in 0..50 {
        beta.book(&property, "DBL", stay(number, 2)).await.accepted();
    }
    let reads = || async { gateway.metrics().await.sum("lodgate_sql_statements_total", &[("kind", "read")]) };

    // The node compares itself with the journal once a second: the least of several rounds is the answer's own.
    let cheap = || async {
        let before = reads().await;
        let found = page(&alpha, &property, json!({ "first": 50 })).await;
        let after = reads().await;
        let events = found["events"].as_array().expect("events");
        assert!(events.len() == 50 && events.iter().all(|event| event["reservation"]["locator"].is_string()));
        (after - before <= 4.0).then_some(())
    };
    eventually("the events, their reservations, lines and draws", cheap).await;
}
