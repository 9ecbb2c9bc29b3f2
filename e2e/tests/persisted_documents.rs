//! Trusted documents of a tenant, and persisted queries by hash.

use std::time::Duration;

use lodgate_e2e::{
    Backend, Gateway, TenantKind, WebSocket, process,
    stories::{eventually, night},
    websocket::Incoming,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::http_protocol::{Caller, code, read};

const SCOPES: &str = "query Scopes { viewer { scopes } }";
const PLAN: &str = "{ viewer { plan } }";
/// The hash of [`PLAN`], computed by another program.
const PLAN_SHA256: &str = "61d8d202609c5a39ef36f36f1d5d9591fa6ff88ad9f691b2a9d787f5821a8fb3";

/// Runs `lodgate documents` for a tenant.
async fn documents(gateway: &Gateway, tenant: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = gateway.cli().command("documents");
    command.args(["--tenant", tenant]).args(arguments);
    tokio::task::spawn_blocking(move || process::output(&mut command)).await?
}

async fn post(gateway: &Gateway, token: &str, body: &Value) -> Value {
    let url = format!("{}/graphql", gateway.base_url());
    let request = lodgate_e2e::client::pool().post(url).bearer_auth(token).json(body);
    request.send().await.expect("a response").json().await.expect("JSON")
}

#[tokio::test]
async fn a_restricted_tenant_sends_only_trusted_documents() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;
    let beta = gateway.token("beta", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("documents.json");
    let watch = "subscription Watch { stockChanges(snapshot: true) { __typename } }";
    std::fs::write(&file, json!({ "Scopes": SCOPES, "Watch": watch }).to_string()).expect("written");
    let path = file.display().to_string();

    assert!(documents(&gateway, "nobody", &["--load", &path]).await.is_err(), "no such tenant");
    let said = documents(&gateway, "alpha", &["--load", &path]).await.expect("loaded");
    assert!(said.contains("2 documents trusted, others taken"), "{said}");

    let (by_id, by_text) = (json!({ "documentId": "Scopes" }), json!({ "query": SCOPES }));
    let other = json!({ "query": "{ viewer { plan } }" });
    assert_eq!(post(&gateway, &alpha, &by_id).await["data"]["viewer"]["scopes"][0], "INVENTORY_READ");
    assert_eq!(code(&post(&gateway, &beta, &by_id).await), "DOCUMENT_NOT_FOUND", "another tenant's");
    assert_eq!(post(&gateway, &alpha, &other).await["data"]["viewer"]["plan"], "unmetered");

    documents(&gateway, "alpha", &["--only", "on"]).await.expect("switched on");
    let held = || async { (code(&post(&gateway, &alpha, &other).await) == "DOCUMENT_NOT_TRUSTED").then_some(()) };
    eventually("the tenant is restricted to its trusted documents", held).await;
    for trusted in [&by_id, &by_text] {
        assert_eq!(post(&gateway, &alpha, trusted).await["data"]["viewer"]["scopes"][0], "INVENTORY_READ", "{trusted}");
    }
    for refused in [
        json!({ "query": "query Scopes { viewer { scopes }  }" }),
        json!({ "query": "mutation { __typename }" }),
        json!({ "query": "{ __schema { queryType { name } } }" }),
        json!({ "query": "{ __typename }" }),
    ] {
        assert_eq!(code(&post(&gateway, &alpha, &refused).await), "DOCUMENT_NOT_TRUSTED", "{refused}");
    }
    assert_eq!(
        post(&gateway, &beta, &other).await["data"]["viewer"]["plan"],
        "unmetered",
        "other tenants are not restricted"
    );

    documents(&gateway, "alpha", &["--only", "off"]).await.expect("switched off");
    let free = || async { post(&gateway, &alpha, &other).await["data"].is_object().then_some(()) };
    eventually("the tenant is no longer restricted", free).await;
}

#[tokio::test]
async fn a_websocket_accepts_only_trusted_documents() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.supplier("alpha").await;
    alpha.property("Seaview").nights(night(0), night(5)).rooms("DBL", 5).create().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("documents.json");
    let watch = "subscription Watch { stockChanges(snapshot: true) { __typename } }";
    std::fs::write(&file, json!({ "Watch": watch }).to_string()).expect("written");
    let path = file.display().to_string();
    documents(&gateway, "alpha", &["--load", &path, "--only", "on"]).await.expect("loaded and switched on");
    let held = || async {
        let refused = alpha.client.query("{ viewer { plan } }", &json!({})).await.err()?;
        (refused.code() == "DOCUMENT_NOT_TRUSTED").then_some(())
    };
    eventually("the tenant is restricted to its trusted documents", held).await;

    let mut socket = WebSocket::connect(gateway.base_url(), alpha.client.token()).await.expect("a socket");
    let within = Duration::from_secs(10);
    let trusted = socket.subscribe(watch, &json!({})).await.expect("sent");
    let first = socket.next_data(within).await.expect("an event");
    assert!(first["stockChanges"]["__typename"].is_string(), "{first}");
    socket.complete(&trusted).await.expect("sent");
    let other = "subscription { stockChanges(snapshot: false) { __typename } }";
    let refused = socket.subscribe(other, &json!({})).await.expect("sent");
    // Messages of the first subscription may arrive before.
    let errors = loop {
        match socket.next(within).await.expect("a message") {
            Incoming::Error { id, errors } if id == refused => break errors,
            Incoming::Next { id, .. } if id == refused => panic!("an untrusted document was accepted"),
            _ => {}
        }
    };
    assert_eq!(errors[0].code, "DOCUMENT_NOT_TRUSTED", "{errors:?}");
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

#[tokio::test]
async fn a_stored_document_is_executed_by_its_hash() {
    let backend = Backend::postgres_and_redis().await;
    let node = || backend.gateway().start();
    let (first, second) = (node().await, node().await);
    let alpha = Caller::of(&first, "alpha", "unmetered").await;
    let by_hash = json!({ "extensions": persisted(PLAN_SHA256) });
    let with_text = json!({ "query": PLAN, "extensions": persisted(PLAN_SHA256) });

    let (status, unknown) = alpha.post(&by_hash).await;
    assert_eq!((status, code(&unknown)), (StatusCode::OK, "PERSISTED_QUERY_NOT_FOUND"), "{unknown}");
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound", "the message that clients expect");
    let other = json!({ "query": "{ viewer { scopes } }", "extensions": persisted(PLAN_SHA256) });
    assert_eq!(code(&alpha.post(&other).await.1), "PERSISTED_QUERY_MISMATCH");
    assert_eq!(
        code(&alpha.post(&by_hash).await.1),
        "PERSISTED_QUERY_NOT_FOUND",
        "the mismatched document was not stored"
    );

    assert_eq!(alpha.post(&with_text).await.1["data"]["viewer"]["plan"], "unmetered");
    assert_eq!(alpha.post(&by_hash).await.1["data"]["viewer"]["plan"], "unmetered");
    let elsewhere = alpha.at(&second);
    assert_eq!(
        elsewhere.post(&by_hash).await.1["data"]["viewer"]["plan"],
        "unmetered",
        "the other node reads it from Redis"
    );
    let extensions = persisted(PLAN_SHA256).to_string();
    let get = elsewhere.request(Method::GET).query(&[("extensions", extensions.as_str())]);
    assert_eq!(read(get).await.2["data"]["viewer"]["plan"], "unmetered");

    let beta = Caller::of(&first, "beta", "unmetered").await;
    assert_eq!(code(&beta.post(&by_hash).await.1), "PERSISTED_QUERY_NOT_FOUND", "another tenant's");
    let strict = alpha.request(Method::POST).header("accept", "application/graphql-response+json");
    let unknown = strict.json(&json!({ "extensions": persisted(&"0".repeat(64)) }));
    let (status, _, body) = read(unknown).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "PERSISTED_QUERY_NOT_FOUND"));

    // An invalid document is not stored.
    let broken = "744cf883ec15ff37154689a55bd20b52c41806402b02d3dc81d7d395c2bcd016";
    let malformed = json!({ "query": "{ viewer {", "extensions": persisted(broken) });
    assert_eq!(code(&alpha.post(&malformed).await.1), "GRAPHQL_PARSE_FAILED");
    assert_eq!(code(&alpha.post(&json!({ "extensions": persisted(broken) })).await.1), "PERSISTED_QUERY_NOT_FOUND");
    let short = json!({ "extensions": persisted("abc") });
    assert_eq!(alpha.post(&short).await.0, StatusCode::BAD_REQUEST);
}
