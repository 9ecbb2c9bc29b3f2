//! The npm clients `graphql-ws` and `graphql-sse` receive every change exactly once, through a broken connection, an
//! expired token and a stopping node.

use std::{path::Path, time::Duration};

use lodgate_e2e::{
    Gateway, Proxy, TenantKind, nodejs,
    stories::{Property, Supplier, eventually, night},
};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(240);

/// The common part of both scripts.
const COMMON: &str = r#"
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [url, property, first, fresh] = process.argv.slice(2);
const query = `subscription($ids: [ID!], $after: Cursor, $snapshot: Boolean!) {
  stockChanges(propertyIds: $ids, after: $after, snapshot: $snapshot) {
    __typename
    ... on StockSnapshot { seq state: cursor }
    ... on StockChange { seq previousSeq coalesced cursor }
    ... on StockCheckpoint { cursor } } }`;
const seen = { begun: null, seqs: [], ends: [], notices: [], answers: [] };
let cursor = null;

// The first token expires after seconds; then the second one is used.
const { exp } = JSON.parse(Buffer.from(first.split(".")[1], "base64url"));
const authorization = () => `Bearer ${Date.now() < exp * 1000 ? first : fresh}`;

function ended(how) {
  seen.ends.push(how);
  writeFileSync("ends", String(seen.ends.length));
}

function take(result) {
  if (result.errors) throw new Error(JSON.stringify(result.errors));
  const message = result.data.stockChanges;
  cursor = message.cursor ?? message.state ?? cursor;
  if (message.__typename === "StockSnapshot") {
    if (seen.begun !== null) throw new Error("two snapshots");
    seen.begun = message.seq;
  } else if (message.__typename === "StockChange") {
    const last = seen.seqs.at(-1) ?? seen.begun;
    if (message.previousSeq !== last) throw new Error(`${message.previousSeq} does not follow ${last}`);
    if (message.coalesced) throw new Error("coalesced");
    seen.seqs.push(message.seq);
  } else if (message.__typename !== "StockCheckpoint") {
    throw new Error(message.__typename);
  }
  writeFileSync("seen", String(seen.seqs.at(-1) ?? seen.begun));
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

async function report() {
  while (!existsSync("enough")) await sleep(20);
  console.log(JSON.stringify(seen));
  process.exit(0);
}
"#;

const WEBSOCKET: &str = r#"
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const client = createClient({
  url: `${url.replace("http", "ws")}/graphql/ws`,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ authorization: authorization() }),
  retryAttempts: 1000,
  retryWait: () => sleep(100),
  shouldRetry: () => true,
  on: {
    closed: (event) => event.code !== 1000 && ended(event.code),
    ping: (received, payload) => received && payload && seen.notices.push(Object.keys(payload)[0]),
  },
});
const answer = (query) => new Promise((resolve, reject) => {
  let last;
  client.subscribe({ query }, { next: (result) => (last = result), error: reject, complete: () => resolve(last) });
});
seen.answers.push(await answer("{ viewer { tenant { code } } }"));
seen.answers.push(await answer("{ nothing }").catch((errors) => ({ errors })));

// The client sends these variables again on a reconnect, so it resumes after the latest cursor.
const variables = { ids: [property], after: null, snapshot: true };
client.subscribe({ query, variables }, {
  next(result) {
    take(result);
    if (cursor) Object.assign(variables, { after: cursor, snapshot: false });
  },
  error: fail,
  complete: () => fail("complete"),
});
await report();
"#;

const EVENTS: &str = r#"
import { createClient } from "graphql-sse";

const client = createClient({
  url: `${url}/graphql/stream`,
  // The request stays the same; the header takes precedence.
  headers: () => ({ authorization: authorization(), ...(cursor && { "last-event-id": cursor }) }),
  retryAttempts: 1000,
  retry: () => sleep(100),
  on: { connecting: (again) => again && ended("again") },
});
const answer = (query) => new Promise((resolve, reject) => {
  let last;
  client.subscribe({ query }, { next: (result) => (last = result), error: reject, complete: () => resolve(last) });
});
seen.answers.push(await answer("{ viewer { tenant { code } } }"));
seen.answers.push(await answer("{ nothing }"));

const variables = { ids: [property], after: null, snapshot: true };
client.subscribe({ query, variables }, { next: take, error: fail, complete: () => fail("complete") });
await report();
"#;

struct Test<'a> {
    gateway: &'a Gateway,
    alpha: &'a Supplier,
    property: &'a Property,
    proxy: &'a Proxy,
    folder: &'a Path,
}

impl Test<'_> {
    async fn change(&self, rooms: u32) {
        for n in 0..3 {
            self.alpha.set_allotments(self.property, "DBL", (night(n), night(n)), rooms).await.accepted();
        }
    }

    /// Waits until the client has received the whole journal.
    async fn wait_until_received(&self, when: &str) {
        let head = self.alpha.stock_seq(self.property).await.to_string();
        let seen = self.folder.join("seen");
        eventually(when, async || std::fs::read_to_string(&seen).is_ok_and(|seen| seen == head).then_some(())).await;
    }

    async fn run(&self) {
        self.wait_until_received("the state").await;
        self.change(20).await;
        self.wait_until_received("live changes").await;

        self.proxy.pause();
        assert!(self.proxy.reset_connections() > 0, "a connection is open");
        self.change(30).await;
        self.proxy.resume();
        self.wait_until_received("changes during the reset").await;

        let ends = self.folder.join("ends");
        eventually("the connection was reset and the token expired", async || {
            let ends: u32 = std::fs::read_to_string(&ends).ok()?.parse().ok()?;
            (ends >= 2).then_some(())
        })
        .await;
        self.change(40).await;
        self.wait_until_received("changes after the token's expiry").await;

        assert_eq!(self.gateway.terminate().await.expect("stopped"), Some(0));
        self.gateway.restart().await;
        self.change(50).await;
        self.wait_until_received("changes after the node's end").await;
        std::fs::write(self.folder.join("enough"), "").expect("written");
    }
}

/// Runs the script and the test; returns what the client received, and the last seq.
async fn run(script: &str) -> (Value, i64) {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(10)).rooms("DBL", 10).create().await;
    let proxy = Proxy::start(gateway.base_url()).await.expect("a proxy");
    let folder = tempfile::tempdir().expect("a folder");
    let first = gateway.cli().short_token("alpha", 6).await.expect("a token");
    let fresh = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;

    let script = format!("{COMMON}{script}");
    let arguments = [proxy.base_url(), &property.id, &first, &fresh];
    let test = Test { gateway: &gateway, alpha: &alpha, property: &property, proxy: &proxy, folder: folder.path() };
    let said = tokio::select! {
        said = nodejs::run(folder.path(), &script, &arguments, LIMIT) => said,
        said = async { test.run().await; std::future::pending().await } => said,
    };
    let said = said.unwrap_or_else(|error| panic!("{error:#}"));
    let seen: Value = serde_json::from_str(said.trim()).unwrap_or_else(|_| panic!("no report: {said}"));
    let head = alpha.stock_seq(&property).await;
    assert_eq!(seen["answers"][0]["data"]["viewer"]["tenant"]["code"], "alpha", "{seen}");
    let refused = &seen["answers"][1]["errors"][0]["extensions"]["code"];
    assert_eq!(refused, "GRAPHQL_VALIDATION_FAILED", "{seen}");
    // A supplier receives every event of its property: every seq after the snapshot, once.
    let begun = seen["begun"].as_i64().expect("the snapshot");
    assert_eq!(seen["seqs"], json!((begun + 1..=head).collect::<Vec<i64>>()), "{seen}");
    (seen, head)
}

#[tokio::test]
async fn graphql_ws_receives_every_change_once() {
    let (seen, head) = run(WEBSOCKET).await;
    let ends = seen["ends"].as_array().expect("a list");
    for code in [4403, 1012] {
        assert!(ends.contains(&json!(code)), "{code} is missing: {seen}");
    }
    let notices = seen["notices"].as_array().expect("a list");
    for notice in ["tokenExpiresInMs", "restartInMs"] {
        assert!(notices.contains(&json!(notice)), "{notice} is missing: {seen}");
    }
    println!("graphql-ws: {head} events, connections ended with {}", seen["ends"]);
}

#[tokio::test]
async fn graphql_sse_receives_every_change_once() {
    let (seen, head) = run(EVENTS).await;
    let ends = seen["ends"].as_array().expect("a list").len();
    assert!(ends >= 3, "three connections ended: by reset, by expiry, by the stopping node: {seen}");
    println!("graphql-sse: {head} events, connected again {ends} times");
}
