//! The id of another tenant's object gets the same response as an id that does not exist.

use lodgate_e2e::stories::{documents, night, stay};
use serde_json::json;

use crate::two_suppliers::{Fixture, mutate};

#[tokio::test]
async fn a_foreign_id_is_answered_like_an_unknown_id() {
    let fixture = Fixture::new().await;
    let theirs = fixture.gamma.book(&fixture.foreign, "DBL", stay(1, 1)).await.reservation();
    let seq = fixture.seq().await;
    let (beta, alpha) = (&fixture.beta.client, &fixture.alpha.client);

    // "P999999", "R999999.1" and the like, encoded as the gateway encodes its ids.
    let (no_hotel, no_room, no_contract) = ("UDk5OTk5OQ", "Ujk5OTk5OS4x", "Qzk5OTk5OS4x");
    let no_reservation = "VjEuMDAwMDAwMDAwMDAwNzAwMDgwMDAwMDAwMDAwMDAwMDA";
    for (theirs, nothing) in [
        (fixture.foreign.id.as_str(), no_hotel),
        (fixture.foreign.room_type("DBL"), no_room),
        (fixture.foreign.contract("gamma"), no_contract),
        (theirs.as_str(), no_reservation),
    ] {
        for client in [alpha, beta] {
            let node = "query($id: ID!) { node(id: $id) { id } reservation(id: $id) { id }
              property(id: $id) { id history { events { seq } next } } }";
            let one = client.query(node, &json!({ "id": theirs })).await.expect("data");
            let other = client.query(node, &json!({ "id": nothing })).await.expect("data");
            let null = json!({ "node": null, "property": null, "reservation": null });
            assert_eq!((&one, &other), (&null, &null));
        }
    }

    let claim = |property: &str, contract: &str| {
        let mut input = fixture.beta.claim(&fixture.property, "DBL", stay(1, 1), 1, "once");
        (input["propertyId"], input["contractId"]) = (json!(property), json!(contract));
        input
    };
    let own = fixture.property.contract("beta");
    let mine = fixture.property.id.as_str();
    let set = |property: &str| json!({ "propertyId": property, "changes": [fixture.count((night(1), night(2)), 3)] });
    let named = |id: &str| json!({ "reservationId": id, "idempotencyKey": "once" });
    let confirm = |id: &str| json!({ "reservationId": id });
    let undo = |property: &str| {
        let (set, of) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        json!({ "propertyId": property, "changeSetId": set, "asChangeSetId": of })
    };
    let rule = |property: &str| {
        let change = json!({
            "roomTypeId": fixture.foreign.room_type("DBL"), "level": { "roomNight": true }, "from": night(1),
            "through": night(2), "stopSell": true, "expected": { "stopSell": true },
        });
        json!({ "propertyId": property, "changes": [change] })
    };
    for (client, document, theirs, nothing, field) in [
        (alpha, documents::SET_ALLOTMENTS, set(&fixture.foreign.id), set(no_hotel), "propertyId"),
        (alpha, documents::SET_ALLOTMENTS, set(&fixture.foreign.id), set("nonsense"), "propertyId"),
        (alpha, documents::SET_RESTRICTIONS, rule(&fixture.foreign.id), rule(no_hotel), "propertyId"),
        (alpha, documents::UNDO, undo(&fixture.foreign.id), undo(no_hotel), "propertyId"),
        (beta, documents::BOOK, claim(&fixture.foreign.id, own), claim(no_hotel, own), "propertyId"),
        (beta, documents::HOLD, claim(&fixture.foreign.id, own), claim("", own), "propertyId"),
        (beta, documents::BOOK, claim(mine, fixture.foreign.contract("gamma")), claim(mine, no_contract), "contractId"),
        (beta, documents::CANCEL, named(&theirs), named(no_reservation), "reservationId"),
        (beta, documents::CONFIRM, confirm(&theirs), confirm("nonsense"), "reservationId"),
    ] {
        let one = mutate(client, document, &theirs).await.expect_err("a foreign id");
        let other = mutate(client, document, &nothing).await.expect_err("an unknown id");
        assert!(one.is("INVALID", field), "{one:?}");
        assert_eq!(one, other);
    }
    fixture.nothing_was_written_since(seq).await;
}
