//! Sessions of users who sign in with a password.

use std::time::Duration;

use lodgate_e2e::{
    Backend, Client, WebSocket,
    portal::{OWNER, PASSWORD},
    stories::{documents, eventually_within, night},
};
use serde_json::{Value, json};

/// Other nodes refuse the access tokens of an ended session after at most this time.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

/// Writes as the user; returns the code of the error.
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
async fn signing_out_everywhere_ends_access_tokens_on_all_nodes() {
    let backend = Backend::postgres().await;
    let demo = backend.gateway().arg("--demo").env("DEMO_PASSWORD", PASSWORD);
    let (here, elsewhere) = (demo.start().await, backend.gateway().start().await);
    let user = here.sign_in(OWNER, PASSWORD).await;
    let there = user.client.at(elsewhere.base_url());
    // Both nodes have just verified the token, and cache the result.
    assert_eq!((write(&user.client, 7).await, write(&there, 8).await), (None, None));
    let mut socket = WebSocket::connect(elsewhere.base_url(), user.client.token()).await.expect("connected");

    here.sign_in(OWNER, PASSWORD).await.sign_out(true).await;

    assert_eq!(write(&user.client, 9).await.as_deref(), Some("UNAUTHENTICATED"), "at once on this node");
    let refused = || async { (write(&there, 9).await.as_deref() == Some("UNAUTHENTICATED")).then_some(()) };
    eventually_within("the other node refuses the token", REVOKED_WITHIN, refused).await;
    let closed = socket.next(REVOKED_WITHIN).await.expect_err("the websocket closes");
    assert_eq!(closed.close_code(), Some(4403));
    let back = here.sign_in(OWNER, PASSWORD).await;
    assert_eq!(write(&back.client, 10).await, None);
}
