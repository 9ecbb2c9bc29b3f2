//! An id of another tenant's thing is answered as an id that does not exist.

use lodgate_e2e::stories::{documents as ask, night, stay};
use serde_json::json;

use crate::two_suppliers::{Scene, mutate};

#[tokio::test]
async fn what_is_not_yours_is_answered_as_what_is_not_there() {
    let scene = Scene::new().await;
    let theirs = scene.gamma.book(&scene.foreign, "DBL", stay(1, 1)).await.reservation();
    let seq = scene.seq().await;
    let (beta, alpha) = (&scene.beta.client, &scene.alpha.client);

    // "P999999", "R999999.1" and the like, sealed as the gateway seals its ids.
    let (no_hotel, no_room, no_contract) = ("UDk5OTk5OQ", "Ujk5OTk5OS4x", "Qzk5OTk5OS4x");
    let no_reservation = "VjEuMDAwMDAwMDAwMDAwNzAwMDgwMDAwMDAwMDAwMDAwMDA";
    for (theirs, nothing) in [
        (scene.foreign.id.as_str(), no_hotel),
        (scene.foreign.room_type("DBL"), no_room),
        (scene.foreign.contract("gamma"), no_contract),
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

    let claim = |hotel: &str, contract: &str| {
        let mut input = scene.beta.claim(&scene.hotel, "DBL", stay(1, 1), 1, "once");
        (input["propertyId"], input["contractId"]) = (json!(hotel), json!(contract));
        input
    };
    let own = scene.hotel.contract("beta");
    let mine = scene.hotel.id.as_str();
    let set = |hotel: &str| json!({ "propertyId": hotel, "changes": [scene.count((night(1), night(2)), 3)] });
    let named = |id: &str| json!({ "reservationId": id, "idempotencyKey": "once" });
    let confirm = |id: &str| json!({ "reservationId": id });
    let undo = |hotel: &str| {
        let (set, of) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        json!({ "propertyId": hotel, "changeSetId": set, "asChangeSetId": of })
    };
    let rule = |hotel: &str| {
        let change = json!({
            "roomTypeId": scene.foreign.room_type("DBL"), "level": { "roomNight": true }, "from": night(1),
            "through": night(2), "stopSell": true, "expected": { "stopSell": true },
        });
        json!({ "propertyId": hotel, "changes": [change] })
    };
    for (client, document, theirs, nothing, field) in [
        (alpha, ask::SET_ALLOTMENTS, set(&scene.foreign.id), set(no_hotel), "propertyId"),
        (alpha, ask::SET_ALLOTMENTS, set(&scene.foreign.id), set("nonsense"), "propertyId"),
        (alpha, ask::SET_RESTRICTIONS, rule(&scene.foreign.id), rule(no_hotel), "propertyId"),
        (alpha, ask::UNDO, undo(&scene.foreign.id), undo(no_hotel), "propertyId"),
        (beta, ask::BOOK, claim(&scene.foreign.id, own), claim(no_hotel, own), "propertyId"),
        (beta, ask::HOLD, claim(&scene.foreign.id, own), claim("", own), "propertyId"),
        (beta, ask::BOOK, claim(mine, scene.foreign.contract("gamma")), claim(mine, no_contract), "contractId"),
        (beta, ask::CANCEL, named(&theirs), named(no_reservation), "reservationId"),
        (beta, ask::CONFIRM, confirm(&theirs), confirm("nonsense"), "reservationId"),
    ] {
        let one = mutate(client, document, &theirs).await.expect_err("theirs");
        let other = mutate(client, document, &nothing).await.expect_err("nothing");
        assert!(one.is("INVALID", field), "{one:?}");
        assert_eq!(one, other);
    }
    scene.nothing_was_written_since(seq).await;
}
