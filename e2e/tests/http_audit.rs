//! The public audits of GraphQL over HTTP, as the package `graphql-http` has them, against a real gateway.

use std::time::Duration;

use lodgate_e2e::{Gateway, Kind, nodejs};
use serde_json::Value;

const SCRIPT: &str = r"
import { auditServer } from 'graphql-http';
const [url, token] = process.argv.slice(2);
const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
const results = await auditServer({ url, fetchFn });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
";

/// How many there were when this was written: fewer would mean that some were skipped.
const AUDITS: usize = 61;

#[tokio::test]
async fn every_audit_of_graphql_over_http_passes() {
    let gateway = Gateway::builder().start().await;
    let token = gateway.token("alpha", Kind::Supplier, Kind::Supplier.scopes(), "unmetered").await;
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("{}/graphql", gateway.base_url());
    let said =
        nodejs::run(folder.path(), SCRIPT, &[&url, &token], Duration::from_secs(60)).await.expect("the audits ran");
    let results: Vec<Value> = serde_json::from_str(&said).expect("a list of results");

    for audit in &results {
        println!("{} {} {}", audit["id"], audit["status"], audit["name"]);
    }
    let failed: Vec<_> = results.iter().filter(|audit| audit["status"] != "ok").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(results.len() >= AUDITS, "{} audits", results.len());
    for kind in ["MUST", "SHOULD", "MAY"] {
        let of_kind = |audit: &&Value| audit["name"].as_str().is_some_and(|name| name.starts_with(kind));
        assert!(results.iter().any(|audit| of_kind(&audit)), "no audit of kind {kind}");
    }
}
