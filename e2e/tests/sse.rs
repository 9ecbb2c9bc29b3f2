//! GraphQL over server-sent events at `/graphql/stream`.

use std::time::Duration;

use lodgate_e2e::{
    EventStream, Gateway, TIMEOUT, TenantKind, WebSocket,
    sse::{Event, StreamError, request},
    stories::{Message, Mirror, Property, Supplier, documents::WATCH, eventually, night},
    websocket::Incoming,
};
use reqwest::Method;
use serde_json::{Value, json};

fn snapshot(property: &Property) -> Value {
    json!({ "properties": [property.id], "snapshot": true })
}

async fn watch(gateway: &Gateway, supplier: &Supplier, property: &Property, last_id: Option<&str>) -> EventStream {
    let stream =
        EventStream::open(gateway.base_url(), supplier.client.token(), WATCH, &snapshot(property), last_id).await;
    stream.unwrap_or_else(|error| panic!("no subscription: {error}"))
}

async fn message(stream: &mut EventStream) -> Message {
    Message(stream.next_result(TIMEOUT).await.expect("a message")["data"]["stockChanges"].clone())
}

/// Reads until the connection ends.
async fn rest(stream: &mut EventStream) -> (Vec<Event>, String) {
    let mut events = Vec::new();
    loop {
        match stream.receive(Duration::from_secs(60)).await {
            Ok(event) => events.push(event),
            Err(StreamError::Ended(how)) => return (events, how),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn requests_get_the_responses_of_the_protocol() {
    let gateway = Gateway::builder().start().await;
    let client = gateway.client("alpha", TenantKind::Supplier).await;
    let url = gateway.base_url();
    let post = |body: &Value| request(Method::POST, url).bearer_auth(client.token()).json(body);
    let get = |query: &[(&str, &str)]| request(Method::GET, url).bearer_auth(client.token()).query(query);
    let one = async |request: reqwest::RequestBuilder| {
        let mut stream = EventStream::of(request).await.expect("a stream");
        assert_eq!(stream.header("content-type"), Some("text/event-stream"));
        assert_eq!(
            (stream.header("cache-control"), stream.header("x-accel-buffering")),
            (Some("no-store"), Some("no"))
        );
        let (events, how) = rest(&mut stream).await;
        let [Event::Next { id: None, data }, Event::Complete] = &events[..] else { panic!("{events:?}") };
        assert_eq!(how, "in order");
        serde_json::from_str::<Value>(data).expect("JSON")
    };

    let name = json!({ "__typename": "Query" });
    assert_eq!(one(post(&json!({ "query": "{ __typename }" }))).await["data"], name);
    assert_eq!(one(get(&[("query", "{ __typename }")])).await["data"], name);
    let change = json!({
        "query": "mutation($i: UndoChangeSetInput!) { undoChangeSet(input: $i) { userErrors { code } } }",
        "variables": { "i": { "propertyId": "UDk5OTk5OQ", "changeSetId": "00000000-0000-0000-0000-000000000000" } },
    });
    assert!(one(post(&change)).await["data"]["undoChangeSet"]["userErrors"][0]["code"].is_string());
    // Invalid operations are reported on the stream, because a browser does not show the body of any other response.
    for (query, code) in [("{ nothing }", "GRAPHQL_VALIDATION_FAILED"), ("{", "GRAPHQL_PARSE_FAILED")] {
        for request in [post(&json!({ "query": query })), get(&[("query", query)])] {
            let answer = one(request).await;
            assert_eq!((&answer["errors"][0]["extensions"]["code"], answer.get("data")), (&json!(code), None));
        }
    }
    let unknown = json!({ "query": WATCH, "variables": { "properties": ["UDk5OTk5OQ"], "snapshot": true } });
    assert_eq!(one(post(&unknown)).await["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");

    let status = async |request: reqwest::RequestBuilder| match EventStream::of(request).await {
        Err(StreamError::Refused { status, body }) => (status, body),
        other => panic!("not refused: {other:?}"),
    };
    let query = json!({ "query": "{ __typename }" });
    assert_eq!(status(request(Method::POST, url).json(&query)).await.0, 401);
    assert_eq!(status(request(Method::POST, url).bearer_auth("garbage").json(&query)).await.0, 401);
    assert_eq!(status(get(&[("query", "mutation { undoChangeSet { __typename } }")])).await.0, 405);
    for method in [Method::PUT, Method::DELETE] {
        let (status, body) = status(request(method, url).bearer_auth(client.token())).await;
        assert!(status == 405 && body.contains("single connection mode"), "{status} {body}");
    }
    let (code, body) = status(post(&query).header("x-graphql-event-stream-token", "x")).await;
    assert!(code == 400 && body.contains("single connection mode"), "{code} {body}");
    let plain = request(Method::POST, url).bearer_auth(client.token()).header("content-type", "text/plain");
    assert_eq!(status(plain.body(query.to_string())).await.0, 415);
    assert_eq!(status(post(&json!([query]))).await.0, 400);
    assert_eq!(status(get(&[])).await.0, 400);
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let other = http.post(format!("{url}/graphql/stream")).bearer_auth(client.token()).json(&query);
    assert_eq!(status(other.header("accept", "application/json")).await.0, 406);
}

/// The points for reads that are left, from a header of the response.
fn points_left(stream: &EventStream) -> i64 {
    let limits = stream.header("ratelimit").expect("the header of the remaining points");
    let (_, rest) = limits.split_once("\"starter-reads\";r=").expect("the points for reads");
    rest.split_once(';').expect("a number").0.parse().expect("a number")
}

#[tokio::test]
async fn subscriptions_over_sse_and_websocket_share_cost_and_limit() {
    let builder = Gateway::builder().env("PLAN_STARTER", "1000,1000").env("PLAN_STARTER_READS", "1,4000");
    let gateway = builder.env("PLAN_STARTER_OPEN", "5,2").start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
    let all = json!({ "properties": null, "snapshot": false });
    let open = async || EventStream::open(gateway.base_url(), &token, WATCH, &all, None).await.expect("a stream");
    let query = async || {
        let answer = EventStream::open(gateway.base_url(), &token, "{ __typename }", &Value::Null, None).await;
        points_left(&answer.expect("a stream"))
    };
    let estimate = "query($query: String!, $variables: JSON) {
        estimateCost(query: $query, variables: $variables) { requested } }";
    let client = gateway.client("alpha", TenantKind::Supplier).await;
    let asked = client.query(estimate, &json!({ "query": WATCH, "variables": all })).await.expect("an estimate");
    let price = asked["estimateCost"]["requested"].as_i64().expect("points");
    assert!(price > 50 && price < 1_000, "{price}");

    // The budget grows by one per second, and the query costs one.
    let costs = |before: i64, after: i64| {
        assert!(
            (price - 15..=price + 1).contains(&(before - after)),
            "{before} to {after}, where the price is {price}"
        );
    };
    let before = query().await;
    let mut stream = open().await;
    costs(before, points_left(&stream));
    assert_eq!(message(&mut stream).await.kind(), "StockCheckpoint");
    let before = query().await;
    let mut socket = WebSocket::connect(gateway.base_url(), &token).await.expect("connected");
    socket.subscribe(WATCH, &all).await.expect("sent");
    assert!(socket.next_data(TIMEOUT).await.is_ok());
    costs(before, query().await);

    // Two subscriptions are allowed, over either protocol. A refused one costs nothing.
    let before = query().await;
    let refused = open().await.next_result(TIMEOUT).await.expect("a response");
    assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{refused}");
    assert!(refused["errors"][0]["message"].to_string().contains("at most 2 subscriptions"), "{refused}");
    assert!(before - query().await <= 1, "a refused subscription was charged");
    drop(socket);

    // With an empty budget both protocols refuse the subscription and say when to retry.
    let dry = eventually("the points are used up", async || {
        let answer = open().await.next_result(TIMEOUT).await.expect("a response");
        answer["errors"][0]["message"].to_string().contains("points").then_some(answer)
    });
    let dry = dry.await;
    let extensions = &dry["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED", "{dry}");
    assert!(extensions["retryAfterMs"].as_i64() > Some(0), "{dry}");
    let mut socket = WebSocket::connect(gateway.base_url(), &token).await.expect("connected");
    socket.subscribe(WATCH, &all).await.expect("sent");
    let Incoming::Error { errors, .. } = socket.next(TIMEOUT).await.expect("a response") else { panic!("not refused") };
    assert_eq!(errors[0].code, "RATE_LIMITED");
    assert!(errors[0].message.contains("points") && errors[0].retry_after.is_some(), "{errors:?}");
}

#[tokio::test]
async fn a_stream_resumes_after_the_id_of_any_message() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let make = |name| alpha.property(name).nights(night(0), night(10)).rooms("DBL", 10);
    let (property, other) = (make("Seaview").create().await, make("Hillside").create().await);
    let set = async |rooms| {
        alpha.set_allotments(&property, "DBL", (night(1), night(1)), rooms).await.accepted();
    };

    let (mut stream, mut mirror) = (watch(&gateway, &alpha, &property, None).await, Mirror::default());
    mirror.apply(&message(&mut stream).await).expect("the snapshot");
    assert_eq!(stream.last_id, mirror.cursor, "the last part of the snapshot");
    set(11).await;
    mirror.apply(&message(&mut stream).await).expect("a change");
    assert_eq!(stream.last_id, mirror.cursor);
    let last = stream.last_id.clone().expect("an id");
    drop(stream);
    for rooms in 12..20 {
        set(rooms).await;
    }

    // The operation asks for a snapshot as before; `Last-Event-ID` takes precedence.
    let mut stream = watch(&gateway, &alpha, &property, Some(&last)).await;
    for rooms in 12..20 {
        let change = message(&mut stream).await;
        assert_eq!((change.kind(), change.left_to_sell("DBL", night(1))), ("StockChange", Some(rooms)));
        mirror.apply(&change).expect("without a gap");
        assert_eq!(stream.last_id, mirror.cursor);
    }
    assert_eq!(message(&mut stream).await.kind(), "StockCheckpoint");
    // It also takes precedence over `after`. A message has an id even when the operation selects no cursor.
    let bare = "subscription($p: [ID!], $a: Cursor) { stockChanges(propertyIds: $p, after: $a) { __typename } }";
    let after = json!({ "p": [property.id], "a": stream.last_id });
    let mut both = EventStream::open(gateway.base_url(), alpha.client.token(), bare, &after, Some(&last)).await;
    let both = both.as_mut().expect("a stream");
    for _ in 12..20 {
        assert_eq!(message(both).await.kind(), "StockChange");
        assert!(both.last_id.is_some());
    }

    // With another selection the subscriber must read a new snapshot, and its stored id is deleted.
    let mut stream = watch(&gateway, &alpha, &other, Some(&last)).await;
    let Event::Next { id, data } = stream.next(TIMEOUT).await.expect("a response") else { panic!("no result") };
    assert!(id.as_deref() == Some("") && data.contains("FILTER_CHANGED"), "{id:?} {data}");
    assert_eq!(stream.next(TIMEOUT).await.expect("the end"), Event::Complete);
    let mut stream = watch(&gateway, &alpha, &property, Some("garbage")).await;
    let refused = stream.next_result(TIMEOUT).await.expect("a response");
    assert_eq!(refused["errors"][0]["extensions"]["field"], "Last-Event-ID", "{refused}");
}

#[tokio::test]
async fn an_idle_stream_is_kept_open_until_its_token_expires() {
    let gateway = Gateway::builder().env("PING_SECONDS", "1").start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).create().await;
    let token = gateway.cli().short_token("alpha", 5).await.expect("a token");
    let stream = EventStream::open(gateway.base_url(), &token, WATCH, &snapshot(&property), None).await;

    let (events, how) = rest(&mut stream.expect("a stream")).await;
    assert_eq!(how, "in order");
    assert!(!events.contains(&Event::Complete), "without `complete`, so that the client reconnects: {events:?}");
    let comments: Vec<&str> = events
        .iter()
        .filter_map(|event| if let Event::Comment(text) = event { Some(text.as_str()) } else { None })
        .collect();
    assert!(comments.iter().filter(|text| text.is_empty()).count() >= 2, "keep-alive comments: {comments:?}");
    assert_eq!(comments.iter().filter(|text| text.contains("tokenExpiresInMs")).count(), 1, "{comments:?}");

    let again = EventStream::open(gateway.base_url(), &token, WATCH, &snapshot(&property), None).await;
    assert!(matches!(again, Err(StreamError::Refused { status: 401, .. })), "{again:?}");
}

#[tokio::test]
async fn a_stream_resumes_by_its_id_after_a_node_stops() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).create().await;
    let (mut stream, mut mirror) = (watch(&gateway, &alpha, &property, None).await, Mirror::default());
    mirror.apply(&message(&mut stream).await).expect("the snapshot");

    let stopping = async { assert_eq!(gateway.terminate().await.expect("stopped"), Some(0)) };
    let ((), (events, how)) = tokio::join!(stopping, rest(&mut stream));
    assert_eq!(how, "in order");
    let announced = events.iter().any(|event| matches!(event, Event::Comment(text) if text.contains("restartInMs")));
    assert!(announced && !events.contains(&Event::Complete), "{events:?}");

    gateway.restart().await;
    alpha.set_allotments(&property, "DBL", (night(1), night(1)), 20).await.accepted();
    let mut stream = watch(&gateway, &alpha, &property, stream.last_id.as_deref()).await;
    let change = message(&mut stream).await;
    assert_eq!(change.left_to_sell("DBL", night(1)), Some(20));
    mirror.apply(&change).expect("without a gap");
}

#[tokio::test]
async fn abandoned_and_unread_streams_end() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let wide =
        alpha.property("Seaview").nights(night(0), night(1_000)).rooms("DBL", 10).rooms("SGL", 10).create().await;
    let streams = async || gateway.metrics().await.sum("lodgate_event_streams", &[]);
    let gone = async |what: &str| {
        eventually(what, async || (streams().await == 0.0).then_some(())).await;
    };

    let left = watch(&gateway, &alpha, &wide, None).await;
    assert!(streams().await > 0.0);
    drop(left);
    gone("the abandoned stream ends").await;
    // No one reads this stream, and its snapshot is larger than the buffers of a connection: 50 aliases of all fields.
    let cells: String = (0..50)
        .map(|n| {
            format!(
                "... on StockSnapshot {{ c{n}: cells {{ roomTypeId roomTypeCode date allotted held sold leftToSell \
                 overcommittedBy stopSell closedToArrival closedToDeparture minStayArrival maxStayArrival }} }}"
            )
        })
        .collect();
    let heavy = format!(
        "subscription($properties: [ID!]) {{
          stockChanges(propertyIds: $properties, snapshot: true) {{ __typename {cells} }} }}"
    );
    let ids = json!({ "properties": [wide.id] });
    let stuck =
        EventStream::open(gateway.base_url(), alpha.client.token(), &heavy, &ids, None).await.expect("a stream");
    assert!(streams().await > 0.0);
    gone("the unread stream ends").await;
    drop(stuck);
}
