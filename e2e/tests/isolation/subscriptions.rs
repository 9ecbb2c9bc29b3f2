//! Subscriptions deliver no data of another tenant.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use futures_util::future::join_all;
use lodgate_e2e::{
    Gateway, TIMEOUT, WebSocket,
    sse::{Event, EventStream, StreamError},
    stories::{eventually, night},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    IsolationTest,
    answer::Answer,
    names::Names,
    tenants::{Known, unknown},
};

struct Listener {
    title: String,
    token: String,
    document: String,
    variables: Value,
    secrets: BTreeSet<String>,
}

/// All attackers subscribe, with the victims' names and with names that do not exist; then the victims' property
/// changes.
pub async fn deliver_no_foreign_data(test: &mut IsolationTest<'_>) {
    let mut listeners = Vec::new();
    for (attacker, known) in &test.tenants.attackers {
        let victim = &test.tenants.victims[usize::from(*known == Known::Property)];
        let theirs = victim.objects_beside(attacker);
        let unknown_names = unknown(&theirs, *known == Known::Property);
        for operation in test.operations.iter().filter(|operation| operation.kind == "subscription") {
            for attempt in operation.attempts(&test.schema, &attacker.objects, &theirs, &unknown_names) {
                listeners.extend([&attempt.theirs, &attempt.unknown_names].map(|variables| Listener {
                    title: format!("{} subscribes by {}", attacker.code, attempt.title),
                    token: attacker.client.token().to_owned(),
                    document: attempt.document.clone(),
                    variables: variables.clone(),
                    secrets: test.tenants.secrets(*known),
                }));
            }
        }
    }
    assert!(!listeners.is_empty(), "there are subscriptions to try");

    let (changed, is_changed) = watch::channel(false);
    let open = AtomicUsize::new(0);
    let change = async {
        let all_open = || async { (open.load(Ordering::SeqCst) == listeners.len()).then_some(()) };
        eventually("all subscriptions are open", all_open).await;
        let mut own = test.tenants.supplier.watch(&[&test.tenants.property]).await;
        own.next().await.expect("the snapshot");
        let nights = (night(100), night(101));
        test.tenants.supplier.set_allotments(&test.tenants.property, "VALEROOM", nights, 29).await.accepted();
        while own.next().await.expect("the change is delivered to its owner").kind() != "StockChange" {}
        changed.send_replace(true);
    };
    let listening =
        join_all(listeners.iter().map(|listener| listen(test.gateway, listener, &open, is_changed.clone())));
    let (received, ()) = tokio::join!(listening, change);

    for (listeners, received) in listeners.chunks(2).zip(received.chunks(2)) {
        let ([listener, _], [theirs, unknown_names]) = (listeners, received) else { continue };
        for message in theirs {
            let answer = Answer { status: 200, text: message.to_string(), body: message["payload"].clone() };
            answer.check_clean(&listener.title, &mut test.faults);
            answer.has_none_of(&listener.secrets, &listener.variables, &listener.title, &mut test.faults);
        }
        let (theirs, unknown_names) = (kinds(theirs), kinds(unknown_names));
        if theirs != unknown_names {
            test.faults.add(format!("{}: {theirs:?}, but {unknown_names:?} for unknown names", listener.title));
        }
    }
}

/// Another tenant's cursor in `Last-Event-ID` gets the same response as an invalid cursor.
pub async fn foreign_cursors_are_refused(test: &mut IsolationTest<'_>) {
    let base_url = test.gateway.base_url();
    for (attacker, known) in &test.tenants.attackers {
        for victim in &test.tenants.victims {
            let unknown_names = unknown(&victim.objects, false);
            let mut responses = Vec::new();
            for cursor in [&victim.objects[&Names::Cursor], &unknown_names[&Names::Cursor]] {
                let (document, cursor) = ("subscription { stockChanges { __typename } }", cursor.as_str());
                let opened = EventStream::open(base_url, attacker.client.token(), document, &json!({}), cursor).await;
                let answer = match opened {
                    Err(StreamError::Refused { status, body }) => Answer::read(status, body),
                    Err(other) => Answer::read(0, other.to_string()),
                    Ok(mut stream) => match stream.next(TIMEOUT).await {
                        Ok(Event::Next { data, .. }) => Answer::read(200, data),
                        other => Answer::read(0, format!("{other:?}")),
                    },
                };
                let title = format!("{} resumes after a cursor of {}", attacker.code, victim.code);
                answer.check_clean(&title, &mut test.faults);
                answer.has_none_of(&test.tenants.secrets(*known), &json!(cursor), &title, &mut test.faults);
                responses.push((answer.status, answer.body["errors"][0]["message"].clone(), answer.text));
            }
            if (responses[0].0, &responses[0].1) != (responses[1].0, &responses[1].1) || responses[0].1.is_null() {
                test.faults.add(format!("{} resumes after a cursor of {}: {responses:?}", attacker.code, victim.code));
            }
        }
    }
}

/// The messages until a checkpoint after the change, or until the operation is over.
async fn listen(
    gateway: &Gateway,
    listener: &Listener,
    open: &AtomicUsize,
    changed: watch::Receiver<bool>,
) -> Vec<Value> {
    let mut socket = WebSocket::connect(gateway.base_url(), &listener.token).await.expect("a socket");
    socket.subscribe(&listener.document, &listener.variables).await.expect("sent");
    // When the second operation has its response, the first one has begun.
    socket.subscribe("{ __typename }", &json!({})).await.expect("sent");
    let (mut received, mut has_begun) = (Vec::new(), false);
    let deadline = Instant::now() + TIMEOUT;
    while let Ok(message) = socket.receive(deadline.saturating_duration_since(Instant::now())).await {
        if message["type"] == "ping" {
            socket.send(&json!({ "type": "pong" })).await.expect("sent");
        } else if message["id"] == "2" {
            if !has_begun {
                open.fetch_add(1, Ordering::SeqCst);
            }
            has_begun = true;
        } else {
            let is_over = message["type"] == "complete" || message["type"] == "error";
            let is_checkpoint = message.to_string().contains("\"StockCheckpoint\"");
            received.push(message);
            if (is_over && has_begun) || (is_checkpoint && *changed.borrow()) {
                break;
            }
        }
        if has_begun
            && received.last().is_some_and(|last: &Value| last["type"] == "complete" || last["type"] == "error")
        {
            break;
        }
    }
    received
}

/// The kinds of messages in order, without checkpoints, whose number depends on time.
fn kinds(messages: &[Value]) -> Vec<String> {
    let kind = |message: &Value| {
        let payload = &message["payload"];
        let error = if payload.is_array() { &payload[0] } else { &payload["errors"][0] };
        let data = payload["data"].as_object().and_then(|fields| fields.values().next());
        let data = data.map(|value| value["__typename"].to_string());
        format!("{} {} {}", message["type"], error["extensions"]["code"], data.unwrap_or_default())
    };
    messages.iter().map(kind).filter(|kind| !kind.contains("StockCheckpoint")).collect()
}
