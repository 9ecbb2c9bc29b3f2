//! Sessions of users who sign in with a password.

use std::time::Duration;

use lodgate_e2e::{
    Client, Gateway, WebSocket, postgres,
    stories::{documents, night},
};
use serde_json::{Value, json};

const PASSWORD: &str = "a password for this story";
const OWNER: &str = "owner@harbour.example";

/// Writes as the person, and says with what code it was not let in.
async fn write(client: &Client, rooms: u32) -> Option<String> {
    let properties = data_or_code(client, "{ properties(first: 1) { edges { node { id roomTypes { id } } } } }").await;
    let property = match properties {
        Ok(found) => found["properties"]["edges"][0]["node"].clone(),
        Err(code) => return Some(code),
    };
    let change = json!({
        "roomTypeId": property["roomTypes"][0]["id"], "pool": { "shared": true }, "from": night(300), "through": night(300),
        "count": { "allotted": rooms },
    });
    let input = json!({ "input": { "propertyId": property["id"], "changes": [change] } });
    client.query(documents::SET_ALLOTMENTS, &input).await.err().map(|error| error.code().to_owned())
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
    let mut socket = WebSocket::connect(elsewhere.base_url(), desk.client.token()).await.expect("connected");

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
