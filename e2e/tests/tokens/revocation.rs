//! Revocation of tokens and of API clients.

use lodgate_e2e::{Backend, Gateway, WebSocket};
use serde_json::json;
use tokio::time::Instant;

use super::{api_client, is_closed_in_time, is_refused, post, token_of, viewer};

#[tokio::test]
async fn a_revocation_closes_websockets_on_other_nodes_within_seconds() {
    let backend = Backend::postgres().await;
    let node = || backend.gateway().start();
    let (here, there) = (node().await, node().await);
    let admin = here.supplier("harbour").await.client;
    let (id, name, secret) = api_client(&admin).await;
    let (given, kept) = (token_of(&here, (&name, &secret)).await, token_of(&there, (&name, &secret)).await);
    let socket =
        async |node: &Gateway, token: &str| WebSocket::connect(node.base_url(), token).await.expect("accepted");

    // One token, as in RFC 7009.
    let (first, second) = (socket(&there, &given).await, socket(&there, &kept).await);
    let since = Instant::now();
    post(&here, "/oauth/revoke", &[("token", &given)], (&name, &secret)).await;
    is_refused(&here, "revoked, at this node", &given).await;
    is_closed_in_time(first, since).await;
    is_refused(&there, "revoked, at the other node", &given).await;
    viewer(&there, &kept).await.expect("the other token is still valid");

    // The API client with all of its tokens.
    let since = Instant::now();
    let revoke = "mutation($input: RevokeApiClientInput!) { revokeApiClient(input: $input) { client { revokedAt } } }";
    admin.query(revoke, &json!({ "input": { "id": id } })).await.unwrap_or_else(|error| panic!("{error}"));
    is_closed_in_time(second, since).await;
    is_refused(&there, "revoked client", &kept).await;
}
