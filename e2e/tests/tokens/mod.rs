//! Access tokens: the gateway accepts the tokens of its own keys and of trusted issuers, and refuses every other token, over
//! HTTP, over the websocket and on every node.

mod access;
mod external_issuers;
mod revocation;
mod signing_keys;
mod verification;

use std::time::Duration;

use lodgate_e2e::{Client, Gateway, WebSocket};
use serde_json::{Value, json};
use tokio::time::Instant;

const VIEWER: &str = "{ viewer { tenant { code } plan scopes } }";
/// The promise is 5 seconds; the assertion allows three times that, because the computer may be busy.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

#[expect(clippy::disallowed_methods, reason = "the gateway on this api_client reads the same clock")]
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// The viewer of a token, or the code of the error.
async fn viewer(gateway: &Gateway, token: &str) -> Result<Value, String> {
    let asked = Client::new(gateway.base_url(), token).query(VIEWER, &json!({})).await;
    asked.map(|data| data["viewer"].clone()).map_err(|error| error.code().to_owned())
}

/// The close code of a websocket with this token; `None` when it is accepted.
async fn close_code(gateway: &Gateway, token: &str) -> Option<u16> {
    WebSocket::connect(gateway.base_url(), token)
        .await
        .err()
        .map(|error| error.close_code().unwrap_or_else(|| panic!("neither accepted nor closed: {error}")))
}

/// Asserts that a token is refused over HTTP and over the websocket.
async fn is_refused(gateway: &Gateway, what: &str, token: &str) {
    assert_eq!(viewer(gateway, token).await, Err("UNAUTHENTICATED".to_owned()), "{what}, by HTTP");
    assert_eq!(close_code(gateway, token).await, Some(4403), "{what}, over the websocket");
}

async fn published(gateway: &Gateway) -> Vec<String> {
    let text = gateway.get("/.well-known/jwks.json").await.expect("the public keys");
    let set: Value = serde_json::from_str(&text).expect("JSON");
    let kids =
        set["keys"].as_array().expect("a list").iter().map(|key| key["kid"].as_str().expect("a name").to_owned());
    kids.collect()
}

/// Creates an API client; returns its id, its client id and its secret.
async fn api_client(admin: &Client) -> (Value, String, String) {
    let made = admin
        .query(
            "mutation($input: CreateApiClientInput!) { createApiClient(input: $input) { client { id clientId } secret } }",
            &json!({ "input": { "label": "PMS", "scopes": ["INVENTORY_READ"] } }),
        )
        .await
        .unwrap_or_else(|error| panic!("no API client: {error}"));
    let (client, secret) = (&made["createApiClient"]["client"], &made["createApiClient"]["secret"]);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (client["id"].clone(), text(&client["clientId"]), text(secret))
}

async fn post(gateway: &Gateway, path: &str, form: &[(&str, &str)], credentials: (&str, &str)) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("{}{path}", gateway.base_url())).form(form);
    let answer = request.basic_auth(credentials.0, Some(credentials.1)).send().await.expect("a response");
    let status = answer.status();
    assert!(status.is_success(), "{path}: {status}");
    answer.json().await.unwrap_or_default()
}

async fn token_of(gateway: &Gateway, api_client: (&str, &str)) -> String {
    let answer = post(gateway, "/oauth/token", &[("grant_type", "client_credentials")], api_client).await;
    answer["access_token"].as_str().expect("a token").to_owned()
}

async fn is_closed_in_time(mut socket: WebSocket, since: Instant) {
    let closed = socket.next(REVOKED_WITHIN * 4).await.expect_err("the websocket closes");
    assert_eq!(closed.close_code(), Some(4403), "{closed}");
    assert!(since.elapsed() < REVOKED_WITHIN * 3, "after {:?}", since.elapsed());
}
