//! The lifetime of a websocket: it ends with its token, with its session, with the node, and when its client does not
//! respond.

use std::{collections::BTreeSet, time::Duration};

use lodgate_e2e::{
    Gateway, TIMEOUT, TenantKind, WebSocket,
    portal::{OWNER, PASSWORD},
    stories::{Mirror, documents::WATCH, eventually, night},
    websocket::WebSocketError,
};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Reads until the gateway closes; returns the payloads of its pings, the close code and the reason.
async fn until_closed(socket: &mut WebSocket, answers: bool) -> (Vec<Value>, u16, String) {
    let mut pings = Vec::new();
    loop {
        match socket.receive(Duration::from_secs(60)).await {
            Ok(message) => {
                if message["type"] == "ping" {
                    pings.extend(message.get("payload").cloned());
                    if answers {
                        socket.send(&json!({ "type": "pong" })).await.expect("sent");
                    }
                }
            }
            Err(WebSocketError::Closed { code, reason }) => return (pings, code, reason),
            Err(error) => panic!("not closed: {error}"),
        }
    }
}

async fn begin(gateway: &Gateway, token: &str) -> (WebSocket, Value) {
    let mut socket = WebSocket::open(gateway.base_url()).await.expect("open");
    let payload = json!({ "authorization": format!("Bearer {token}") });
    socket.send(&json!({ "type": "connection_init", "payload": payload })).await.expect("sent");
    let ack = socket.receive(TIMEOUT).await.expect("a response");
    assert_eq!(ack["type"], "connection_ack");
    (socket, ack["payload"].clone())
}

#[tokio::test]
async fn a_websocket_announces_the_expiry_of_its_token_and_closes() {
    let gateway = Gateway::builder().start().await;
    gateway.client("beta", TenantKind::Partner).await;
    let token = gateway.cli().short_token("beta", 5).await.expect("a token");

    let (mut socket, ack) = begin(&gateway, &token).await;
    let left = ack["tokenExpiresInMs"].as_u64().expect("the rest of the token's lifetime");
    assert!((1..=5_000).contains(&left), "{left}");
    let (pings, code, reason) = until_closed(&mut socket, true).await;
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: the token has expired"));
    let notices: Vec<u64> = pings.iter().filter_map(|payload| payload["tokenExpiresInMs"].as_u64()).collect();
    assert!(
        matches!(notices[..], [notice] if notice <= left / 5),
        "one announcement, when a fifth of the lifetime is left: {pings:?}"
    );

    let mut late = WebSocket::open(gateway.base_url()).await.expect("open");
    let payload = json!({ "authorization": format!("Bearer {token}") });
    late.send(&json!({ "type": "connection_init", "payload": payload })).await.expect("sent");
    let (_, code, reason) = until_closed(&mut late, true).await;
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: the token has expired"));
}

#[tokio::test]
async fn a_websocket_closes_within_seconds_of_signing_out() {
    let gateway = Gateway::builder().arg("--demo").env("DEMO_PASSWORD", PASSWORD).start().await;
    let owner = gateway.sign_in(OWNER, PASSWORD).await;
    let (mut socket, _) = begin(&gateway, owner.client.token()).await;
    let (mut stays, _) = begin(&gateway, &gateway.cli().short_token("harbour", 3_600).await.expect("a token")).await;

    let begun = Instant::now();
    owner.sign_out(false).await;
    let (_, code, reason) = until_closed(&mut socket, true).await;
    assert_eq!((code, reason.as_str()), (4403, "Forbidden: access was withdrawn"));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    stays.subscribe("{ __typename }", &json!({})).await.expect("sent");
    stays.next_data(TIMEOUT).await.expect("another token of the tenant is still valid");
}

#[tokio::test]
async fn a_client_that_answers_no_pings_is_disconnected() {
    let gateway = Gateway::builder().env("PING_SECONDS", "1").start().await;
    let client = gateway.client("beta", TenantKind::Partner).await;
    let (mut dead, _) = begin(&gateway, client.token()).await;
    let (mut alive, _) = begin(&gateway, client.token()).await;

    let answering = async {
        for _ in 0..6 {
            assert_eq!(alive.receive(TIMEOUT).await.expect("still open")["type"], "ping");
            alive.send(&json!({ "type": "pong" })).await.expect("sent");
        }
    };
    let ((_, code, reason), ()) = tokio::join!(until_closed(&mut dead, false), answering);
    assert_eq!((code, reason.as_str()), (1013, "Try again later: pings are not answered"));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_alone() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let wide =
        alpha.property("Seaview").nights(night(0), night(1_000)).rooms("DBL", 10).rooms("SGL", 10).create().await;
    let (mut stuck, _) = begin(&gateway, alpha.client.token()).await;
    let mut feed = alpha.watch(&[&wide]).await;
    let mut mirror = Mirror::default();
    for _ in 0..60 {
        stuck.subscribe(WATCH, &json!({ "properties": [wide.id], "snapshot": true })).await.expect("sent");
    }

    let sockets = async || gateway.metrics().await.sum("lodgate_sockets", &[]);
    let rooms = std::cell::Cell::new(11);
    eventually("the unread websocket is closed", async || {
        rooms.set(rooms.get() + 1);
        alpha.set_allotments(&wide, "DBL", (night(1), night(1)), rooms.get()).await.accepted();
        (sockets().await < 2.0).then_some(())
    })
    .await;
    let head = alpha.stock_seq(&wide).await;
    while mirror.seqs.get(&wide.id).is_none_or(|seq| *seq < head) {
        mirror
            .apply(&feed.message(TIMEOUT).await.expect("the other subscriber still receives"))
            .expect("without a gap");
    }
    drop(stuck);
}

#[tokio::test]
async fn a_stopping_node_announces_its_stop_and_websockets_resume_at_their_cursors() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).create().await;
    let mut feeds = Vec::new();
    for _ in 0..50 {
        let (mut feed, mut mirror) = (alpha.watch(&[&property]).await, Mirror::default());
        mirror.apply(&feed.message(TIMEOUT).await.expect("the snapshot")).expect("the snapshot");
        feeds.push((feed, mirror));
    }
    alpha.set_allotments(&property, "DBL", (night(1), night(1)), 20).await.accepted();
    let mut silent = WebSocket::open(gateway.base_url()).await.expect("open");

    let stopping = async { assert_eq!(gateway.terminate().await.expect("stopped"), Some(0)) };
    let closing = async {
        let mut times = BTreeSet::new();
        for (feed, mirror) in &mut feeds {
            let (mut pings, code) = loop {
                match feed.socket.receive(TIMEOUT).await {
                    Ok(message) if message["type"] == "ping" => break (message["payload"].clone(), None),
                    Ok(message) => {
                        let pings = &message["payload"]["data"]["stockChanges"];
                        mirror.apply(&lodgate_e2e::stories::Message(pings.clone())).expect("without a gap");
                    }
                    Err(error) => break (json!(null), error.close_code()),
                }
            };
            assert_eq!(code, None, "announced before the close");
            let (more, code, _) = until_closed(&mut feed.socket, false).await;
            assert_eq!((code, more), (1012, Vec::new()));
            times.insert(pings["restartInMs"].take().as_u64().expect("the time of the close"));
        }
        times
    };
    let ((), times, (_, code, _)) = tokio::join!(stopping, closing, until_closed(&mut silent, false));
    assert_eq!(code, 1012);
    assert!(times.len() > 10 && times.iter().all(|ms| *ms <= 30_000), "spread: {times:?}");

    gateway.restart().await;
    alpha.set_allotments(&property, "DBL", (night(2), night(2)), 30).await.accepted();
    let head = alpha.stock_seq(&property).await;
    for (_, mirror) in &mut feeds {
        let mut feed = alpha.watch_after(&[&property], mirror.cursor.as_deref().expect("a cursor")).await;
        while mirror.seqs[&property.id] < head {
            mirror.apply(&feed.message(TIMEOUT).await.expect("a change")).expect("without a gap");
        }
    }
}
