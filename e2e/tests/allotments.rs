//! Allotments: changes of counts that are refused, with the field and the rule at fault.

use lodgate_e2e::stories::night;
use serde_json::{Value, json};

use crate::two_suppliers::Fixture;

#[tokio::test]
async fn invalid_allotments_are_refused() {
    let fixture = Fixture::new().await;
    let seq = fixture.seq().await;
    let week = (night(1), night(7));

    let expect = async |change: Value, code: &str, field: &str| {
        let problem = fixture.set(std::slice::from_ref(&change)).await.expect_err("refused");
        assert!(problem.is(code, field), "{change} gave {problem:?}");
        problem
    };
    expect(fixture.count((night(7), night(1)), 3), "INVALID", "changes.0.through").await;
    let far = expect(fixture.count((night(1), night(1_500)), 3), "INVALID", "changes.0.through").await;
    assert_eq!(far.rule, "HORIZON");
    let past = (night(0) - chrono::Days::new(9), night(1));
    assert_eq!(expect(fixture.count(past, 3), "INVALID", "changes.0.from").await.rule, "CUT_OFF");
    expect(fixture.count(week, -1), "INVALID", "changes.0.count.allotted").await;
    expect(fixture.count(week, 10_001), "INVALID", "changes.0.count.allotted").await;

    let with = |field: &str, value: Value| {
        let mut change = fixture.count(week, 3);
        change[field] = value;
        change
    };
    expect(with("roomTypeId", json!(fixture.foreign.room_type("DBL"))), "INVALID", "changes.0.roomTypeId").await;
    let contract = json!({ "contractId": fixture.foreign.contract("gamma") });
    expect(with("pool", contract), "INVALID", "changes.0.contractId").await;
    expect(with("pool", json!({ "shared": false })), "BAD_USER_INPUT", "changes.pool.shared").await;
    for (field, value) in [
        ("from", json!("2030-02-30")),
        ("from", json!("tomorrow")),
        ("from", json!(20_300_101)),
        ("count", json!({ "allotted": 1, "leftToSell": 1 })),
        ("count", json!({ "allotted": "3" })),
        ("count", json!({})),
        ("pool", json!({ "shared": true, "contractId": "x" })),
    ] {
        let problem = fixture.set(&[with(field, value.clone())]).await.expect_err("refused");
        let has_message =
            matches!(&*problem.code, "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED") && !problem.message.is_empty();
        assert!(has_message, "{field}: {value} gave {problem:?}");
    }

    let overlap =
        fixture.set(&[fixture.count(week, 3), fixture.count((night(7), night(9)), 4)]).await.expect_err("refused");
    assert!(overlap.is("INVALID", "changes.1.from"), "{overlap:?}");
    let none = fixture.set(&[]).await.expect_err("refused");
    assert!(none.is("INVALID", "changes"), "{none:?}");
    fixture.nothing_was_written_since(seq).await;
}
