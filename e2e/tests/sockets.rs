//! `graphql-transport-ws` against the gateway: how a conversation begins and ends.

use std::time::Duration;

use lodgate_e2e::{
    Gateway, Kind, Socket,
    client::Client,
    socket::{Incoming, SocketError},
    stories::{Feed, Hotel, documents::WATCH, night, stay},
};
use serde_json::{Value, json};
use tokio::time::Instant;

const SOON: Duration = Duration::from_secs(10);

/// What the gateway closes with, passing over what it still had to say.
async fn close_code(socket: &mut Socket) -> Option<u16> {
    let deadline = Instant::now() + SOON;
    while Instant::now() < deadline {
        if let Err(error) = socket.hear(SOON).await {
            return error.close_code();
        }
    }
    None
}

fn subscribe(id: &str) -> Value {
    let payload = json!({ "query": WATCH, "variables": { "properties": null, "snapshot": true } });
    json!({ "id": id, "type": "subscribe", "payload": payload })
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_told_how() {
    let gateway = Gateway::builder().start().await;
    let client = gateway.client("beta", Kind::Partner).await;
    let url = gateway.base_url();
    let connected = || async { Socket::connect(url, client.token()).await.expect("connected") };

    let mut silent = Socket::open(url).await.expect("open");
    assert_eq!(close_code(&mut silent).await, Some(4408), "no connection_init in time");

    for token in ["", "garbage", "a.b.c"] {
        let refused = Socket::connect(url, token).await.expect_err("refused");
        assert_eq!(refused.close_code(), Some(4403), "{token}");
    }
    let refused = Socket::connect_with(url, &json!({ "cookie": "x" })).await.expect_err("refused");
    assert_eq!(refused.close_code(), Some(4403), "no token at all");

    let mut early = Socket::open(url).await.expect("open");
    early.say(&subscribe("1")).await.expect("sent");
    assert_eq!(close_code(&mut early).await, Some(4401), "an operation before the acknowledgement");

    let mut twice = connected().await;
    twice.say(&json!({ "type": "connection_init" })).await.expect("sent");
    assert_eq!(close_code(&mut twice).await, Some(4429));

    let mut double = connected().await;
    double.say(&subscribe("same")).await.expect("sent");
    double.say(&subscribe("same")).await.expect("sent");
    assert_eq!(close_code(&mut double).await, Some(4409));

    for text in ["", "{", "[]", r#"{"type":"start"}"#, r#"{"type":"subscribe","id":"","payload":{}}"#] {
        let mut odd = connected().await;
        odd.say_text(text).await.expect("sent");
        assert_eq!(close_code(&mut odd).await, Some(4400), "{text}");
    }
}

#[tokio::test]
async fn pings_queries_and_faults_share_a_socket() {
    let gateway = Gateway::builder().start().await;
    let client = gateway.client("beta", Kind::Partner).await;
    let mut socket = Socket::connect(gateway.base_url(), client.token()).await.expect("connected");

    socket.say(&json!({ "type": "ping", "payload": { "n": 7 } })).await.expect("sent");
    assert_eq!(socket.hear(SOON).await.expect("pong"), json!({ "type": "pong", "payload": { "n": 7 } }));

    let id = socket.subscribe("{ viewer { tenant { code } } }", &json!({})).await.expect("sent");
    let data = socket.next_data(SOON).await.expect("an answer");
    assert_eq!(data["viewer"]["tenant"]["code"], "beta");
    assert_eq!(socket.next(SOON).await.expect("the end"), Incoming::Complete { id });

    let id = socket.subscribe("{ noSuchField }", &json!({})).await.expect("sent");
    let refused = socket.next(SOON).await.expect("an answer");
    assert!(
        matches!(&refused, Incoming::Error { id: of, errors } if *of == id && errors[0].code == "GRAPHQL_VALIDATION_FAILED"),
        "{refused:?}"
    );
    let unknown = json!({ "properties": ["UDk5OTk5OQ"], "snapshot": true });
    socket.subscribe(WATCH, &unknown).await.expect("sent");
    let refused = socket.next(SOON).await.expect("an answer");
    assert!(matches!(&refused, Incoming::Error { errors, .. } if errors[0].code == "BAD_USER_INPUT"), "{refused:?}");

    // The socket has outlived the faults of its operations.
    socket.subscribe("{ __typename }", &json!({})).await.expect("sent");
    assert_eq!(socket.next_data(SOON).await.expect("an answer"), json!({ "__typename": "Query" }));
}

#[tokio::test]
async fn the_state_comes_first_and_then_each_change_once() {
    let gateway = Gateway::builder().start().await;
    let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
    let hotel = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).opened_to("beta").create().await;
    // Sales run while the feed opens: none of them may fall between the state and the changes.
    let sales = async {
        for n in 0..30 {
            beta.book(&hotel, "DBL", stay(1 + n % 8, 1)).await.accepted();
        }
    };
    let watching = async {
        let mut feed = alpha.watch(&[&hotel]).await;
        let mut mirror = lodgate_e2e::stories::Mirror::default();
        mirror.take(&feed.message(SOON).await.expect("the state")).expect("the state first");
        (feed, mirror)
    };
    let ((), (mut feed, mut mirror)) = tokio::join!(sales, watching);

    let head = alpha.stock_seq(&hotel).await;
    while mirror.seqs[&hotel.id] < head {
        mirror.take(&feed.message(SOON).await.expect("a change")).expect("a link");
    }
    let nights = (night(0), night(10));
    let told = mirror.left(&hotel, "DBL", nights, None);
    let stored = alpha.calendar(&hotel, "DBL", nights, None, None).await;
    assert_eq!(json!(told), stored["leftToSell"]);
    assert_eq!(told.iter().sum::<i64>(), 11 * 10 - 30);
}

#[tokio::test]
async fn a_cursor_resumes_its_own_stream_and_no_other() {
    let gateway = Gateway::builder().start().await;
    let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
    let make = |name| alpha.property(name).nights(night(0), night(10)).rooms("DBL", 10).opened_to("beta");
    let (one, two) = (make("Seaview").create().await, make("Hillside").create().await);

    let mut feed = beta.watch(&one).await;
    let state = feed.message(SOON).await.expect("the state");
    let cursor = state.0["stateCursor"].as_str().expect("the last part has a cursor").to_owned();
    beta.book(&one, "DBL", stay(1, 1)).await.accepted();
    let change = feed.message(SOON).await.expect("a change");
    assert_eq!(change.left_to_sell("DBL", night(1)), Some(9));
    feed.socket.abandon();

    let mut resumed =
        open(&gateway, &beta.client, &json!({ "properties": [one.id], "after": cursor, "snapshot": false })).await;
    let again = resumed.message(SOON).await.expect("the same change");
    assert_eq!((&again.0["seq"], &again.0["cells"]), (&change.0["seq"], &change.0["cells"]));
    let checkpoint = resumed.message(SOON).await.expect("the end of what was missed");
    assert_eq!(checkpoint.kind(), "StockCheckpoint");
    assert!(checkpoint.0["cursor"].is_string(), "{checkpoint:?}");

    let other_filter = json!({ "properties": [one.id, two.id], "after": cursor, "snapshot": false });
    let resync = open(&gateway, &beta.client, &other_filter).await.message(SOON).await.expect("an answer");
    assert_eq!((resync.kind(), &resync.0["reason"]), ("Resync", &json!("FILTER_CHANGED")));

    let mut damaged = cursor.clone();
    damaged.replace_range(..1, if cursor.starts_with('A') { "B" } else { "A" });
    for (client, cursor) in
        [(&alpha.client, cursor.as_str()), (&beta.client, damaged.as_str()), (&beta.client, "garbage")]
    {
        let wanted = json!({ "properties": [one.id], "after": cursor, "snapshot": false });
        let refused = open(&gateway, client, &wanted).await.socket.next(SOON).await.expect("an answer");
        let named = |errors: &[lodgate_e2e::client::GraphQlError]| {
            errors[0].code == "BAD_USER_INPUT" && errors[0].field.as_deref() == Some("after")
        };
        assert!(matches!(&refused, Incoming::Error { errors, .. } if named(errors)), "{refused:?}");
    }
}

#[tokio::test]
async fn partners_hear_nothing_of_each_other() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let (beta, gamma) = (gateway.partner("beta").await, gateway.partner("gamma").await);
    let nights = (night(0), night(10));
    let hotel: Hotel = alpha
        .property("Seaview")
        .nights(nights.0, nights.1)
        .rooms("DBL", 5)
        .apart_from("beta")
        .apart_from("gamma")
        .create()
        .await;
    for partner in ["beta", "gamma"] {
        alpha.own_rooms(&hotel, "DBL", partner, nights, 3).await.accepted();
    }

    let mut feed = beta.watch(&hotel).await;
    let state = feed.message(SOON).await.expect("the state");
    assert_eq!(state.left_to_sell("DBL", night(1)), Some(3));
    let own: Vec<&Value> = state.0["cells"].as_array().expect("cells").iter().collect();
    assert!(own.iter().all(|cell| cell["contractId"] == hotel.contract("beta")), "only its own contract: {state:?}");
    assert!(
        own.iter().all(|cell| cell["allotted"].is_null() && cell["sold"].is_null()),
        "no counts of pools: {state:?}"
    );

    gamma.book(&hotel, "DBL", stay(1, 2)).await.accepted();
    let theirs = gamma.hold(&hotel, "DBL", stay(2, 2)).await.reservation();
    gamma.cancel(&theirs).await.accepted();
    alpha.own_rooms(&hotel, "DBL", "gamma", nights, 4).await.accepted();
    alpha.set_allotments(&hotel, "DBL", nights, 6).await.accepted();
    beta.book(&hotel, "DBL", stay(1, 1)).await.accepted();

    let first = feed.message(SOON).await.expect("a change");
    assert_eq!(first.kind(), "StockChange");
    assert_eq!(first.left_to_sell("DBL", night(1)), Some(2), "its own booking is the first it hears of: {first:?}");
    assert_eq!(first.0["previousSeq"], state.0["seq"], "the link passes over what it does not see");
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let gateway = Gateway::builder().start().await;
    gateway.client("beta", Kind::Partner).await;
    let mut command = gateway.mint().command("token");
    command.args(["--tenant", "beta", "--ttl", "1s"]);
    let token = lodgate_e2e::process::output(&mut command).expect("a token");

    let mut socket = Socket::connect(gateway.base_url(), token.trim()).await.expect("connected");
    let end = loop {
        match socket.hear(Duration::from_secs(60)).await {
            Ok(message) => assert_eq!(message["type"], "ping"),
            Err(error) => break error,
        }
    };
    assert!(matches!(end, SocketError::Closed { code: 4403, .. }), "{end:?}");
}

async fn open(gateway: &Gateway, client: &Client, variables: &Value) -> Feed {
    let mut socket = Socket::connect(gateway.base_url(), client.token()).await.expect("connected");
    socket.subscribe(WATCH, variables).await.expect("sent");
    Feed { socket }
}
