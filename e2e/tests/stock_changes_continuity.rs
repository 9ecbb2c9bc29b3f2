//! Continuity of subscriptions: twenty dashboards with short-lived tokens receive every change exactly once, while tokens
//! expire ten times, one node is stopped in order, another is killed, and Redis is restarted.
//!
//! A token is valid for 4 seconds, or for `LODGATE_DASHBOARDS_TOKEN_SECONDS`; with 60 seconds the test takes ten minutes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use lodgate_e2e::{
    Backend, Cli, EventStream, TIMEOUT, WebSocket,
    sse::{Event, StreamError},
    stories::{Message, Mirror, Property, Supplier, documents::WATCH, eventually, eventually_within, night},
    websocket::WebSocketError,
};
use serde_json::{Value, json};
use tokio::{
    sync::Mutex,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

const DASHBOARDS: usize = 20;
/// Groups of dashboards with the same token.
const TOKEN_SOURCES: usize = 4;
const WRITERS: u64 = 4;
const CHANGES_PER_SECOND: u64 = 20;
const EXPIRIES: u32 = 10;
const CHANGES_WITHOUT_REDIS: u64 = 40;
/// Between two attempts of a dashboard to connect.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Between two attempts to write a change.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

fn token_seconds() -> u64 {
    let set = std::env::var_os("LODGATE_DASHBOARDS_TOKEN_SECONDS");
    set.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(4)
}

/// Issues tokens, and reuses each until it expires.
struct TokenSource {
    cli: Cli,
    seconds: u64,
    current: Mutex<Option<(String, Instant)>>,
}

impl TokenSource {
    async fn token(&self) -> String {
        let mut current = self.current.lock().await;
        if let Some((token, end)) = &*current
            && Instant::now() < *end
        {
            return token.clone();
        }
        let end = Instant::now() + Duration::from_secs(self.seconds);
        let token = self.cli.short_token("alpha", self.seconds).await.expect("a token");
        *current = Some((token.clone(), end));
        token
    }
}

/// The number of ended connections of a dashboard, by reason.
#[derive(Debug, Default)]
struct EndCounts {
    /// The token expired.
    expired: AtomicU32,
    /// The node announced its stop.
    stopped: AtomicU32,
    /// The connection broke without a message.
    broken: AtomicU32,
    /// Open connections by node.
    open: [AtomicU32; 2],
}

/// The state of a dashboard at the end.
struct DashboardState {
    mirror: Mirror,
    /// The seqs of all received changes after the snapshot, by property, in order.
    received: BTreeMap<String, Vec<i64>>,
    begun: BTreeMap<String, i64>,
    resumed: u32,
}

struct Dashboard {
    over_websocket: bool,
    nodes: [String; 2],
    properties: Vec<String>,
    tokens: Arc<TokenSource>,
    ends: Arc<EndCounts>,
    /// The last seq of each property, once all changes are written.
    heads: Arc<Mutex<Option<BTreeMap<String, i64>>>>,
}

/// A message, or the end of the connection.
enum Received {
    Message(Message),
    Nothing,
    Expired,
    Stopped,
    Broken,
}

enum Connection {
    WebSocket(WebSocket),
    Stream(EventStream, bool),
}

impl Connection {
    async fn receive(&mut self) -> Received {
        match self {
            Self::WebSocket(socket) => match socket.receive(TIMEOUT).await {
                Ok(message) if message["type"] == "ping" => {
                    let _ = socket.send(&json!({ "type": "pong" })).await;
                    Received::Nothing
                }
                Ok(message) if message["type"] == "next" => received(&message["payload"]),
                Ok(message) => panic!("{message}"),
                Err(WebSocketError::Closed { code: 4403, .. }) => Received::Expired,
                Err(WebSocketError::Closed { code: 1012, .. }) => Received::Stopped,
                Err(WebSocketError::Closed { code: 1006, .. }) => Received::Broken,
                Err(error) => panic!("{error}"),
            },
            Self::Stream(stream, is_stopping) => match stream.receive(TIMEOUT).await {
                Ok(Event::Next { data, .. }) => received(&serde_json::from_str(&data).expect("JSON")),
                Ok(Event::Comment(text)) => {
                    *is_stopping |= text.contains("restartInMs");
                    Received::Nothing
                }
                Ok(Event::Complete) => panic!("complete"),
                Err(StreamError::Ended(how)) if how == "in order" => {
                    if *is_stopping {
                        Received::Stopped
                    } else {
                        Received::Expired
                    }
                }
                Err(StreamError::Ended(_)) => Received::Broken,
                Err(error) => panic!("{error}"),
            },
        }
    }
}

fn received(result: &Value) -> Received {
    assert!(result.get("errors").is_none(), "{result}");
    Received::Message(Message(result["data"]["stockChanges"].clone()))
}

impl Dashboard {
    /// Runs until all changes were received.
    async fn watch(&self, number: usize) -> DashboardState {
        let mut state =
            DashboardState { mirror: Mirror::default(), received: BTreeMap::new(), begun: BTreeMap::new(), resumed: 0 };
        let mut node = number;
        loop {
            node += 1;
            let after = state.mirror.cursor.clone();
            if after.is_none() {
                // The snapshot was incomplete, so it starts again.
                (state.mirror, state.begun) = (Mirror::default(), BTreeMap::new());
            }
            let Some(mut connection) = self.connect(&self.nodes[node % 2], after.as_deref()).await else {
                sleep(RECONNECT_PAUSE).await;
                continue;
            };
            state.resumed += u32::from(after.is_some());
            let open = &self.ends.open[node % 2];
            open.fetch_add(1, Ordering::Relaxed);
            loop {
                let end = match connection.receive().await {
                    Received::Message(message) => {
                        self.take(&mut state, &message);
                        if self.is_done(&state).await {
                            return state;
                        }
                        continue;
                    }
                    Received::Nothing => continue,
                    Received::Expired => &self.ends.expired,
                    Received::Stopped => &self.ends.stopped,
                    Received::Broken => &self.ends.broken,
                };
                open.fetch_sub(1, Ordering::Relaxed);
                end.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
    }

    fn take(&self, state: &mut DashboardState, message: &Message) {
        state.mirror.apply(message).unwrap_or_else(|fault| panic!("{fault:#}"));
        let (property, seq) = (message.0["property"]["id"].as_str().unwrap_or_default(), message.0["seq"].as_i64());
        match (message.kind(), seq) {
            ("StockSnapshot", Some(seq)) => drop(state.begun.insert(property.to_owned(), seq)),
            ("StockChange", Some(seq)) => {
                assert_ne!(
                    message.0["coalesced"], true,
                    "a subscriber that keeps up receives every change: {message:?}"
                );
                state.received.entry(property.to_owned()).or_default().push(seq);
            }
            ("StockCheckpoint", None) => {}
            _ => panic!("{message:?}"),
        }
    }

    async fn is_done(&self, state: &DashboardState) -> bool {
        let heads = self.heads.lock().await;
        heads
            .as_ref()
            .is_some_and(|heads| heads.iter().all(|(property, head)| state.mirror.seqs.get(property) == Some(head)))
    }

    async fn connect(&self, node: &str, after: Option<&str>) -> Option<Connection> {
        let token = self.tokens.token().await;
        if self.over_websocket {
            let variables = json!({ "properties": self.properties, "after": after, "snapshot": after.is_none() });
            match WebSocket::connect(node, &token).await {
                Ok(mut socket) => {
                    socket.subscribe(WATCH, &variables).await.ok()?;
                    Some(Connection::WebSocket(socket))
                }
                // The token expired or the node stopped while connecting.
                Err(WebSocketError::Connect(_) | WebSocketError::Closed { code: 4403 | 1012 | 1006, .. }) => None,
                Err(error) => panic!("{error}"),
            }
        } else {
            // The operation stays the same on every attempt, as in a browser.
            let variables = json!({ "properties": self.properties, "snapshot": true });
            match EventStream::open(node, &token, WATCH, &variables, after).await {
                Ok(stream) => Some(Connection::Stream(stream, false)),
                Err(StreamError::Ended(_) | StreamError::Refused { status: 401, .. }) => None,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Changes one cell after another, at whichever node responds.
async fn write(
    number: u64,
    suppliers: &[Supplier; 2],
    properties: &[Property],
    over: &AtomicBool,
    written: &AtomicU64,
) {
    let mut tick = interval(Duration::from_millis(1_000 * WRITERS / CHANGES_PER_SECOND));
    // Delayed ticks are made up for.
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut turn = 0_u64;
    while !over.load(Ordering::Relaxed) {
        tick.tick().await;
        turn += 1;
        let property = &properties[usize::try_from(turn % 2).unwrap_or_default()];
        let date = night(number * 20 + turn % 19);
        let rooms = 10 + u32::try_from(turn % 83).unwrap_or_default();
        for attempt in 0.. {
            let supplier = &suppliers[usize::try_from(number + attempt).unwrap_or_default() % 2];
            // Setting the same number twice changes nothing, so a call without a response is repeated.
            let set = timeout(Duration::from_secs(10), supplier.set_allotments(property, "DBL", (date, date), rooms));
            if let Ok(lodgate_e2e::stories::MutationResult(Ok(_))) = set.await {
                written.fetch_add(1, Ordering::Relaxed);
                break;
            }
            assert!(attempt < 600, "no node accepts a change");
            sleep(RETRY_PAUSE).await;
        }
    }
}

/// The seqs of a property's journal after `after`.
async fn journal(supplier: &Supplier, property: &str, after: i64) -> Vec<i64> {
    let document = "query($id: ID!, $after: Int!) { property(id: $id) { stockEvents(after: $after, first: 100) {
      edges { node { seq } } } } }";
    let (mut all, mut after) = (Vec::new(), after);
    loop {
        let data =
            supplier.client.query(document, &json!({ "id": property, "after": after })).await.expect("the journal");
        let edges = data["property"]["stockEvents"]["edges"].as_array().expect("events").clone();
        let Some(last) = edges.last() else { return all };
        after = last["node"]["seq"].as_i64().expect("a number");
        all.extend(edges.iter().filter_map(|edge| edge["node"]["seq"].as_i64()));
    }
}

#[tokio::test]
async fn every_dashboard_receives_every_change_exactly_once() {
    let seconds = token_seconds();
    let backend = Backend::postgres_and_redis().await;
    let node = || backend.gateway().start();
    let nodes = [node().await, node().await];
    let alpha = nodes[0].supplier("alpha").await;
    let make = |name| alpha.property(name).nights(night(0), night(100)).rooms("DBL", 9);
    let properties = [make("Seaview").create().await, make("Hillside").create().await];

    let heads = Arc::<Mutex<Option<BTreeMap<String, i64>>>>::default();
    let tokens = || TokenSource { cli: nodes[0].cli().clone(), seconds, current: Mutex::default() };
    let sources: Vec<Arc<TokenSource>> = (0..TOKEN_SOURCES).map(|_| Arc::new(tokens())).collect();
    let dashboards = (0..DASHBOARDS).map(|number| Dashboard {
        over_websocket: number % 2 == 0,
        nodes: [nodes[0].base_url().to_owned(), nodes[1].base_url().to_owned()],
        properties: properties.iter().map(|property| property.id.clone()).collect(),
        tokens: Arc::clone(&sources[number / 2 % TOKEN_SOURCES]),
        ends: Arc::default(),
        heads: Arc::clone(&heads),
    });
    let dashboards: Vec<Dashboard> = dashboards.collect();

    let begun = Instant::now();
    let (over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let suppliers = [alpha.at(&nodes[0]), alpha.at(&nodes[1])];
    let writing = join_all((0..WRITERS).map(|number| write(number, &suppliers, &properties, &over, &written)));
    let watching = join_all(dashboards.iter().enumerate().map(|(number, one)| one.watch(number / 2)));
    // Dashboards with the same token reconnect together, so a node may have no connection for a moment.
    let lifetime = Duration::from_secs(seconds);
    let is_watched = async |node: usize| {
        let open = || dashboards.iter().any(|one| one.ends.open[node].load(Ordering::Relaxed) > 0);
        let what = format!("a dashboard is connected to node {node}");
        eventually_within(&what, TIMEOUT + lifetime * 4, || async { open().then_some(()) }).await;
    };
    let expiries = async |count: u32| {
        let least = || dashboards.iter().map(|one| one.ends.expired.load(Ordering::Relaxed)).min().unwrap_or_default();
        let what = format!("{count} tokens of each dashboard expired");
        eventually_within(&what, (TIMEOUT + lifetime) * count, || async { (least() >= count).then_some(()) }).await;
    };
    let changes = async |count: u64| {
        let target = written.load(Ordering::Relaxed) + count;
        let is_written = || async { (written.load(Ordering::Relaxed) >= target).then_some(()) };
        eventually("changes are written", is_written).await;
    };
    let happening = async {
        expiries(EXPIRIES / 4).await;
        is_watched(0).await;
        assert_eq!(nodes[0].terminate().await.expect("stopped"), Some(0));
        nodes[0].restart().await;
        expiries(EXPIRIES / 2).await;
        is_watched(1).await;
        nodes[1].kill();
        nodes[1].restart().await;
        expiries(EXPIRIES * 3 / 4).await;
        backend.redis().kill();
        changes(CHANGES_WITHOUT_REDIS).await;
        backend.redis().restart().await;
        expiries(EXPIRIES).await;
        over.store(true, Ordering::Relaxed);
    };
    let ending = async {
        tokio::join!(writing, happening);
        let took = begun.elapsed();
        let mut all = BTreeMap::new();
        for property in &properties {
            all.insert(property.id.clone(), alpha.stock_seq(property).await);
        }
        *heads.lock().await = Some(all);
        took
    };
    let limit = Duration::from_secs(seconds * u64::from(EXPIRIES) * 3 + 300);
    let (states, took) =
        timeout(limit, async { tokio::join!(watching, ending) }).await.expect("every dashboard is done");

    let mut events = 0;
    for property in &properties {
        let first = states.iter().map(|one| one.begun[&property.id]).min().expect("dashboards");
        let journal = journal(&alpha, &property.id, first).await;
        events += journal.len();
        for (number, one) in states.iter().enumerate() {
            let begun = one.begun[&property.id];
            let expected: Vec<i64> = journal.iter().copied().filter(|seq| *seq > begun).collect();
            assert_eq!(one.received[&property.id], expected, "dashboard {number} at {}", property.code);
            let stored = alpha.calendar(property, "DBL", (night(0), night(100)), None, None).await;
            let left = one.mirror.left(property, "DBL", (night(0), night(100)), None);
            assert_eq!(json!(left), stored["leftToSell"], "dashboard {number} at {}", property.code);
        }
    }
    let sum = |count: fn(&EndCounts) -> &AtomicU32| -> u32 {
        dashboards.iter().map(|one| count(&one.ends).load(Ordering::Relaxed)).sum()
    };
    let (expired, stopped, broken) = (sum(|ends| &ends.expired), sum(|ends| &ends.stopped), sum(|ends| &ends.broken));
    let delivered: usize = states.iter().flat_map(|one| one.received.values()).map(Vec::len).sum();
    let resumed: u32 = states.iter().map(|one| one.resumed).sum();
    let rate = written.load(Ordering::Relaxed) as f64 / took.as_secs_f64();
    println!(
        "{DASHBOARDS} dashboards, tokens of {seconds} s, {:.0} s: {events} events ({rate:.1} changes/s), {delivered} delivered; \
         connections ended: {expired} by expiry, {stopped} by a stopping node, {broken} broken; {resumed} resumed",
        took.as_secs_f64()
    );
    assert!(stopped > 0 && broken > 0, "the dashboards saw both kinds of restart");
    assert!(rate > 2.0, "{rate} changes per second");
    let audit = nodes[1].audit().await;
    assert_eq!(audit.drift, 0, "{}", audit.text);
}
