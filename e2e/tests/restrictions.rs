//! Restrictions: conditional changes and refused changes.

use chrono::NaiveDate;
use lodgate_e2e::{
    Backend, Gateway, on_backends,
    stories::{Property, Supplier, night, stay},
};
use serde_json::{Value, json};

use crate::two_suppliers;

const RESTRICT: &str = "mutation($input: SetRestrictionsInput!) { setRestrictions(input: $input) {
  changedCells replayed userErrors { code message field date roomType { code } current } } }";
const RULES: &str = "query($id: ID!, $from: Date!, $through: Date!) { node(id: $id) { ... on RoomType {
  calendar(from: $from, through: $through) { stopSell minStayArrival closedToArrival } } } }";

struct Fixture {
    gateway: Gateway,
    alpha: Supplier,
    property: Property,
}

impl Fixture {
    async fn on(backend: &Backend) -> Self {
        let gateway = backend.gateway().start().await;
        let alpha = gateway.supplier("alpha").await;
        let property = alpha.property("Seaview").nights(night(0), night(30)).rooms("DBL", 5).create().await;
        Self { gateway, alpha, property }
    }

    /// A change of the restrictions of room type DBL, with the fields of `more`.
    fn change(&self, nights: (NaiveDate, NaiveDate), more: &Value) -> Value {
        let mut change = json!({
            "roomTypeId": self.property.room_type("DBL"), "level": { "roomNight": true }, "from": nights.0,
            "through": nights.1,
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            change[field] = value.clone();
        }
        change
    }

    async fn restrict(&self, changes: Vec<Value>, key: Option<&str>) -> Result<Value, lodgate_e2e::ClientError> {
        let input = json!({ "propertyId": self.property.id, "changes": changes, "idempotencyKey": key });
        let data = self.alpha.client.query(RESTRICT, &json!({ "input": input })).await?;
        Ok(data["setRestrictions"].clone())
    }

    async fn rules(&self, nights: (NaiveDate, NaiveDate)) -> Value {
        let variables = json!({ "id": self.property.room_type("DBL"), "from": nights.0, "through": nights.1 });
        let data = self.alpha.client.query(RULES, &variables).await.expect("data");
        data["node"]["calendar"].clone()
    }
}
on_backends!(a_conditional_change_is_applied_only_when_it_holds on sqlite, postgres_and_redis);

async fn a_conditional_change_is_applied_only_when_it_holds(backend: Backend) {
    let fixture = Fixture::on(&backend).await;
    let week = (night(1), night(4));
    let rules = fixture.change((night(3), night(3)), &json!({ "minStayArrival": 3 }));
    fixture.restrict(vec![rules], None).await.expect("set");
    let seq = fixture.alpha.stock_seq(&fixture.property).await;

    let free = json!({ "stopSell": false, "unset": ["MIN_STAY_ARRIVAL"] });
    let more = json!({ "stopSell": true, "expected": free });
    let elsewhere = fixture.change((night(9), night(9)), &json!({ "stopSell": true }));
    let refused = fixture.restrict(vec![elsewhere.clone(), fixture.change(week, &more)], Some("once")).await;
    let errors = refused.expect("data")["userErrors"].clone();
    let conflict = json!([{
        "code": "CONFLICT", "message": "somebody changed this night meanwhile: minStayArrival is now 3",
        "field": ["changes", "1", "expected", "minStayArrival"], "date": night(3), "roomType": { "code": "DBL" },
        "current": 3,
    }]);
    assert_eq!(errors, conflict);
    assert_eq!(fixture.alpha.stock_seq(&fixture.property).await, seq, "nothing was written");

    for (expected, field) in [
        (json!({ "stopSell": null }), "changes.expected.stopSell"),
        (json!({ "maxStayThrough": null }), "changes.expected.maxStayThrough"),
        (json!({ "unset": ["STOP_SELL"] }), "changes.expected.unset"),
    ] {
        let change = fixture.change(week, &json!({ "stopSell": true, "expected": expected }));
        let refused = fixture.restrict(vec![change], None).await.expect_err("an invalid condition");
        assert_eq!((refused.code(), refused.errors()[0].field.as_deref()), ("BAD_USER_INPUT", Some(field)));
    }

    // A refused key can be used again. The condition is part of the request that the key identifies.
    let known = json!({ "stopSell": true, "expected": { "minStayArrival": 3, "closedToArrival": false } });
    let night_3 = (night(3), night(3));
    let set = fixture.restrict(vec![fixture.change(night_3, &known)], Some("once")).await.expect("data");
    assert_eq!((&set["changedCells"], &set["userErrors"]), (&json!(1), &json!([])));
    let repeated = fixture.restrict(vec![fixture.change(night_3, &known)], Some("once")).await.expect("data");
    assert_eq!(repeated["replayed"], true);
    let blind = fixture.change(night_3, &json!({ "stopSell": true }));
    let reused = fixture.restrict(vec![blind], Some("once")).await.expect("data");
    assert_eq!(reused["userErrors"][0]["code"], "KEY_REUSED", "{reused}");
    let shown = fixture.rules((night(2), night(3))).await;
    assert_eq!(shown["stopSell"], json!([false, true]));
    assert_eq!(fixture.gateway.audit().await.drift, 0);
}

#[tokio::test]
async fn null_does_not_clear_a_restriction() {
    let fixture = two_suppliers::Fixture::new().await;
    let week = (night(1), night(7));
    fixture.alpha.restrict(&fixture.property, "DBL", week, &json!({ "minStayArrival": 2 })).await.accepted();
    let seq = fixture.seq().await;

    let refused = fixture.alpha.restrict(&fixture.property, "DBL", week, &json!({ "minStayArrival": null })).await;
    let error = refused.0.expect_err("an explicit null");
    assert_eq!((error.code(), error.errors()[0].field.as_deref()), ("BAD_USER_INPUT", Some("changes.minStayArrival")));
    let refused =
        fixture.alpha.restrict(&fixture.property, "DBL", week, &json!({ "minStayArrival": 400 })).await.refused();
    assert_eq!(refused[0]["code"], "INVALID", "{refused:?}");
    fixture.nothing_was_written_since(seq).await;

    let short = fixture.beta.book(&fixture.property, "DBL", stay(1, 1)).await.refused();
    assert_eq!((&short[0]["rule"], &short[0]["value"]), (&json!("MIN_STAY_ARRIVAL"), &json!(2)));
}
