//! Subscriptions to stock changes over a websocket: snapshot, changes, resume, visibility.

use lodgate_e2e::{
    Gateway, TIMEOUT, WebSocket,
    client::Client,
    stories::{Feed, Property, documents::WATCH, night, stay},
    websocket::Incoming,
};
use serde_json::{Value, json};

#[tokio::test]
async fn the_snapshot_comes_first_and_then_each_change_once() {
    let gateway = Gateway::builder().start().await;
    let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
    let property =
        alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).opened_to("beta").create().await;
    // Sales run while the subscription starts: none of them may be lost between snapshot and changes.
    let sales = async {
        for n in 0..30 {
            beta.book(&property, "DBL", stay(1 + n % 8, 1)).await.accepted();
        }
    };
    let watching = async {
        let mut feed = alpha.watch(&[&property]).await;
        let mut mirror = lodgate_e2e::stories::Mirror::default();
        mirror.apply(&feed.message(TIMEOUT).await.expect("the snapshot")).expect("the snapshot first");
        (feed, mirror)
    };
    let ((), (mut feed, mut mirror)) = tokio::join!(sales, watching);

    let head = alpha.stock_seq(&property).await;
    while mirror.seqs[&property.id] < head {
        mirror.apply(&feed.message(TIMEOUT).await.expect("a change")).expect("without a gap");
    }
    let nights = (night(0), night(10));
    let received = mirror.left(&property, "DBL", nights, None);
    let stored = alpha.calendar(&property, "DBL", nights, None, None).await;
    assert_eq!(json!(received), stored["leftToSell"]);
    assert_eq!(received.iter().sum::<i64>(), 11 * 10 - 30);
}

#[tokio::test]
async fn a_cursor_resumes_only_the_same_subscription_of_the_same_tenant() {
    let gateway = Gateway::builder().start().await;
    let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
    let make = |name| alpha.property(name).nights(night(0), night(10)).rooms("DBL", 10).opened_to("beta");
    let (one, two) = (make("Seaview").create().await, make("Hillside").create().await);

    let mut feed = beta.watch(&one).await;
    let state = feed.message(TIMEOUT).await.expect("the snapshot");
    let cursor = state.0["stateCursor"].as_str().expect("the last part has a cursor").to_owned();
    beta.book(&one, "DBL", stay(1, 1)).await.accepted();
    let change = feed.message(TIMEOUT).await.expect("a change");
    assert_eq!(change.left_to_sell("DBL", night(1)), Some(9));
    feed.socket.reset();

    let mut resumed =
        open(&gateway, &beta.client, &json!({ "properties": [one.id], "after": cursor, "snapshot": false })).await;
    let again = resumed.message(TIMEOUT).await.expect("the same change");
    assert_eq!((&again.0["seq"], &again.0["cells"]), (&change.0["seq"], &change.0["cells"]));
    let checkpoint = resumed.message(TIMEOUT).await.expect("the checkpoint after the missed changes");
    assert_eq!(checkpoint.kind(), "StockCheckpoint");
    assert!(checkpoint.0["cursor"].is_string(), "{checkpoint:?}");

    let other_filter = json!({ "properties": [one.id, two.id], "after": cursor, "snapshot": false });
    let resync = open(&gateway, &beta.client, &other_filter).await.message(TIMEOUT).await.expect("a response");
    assert_eq!((resync.kind(), &resync.0["reason"]), ("Resync", &json!("FILTER_CHANGED")));

    let mut damaged = cursor.clone();
    damaged.replace_range(..1, if cursor.starts_with('A') { "B" } else { "A" });
    for (client, cursor) in
        [(&alpha.client, cursor.as_str()), (&beta.client, damaged.as_str()), (&beta.client, "garbage")]
    {
        let wanted = json!({ "properties": [one.id], "after": cursor, "snapshot": false });
        let refused = open(&gateway, client, &wanted).await.socket.next(TIMEOUT).await.expect("a response");
        let named = |errors: &[lodgate_e2e::client::GraphQlError]| {
            errors[0].code == "BAD_USER_INPUT" && errors[0].field.as_deref() == Some("after")
        };
        assert!(matches!(&refused, Incoming::Error { errors, .. } if named(errors)), "{refused:?}");
    }
}

/// More missed changes than one read of the journal returns: they are delivered in several parts, one message per
/// change.
#[tokio::test]
async fn every_missed_change_is_delivered_after_a_long_absence() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).create().await;
    let mut feed = alpha.watch(&[&property]).await;
    let state = feed.message(TIMEOUT).await.expect("the snapshot");
    let cursor = state.0["stateCursor"].as_str().expect("the last part has a cursor").to_owned();
    feed.socket.reset();

    let mut received: std::collections::BTreeMap<_, _> = (0..=10).map(|n| (night(n), 10)).collect();
    let mut steps = Vec::new();
    for number in 0..1_100_u32 {
        let (date, rooms) = (night(u64::from(number * 7 % 11)), 11 + number % 89);
        if received.insert(date, rooms) != Some(rooms) {
            alpha.set_allotments(&property, "DBL", (date, date), rooms).await.accepted();
            steps.push((date, i64::from(rooms)));
        }
    }

    let mut resumed = alpha.watch_after(&[&property], &cursor).await;
    let mut mirror = lodgate_e2e::stories::Mirror::default();
    mirror.apply(&state).expect("the snapshot");
    for (number, (date, rooms)) in steps.iter().enumerate() {
        let message = resumed.message(TIMEOUT).await.unwrap_or_else(|error| panic!("step {number}: {error}"));
        mirror.apply(&message).expect("without a gap");
        assert_eq!(message.left_to_sell("DBL", *date), Some(*rooms), "step {number}: {message:?}");
        assert_eq!(message.0["coalesced"], false);
    }
    assert_eq!(
        resumed.message(TIMEOUT).await.expect("the checkpoint after the missed changes").kind(),
        "StockCheckpoint"
    );
    assert!(steps.len() > 1_000, "{}", steps.len());
}

/// A snapshot of several parts has one seq per property, also when the property changes meanwhile.
#[tokio::test]
async fn a_snapshot_of_several_parts_has_one_seq_per_property() {
    let gateway = Gateway::builder().start().await;
    let (alpha, nights) = (gateway.supplier("alpha").await, (night(0), night(700)));
    let make =
        |name| alpha.property(name).nights(nights.0, nights.1).rooms("DBL", 10).rooms("SGL", 10).rooms("STE", 10);
    let properties = [make("Seaview").create().await, make("Hillside").create().await];
    let changes = async {
        for n in 0..40_u32 {
            let (property, date) = (&properties[n as usize % 2], night(u64::from(n) * 17));
            for code in ["DBL", "SGL", "STE"] {
                alpha.set_allotments(property, code, (date, date), 20 + n).await.accepted();
            }
        }
    };
    let watching = async {
        let mut mirror = lodgate_e2e::stories::Mirror::default();
        let mut feed = alpha.watch(&[&properties[0], &properties[1]]).await;
        let mut parts = 0;
        while mirror.cursor.is_none() {
            let part = feed.message(TIMEOUT).await.expect("a part of the snapshot");
            assert_eq!(
                (part.kind(), part.0["isLast"] == json!(true)),
                ("StockSnapshot", part.0["stateCursor"].is_string())
            );
            assert!(part.0["cells"].as_array().is_some_and(|cells| cells.len() <= 1_000), "parts of at most 1,000");
            mirror.apply(&part).expect("one seq per property");
            parts += 1;
        }
        assert!(parts >= 6, "{parts} parts");
        (feed, mirror)
    };
    let ((), (mut feed, mut mirror)) = tokio::join!(changes, watching);

    for property in &properties {
        let head = alpha.stock_seq(property).await;
        while mirror.seqs[&property.id] < head {
            mirror.apply(&feed.message(TIMEOUT).await.expect("a change")).expect("without a gap");
        }
    }
    for property in &properties {
        for code in ["DBL", "SGL", "STE"] {
            let stored = alpha.calendar(property, code, (night(0), night(365)), None, None).await;
            assert_eq!(
                json!(mirror.left(property, code, (night(0), night(365)), None)),
                stored["leftToSell"],
                "{code}"
            );
        }
    }
}

#[tokio::test]
async fn a_partner_receives_no_changes_of_other_partners() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let (beta, gamma) = (gateway.partner("beta").await, gateway.partner("gamma").await);
    let nights = (night(0), night(10));
    let property: Property = alpha
        .property("Seaview")
        .nights(nights.0, nights.1)
        .rooms("DBL", 5)
        .apart_from("beta")
        .apart_from("gamma")
        .create()
        .await;
    for partner in ["beta", "gamma"] {
        alpha.own_rooms(&property, "DBL", partner, nights, 3).await.accepted();
    }

    let mut feed = beta.watch(&property).await;
    let state = feed.message(TIMEOUT).await.expect("the snapshot");
    assert_eq!(state.left_to_sell("DBL", night(1)), Some(3));
    let own: Vec<&Value> = state.0["cells"].as_array().expect("cells").iter().collect();
    assert!(
        own.iter().all(|cell| cell["contractId"] == property.contract("beta")),
        "cells of the partner's contract only: {state:?}"
    );
    assert!(
        own.iter().all(|cell| cell["allotted"].is_null() && cell["sold"].is_null()),
        "no counts of pools: {state:?}"
    );

    gamma.book(&property, "DBL", stay(1, 2)).await.accepted();
    let theirs = gamma.hold(&property, "DBL", stay(2, 2)).await.reservation();
    gamma.cancel(&theirs).await.accepted();
    alpha.own_rooms(&property, "DBL", "gamma", nights, 4).await.accepted();
    alpha.set_allotments(&property, "DBL", nights, 6).await.accepted();
    beta.book(&property, "DBL", stay(1, 1)).await.accepted();

    let first = feed.message(TIMEOUT).await.expect("a change");
    assert_eq!(first.kind(), "StockChange");
    assert_eq!(
        first.left_to_sell("DBL", night(1)),
        Some(2),
        "the first change is the partner's own booking: {first:?}"
    );
    assert_eq!(first.0["previousSeq"], state.0["seq"], "the link skips invisible events");
}

async fn open(gateway: &Gateway, client: &Client, variables: &Value) -> Feed {
    let mut socket = WebSocket::connect(gateway.base_url(), client.token()).await.expect("connected");
    socket.subscribe(WATCH, variables).await.expect("sent");
    Feed { socket }
}
