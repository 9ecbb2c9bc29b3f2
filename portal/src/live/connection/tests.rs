use serde_json::{Value, json};

use super::*;
use crate::domain::{dates::Day, ids::RoomTypeId};

const RENEWAL_TIMEOUT_MS: &str = "opaque";

/// A connection and its gateway, whose clock is `ahead` of the page's.
struct Page {
    connection: Connection,
    now: f64,
    ahead: f64,
}

impl Page {
    fn new() -> Self {
        Self { connection: Connection::new("me".to_owned(), true, || 0.0), now: 1_000_000.0, ahead: 0.0 }
    }

    fn after(&mut self, ms: f64, event: Event) -> Vec<Action> {
        self.now += ms;
        self.connection.on(self.now, event)
    }

    fn on(&mut self, event: Event) -> Vec<Action> {
        self.after(0.0, event)
    }

    fn set_properties(&mut self, properties: &[&str]) -> Vec<Action> {
        self.on(Event::Properties(properties.iter().copied().map(PropertyId::from).collect()))
    }

    /// Acknowledges the connection; returns the subscriptions that it sends.
    fn connect(&mut self) -> Vec<Value> {
        let connection_init = self.on(Event::Opened(RENEWAL_TIMEOUT_MS.to_owned()));
        assert_eq!(connection_init, [Action::Send(protocol::connection_init(RENEWAL_TIMEOUT_MS))]);
        sent(&self.on(Event::Message(ServerMessage::Ack)))
    }

    /// A connection that is live.
    fn live(properties: &[&str]) -> Self {
        let mut page = Self::new();
        page.set_properties(properties);
        page.connect();
        page.checkpoint(page.connection.stock_subscription, "c0");
        page
    }

    fn says(&mut self, id: u32, message: &Value) -> Vec<Action> {
        let text = json!({ "type": "next", "id": id.to_string(), "payload": { "data": { "stockChanges": message } } });
        self.on(Event::Message(ServerMessage::read(&text.to_string())))
    }

    fn checkpoint(&mut self, id: u32, cursor: &str) -> Vec<Action> {
        let message = json!({ "__typename": "StockCheckpoint", "cursor": cursor, "serverTime": self.moment(0.0) });
        self.says(id, &message)
    }

    /// A change of property `p1` that was committed some milliseconds ago.
    fn change(&mut self, id: u32, previous: i32, seq: i32, ago: f64) -> Vec<Action> {
        let message = json!({
            "__typename": "StockChange", "property": { "id": "p1" }, "seq": seq, "previousSeq": previous,
            "cursor": format!("c{seq}"), "committedAt": self.moment(ago), "actor": "ann", "changeSetId": null,
            "cells": [cell("r1", &Value::Null), cell("r1", &json!("a contract"))], "rangeChanged": null,
        });
        self.says(id, &message)
    }

    /// The gateway's clock some milliseconds ago, as a timestamp.
    fn moment(&self, ago: f64) -> String {
        let ms = self.now + self.ahead - ago;
        let day = Day::from_days_since_1970(0).plus((ms / 86_400_000.0).floor() as i32);
        let ms = ms % 86_400_000.0;
        let (hours, minutes) = ((ms / 3_600_000.0).floor(), (ms / 60_000.0).floor() % 60.0);
        format!("{day}T{hours:02}:{minutes:02}:{:06.3}Z", ms % 60_000.0 / 1_000.0)
    }

    /// Advances the clock to `wake_at` and sends a tick.
    fn wake(&mut self) -> Vec<Action> {
        self.now = self.connection.wake_at().expect("something to wait for");
        self.on(Event::Tick)
    }
}

fn cell(room_type: &str, contract: &Value) -> Value {
    json!({
        "roomTypeId": room_type, "date": "2026-12-24", "contractId": contract, "allotted": 9, "held": 0, "sold": 2,
        "leftToSell": 7, "overcommittedBy": 0, "stopSell": false, "closedToArrival": false,
        "closedToDeparture": false, "minStayArrival": null, "maxStayArrival": null, "minStayThrough": null,
        "maxStayThrough": null,
    })
}

/// The sent messages, as JSON.
fn sent(actions: &[Action]) -> Vec<Value> {
    let texts = actions.iter().filter_map(|action| match action {
        Action::Send(text) => Some(text),
        _ => None,
    });
    texts.map(|text| serde_json::from_str(text).expect("JSON")).collect()
}

fn updates(actions: &[Action]) -> Vec<&FeedUpdate> {
    let updates = actions.iter().filter_map(|action| match action {
        Action::Update(updates) => Some(updates),
        _ => None,
    });
    updates.collect()
}

fn shown(actions: &[Action]) -> Option<Freshness> {
    actions.iter().rev().find_map(|action| match action {
        Action::ShowFreshness(freshness) => Some(*freshness),
        _ => None,
    })
}

const LIVE: Freshness = Freshness::Live { lag_ms: None };

#[test]
fn a_new_stream_reloads_and_is_live() {
    let mut page = Page::new();
    let opened = page.set_properties(&["p1"]);
    assert_eq!(opened, [Action::ShowFreshness(reconnecting(0.0)), Action::Open]);
    let subscriptions = page.connect();
    assert_eq!(subscriptions[0]["payload"]["variables"], json!({ "properties": ["p1"], "after": null }));
    assert_eq!(subscriptions[1]["payload"]["variables"], json!({ "property": "p1" }));
    let begun = page.checkpoint(1, "c0");
    assert_eq!(begun, [Action::Update(FeedUpdate::Reload(None)), Action::ShowFreshness(LIVE)]);
    assert_eq!(page.checkpoint(1, "c1"), []);
}

#[test]
fn a_change_of_the_shared_pool_is_reported_with_its_lag() {
    let mut page = Page::new();
    page.ahead = 3_600_000.0;
    page.set_properties(&["p1"]);
    page.connect();
    page.checkpoint(1, "c0");
    let actions = page.change(1, 4, 7, 120.0);
    let [FeedUpdate::Cells { seq: 7, cells, actor, change_set: None }] = updates(&actions)[..] else {
        panic!("cells: {actions:?}")
    };
    assert_eq!((cells.len(), cells[0].1.left, actor.as_deref()), (1, 7, Some("ann")));
    assert_eq!(shown(&actions), Some(Freshness::Live { lag_ms: Some(120) }));
    // A message that arrives faster than every checkpoint has no negative lag.
    assert_eq!(shown(&page.change(1, 7, 8, -5.0)), Some(Freshness::Live { lag_ms: Some(0) }));
}

#[test]
fn a_lost_connection_resumes_at_the_cursor() {
    let mut page = Page::live(&["p1"]);
    page.change(1, 4, 7, 0.0);
    let cut = page.on(Event::Closed(1006));
    assert_eq!(shown(&cut), Some(reconnecting(500.0)));
    assert_eq!(page.wake(), [Action::ShowFreshness(reconnecting(0.0)), Action::Open]);
    let subscriptions = page.connect();
    assert_eq!(subscriptions[0]["payload"]["variables"]["after"], "c7");
    // Changes from before the connection do not measure the lag.
    let missed = page.change(3, 7, 9, 60_000.0);
    assert_eq!((updates(&missed).len(), shown(&missed)), (1, None));
    assert_eq!(page.checkpoint(3, "c9"), [Action::ShowFreshness(LIVE)]);
    assert_eq!(updates(&page.change(3, 9, 10, 0.0)).len(), 1);
}

#[test]
fn a_gap_in_the_stream_resubscribes_from_the_start() {
    let mut page = Page::live(&["p1"]);
    page.change(1, 4, 7, 0.0);
    let broken = page.change(1, 8, 9, 0.0);
    assert_eq!(updates(&broken), [] as [&FeedUpdate; 0]);
    let messages = sent(&broken);
    assert_eq!(messages[0], json!({ "type": "complete", "id": "1" }));
    assert_eq!(messages[1]["payload"]["variables"]["after"], Value::Null);
    // Late messages of the old subscription are ignored.
    assert_eq!(page.change(1, 9, 10, 0.0), []);
    assert_eq!(updates(&page.checkpoint(3, "c10")), [&FeedUpdate::Reload(None)]);
    assert_eq!(updates(&page.change(3, 10, 11, 0.0)).len(), 1);
}

#[test]
fn a_resync_resubscribes_from_the_start() {
    let mut page = Page::live(&["p1"]);
    let resync = json!({ "__typename": "Resync", "committedAt": page.moment(0.0) });
    let messages = sent(&page.says(1, &resync));
    assert_eq!(messages[1]["payload"]["variables"]["after"], Value::Null);
    assert_eq!(page.on(Event::Message(ServerMessage::Complete(1))), []);
    assert_eq!(updates(&page.checkpoint(3, "c1")), [&FeedUpdate::Reload(None)]);
}

#[test]
fn large_changes_are_ranges_and_a_structure_change_reloads() {
    let mut page = Page::live(&["p1", "p2"]);
    let (committed_at, property) = (page.moment(0.0), PropertyId::from("p1"));
    let wide = json!({
        "__typename": "StockChange", "property": { "id": "p1" }, "seq": 5, "previousSeq": 4, "cursor": "c5",
        "committedAt": committed_at, "actor": null, "changeSetId": null, "cells": [],
        "rangeChanged": { "roomTypeIds": ["r1"], "from": "2026-12-24", "through": "2027-12-23" },
    });
    let day = |text| Day::parse(text).expect("a date");
    let range = FeedUpdate::Range {
        property: property.clone(),
        room_types: vec![RoomTypeId::from("r1")],
        from: day("2026-12-24"),
        through: day("2027-12-23"),
    };
    assert_eq!(updates(&page.says(1, &wide)), [&range]);
    let structure = json!({
        "__typename": "StructureChange", "property": { "id": "p1" }, "seq": 6, "previousSeq": 5, "cursor": "c6",
    });
    assert_eq!(updates(&page.says(1, &structure)), [&FeedUpdate::Reload(Some(property))]);
    assert_eq!(updates(&page.change(1, 6, 7, 0.0)).len(), 1);
}

#[test]
fn other_properties_resubscribe_on_the_same_socket_and_none_closes_it() {
    let mut page = Page::live(&["p1"]);
    assert_eq!(page.set_properties(&["p1", "p1"]), []);
    let messages = sent(&page.set_properties(&["p2", "p1"]));
    let kinds: Vec<_> = messages.iter().map(|message| message["type"].as_str().unwrap_or_default()).collect();
    // There is no presence subscription for two properties.
    assert_eq!(kinds, ["complete", "complete", "subscribe"]);
    assert_eq!(messages[2]["payload"]["variables"], json!({ "properties": ["p1", "p2"], "after": null }));
    let paused = page.set_properties(&[]);
    assert!(paused.contains(&Action::Close));
    assert_eq!((shown(&paused), page.connection.wake_at()), (Some(Freshness::Paused), None));
    assert!(page.set_properties(&["p1"]).contains(&Action::Open));
}

#[test]
fn an_expired_token_is_renewed_and_the_stream_resumes() {
    let mut page = Page::live(&["p1"]);
    page.change(1, 4, 7, 0.0);
    assert!(page.on(Event::Closed(4403)).contains(&Action::Renew));
    assert!(page.on(Event::Renewed(true)).contains(&Action::Open));
    assert_eq!(page.connect()[0]["payload"]["variables"]["after"], "c7");
    // A new token that is rejected is not renewed again at once.
    assert!(!page.on(Event::Closed(4403)).contains(&Action::Renew));
    assert!(page.wake().contains(&Action::Open));
}

#[test]
fn a_token_renewal_times_out() {
    let mut page = Page::live(&["p1"]);
    page.on(Event::Closed(4403));
    assert_eq!(shown(&page.wake()), Some(reconnecting(500.0)));
    assert_eq!(page.on(Event::Renewed(false)), []);
    assert!(page.wake().contains(&Action::Open));
}

#[test]
fn an_ended_session_returns_to_the_sign_in_form() {
    let mut page = Page::live(&["p1"]);
    page.on(Event::Closed(4401));
    assert!(page.on(Event::Renewed(false)).contains(&Action::Expire));
    assert_eq!(page.connection.wake_at(), None);
}

#[test]
fn a_token_is_renewed_early_without_a_visible_change() {
    let mut page = Page::live(&["p1"]);
    let ends = (page.now + page.ahead) / 1_000.0 + 600.0;
    page.connection.lifetime = Some(Lifetime { iat: ends - 600.0, exp: ends });
    while page.now < ends * 1_000.0 - 30_000.0 {
        page.after(9_000.0, Event::Message(ServerMessage::Ping));
    }
    assert_eq!(page.on(Event::Tick), [Action::Renew]);
    assert_eq!(page.on(Event::Renewed(true)), [Action::Open]);
    assert_eq!(page.connect()[0]["payload"]["variables"]["after"], "c0");
    assert_eq!(page.checkpoint(3, "c0"), []);
}

#[test]
fn a_silent_socket_is_closed() {
    let mut page = Page::live(&["p1"]);
    assert_eq!(page.connection.wake_at(), Some(page.now + SILENCE_TIMEOUT_MS));
    assert_eq!(
        page.after(SILENCE_TIMEOUT_MS - 1.0, Event::Message(ServerMessage::Ping)),
        [Action::Send(protocol::pong())]
    );
    assert_eq!(page.connection.wake_at(), Some(page.now + SILENCE_TIMEOUT_MS));
    let dead = page.wake();
    assert!(dead.contains(&Action::Close));
    assert_eq!(shown(&dead), Some(reconnecting(500.0)));
}

#[test]
fn retry_waits_grow_to_the_maximum_and_count_down() {
    let mut page = Page::new();
    page.set_properties(&["p1"]);
    let mut waits = Vec::new();
    for _ in 0..7 {
        let Some(Freshness::Reconnecting { next_try_ms }) = shown(&page.on(Event::Closed(1006))) else { panic!() };
        waits.push(next_try_ms);
        let until = page.now + f64::from(next_try_ms);
        while page.now < until {
            page.wake();
        }
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
    page.on(Event::Closed(1006));
    assert_eq!(shown(&page.wake()), Some(reconnecting(6_500.0)));
}

#[test]
fn a_server_that_does_not_acknowledge_is_closed() {
    let mut page = Page::new();
    page.set_properties(&["p1"]);
    page.on(Event::Opened(RENEWAL_TIMEOUT_MS.to_owned()));
    assert!(page.wake().contains(&Action::Close));
    assert!(page.connection.wake_at().is_some());
}

#[test]
fn offline_attempts_nothing_and_online_connects_at_once() {
    let mut page = Page::live(&["p1"]);
    let offline = page.on(Event::Network(false));
    assert!(offline.contains(&Action::Close));
    assert_eq!((shown(&offline), page.connection.wake_at()), (Some(Freshness::Offline), None));
    assert!(page.on(Event::Network(true)).contains(&Action::Open));
    assert_eq!(page.connect()[0]["payload"]["variables"]["after"], "c0");
}

#[test]
fn a_rejected_subscription_waits_for_retry_after() {
    let mut page = Page::live(&["p1"]);
    let error = |ms| protocol::SubscriptionError { retry_after_ms: ms };
    let refused = page.on(Event::Message(ServerMessage::Failed(1, error(Some(3_000)))));
    assert_eq!(shown(&refused), Some(reconnecting(3_000.0)));
    while !page.wake().contains(&Action::Open) {}
    // The cursor is kept.
    assert_eq!(page.connect()[0]["payload"]["variables"]["after"], "c0");
    page.on(Event::Message(ServerMessage::Failed(3, error(None))));
    while !page.wake().contains(&Action::Open) {}
    assert_eq!(page.connect()[0]["payload"]["variables"]["after"], Value::Null);
}

#[test]
fn a_stream_that_the_gateway_ends_resumes() {
    let mut page = Page::live(&["p1"]);
    assert!(page.on(Event::Message(ServerMessage::Complete(1))).contains(&Action::Close));
    while !page.wake().contains(&Action::Open) {}
    assert_eq!(page.connect()[0]["payload"]["variables"]["after"], "c0");
}

#[test]
fn collaborators_exclude_this_page() {
    let mut page = Page::live(&["p1"]);
    let one = |page: &str, from, through| Presence {
        page_id: page.to_owned(),
        actor: "ann".to_owned(),
        room_type_ids: vec![RoomTypeId::from("r1"), RoomTypeId::from("r2")],
        from,
        through,
    };
    let day = |text| Day::parse(text);
    let everyone = vec![one("me", None, None), one("a", day("2026-12-24"), day("2026-12-26")), one("b", None, None)];
    let shown = page.on(Event::Message(ServerMessage::Presence(2, everyone)));
    let [Action::Collaborators(collaborators)] = &shown[..] else { panic!("others: {shown:?}") };
    let counts: Vec<_> = collaborators.iter().map(|other| (other.page.as_str(), other.night_keys.len())).collect();
    assert_eq!(counts, [("a", 6), ("b", 0)]);
    assert_eq!(collaborators[0].night_keys[5].date.to_string(), "2026-12-26");
    // The connection stays open without presence.
    let actions = page.on(Event::Message(ServerMessage::Failed(2, protocol::SubscriptionError::default())));
    assert_eq!(actions, [Action::Collaborators(Vec::new())]);
}
