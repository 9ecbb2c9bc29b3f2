//! The attention list of a property, its night totals and its pickup.

use lodgate_e2e::{
    Backend, on_backends,
    stories::{Partner, Property, Supplier, eventually, night, stay},
};
use serde_json::{Value, json};

const TODAY: &str = "query($id: ID!, $from: Date!, $days: Int!, $through: Date!) { property(id: $id) {
  attention(from: $from, days: $days) {
    kind roomType { code } contract { code } from through nights leastLeft roomsOver }
  nightTotals(from: $from, through: $through) {
    date leftToSell overcommittedBy soldOutRoomTypes lowRoomTypes stoppedRoomTypes }
  pickup(hours: 6) { sold cancelled net hours { from sold cancelled } } } }";

async fn today(supplier: &Supplier, property: &Property) -> Value {
    let variables = json!({ "id": property.id, "from": night(1), "days": 20, "through": night(20) });
    let data = supplier.client.query(TODAY, &variables).await.unwrap_or_else(|error| panic!("no response: {error}"));
    data["property"].clone()
}

async fn book(partner: &Partner, property: &Property, room_type: &str, from: u64, nights: u64, rooms: usize) -> String {
    let key = uuid::Uuid::new_v4().to_string();
    let input = partner.claim(property, room_type, stay(from, nights), rooms, &key);
    partner.book_as(&input).await.reservation()
}

/// An item as a list: kind, room type, first and last night, number of nights, rooms left, rooms over, contract.
fn brief(item: &Value) -> Value {
    json!([
        item["kind"],
        item["roomType"]["code"],
        item["from"],
        item["through"],
        item["nights"],
        item["leastLeft"],
        item["roomsOver"],
        item["contract"]["code"],
    ])
}

on_backends!(attention_lists_every_problem on sqlite, postgres_and_redis);

async fn attention_lists_every_problem(backend: Backend) {
    let gateway = backend.gateway().start().await;
    let alpha = gateway.supplier("alpha").await;
    let beta = gateway.partner("beta").await;
    let property = alpha.property("Seaview").nights(night(0), night(40)).rooms("DBL", 4).rooms("SGL", 3);
    let property = property.opened_to("beta").create().await;
    assert_eq!(today(&alpha, &property).await["attention"], json!([]), "nothing is sold, so the list is empty");

    book(&beta, &property, "DBL", 2, 3, 4).await;
    book(&beta, &property, "DBL", 5, 1, 3).await;
    let cancelled = book(&beta, &property, "SGL", 8, 2, 3).await;
    beta.cancel(&cancelled).await.accepted();
    book(&beta, &property, "SGL", 10, 2, 2).await;
    alpha.stop_sell(&property, "SGL", (night(14), night(15)), true).await.accepted();
    let fewer = json!({ "allowOvercommit": true, "changes": [{
        "roomTypeId": property.room_type("SGL"), "pool": { "shared": true },
        "from": night(11), "through": night(11), "count": { "allotted": 1 } }] });
    alpha.set(&property, &fewer).await.accepted();

    let found = today(&alpha, &property).await;

    let items: Vec<Value> = found["attention"].as_array().into_iter().flatten().map(brief).collect();
    let (none, date) = (Value::Null, |ahead| json!(night(ahead)));
    assert_eq!(
        items,
        [
            json!(["OVERCOMMITTED", "SGL", date(11), date(11), 1, 0, 1, none]),
            json!(["SOLD_OUT", "DBL", date(2), date(4), 3, 0, 0, none]),
            json!(["LOW", "DBL", date(5), date(5), 1, 1, 0, none]),
            json!(["LOW", "SGL", date(10), date(10), 1, 1, 0, none]),
            json!(["STOP_SELL", "SGL", date(14), date(15), 2, 3, 0, none]),
        ]
    );
    let totals = |ahead: usize| {
        let night = &found["nightTotals"][ahead - 1];
        json!([
            night["leftToSell"],
            night["overcommittedBy"],
            night["soldOutRoomTypes"],
            night["lowRoomTypes"],
            night["stoppedRoomTypes"]
        ])
    };
    assert_eq!(totals(1), json!([7, 0, 0, 0, 0]));
    assert_eq!(totals(3), json!([3, 0, 1, 0, 0]));
    assert_eq!(totals(5), json!([4, 0, 0, 1, 0]));
    assert_eq!(totals(11), json!([4, 1, 0, 0, 0]));
    assert_eq!(totals(14), json!([7, 0, 0, 0, 1]));
    let pickup = &found["pickup"];
    assert_eq!((&pickup["sold"], &pickup["cancelled"], &pickup["net"]), (&json!(25), &json!(6), &json!(19)));
    let hours = pickup["hours"].as_array().expect("hours");
    assert_eq!((hours.len(), &hours[5]["sold"], &hours[0]["sold"]), (6, &json!(25), &json!(0)));

    let variables = json!({ "id": property.id, "from": night(1), "days": 2, "through": night(2) });
    let refused = beta.client.query(TODAY, &variables).await.expect_err("partners have no access");
    assert_eq!(refused.code(), "FORBIDDEN");
    for (days, first) in [(0, 50), (367, 50), (30, 0), (30, 201)] {
        let document = "query($id: ID!, $days: Int!, $first: Int!) {
          property(id: $id) { attention(days: $days, first: $first) { kind } } }";
        let variables = json!({ "id": property.id, "days": days, "first": first });
        let refused = alpha.client.query(document, &variables).await.expect_err("out of range");
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{days} {first}");
    }
}

#[tokio::test]
async fn a_cached_answer_about_many_room_types_needs_no_sql_statement() {
    let backend = Backend::postgres().await;
    let gateway = backend.gateway().start().await;
    let alpha = gateway.supplier("alpha").await;
    let mut properties = Vec::new();
    for number in 0..3 {
        let property = alpha.property(&format!("Property {number}")).nights(night(0), night(20));
        let property = (0..6).fold(property, |property, room| property.rooms(&format!("R{room}"), 4));
        properties.push(property.create().await);
        alpha.stop_sell(&properties[number], "R0", (night(3), night(4)), true).await.accepted();
    }
    let document = "{ properties { edges { node { attention(days: 90) { kind from through } } } } }";
    let reads = || async { gateway.metrics().await.sum("lodgate_sql_statements_total", &[("kind", "read")]) };

    // The node polls the journal once a second, so the minimum of several attempts is the cost of the answer.
    let free = || async {
        let before = reads().await;
        let data = alpha.client.query(document, &json!({})).await.expect("a response");
        let after = reads().await;
        let edges = data["properties"]["edges"].as_array().expect("a list");
        assert!(edges.iter().all(|edge| edge["node"]["attention"].as_array().is_some_and(|list| list.len() == 1)));
        (edges.len() == 3 && after <= before).then_some(())
    };
    eventually("an answer without an SQL statement", free).await;
}
