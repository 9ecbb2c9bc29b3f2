//! The cases of the protocol.

use lodgate_e2e::stories::{Property, documents::WATCH, night};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

pub const OURS: &str = "graphql-transport-ws";

/// One step of a case.
pub enum Step {
    /// Sends a frame.
    Send(Message),
    /// Expects a next message with these values, pings aside; it may have more.
    Expect(Value),
    /// Expects a close with this code and a reason that contains these words.
    Closed(u16, &'static str),
    /// Sells a room, so that subscribers receive a change.
    Change,
}

use Step::{Change, Closed, Expect, Send};

pub struct Case {
    pub name: String,
    pub protocols: &'static str,
    /// True when the case begins after `connection_ack`.
    pub is_acknowledged: bool,
    pub steps: Vec<Step>,
}

fn send(message: &Value) -> Step {
    text(&message.to_string())
}

fn text(text: &str) -> Step {
    Send(Message::text(text))
}

pub fn expect(message: Value) -> Step {
    Expect(message)
}

pub fn init(payload: &Value) -> Step {
    send(&json!({ "type": "connection_init", "payload": payload }))
}

fn subscribe(id: &str, payload: &Value) -> Step {
    send(&json!({ "id": id, "type": "subscribe", "payload": payload }))
}

fn query(id: &str) -> Step {
    subscribe(id, &json!({ "query": "{ __typename }" }))
}

fn complete(id: &str) -> Step {
    send(&json!({ "id": id, "type": "complete" }))
}

fn next(id: &str) -> Step {
    expect(json!({ "id": id, "type": "next", "payload": { "data": { "__typename": "Query" } } }))
}

fn completed(id: &str) -> Step {
    expect(json!({ "id": id, "type": "complete" }))
}

fn failed(id: &str, code: &str) -> Step {
    expect(json!({ "id": id, "type": "error", "payload": [{ "extensions": { "code": code } }] }))
}

/// The websocket is open, and no other message comes before this response.
fn lives() -> [Step; 3] {
    [query("alive"), next("alive"), completed("alive")]
}

#[derive(Default)]
pub struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, name: impl Into<String>, is_acknowledged: bool, steps: impl IntoIterator<Item = Step>) {
        let steps = steps.into_iter().collect();
        self.0.push(Case { name: name.into(), protocols: OURS, is_acknowledged, steps });
    }

    /// Adds a case on a new websocket.
    fn fresh(&mut self, name: impl Into<String>, steps: impl IntoIterator<Item = Step>) {
        self.add(name, false, steps);
    }

    /// Adds a case on an acknowledged websocket.
    fn open(&mut self, name: impl Into<String>, steps: impl IntoIterator<Item = Step>) {
        self.add(name, true, steps);
    }

    /// All cases, for this token and this property.
    pub fn all(token: &str, property: &Property) -> Vec<Case> {
        let mut cases = Self::default();
        cases.handshakes();
        cases.beginnings(token);
        cases.malformed();
        cases.frames();
        cases.operations(property);
        cases.0
    }

    fn handshakes(&mut self) {
        for protocols in ["", "graphql-ws", "chat, mqtt"] {
            let name = format!("the subprotocols `{protocols}` are not supported");
            self.fresh(name, [Closed(4406, "Subprotocol not acceptable")]);
            self.0.last_mut().expect("just added").protocols = protocols;
        }
        self.open("the subprotocol is chosen among several", lives());
        self.0.last_mut().expect("just added").protocols = "graphql-ws, graphql-transport-ws";
    }

    fn beginnings(&mut self, token: &str) {
        let bearer = format!("Bearer {token}");
        for payload in
            [json!({ "authorization": bearer }), json!({ "AUTHORIZATION": bearer }), json!({ "token": token })]
        {
            let name = format!("a token under {:?}", payload.as_object().expect("an object").keys().next());
            let ack = expect(json!({ "type": "connection_ack", "payload": {} }));
            self.fresh(name, [init(&payload), ack].into_iter().chain(lives()));
        }
        let bad =
            ["Bearer ", "Bearer garbage", "Bearer a.b.c", &format!("Basic {token}"), token, &format!("{bearer}x")];
        for authorization in bad {
            let name = format!("a bad token: {:.12}", authorization);
            self.fresh(name, [init(&json!({ "authorization": authorization })), Closed(4403, "Forbidden")]);
        }
        for payload in [json!(null), json!({}), json!({ "cookie": "x" }), json!({ "authorization": 1 })] {
            self.fresh(format!("no token: {payload}"), [init(&payload), Closed(4403, "authorization")]);
        }
        self.fresh("no payload", [send(&json!({ "type": "connection_init" })), Closed(4403, "authorization")]);
        for payload in [json!("Bearer x"), json!([bearer]), json!(1), json!(true)] {
            self.fresh(format!("a payload that is {payload:.9}"), [init(&payload), Closed(4400, "payload")]);
        }
        let ack = || expect(json!({ "type": "connection_ack" }));
        let good = || init(&json!({ "authorization": bearer }));
        self.open("a second connection_init", [good(), Closed(4429, "Too many initialisation requests")]);
        self.open("a second connection_init without a token", [init(&json!({})), Closed(4429, "Too many")]);
        self.fresh("two at once", [good(), good(), ack(), Closed(4429, "Too many")]);
        self.fresh("no connection_init", [Closed(4408, "Connection initialisation timeout")]);
        let ping = || [send(&json!({ "type": "ping" })), expect(json!({ "type": "pong" }))];
        self.fresh("pings do not replace connection_init", ping().into_iter().chain([Closed(4408, "timeout")]));
        self.fresh("ping, pong and complete before it", {
            let early = [send(&json!({ "type": "pong" })), complete("1"), good(), ack()];
            ping().into_iter().chain(early).chain(lives())
        });
        self.fresh("an operation before it", [query("1"), Closed(4401, "Unauthorized")]);
        self.fresh("an operation and then connection_init", [query("1"), good(), Closed(4401, "Unauthorized")]);
        self.fresh("an invalid message before it", [text("{}"), Closed(4400, "type")]);
        self.fresh("a binary frame before it", [Send(Message::binary("{}")), Closed(4400, "text")]);
    }

    fn malformed(&mut self) {
        let deep = format!(r#"{{"type":"ping","payload":{{"a":{}{}}}}}"#, "[".repeat(500), "]".repeat(500));
        for bad in ["", " ", "{", "[]", "null", "1", "\"connection_init\"", "{}{}", &deep] {
            self.open(format!("not an object: {bad:.20}"), [text(bad), Closed(4400, "object")]);
        }
        for kind in [
            json!(null),
            json!(1),
            json!({}),
            json!(""),
            json!("start"),
            json!("stop"),
            json!("connection_terminate"),
            json!("SUBSCRIBE"),
            json!("next"),
            json!("error"),
            json!("connection_ack"),
            json!("ka"),
        ] {
            let message = json!({ "type": kind, "id": "1", "payload": { "query": "{ __typename }" } });
            self.open(format!("the type {kind}"), [send(&message), Closed(4400, "type")]);
        }
        let ask = json!({ "query": "{ __typename }" });
        for id in [json!(null), json!(1), json!(["1"]), json!(""), json!("x".repeat(129))] {
            let short = id.to_string();
            for kind in ["subscribe", "complete"] {
                let message = json!({ "type": kind, "id": id, "payload": ask });
                self.open(format!("{kind} with the id {short:.9}"), [send(&message), Closed(4400, "id")]);
            }
        }
        self.open(
            "subscribe without an id",
            [send(&json!({ "type": "subscribe", "payload": ask })), Closed(4400, "id")],
        );
        self.open("complete without an id", [send(&json!({ "type": "complete" })), Closed(4400, "id")]);
        let without = json!({ "type": "subscribe", "id": "1" });
        self.open("subscribe without a payload", [send(&without), Closed(4400, "payload")]);
        for payload in [json!(null), json!("{ __typename }"), json!([ask]), json!(1)] {
            self.open(format!("subscribe with {payload:.9}"), [subscribe("1", &payload), Closed(4400, "payload")]);
        }
        for (field, value) in [
            ("query", json!(null)),
            ("query", json!(1)),
            ("query", json!({})),
            ("operationName", json!(1)),
            ("variables", json!("{}")),
            ("variables", json!([])),
            ("extensions", json!("")),
            ("extensions", json!([])),
        ] {
            let mut payload = ask.clone();
            payload[field] = value.clone();
            self.open(format!("{field} is {value}"), [subscribe("1", &payload), Closed(4400, field)]);
        }
        self.open("no query", [subscribe("1", &json!({ "variables": {} })), Closed(4400, "query")]);
        for kind in ["ping", "pong"] {
            let message = json!({ "type": kind, "payload": "now" });
            self.open(format!("{kind} with text"), [send(&message), Closed(4400, "payload")]);
        }
    }

    fn frames(&mut self) {
        let ping = json!({ "type": "ping" }).to_string();
        self.open("a binary frame", [Send(Message::binary(ping.clone())), Closed(4400, "text")]);
        let frame =
            |text: &str, opcode, is_final| Send(Message::Frame(Frame::message(text.to_owned(), opcode, is_final)));
        let (first, rest) = ping.split_at(5);
        self.open(
            "a message in two frames",
            [
                frame(first, OpCode::Data(Data::Text), false),
                frame(rest, OpCode::Data(Data::Continue), true),
                expect(json!({ "type": "pong" })),
            ],
        );
        let odd = Frame::message(vec![b'"', 0xff, 0xfe, b'"'], OpCode::Data(Data::Text), true);
        self.open("invalid UTF-8", [Send(Message::Frame(odd)), Closed(1007, "UTF-8")]);
        let padded = |length: usize| format!("{ping}{}", " ".repeat(length - ping.len()));
        self.open("64 kB", [text(&padded(64 * 1_024)), expect(json!({ "type": "pong" }))]);
        self.open("more than 64 kB", [text(&padded(64 * 1_024 + 1)), Closed(1009, "64 kB")]);
        self.open("a ping of the websocket itself", [Send(Message::Ping("x".into()))].into_iter().chain(lives()));
        self.open("a normal end", [Send(Message::Close(None)), Closed(1005, "")]);
    }

    fn operations(&mut self, property: &Property) {
        let pong = |payload: Value| {
            [
                send(&json!({ "type": "ping", "payload": payload })),
                expect(json!({ "type": "pong", "payload": payload })),
            ]
        };
        self.open("a ping's payload comes back", pong(json!({ "n": [7, null] })));
        let bare = [send(&json!({ "type": "ping", "payload": null })), expect(json!({ "type": "pong" }))];
        self.open("a ping without one", bare);
        self.open("an unsolicited pong", [send(&json!({ "type": "pong", "payload": {} }))].into_iter().chain(lives()));
        self.open("a query", lives());
        let long = "x".repeat(128);
        self.open("a long id", [query(&long), next(&long), completed(&long)]);
        let more =
            json!({ "query": "{ __typename }", "operationName": null, "variables": null, "extensions": {}, "x": 1 });
        self.open("fields that are null, empty or unknown", [subscribe("1", &more), next("1"), completed("1")]);
        let named = json!({
            "query": "query A($n: Int!) { properties(first: $n) { edges { node { id } } } } query B { __typename }",
            "operationName": "A", "variables": { "n": 1 },
        });
        let found = json!({ "data": { "properties": { "edges": [{ "node": { "id": property.id } }] } } });
        self.open(
            "the operation that is named, with its variables",
            [subscribe("1", &named), expect(json!({ "id": "1", "type": "next", "payload": found })), completed("1")],
        );
        let mutation = json!({
            "query": "mutation($i: SetAllotmentsInput!) { setAllotments(input: $i) { userErrors { code } } }",
            "variables": { "i": { "propertyId": property.id, "changes": [{
                "roomTypeId": property.room_type("DBL"), "pool": { "shared": true }, "from": night(9), "through": night(9),
                "count": { "allotted": 7 },
            }] } },
        });
        self.open("a mutation", [
            subscribe("1", &mutation),
            expect(json!({ "id": "1", "type": "next", "payload": { "data": { "setAllotments": { "userErrors": [] } } } })),
            completed("1"),
        ]);
        for (name, payload, code) in [
            ("invalid GraphQL", json!({ "query": "{ __typename" }), "GRAPHQL_PARSE_FAILED"),
            ("an empty query", json!({ "query": "" }), "GRAPHQL_PARSE_FAILED"),
            ("an unknown field", json!({ "query": "{ noSuchField }" }), "GRAPHQL_VALIDATION_FAILED"),
            ("a subscription to nothing", json!({ "query": "subscription { nothing }" }), "GRAPHQL_VALIDATION_FAILED"),
            (
                "an unknown operation name",
                json!({ "query": "{ __typename }", "operationName": "A" }),
                "GRAPHQL_VALIDATION_FAILED",
            ),
            (
                "a missing variable",
                json!({ "query": "query($n: Int!) { properties(first: $n) { edges { cursor } } }" }),
                "BAD_USER_INPUT",
            ),
            (
                "an unknown property",
                json!({ "query": WATCH, "variables": { "properties": ["UDk5OTk5OQ"], "snapshot": true } }),
                "BAD_USER_INPUT",
            ),
            (
                "an invalid cursor",
                json!({ "query": WATCH, "variables": { "after": "x", "snapshot": false } }),
                "BAD_USER_INPUT",
            ),
        ] {
            // After an error the operation is over, and its id is free again.
            let steps = [subscribe("1", &payload), failed("1", code), query("1"), next("1"), completed("1")];
            self.open(name, steps.into_iter().chain(lives()));
        }
        self.open(
            "an id may be used again",
            [query("1"), next("1"), completed("1"), query("1"), next("1"), completed("1")],
        );

        let watch = |id: &str| {
            subscribe(id, &json!({ "query": WATCH, "variables": { "properties": [property.id], "snapshot": true } }))
        };
        let change_message = |id: &str, kind: &str| {
            expect(
                json!({ "id": id, "type": "next", "payload": { "data": { "stockChanges": { "__typename": kind } } } }),
            )
        };
        self.open(
            "a subscription",
            [watch("1"), change_message("1", "StockSnapshot"), Change, change_message("1", "StockChange")],
        );
        self.open(
            "an id that is in use",
            [
                watch("1"),
                change_message("1", "StockSnapshot"),
                watch("1"),
                Closed(4409, "Subscriber for 1 already exists"),
            ],
        );
        self.open(
            "a query's id that is in use",
            [watch("1"), change_message("1", "StockSnapshot"), query("1"), Closed(4409, "Subscriber for 1 ")],
        );
        let emoji = "\u{1F3E8}".repeat(32);
        self.open(
            "a long id that is in use",
            [
                watch(&emoji),
                change_message(&emoji, "StockSnapshot"),
                watch(&emoji),
                Closed(4409, "Subscriber for \u{1F3E8}"),
            ],
        );
        let ended = [watch("1"), change_message("1", "StockSnapshot"), complete("1"), Change];
        self.open("nothing comes after complete", ended.into_iter().chain(lives()));
        let again =
            [watch("1"), change_message("1", "StockSnapshot"), complete("1"), query("1"), next("1"), completed("1")];
        self.open("an id may be used again after complete", again.into_iter().chain(lives()));
        self.open("complete for a finished or unknown operation", {
            [query("1"), next("1"), completed("1"), complete("1"), complete("1"), complete("2")]
                .into_iter()
                .chain(lives())
        });
        self.open("an operation beside a subscription", {
            let both =
                [watch("1"), change_message("1", "StockSnapshot"), query("2"), next("2"), completed("2"), Change];
            both.into_iter().chain([change_message("1", "StockChange")]).chain(lives())
        });
        self.open(
            "two subscriptions",
            [
                watch("1"),
                change_message("1", "StockSnapshot"),
                watch("2"),
                change_message("2", "StockSnapshot"),
                complete("1"),
                Change,
                change_message("2", "StockChange"),
            ],
        );
    }
}
