//! The protocol `graphql-transport-ws`, case by case: frames that are sent, and the expected responses.

mod cases;

use lodgate_e2e::{
    Gateway, TIMEOUT, WebSocket,
    stories::{documents::WATCH, night},
    websocket::WebSocketError,
};
use serde_json::{Value, json};

use self::cases::{Cases, OURS, Step, expect, init};

fn has(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| has(found, value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| has(found, expected))
        }
        _ => found == expected,
    }
}

/// The next message that is neither a ping nor a checkpoint.
async fn next_relevant(socket: &mut WebSocket) -> Result<Value, WebSocketError> {
    loop {
        let message = socket.receive(TIMEOUT).await?;
        let is_checkpoint = message["payload"]["data"]["stockChanges"]["__typename"] == "StockCheckpoint";
        if message["type"] != "ping" && !is_checkpoint {
            return Ok(message);
        }
    }
}

async fn step(socket: &mut WebSocket, step: &Step, change: impl AsyncFn()) -> Result<(), String> {
    match step {
        Step::Send(frame) => socket.send_frame(frame.clone()).await.map_err(|error| format!("not sent: {error}")),
        Step::Expect(expected) => match next_relevant(socket).await {
            Ok(found) if has(&found, expected) => Ok(()),
            other => Err(format!("expected {expected}, got {other:?}")),
        },
        Step::Closed(code, words) => match next_relevant(socket).await {
            Err(WebSocketError::Closed { code: found, reason }) if found == *code && reason.contains(words) => {
                if reason.len() <= 123 { Ok(()) } else { Err(format!("a reason of {} bytes", reason.len())) }
            }
            other => Err(format!("expected a close with {code} `{words}`, got {other:?}")),
        },
        Step::Change => {
            change().await;
            Ok(())
        }
    }
}

#[tokio::test]
async fn every_case_of_the_protocol_passes() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 9).create().await;
    let (url, token) = (gateway.base_url(), alpha.client.token());

    let cases = Cases::all(token, &property);

    let rooms = std::sync::atomic::AtomicU32::new(10);
    let change = async || {
        let rooms = rooms.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        alpha.set_allotments(&property, "DBL", (night(1), night(1)), rooms).await.accepted();
    };
    let mut faults = Vec::new();
    let mut steps = 0;
    for case in &cases {
        let (mut socket, chosen) = WebSocket::open_with_protocols(url, case.protocols).await.expect("a handshake");
        let expected = case.protocols.contains(OURS).then(|| OURS.to_owned());
        assert_eq!(chosen, expected, "{}", case.name);
        let begin =
            [init(&json!({ "authorization": format!("Bearer {token}") })), expect(json!({ "type": "connection_ack" }))];
        let begin = if case.is_acknowledged { &begin[..] } else { &[] };
        for (number, one) in begin.iter().chain(&case.steps).enumerate() {
            steps += 1;
            if let Err(fault) = step(&mut socket, one, &change).await {
                faults.push(format!("{}, step {}: {fault}", case.name, number + 1));
                break;
            }
        }
    }
    println!("{} cases, {steps} steps, {} faults", cases.len(), faults.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(cases.len() >= 64, "{} cases", cases.len());
}

/// Operation ids belong to one websocket, and the number of operations per websocket is limited.
#[tokio::test]
async fn websockets_have_separate_ids_and_a_limit_of_operations() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(3)).rooms("DBL", 9).create().await;
    let watch = |id: &str| {
        let payload = json!({ "query": WATCH, "variables": { "properties": [property.id], "snapshot": false } });
        json!({ "id": id, "type": "subscribe", "payload": payload })
    };
    let mut full = WebSocket::connect(gateway.base_url(), alpha.client.token()).await.expect("connected");
    let mut other = WebSocket::connect(gateway.base_url(), alpha.client.token()).await.expect("connected");
    for number in 0..=100 {
        full.send(&watch(&number.to_string())).await.expect("sent");
    }
    let mut refused = Vec::new();
    let mut begun = 0;
    while begun + refused.len() < 101 {
        let message = full.receive(TIMEOUT).await.expect("a message");
        match message["type"].as_str() {
            Some("next") => begun += 1,
            Some("error") => refused.push(message),
            _ => {}
        }
    }
    assert_eq!((begun, refused.len()), (100, 1));
    assert_eq!(
        (&refused[0]["id"], &refused[0]["payload"][0]["extensions"]["code"]),
        (&json!("100"), &json!("RATE_LIMITED"))
    );
    full.send(&json!({ "id": "0", "type": "complete" })).await.expect("sent");
    full.send(&watch("again")).await.expect("sent");
    while full.receive(TIMEOUT).await.expect("a message")["id"] != "again" {}

    other.send(&watch("1")).await.expect("sent");
    assert!(has(&next_message(&mut other).await, &json!({ "id": "1", "type": "next" })));
}

async fn next_message(socket: &mut WebSocket) -> Value {
    loop {
        let message = socket.receive(TIMEOUT).await.expect("a message");
        if message["type"] != "ping" {
            return message;
        }
    }
}
