//! Reservations: stays that are refused, and idempotency keys.

use lodgate_e2e::stories::{documents, night, stay};
use serde_json::json;

use crate::two_suppliers::{Fixture, mutate};

#[tokio::test]
async fn invalid_stays_are_refused() {
    let fixture = Fixture::new().await;
    let seq = fixture.seq().await;

    for (stay, code, field) in [
        (stay(3, 0), "EMPTY_STAY", "lines.0.checkOut"),
        ((night(5), night(3)), "EMPTY_STAY", "lines.0.checkOut"),
        (stay(1, 400), "INVALID", "lines.0.checkOut"),
    ] {
        let problem = fixture.book(stay).await.expect_err("refused");
        assert!(problem.is(code, field), "{stay:?} gave {problem:?}");
    }
    let far = fixture.book(stay(1_200, 2)).await.expect_err("refused");
    assert_eq!((&*far.code, &far.rule), ("REFUSED", &json!("HORIZON")), "{far:?}");
    let closed = fixture.book(stay(29, 4)).await.expect_err("refused");
    assert_eq!(closed.code, "REFUSED", "after the contract and the allotments: {closed:?}");

    let good = fixture.beta.claim(&fixture.property, "DBL", stay(1, 2), 1, "once");
    for (path, value, code, field) in [
        ("/lines", json!([]), "INVALID", "lines"),
        ("/lines", json!(vec![good["lines"][0].clone(); 101]), "INVALID", "lines"),
        ("/lines/0/adults", json!(0), "INVALID", "lines.0.adults"),
        ("/lines/0/adults", json!(-1), "INVALID", "lines.0.adults"),
        ("/lines/0/adults", json!(9), "REFUSED", "lines.0"),
        ("/lines/0/roomTypeId", json!("nonsense"), "INVALID", "lines.0.roomTypeId"),
        ("/lines/0/roomTypeId", json!(fixture.foreign.room_type("DBL")), "INVALID", "lines.0.roomTypeId"),
        ("/idempotencyKey", json!(""), "INVALID", "idempotencyKey"),
        ("/idempotencyKey", json!("k".repeat(101)), "INVALID", "idempotencyKey"),
        ("/reference", json!(" "), "INVALID", "reference"),
    ] {
        let mut input = good.clone();
        *input.pointer_mut(path).expect("a field of the input") = value.clone();
        let problem = mutate(&fixture.beta.client, documents::BOOK, &input).await.expect_err("refused");
        assert!(problem.is(code, field), "{path}: {value} gave {problem:?}");
    }
    fixture.nothing_was_written_since(seq).await;
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_request() {
    let fixture = Fixture::new().await;
    let first = fixture.book(stay(1, 2)).await.expect("booked");
    let seq = fixture.seq().await;

    let again = fixture.book(stay(1, 2)).await.expect("the same answer");
    assert_eq!((&again["reservation"], &again["replayed"]), (&first["reservation"], &json!(true)));
    let other = fixture.book(stay(1, 3)).await.expect_err("another request");
    assert!(other.is("KEY_REUSED", "idempotencyKey"), "{other:?}");
    let hold = fixture.beta.claim(&fixture.property, "DBL", stay(1, 2), 1, "once");
    let hold = mutate(&fixture.beta.client, documents::HOLD, &hold).await.expect_err("another operation");
    assert!(hold.is("KEY_REUSED", "idempotencyKey"), "{hold:?}");
    let mut same_reference = fixture.beta.claim(&fixture.property, "DBL", stay(1, 2), 1, "once");
    same_reference["idempotencyKey"] = json!("twice");
    let same_reference =
        mutate(&fixture.beta.client, documents::BOOK, &same_reference).await.expect_err("a used reference");
    assert!(same_reference.is("DUPLICATE_REFERENCE", "reference"), "{same_reference:?}");
    fixture.nothing_was_written_since(seq).await;
}
