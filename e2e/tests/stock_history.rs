//! The history of a property: its stock events, newest first, of all nights or of one night.

use lodgate_e2e::{
    Backend, on_backends,
    stories::{Property, Supplier, eventually, night, stay},
};
use serde_json::{Value, json};

const HISTORY: &str = "query($id: ID!, $before: Int, $first: Int!, $room: ID, $date: Date) { property(id: $id) {
  history(before: $before, first: $first, roomTypeId: $room, date: $date) {
    events { seq cause actor reservation { locator } cells { date } } next } } }";

/// A page of the history of a property; `variables` has the other arguments.
async fn page(supplier: &Supplier, property: &Property, variables: Value) -> Value {
    let mut variables = variables;
    variables["id"] = json!(property.id);
    let data = supplier.client.query(HISTORY, &variables).await.unwrap_or_else(|error| panic!("no history: {error}"));
    data["property"]["history"].clone()
}

/// The seq and cause of every event, over all pages.
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

on_backends!(the_history_has_every_event on sqlite, postgres_and_redis);

async fn the_history_has_every_event(backend: Backend) {
    let gateway = backend.gateway().start().await;
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
    assert!(first["next"].is_null(), "a page with all events has no next page: {first}");
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
        let refused = alpha.client.query(HISTORY, &variables).await.expect_err("an invalid argument");
        let error = (refused.code(), refused.errors()[0].field.as_deref());
        assert_eq!(error, ("BAD_USER_INPUT", Some(field)), "{variables}");
    }
    let mine = json!({ "id": property.id, "first": 5 });
    let refused = beta.client.query(HISTORY, &mine).await.expect_err("partners have no access");
    assert_eq!(refused.code(), "FORBIDDEN");
    let theirs = json!({ "id": foreign.id, "first": 5 });
    let data = alpha.client.query(HISTORY, &theirs).await.expect("data");
    assert_eq!(data, json!({ "property": null }));
}

#[tokio::test]
async fn fifty_events_with_their_reservations_need_four_sql_statements() {
    let backend = Backend::postgres().await;
    let gateway = backend.gateway().start().await;
    let alpha = gateway.supplier("alpha").await;
    let beta = gateway.partner("beta").await;
    let property =
        alpha.property("Seaview").nights(night(0), night(60)).rooms("DBL", 50).opened_to("beta").create().await;
    for number in 0..50 {
        beta.book(&property, "DBL", stay(number, 2)).await.accepted();
    }
    let reads = || async { gateway.metrics().await.sum("lodgate_sql_statements_total", &[("kind", "read")]) };

    // The node polls the journal once a second, so the minimum of several attempts is the cost of the answer.
    let cheap = || async {
        let before = reads().await;
        let found = page(&alpha, &property, json!({ "first": 50 })).await;
        let after = reads().await;
        let events = found["events"].as_array().expect("events");
        assert!(events.len() == 50 && events.iter().all(|event| event["reservation"]["locator"].is_string()));
        (after - before <= 4.0).then_some(())
    };
    eventually("at most four SQL statements: events, reservations, lines, draws", cheap).await;
}
