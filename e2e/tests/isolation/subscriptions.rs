//! Subscriptions: nothing of another tenant is delivered, whatever is named.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use lodgate_e2e::{
    Gateway, Socket,
    sse::{Event, EventStream, StreamError},
    stories::{eventually, night},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    Story,
    answer::Answer,
    names::Names,
    world::{Known, unknown},
};

/// A checkpoint comes every 10 seconds; what was delivered before it has been heard.
const LONGEST: Duration = Duration::from_secs(30);

struct Ear {
    title: String,
    token: String,
    document: String,
    variables: Value,
    secrets: BTreeSet<String>,
}

/// Everybody listens, once with the victims' names and once with nobody's; then the victims' hotel changes.
pub async fn deliver_nothing(story: &mut Story<'_>) {
    let mut ears = Vec::new();
    for (attacker, known) in &story.world.attackers {
        let victim = &story.world.victims[usize::from(*known == Known::Hotel)];
        let theirs = victim.things_beside(attacker);
        let nobodys = unknown(&theirs, *known == Known::Hotel);
        for operation in story.operations.iter().filter(|operation| operation.kind == "subscription") {
            for attempt in operation.attempts(&story.interface, &attacker.things, &theirs, &nobodys) {
                ears.extend([&attempt.theirs, &attempt.nobodys].map(|variables| Ear {
                    title: format!("{} listens by {}", attacker.code, attempt.title),
                    token: attacker.client.token().to_owned(),
                    document: attempt.document.clone(),
                    variables: variables.clone(),
                    secrets: story.world.secrets(*known),
                }));
            }
        }
    }
    assert!(!ears.is_empty(), "there are subscriptions to try");

    let (changed, is_changed) = watch::channel(false);
    let open = AtomicUsize::new(0);
    let change = async {
        let everybody = || async { (open.load(Ordering::SeqCst) == ears.len()).then_some(()) };
        eventually("everybody listens", LONGEST, everybody).await;
        let mut own = story.world.supplier.watch(&[&story.world.hotel]).await;
        own.next().await.expect("the state");
        let nights = (night(100), night(101));
        story.world.supplier.set_allotments(&story.world.hotel, "VALEROOM", nights, 29).await.accepted();
        while own.next().await.expect("the change is delivered to its owner").kind() != "StockChange" {}
        changed.send_replace(true);
    };
    let listening = join_all(ears.iter().map(|ear| listen(story.gateway, ear, &open, is_changed.clone())));
    let (heard, ()) = tokio::join!(listening, change);

    for (ears, heard) in ears.chunks(2).zip(heard.chunks(2)) {
        let ([ear, _], [theirs, nobodys]) = (ears, heard) else { continue };
        for message in theirs {
            let answer = Answer { status: 200, text: message.to_string(), body: message["payload"].clone() };
            answer.is_clean(&ear.title, &mut story.faults);
            answer.tells_none_of(&ear.secrets, &ear.variables, &ear.title, &mut story.faults);
        }
        let (theirs, nobodys) = (kinds(theirs), kinds(nobodys));
        if theirs != nobodys {
            story.faults.add(format!("{}: {theirs:?} where nobody's name gets {nobodys:?}", ear.title));
        }
    }
}

/// The place where a stream is to go on is one's own: another's is refused as one that the gateway never gave.
pub async fn streams_go_on_nowhere(story: &mut Story<'_>) {
    let base_url = story.gateway.base_url();
    for (attacker, known) in &story.world.attackers {
        for victim in &story.world.victims {
            let nobodys = unknown(&victim.things, false);
            let mut said = Vec::new();
            for cursor in [&victim.things[&Names::Cursor], &nobodys[&Names::Cursor]] {
                let (document, cursor) = ("subscription { stockChanges { __typename } }", cursor.as_str());
                let opened = EventStream::open(base_url, attacker.client.token(), document, &json!({}), cursor).await;
                let answer = match opened {
                    Err(StreamError::Refused { status, body }) => Answer::read(status, body),
                    Err(other) => Answer::read(0, other.to_string()),
                    Ok(mut stream) => match stream.next(LONGEST).await {
                        Ok(Event::Next { data, .. }) => Answer::read(200, data),
                        other => Answer::read(0, format!("{other:?}")),
                    },
                };
                let title = format!("{} goes on where {} was", attacker.code, victim.code);
                answer.is_clean(&title, &mut story.faults);
                answer.tells_none_of(&story.world.secrets(*known), &json!(cursor), &title, &mut story.faults);
                said.push((answer.status, answer.body["errors"][0]["message"].clone(), answer.text));
            }
            if (said[0].0, &said[0].1) != (said[1].0, &said[1].1) || said[0].1.is_null() {
                story.faults.add(format!("{} goes on where {} was: {said:?}", attacker.code, victim.code));
            }
        }
    }
}

/// All that comes until a checkpoint after the change, or until the operation is over.
async fn listen(gateway: &Gateway, ear: &Ear, open: &AtomicUsize, changed: watch::Receiver<bool>) -> Vec<Value> {
    let mut socket = Socket::connect(gateway.base_url(), &ear.token).await.expect("a socket");
    socket.subscribe(&ear.document, &ear.variables).await.expect("sent");
    // A second operation's answer: by then the first has begun.
    socket.subscribe("{ __typename }", &json!({})).await.expect("sent");
    let (mut heard, mut has_begun) = (Vec::new(), false);
    let deadline = Instant::now() + LONGEST;
    while let Ok(message) = socket.hear(deadline.saturating_duration_since(Instant::now())).await {
        if message["type"] == "ping" {
            socket.say(&json!({ "type": "pong" })).await.expect("sent");
        } else if message["id"] == "2" {
            if !has_begun {
                open.fetch_add(1, Ordering::SeqCst);
            }
            has_begun = true;
        } else {
            let is_over = message["type"] == "complete" || message["type"] == "error";
            let is_checkpoint = message.to_string().contains("\"StockCheckpoint\"");
            heard.push(message);
            if (is_over && has_begun) || (is_checkpoint && *changed.borrow()) {
                break;
            }
        }
        if has_begun && heard.last().is_some_and(|last: &Value| last["type"] == "complete" || last["type"] == "error") {
            break;
        }
    }
    heard
}

/// What kinds of messages came, in order; without checkpoints, whose number is a matter of time.
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
