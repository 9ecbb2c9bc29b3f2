//! What a tenant learns of its own machines, rate and sessions, and nothing of another's.

use std::time::Duration;

use lodgate_e2e::{
    Client, Gateway, Kind, Socket, postgres,
    stories::{documents as ask, night},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);
const PASSWORD: &str = "a password for this story";
const OWNER: &str = "owner@harbour.example";

const CREATE: &str = "mutation($input: CreateApiClientInput!) {
  createApiClient(input: $input) { client { id label revokedAt } secret userErrors { message } } }";
const REVOKE: &str = "mutation($input: RevokeApiClientInput!) {
  revokeApiClient(input: $input) { client { revokedAt } userErrors { message } } }";
const CLIENTS: &str = "{ apiClients { id clientId label scopes plan createdAt revokedAt } }";
const MINUTES: &str = "{ rateLimit { minutes { from allowed refused } } }";

async fn data(client: &Client, document: &str, variables: &Value) -> Value {
    client.query(document, variables).await.unwrap_or_else(|error| panic!("no answer: {error}"))
}

async fn tells_of_its_own_machines(gateway: &Gateway) {
    let (alpha, omega) = (gateway.supplier("alpha").await.client, gateway.supplier("omega").await.client);
    assert_eq!(data(&alpha, CLIENTS, &json!({})).await, json!({ "apiClients": [] }));
    let mut ids = Vec::new();
    for (client, label) in [(&alpha, "first"), (&omega, "theirs"), (&alpha, "second")] {
        let input = json!({ "input": { "label": label, "scopes": ["INVENTORY_READ"] } });
        let made = data(client, CREATE, &input).await["createApiClient"].clone();
        assert!(made["secret"].is_string(), "{made}");
        ids.push(made["client"]["id"].clone());
    }
    data(&alpha, REVOKE, &json!({ "input": { "id": ids[0] } })).await;

    let labels = async |client: &Client| {
        let found = data(client, CLIENTS, &json!({})).await["apiClients"].clone();
        let brief = |one: &Value| json!([one["label"], one["scopes"], one["revokedAt"].is_null()]);
        found.as_array().into_iter().flatten().map(brief).collect::<Vec<_>>()
    };
    let reads = json!(["INVENTORY_READ"]);
    assert_eq!(labels(&alpha).await, [json!(["second", reads, true]), json!(["first", reads, false])]);
    assert_eq!(labels(&omega).await, [json!(["theirs", reads, true])]);
    let text = data(&alpha, CLIENTS, &json!({})).await.to_string();
    assert!(!text.contains("lgs_"), "a secret is shown once: {text}");

    let reader = gateway.token("alpha", Kind::Supplier, "inventory:read inventory:write", "unmetered").await;
    let refused = alpha.with_token(&reader).query(CLIENTS, &json!({})).await.expect_err("without tenant:admin");
    assert_eq!(refused.code(), "FORBIDDEN");
}

#[tokio::test]
async fn the_embedded_gateway_tells_a_tenant_of_its_own_machines() {
    tells_of_its_own_machines(&Gateway::builder().start().await).await;
}

#[tokio::test]
async fn the_clustered_gateway_tells_a_tenant_of_its_own_machines() {
    let database = postgres().await.database().await;
    tells_of_its_own_machines(&Gateway::builder().database_url(&database).start().await).await;
}

#[tokio::test]
async fn the_last_hour_is_told_minute_by_minute_whatever_way_it_came() {
    let gateway = Gateway::builder().env("PLAN_STARTER", "1,20").start().await;
    let token = gateway.token("alpha", Kind::Supplier, Kind::Supplier.scopes(), "starter").await;
    let alpha = Client::new(gateway.base_url(), &token);
    let omega = gateway.supplier("omega").await.client;
    let sums = async |client: &Client| {
        let minutes = data(client, MINUTES, &json!({})).await["rateLimit"]["minutes"].clone();
        let minutes = minutes.as_array().cloned().unwrap_or_default();
        assert_eq!(minutes.len(), 60);
        let starts: Vec<chrono::DateTime<chrono::Utc>> =
            minutes.iter().map(|minute| minute["from"].as_str().unwrap_or_default().parse().expect("a time")).collect();
        assert!(starts.is_sorted_by(|one, next| *next - *one == chrono::Duration::minutes(1)), "{starts:?}");
        let sum = |field: &str| minutes.iter().filter_map(|minute| minute[field].as_i64()).sum::<i64>();
        (sum("allowed"), sum("refused"))
    };
    assert_eq!(sums(&alpha).await, (1, 0), "this one is counted");

    let mut socket = Socket::connect(gateway.base_url(), &token).await.expect("connected");
    for _ in 0..3 {
        socket.subscribe("{ viewer { tenant { code } } }", &json!({})).await.expect("sent");
        socket.next(SOON).await.expect("an answer");
        socket.next(SOON).await.expect("its end");
    }
    assert_eq!(sums(&alpha).await, (5, 0), "over the socket too");
    let mut refused = 0;
    while refused < 3 {
        let answer = alpha.query("{ viewer { tenant { code } } }", &json!({})).await;
        refused += i64::from(answer.is_err_and(|error| error.is_rate_limited()));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (allowed, counted) = sums(&alpha).await;
    assert!(allowed >= 20 && counted == refused, "{allowed} {counted}");
    assert_eq!(sums(&omega).await, (1, 0), "another tenant's are its own");
}

/// Writes as the person, and says with what code it was not let in.
async fn write(client: &Client, rooms: u32) -> Option<String> {
    let hotels = data_or_code(client, "{ properties(first: 1) { edges { node { id roomTypes { id } } } } }").await;
    let hotel = match hotels {
        Ok(found) => found["properties"]["edges"][0]["node"].clone(),
        Err(code) => return Some(code),
    };
    let change = json!({
        "roomTypeId": hotel["roomTypes"][0]["id"], "pool": { "shared": true }, "from": night(300), "through": night(300),
        "count": { "allotted": rooms },
    });
    let input = json!({ "input": { "propertyId": hotel["id"], "changes": [change] } });
    client.query(ask::SET_ALLOTMENTS, &input).await.err().map(|error| error.code().to_owned())
}

async fn data_or_code(client: &Client, document: &str) -> Result<Value, String> {
    client.query(document, &json!({})).await.map_err(|error| error.code().to_owned())
}

#[tokio::test]
async fn signing_out_everywhere_ends_access_tokens_at_once_here_and_soon_elsewhere() {
    let database = postgres().await.database().await;
    let demo = Gateway::builder().database_url(&database).arg("--demo").env("DEMO_PASSWORD", PASSWORD);
    let (here, elsewhere) = (demo.start().await, Gateway::builder().database_url(&database).start().await);
    let desk = here.sign_in(OWNER, PASSWORD).await;
    let there = desk.client.at(elsewhere.base_url());
    // Both nodes have just looked who this is, and remember it.
    assert_eq!((write(&desk.client, 7).await, write(&there, 8).await), (None, None));
    let mut socket = Socket::connect(elsewhere.base_url(), desk.client.token()).await.expect("connected");

    here.sign_in(OWNER, PASSWORD).await.sign_out(true).await;

    let signed_out = tokio::time::Instant::now();
    assert_eq!(write(&desk.client, 9).await.as_deref(), Some("UNAUTHENTICATED"), "at once on this node");
    while write(&there, 9).await.as_deref() != Some("UNAUTHENTICATED") {
        assert!(signed_out.elapsed() < Duration::from_secs(5), "not within 5 s on the other node");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let closed = socket.next(Duration::from_secs(5)).await.expect_err("the socket closes");
    assert_eq!(closed.close_code(), Some(4403));
    let back = here.sign_in(OWNER, PASSWORD).await;
    assert_eq!(write(&back.client, 10).await, None);
}
