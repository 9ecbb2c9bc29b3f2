//! Tenants whose programs may send the documents that were loaded for them, and no others.

use std::time::Duration;

use lodgate_e2e::{
    Gateway, Kind, Socket, process,
    stories::{eventually, night},
    websocket::Incoming,
};
use serde_json::{Value, json};

const SCOPES: &str = "query Scopes { viewer { scopes } }";

/// Runs `lodgate documents` for a tenant.
async fn documents(gateway: &Gateway, tenant: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = gateway.mint().command("documents");
    command.args(["--tenant", tenant]).args(arguments);
    tokio::task::spawn_blocking(move || process::output(&mut command)).await?
}

async fn post(gateway: &Gateway, token: &str, body: &Value) -> Value {
    let url = format!("{}/graphql", gateway.base_url());
    let request = lodgate_e2e::client::pool().post(url).bearer_auth(token).json(body);
    request.send().await.expect("an answer").json().await.expect("JSON")
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_tenant_that_is_held_to_its_documents_sends_no_others() {
    let gateway = Gateway::builder().start().await;
    let alpha = gateway.token("alpha", Kind::Supplier, Kind::Supplier.scopes(), "unmetered").await;
    let beta = gateway.token("beta", Kind::Supplier, Kind::Supplier.scopes(), "unmetered").await;
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
    eventually("the tenant is held to its documents", Duration::from_secs(30), held).await;
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
    assert_eq!(post(&gateway, &beta, &other).await["data"]["viewer"]["plan"], "unmetered", "others go on");

    documents(&gateway, "alpha", &["--only", "off"]).await.expect("switched off");
    let free = || async { post(&gateway, &alpha, &other).await["data"].is_object().then_some(()) };
    eventually("the tenant may send anything again", Duration::from_secs(30), free).await;
}

#[tokio::test]
async fn a_socket_is_held_to_the_documents_too() {
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
    eventually("the tenant is held to its documents", Duration::from_secs(30), held).await;

    let mut socket = Socket::connect(gateway.base_url(), alpha.client.token()).await.expect("a socket");
    let within = Duration::from_secs(10);
    let trusted = socket.subscribe(watch, &json!({})).await.expect("sent");
    let first = socket.next_data(within).await.expect("an event");
    assert!(first["stockChanges"]["__typename"].is_string(), "{first}");
    socket.complete(&trusted).await.expect("sent");
    let other = "subscription { stockChanges(snapshot: false) { __typename } }";
    let refused = socket.subscribe(other, &json!({})).await.expect("sent");
    // What was on its way for the first one may come before.
    let errors = loop {
        match socket.next(within).await.expect("a message") {
            Incoming::Error { id, errors } if id == refused => break errors,
            Incoming::Next { id, .. } if id == refused => panic!("another document was taken"),
            _ => {}
        }
    };
    assert_eq!(errors[0].code, "DOCUMENT_NOT_TRUSTED", "{errors:?}");
}
