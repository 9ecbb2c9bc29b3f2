//! API clients of a tenant.

use lodgate_e2e::{Backend, Client, TenantKind, on_backends};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateApiClientInput!) {
  createApiClient(input: $input) { client { id label revokedAt } secret userErrors { message } } }";
const REVOKE: &str = "mutation($input: RevokeApiClientInput!) {
  revokeApiClient(input: $input) { client { revokedAt } userErrors { message } } }";
const CLIENTS: &str = "{ apiClients { id clientId label scopes plan createdAt revokedAt } }";

async fn data(client: &Client, document: &str, variables: &Value) -> Value {
    client.query(document, variables).await.unwrap_or_else(|error| panic!("no response: {error}"))
}

on_backends!(a_tenant_lists_its_own_api_clients on sqlite, postgres);

async fn a_tenant_lists_its_own_api_clients(backend: Backend) {
    let gateway = backend.gateway().start().await;
    let (alpha, omega) = (gateway.supplier("alpha").await.client, gateway.supplier("omega").await.client);
    assert_eq!(data(&alpha, CLIENTS, &json!({})).await, json!({ "apiClients": [] }));
    let mut ids = Vec::new();
    for (client, label) in [(&alpha, "first"), (&omega, "other"), (&alpha, "second")] {
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
    assert_eq!(labels(&omega).await, [json!(["other", reads, true])]);
    let text = data(&alpha, CLIENTS, &json!({})).await.to_string();
    assert!(!text.contains("lgs_"), "the list has no secrets: {text}");

    let reader = gateway.token("alpha", TenantKind::Supplier, "inventory:read inventory:write", "unmetered").await;
    let refused = alpha.with_token(&reader).query(CLIENTS, &json!({})).await.expect_err("without tenant:admin");
    assert_eq!(refused.code(), "FORBIDDEN");
}
