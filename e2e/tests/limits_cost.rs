//! The cost of operations, and the limits of websockets, subscriptions and messages.

use std::time::Duration;

use lodgate_e2e::{
    Backend, Gateway, TIMEOUT, TenantKind, WebSocket,
    stories::{documents::SET_ALLOTMENTS, documents::WATCH, eventually, night, stay},
    websocket::Incoming,
};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::time::Instant;

const HOTELS: &str = "query($n: Int!) { properties(first: $n) { nodes { code name } } }";

/// A client that returns status, headers and the whole body.
struct Caller {
    http: reqwest::Client,
    url: String,
    token: String,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn cost(&self, field: &str) -> i64 {
        self.body["extensions"]["cost"][field].as_i64().unwrap_or_else(|| panic!("no {field}: {}", self.body))
    }

    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }
}

impl Caller {
    async fn new(gateway: &Gateway, tenant: &str) -> Self {
        let token = gateway.token(tenant, TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
        let url = format!("{}/graphql", gateway.base_url());
        Self { http: lodgate_e2e::client::pool(), url, token }
    }

    async fn ask(&self, query: &str, variables: &Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.http.post(&self.url).bearer_auth(&self.token).json(&body).send().await.expect("a response");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.json().await.expect("JSON") }
    }

    async fn estimate(&self, query: &str, variables: &Value) -> Value {
        let estimate = "query($query: String!, $variables: JSON) {
          estimateCost(query: $query, variables: $variables) { requested budget allowed remaining } }";
        let answer = self.ask(estimate, &json!({ "query": query, "variables": variables })).await;
        answer.body["data"]["estimateCost"].clone()
    }
}

fn change(property: &lodgate_e2e::stories::Property, nights: u64, rooms: u32) -> Value {
    json!({ "input": { "propertyId": property.id, "changes": [{
        "roomTypeId": property.room_type("DBL"), "pool": { "shared": true }, "from": night(1), "through": night(nights),
        "count": { "allotted": rooms } }] } })
}

#[tokio::test]
async fn the_requested_cost_is_charged_and_the_rest_refunded() {
    let gateway = Gateway::builder()
        .env("PLAN_STARTER", "1,1000")
        .env("PLAN_STARTER_READS", "1,3000")
        .env("PLAN_STARTER_WRITES", "1,500")
        .start()
        .await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(100)).rooms("DBL", 10).create().await;
    let caller = Caller::new(&gateway, "alpha").await;

    let estimate = caller.estimate(HOTELS, &json!({ "n": 200 })).await;
    assert_eq!((&estimate["budget"], &estimate["allowed"]), (&json!("READS"), &json!(3_000)));
    let before = estimate["remaining"].as_i64().expect("a number");
    let read = caller.ask(HOTELS, &json!({ "n": 200 })).await;
    assert_eq!((read.cost("requested"), read.cost("actual")), (2 + 200 * 2, 2 + 2), "{}", read.body);
    assert_eq!(json!(read.cost("requested")), estimate["requested"], "as estimated");
    assert_eq!(read.cost("restoreRate"), 1);
    let left = read.cost("remaining");
    assert!((before - 10..=before).contains(&left), "only the actual cost is charged: {left} of {before}");

    // The estimate of a write counts the nights in its input; the charge counts the changed nights.
    let seq = alpha.stock_seq(&property).await;
    let estimate = caller.estimate(SET_ALLOTMENTS, &change(&property, 40, 7)).await;
    assert_eq!(estimate["budget"], "WRITES");
    assert_eq!(alpha.stock_seq(&property).await, seq, "an estimate executes nothing");
    let written = caller.ask(SET_ALLOTMENTS, &change(&property, 40, 7)).await;
    assert_eq!(json!(written.cost("requested")), estimate["requested"]);
    assert_eq!(written.body["data"]["setAllotments"]["changedCells"], 40, "{}", written.body);
    assert!(written.cost("actual") >= 10 + 40, "{}", written.body);
    let again = caller.ask(SET_ALLOTMENTS, &change(&property, 40, 7)).await;
    assert_eq!(
        written.cost("actual") - again.cost("actual"),
        40 + 1,
        "without changed nights and without an event: {}",
        again.body
    );

    // An operation above the limit of a single operation is refused, whatever the budget has left.
    let huge = caller.ask(HOTELS, &json!({ "n": 2_000 })).await;
    assert_eq!((huge.status, huge.code()), (200, "COST_LIMIT_EXCEEDED"), "{}", huge.body);
    let extensions = &huge.body["errors"][0]["extensions"];
    assert_eq!((&extensions["requested"], &extensions["allowed"]), (&json!(4_002), &json!(3_000)), "{}", huge.body);
    assert_eq!(huge.cost("actual"), 0);
    // An invalid operation, or one that is refused before it runs, costs nothing.
    let wrong = caller.ask("{ noSuchField }", &json!({})).await;
    assert_eq!((wrong.code(), wrong.cost("actual")), ("GRAPHQL_VALIDATION_FAILED", 0), "{}", wrong.body);

    // A client that exhausts its budget for reads can still write.
    let hungry = "{ rateLimit { minutes { from allowed refused } } }";
    let dry = loop {
        let answer = caller.ask(hungry, &json!({})).await;
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!((dry.status, dry.code()), (429, "RATE_LIMITED"), "{}", dry.body);
    let wait = dry.headers["retry-after"].to_str().expect("text").parse::<u64>().expect("seconds");
    assert!(wait >= 1 && dry.body["errors"][0]["extensions"]["retryAfterMs"].as_u64().is_some_and(|ms| ms > 0));
    let limits = dry.headers["ratelimit"].to_str().expect("text").to_owned();
    let policy = dry.headers["ratelimit-policy"].to_str().expect("text");
    assert!(limits.contains("\"starter\";r=") && limits.contains("\"starter-reads\";r="), "{limits}");
    assert!(policy.contains("\"starter-reads\";q=3000;w=3000;qu=\"points\""), "{policy}");
    let written = caller.ask(SET_ALLOTMENTS, &change(&property, 20, 8)).await;
    assert_eq!(written.body["data"]["setAllotments"]["changedCells"], 20, "{}", written.body);

    // `rateLimit` shows the budgets. The query itself costs something, so another tenant asks.
    let omega = Caller::new(&gateway, "omega").await;
    let shown = "{ rateLimit { plan shared nodes burst remaining
      reads { pointsPerSecond burst remaining mostPerOperation } writes { remaining } sockets { open most } } }";
    let shown = omega.ask(shown, &json!({})).await.body["data"]["rateLimit"].clone();
    assert_eq!((&shown["shared"], &shown["nodes"]), (&json!(false), &json!(1)), "no Redis: {shown}");
    assert_eq!((&shown["reads"]["burst"], &shown["reads"]["mostPerOperation"]), (&json!(3_000), &json!(3_000)));
    assert!(
        shown["remaining"].as_i64().is_some_and(|left| (990..1_000).contains(&left)),
        "this query was charged: {shown}"
    );
    assert!(shown["writes"]["remaining"] == 500 && shown["sockets"] == json!({ "open": 0, "most": 20 }), "{shown}");
}

#[tokio::test]
async fn websockets_and_subscriptions_are_limited_across_nodes() {
    let backend = Backend::postgres_and_redis().await;
    let node = || {
        let builder = backend.gateway();
        builder.env("PLAN_STARTER_OPEN", "2,3").start()
    };
    let nodes = [node().await, node().await];
    let token = nodes[0].token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
    let open = async |node: usize| WebSocket::connect(nodes[node].base_url(), &token).await;
    let mut first = open(0).await.expect("connected");
    let second = open(0).await.expect("connected");
    let refused = open(0).await.expect_err("a third websocket at this node");
    assert_eq!(refused.close_code(), Some(1013), "{refused}");
    assert!(refused.to_string().contains("at most 2 sockets"), "{refused}");
    let full_elsewhere = || async { open(1).await.err().filter(|error| error.close_code() == Some(1013)) };
    eventually("the other node counts them", full_elsewhere).await;

    let watch = json!({ "properties": null, "snapshot": false });
    for _ in 0..3 {
        first.subscribe(WATCH, &watch).await.expect("sent");
        assert!(matches!(first.next(TIMEOUT).await.expect("a checkpoint"), Incoming::Next { .. }));
    }
    let fourth = first.subscribe(WATCH, &watch).await.expect("sent");
    let refused = loop {
        match first.next(TIMEOUT).await.expect("a response") {
            Incoming::Error { id, errors } if id == fourth => break errors,
            Incoming::Next { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((refused[0].code.as_str(), refused[0].retryable), ("RATE_LIMITED", true), "{refused:?}");
    assert!(refused[0].message.contains("at most 3 subscriptions"), "{refused:?}");

    drop(second);
    let room_again = || async { open(1).await.ok() };
    eventually("a closed websocket frees a place at the other node", room_again).await;
}

#[tokio::test]
async fn messages_above_the_plan_are_delayed_and_none_is_lost() {
    let gateway = Gateway::builder().env("PLAN_STARTER_EVENTS", "5,5").start().await;
    let (alpha, beta) = (gateway.supplier("alpha").await, gateway.partner("beta").await);
    let property =
        alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 100).opened_to("beta").create().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
    let mut slow = WebSocket::connect(gateway.base_url(), &token).await.expect("connected");
    let started = Instant::now();
    slow.subscribe(WATCH, &json!({ "properties": [property.id], "snapshot": true })).await.expect("sent");
    for n in 0..15 {
        beta.book(&property, "DBL", stay(1 + n % 8, 1)).await.accepted();
    }
    let head = alpha.stock_seq(&property).await;
    let mut messages = 0;
    let mut last = 0;
    while last < head {
        let data = slow.next_data(TIMEOUT).await.expect("a message");
        let message = &data["stockChanges"];
        messages += 1;
        let previous = message["previousSeq"].as_i64();
        assert!(previous.is_none_or(|seq| seq == last), "a gap after {last}: {message}");
        last = message["seq"].as_i64().unwrap_or(last);
    }
    let at_least = Duration::from_secs_f64(f64::from((messages - 6).max(0)) / 5.0);
    assert!(started.elapsed() >= at_least, "{messages} messages in {:?}", started.elapsed());
    assert!(messages > 5, "{messages}");
    let slowed = gateway.metrics().await.sum("lodgate_events_slowed_total", &[]);
    assert!(slowed > 0.0, "no message was delayed");
}

#[tokio::test]
async fn an_empty_plan_stops_the_start() {
    for (option, value) in [("PLAN_STARTER_READS", "0,10"), ("PLAN_STARTER_OPEN", "5"), ("MOST_POINTS", "0")] {
        let refused = Gateway::builder().env(option, value).try_start().await;
        assert!(refused.is_err(), "{option}={value}");
    }
}
