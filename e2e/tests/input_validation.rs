//! Input of every bad kind gets a clear answer that names what is at fault, and writes nothing.

use std::time::Duration;

use chrono::NaiveDate;
use lodgate_e2e::{
    Client, Gateway, Kind, process,
    stories::{Hotel, Partner, Supplier, documents as ask, eventually, night, stay},
};
use serde_json::{Value, json};

/// Two suppliers and two partners: what belongs to one is nothing to the other.
struct Scene {
    gateway: Gateway,
    alpha: Supplier,
    beta: Partner,
    hotel: Hotel,
    /// Of another supplier, open to another partner.
    foreign: Hotel,
    gamma: Partner,
}

impl Scene {
    async fn new() -> Self {
        let gateway = Gateway::builder().start().await;
        let alpha = gateway.supplier("alpha").await;
        let hotel =
            alpha.property("Seaview").nights(night(0), night(30)).rooms("DBL", 5).opened_to("beta").create().await;
        let omega = gateway.supplier("omega").await;
        let foreign =
            omega.property("Hillside").nights(night(0), night(30)).rooms("DBL", 5).opened_to("gamma").create().await;
        let (beta, gamma) = (gateway.partner("beta").await, gateway.partner("gamma").await);
        Self { gateway, alpha, beta, hotel, foreign, gamma }
    }

    /// The input of a change of counts at the own hotel, with `more` over it.
    fn count(&self, nights: (NaiveDate, NaiveDate), rooms: i32) -> Value {
        let room = self.hotel.room_type("DBL");
        let (pool, count) = (json!({ "shared": true }), json!({ "allotted": rooms }));
        json!({ "roomTypeId": room, "pool": pool, "from": nights.0, "through": nights.1, "count": count })
    }

    async fn set(&self, changes: &[Value]) -> Result<Value, Problem> {
        let input = json!({ "propertyId": self.hotel.id, "changes": changes });
        mutate(&self.alpha.client, ask::SET_ALLOTMENTS, &input).await
    }

    async fn book(&self, nights: (NaiveDate, NaiveDate)) -> Result<Value, Problem> {
        mutate(&self.beta.client, ask::BOOK, &self.beta.claim(&self.hotel, "DBL", nights, 1, "once")).await
    }

    async fn seq(&self) -> i64 {
        self.alpha.stock_seq(&self.hotel).await
    }

    async fn nothing_was_written_since(&self, seq: i64) {
        assert_eq!(self.seq().await, seq);
        assert_eq!(self.gateway.audit().await.drift, 0);
    }
}

/// Why nothing was done, as a program reads it.
#[derive(Debug, PartialEq)]
struct Problem {
    code: String,
    field: String,
    rule: Value,
    message: String,
}

impl Problem {
    fn is(&self, code: &str, field: &str) -> bool {
        self.code == code && self.field == field && !self.message.is_empty()
    }
}

/// Sends a mutation and reads the first problem, be it data or an error.
async fn mutate(client: &Client, document: &str, input: &Value) -> Result<Value, Problem> {
    let data = match client.query(document, &json!({ "input": input })).await {
        Ok(data) => data,
        Err(error) => return Err(problem_of(error.errors().first().unwrap_or_else(|| panic!("no answer: {error}")))),
    };
    let payload = data.as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or_default();
    let Some(error) = payload["userErrors"].get(0) else { return Ok(payload) };
    let field: Vec<&str> = error["field"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    Err(Problem { code: text("code"), field: field.join("."), rule: error["rule"].clone(), message: text("message") })
}

fn problem_of(error: &lodgate_e2e::client::GraphQlError) -> Problem {
    let (field, rule) = (error.field.clone().unwrap_or_default(), Value::Null);
    Problem { code: error.code.clone(), field, rule, message: error.message.clone() }
}

#[tokio::test]
async fn counts_that_can_not_be_are_refused() {
    let scene = Scene::new().await;
    let seq = scene.seq().await;
    let week = (night(1), night(7));

    let expect = async |change: Value, code: &str, field: &str| {
        let problem = scene.set(std::slice::from_ref(&change)).await.expect_err("refused");
        assert!(problem.is(code, field), "{change} gave {problem:?}");
        problem
    };
    expect(scene.count((night(7), night(1)), 3), "INVALID", "changes.0.through").await;
    let far = expect(scene.count((night(1), night(1_500)), 3), "INVALID", "changes.0.through").await;
    assert_eq!(far.rule, "HORIZON");
    let past = (night(0) - chrono::Days::new(9), night(1));
    assert_eq!(expect(scene.count(past, 3), "INVALID", "changes.0.from").await.rule, "CUT_OFF");
    expect(scene.count(week, -1), "INVALID", "changes.0.count.allotted").await;
    expect(scene.count(week, 10_001), "INVALID", "changes.0.count.allotted").await;

    let with = |field: &str, value: Value| {
        let mut change = scene.count(week, 3);
        change[field] = value;
        change
    };
    expect(with("roomTypeId", json!(scene.foreign.room_type("DBL"))), "INVALID", "changes.0.roomTypeId").await;
    let contract = json!({ "contractId": scene.foreign.contract("gamma") });
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
        let problem = scene.set(&[with(field, value.clone())]).await.expect_err("refused");
        let is_told =
            matches!(&*problem.code, "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED") && !problem.message.is_empty();
        assert!(is_told, "{field}: {value} gave {problem:?}");
    }

    let overlap = scene.set(&[scene.count(week, 3), scene.count((night(7), night(9)), 4)]).await.expect_err("refused");
    assert!(overlap.is("INVALID", "changes.1.from"), "{overlap:?}");
    let none = scene.set(&[]).await.expect_err("refused");
    assert!(none.is("INVALID", "changes"), "{none:?}");
    scene.nothing_was_written_since(seq).await;
}

#[tokio::test]
async fn restrictions_are_not_wiped_by_null() {
    let scene = Scene::new().await;
    let week = (night(1), night(7));
    scene.alpha.restrict(&scene.hotel, "DBL", week, &json!({ "minStayArrival": 2 })).await.accepted();
    let seq = scene.seq().await;

    let refused = scene.alpha.restrict(&scene.hotel, "DBL", week, &json!({ "minStayArrival": null })).await;
    let error = refused.0.expect_err("an explicit null");
    assert_eq!((error.code(), error.errors()[0].field.as_deref()), ("BAD_USER_INPUT", Some("changes.minStayArrival")));
    let refused = scene.alpha.restrict(&scene.hotel, "DBL", week, &json!({ "minStayArrival": 400 })).await.refused();
    assert_eq!(refused[0]["code"], "INVALID", "{refused:?}");
    scene.nothing_was_written_since(seq).await;

    let short = scene.beta.book(&scene.hotel, "DBL", stay(1, 1)).await.refused();
    assert_eq!((&short[0]["rule"], &short[0]["value"]), (&json!("MIN_STAY_ARRIVAL"), &json!(2)));
}

#[tokio::test]
async fn stays_that_can_not_be_are_refused() {
    let scene = Scene::new().await;
    let seq = scene.seq().await;

    for (stay, code, field) in [
        (stay(3, 0), "EMPTY_STAY", "lines.0.checkOut"),
        ((night(5), night(3)), "EMPTY_STAY", "lines.0.checkOut"),
        (stay(1, 400), "INVALID", "lines.0.checkOut"),
    ] {
        let problem = scene.book(stay).await.expect_err("refused");
        assert!(problem.is(code, field), "{stay:?} gave {problem:?}");
    }
    let far = scene.book(stay(1_200, 2)).await.expect_err("refused");
    assert_eq!((&*far.code, &far.rule), ("REFUSED", &json!("HORIZON")), "{far:?}");
    let closed = scene.book(stay(29, 4)).await.expect_err("refused");
    assert_eq!(closed.code, "REFUSED", "past the contract and what is loaded: {closed:?}");

    let good = scene.beta.claim(&scene.hotel, "DBL", stay(1, 2), 1, "once");
    for (path, value, code, field) in [
        ("/lines", json!([]), "INVALID", "lines"),
        ("/lines", json!(vec![good["lines"][0].clone(); 101]), "INVALID", "lines"),
        ("/lines/0/adults", json!(0), "INVALID", "lines.0.adults"),
        ("/lines/0/adults", json!(-1), "INVALID", "lines.0.adults"),
        ("/lines/0/adults", json!(9), "REFUSED", "lines.0"),
        ("/lines/0/roomTypeId", json!("nonsense"), "INVALID", "lines.0.roomTypeId"),
        ("/lines/0/roomTypeId", json!(scene.foreign.room_type("DBL")), "INVALID", "lines.0.roomTypeId"),
        ("/idempotencyKey", json!(""), "INVALID", "idempotencyKey"),
        ("/idempotencyKey", json!("k".repeat(101)), "INVALID", "idempotencyKey"),
        ("/reference", json!(" "), "INVALID", "reference"),
    ] {
        let mut input = good.clone();
        *input.pointer_mut(path).expect("a field of the input") = value.clone();
        let problem = mutate(&scene.beta.client, ask::BOOK, &input).await.expect_err("refused");
        assert!(problem.is(code, field), "{path}: {value} gave {problem:?}");
    }
    scene.nothing_was_written_since(seq).await;
}

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

#[tokio::test]
async fn a_key_is_good_for_one_request() {
    let scene = Scene::new().await;
    let first = scene.book(stay(1, 2)).await.expect("booked");
    let seq = scene.seq().await;

    let again = scene.book(stay(1, 2)).await.expect("the same answer");
    assert_eq!((&again["reservation"], &again["replayed"]), (&first["reservation"], &json!(true)));
    let other = scene.book(stay(1, 3)).await.expect_err("another request");
    assert!(other.is("KEY_REUSED", "idempotencyKey"), "{other:?}");
    let hold = scene.beta.claim(&scene.hotel, "DBL", stay(1, 2), 1, "once");
    let hold = mutate(&scene.beta.client, ask::HOLD, &hold).await.expect_err("another operation");
    assert!(hold.is("KEY_REUSED", "idempotencyKey"), "{hold:?}");
    let mut same_reference = scene.beta.claim(&scene.hotel, "DBL", stay(1, 2), 1, "once");
    same_reference["idempotencyKey"] = json!("twice");
    let same_reference = mutate(&scene.beta.client, ask::BOOK, &same_reference).await.expect_err("a taken reference");
    assert!(same_reference.is("DUPLICATE_REFERENCE", "reference"), "{same_reference:?}");
    scene.nothing_was_written_since(seq).await;
}

#[tokio::test]
async fn bad_tokens_open_nothing() {
    let scene = Scene::new().await;
    let seq = scene.seq().await;
    let input = scene.beta.claim(&scene.hotel, "DBL", stay(1, 2), 1, "once");

    let mut command = scene.gateway.mint().command("token");
    command.args(["--tenant", "beta", "--plan", "unmetered", "--ttl", "1s"]);
    let token = process::output(&mut command).expect("a token");
    let passing = scene.beta.client.with_token(token.trim());
    let probe = || async { passing.query("{ viewer { __typename } }", &json!({})).await.err() };
    // Half a minute of clocks that differ is allowed for.
    eventually("the token expires", Duration::from_secs(60), probe).await;

    let good = scene.beta.client.token();
    let (rest, signature) = good.rsplit_once('.').expect("a signature");
    let (head, _) = rest.split_once('.').expect("a payload");
    let forged: String = signature.chars().rev().collect();
    let unsigned = "eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJiZXRhIn0.".to_owned();
    let bad =
        ["".to_owned(), "garbage".to_owned(), format!("{rest}.{forged}"), format!("{head}.e30.{signature}"), unsigned];
    for token in bad.iter().map(String::as_str).chain([token.trim()]) {
        let refused = scene.beta.client.with_token(token).query(ask::BOOK, &json!({ "input": input })).await;
        let refused = refused.expect_err("a bad token");
        assert_eq!((refused.status(), refused.code()), (Some(401), "UNAUTHENTICATED"), "{token}: {refused}");
    }

    let reader = scene.gateway.token("beta", Kind::Partner, "inventory:read", "unmetered").await;
    let refused = scene.beta.client.with_token(&reader).query(ask::BOOK, &json!({ "input": input })).await;
    let refused = refused.expect_err("a missing scope");
    assert_eq!(refused.code(), "FORBIDDEN");
    assert!(refused.to_string().contains("reservations:write"), "{refused}");
    let counts =
        json!({ "input": { "propertyId": scene.hotel.id, "changes": [scene.count((night(1), night(2)), 3)] } });
    let refused = scene.beta.client.query(ask::SET_ALLOTMENTS, &counts).await.expect_err("a partner sets no counts");
    assert_eq!(refused.code(), "FORBIDDEN");
    scene.nothing_was_written_since(seq).await;
}
