//! GraphQL over HTTP: the public audits, media types, methods and batches.

use std::time::Duration;

use lodgate_e2e::{
    Gateway, TenantKind,
    client::pool,
    nodejs,
    stories::{Property, Supplier, documents::SET_ALLOTMENTS, night},
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

const PLAN: &str = "{ viewer { plan } }";

const SCRIPT: &str = r"
import { auditServer } from 'graphql-http';
const [url, token] = process.argv.slice(2);
const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
const results = await auditServer({ url, fetchFn });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
";

/// The number of audits in the current version of the package; fewer would mean that some were skipped.
const AUDITS: usize = 61;

pub struct Caller {
    url: String,
    token: String,
}

impl Caller {
    pub async fn of(gateway: &Gateway, tenant: &str, plan: &str) -> Self {
        let token = gateway.token(tenant, TenantKind::Supplier, TenantKind::Supplier.scopes(), plan).await;
        Self { url: format!("{}/graphql", gateway.base_url()), token }
    }

    pub fn at(&self, gateway: &Gateway) -> Self {
        Self { url: format!("{}/graphql", gateway.base_url()), token: self.token.clone() }
    }

    pub fn request(&self, method: Method) -> RequestBuilder {
        pool().request(method, &self.url).bearer_auth(&self.token)
    }

    pub async fn post(&self, body: &Value) -> (StatusCode, Value) {
        let (status, _, body) = read(self.request(Method::POST).json(body)).await;
        (status, body)
    }
}

pub async fn read(request: RequestBuilder) -> (StatusCode, HeaderMap, Value) {
    let answer = request.send().await.expect("a response");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.expect("a body");
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("a body of JSON") };
    (status, headers, body)
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn the_response_has_the_preferred_media_type() {
    let gateway = Gateway::builder().start().await;
    let caller = Caller::of(&gateway, "alpha", "unmetered").await;
    let ask = |accept: &str, query: &str| {
        caller.request(Method::POST).header("accept", accept).json(&json!({ "query": query })).send()
    };
    for (accept, media) in [
        ("application/json", "application/json; charset=utf-8"),
        ("text/html, */*;q=0.1", "application/json; charset=utf-8"),
        ("application/graphql-response+json", "application/graphql-response+json; charset=utf-8"),
        (
            "application/json;q=0.5, application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8",
        ),
    ] {
        let answer = ask(accept, PLAN).await.expect("a response");
        assert_eq!((answer.status(), header(&answer, "content-type")), (StatusCode::OK, media), "{accept}");
    }
    for accept in ["text/html", "application/json;q=0", "image/*"] {
        let answer = ask(accept, PLAN).await.expect("a response");
        assert_eq!(answer.status(), StatusCode::NOT_ACCEPTABLE, "{accept}");
        assert_eq!(code(&answer.json().await.expect("JSON")), "BAD_USER_INPUT", "{accept}");
    }
    // A response with errors and data is still a success.
    let partial = "{ viewer { plan } node(id: \"x\") { id } }";
    assert_eq!(ask("application/graphql-response+json", partial).await.expect("a response").status(), StatusCode::OK);
}

#[tokio::test]
async fn every_http_method_gets_a_response_with_the_allowed_methods() {
    let gateway = Gateway::builder().start().await;
    let caller = Caller::of(&gateway, "alpha", "unmetered").await;
    let all = "GET, HEAD, POST, OPTIONS";
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = caller.request(method.clone()).json(&json!({ "query": PLAN })).send().await.expect("a response");
        assert_eq!((answer.status(), header(&answer, "allow")), (StatusCode::METHOD_NOT_ALLOWED, all), "{method}");
    }
    let options = caller.request(Method::OPTIONS).send().await.expect("a response");
    assert_eq!((options.status(), header(&options, "allow")), (StatusCode::NO_CONTENT, all));

    let get = |method: Method, query: &str| caller.request(method).query(&[("query", query)]).send();
    let head = get(Method::HEAD, PLAN).await.expect("a response");
    assert_eq!((head.status(), header(&head, "content-type")), (StatusCode::OK, "application/json; charset=utf-8"));
    assert_eq!(head.text().await.expect("a body"), "");
    for query in ["mutation { __typename }", "subscription { __typename }"] {
        let refused = get(Method::GET, query).await.expect("a response");
        assert_eq!((refused.status(), header(&refused, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"), "{query}");
    }
    let subscription = caller.post(&json!({ "query": "subscription { __typename }" })).await;
    assert_eq!((subscription.0, code(&subscription.1)), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"));

    let gzip = caller.request(Method::POST).header("content-encoding", "gzip").json(&json!({ "query": PLAN }));
    assert_eq!(read(gzip).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

fn set_to(property: &Property, rooms: u32) -> Value {
    let change = json!({
        "roomTypeId": property.room_type("DBL"), "pool": { "shared": true },
        "from": night(1), "through": night(1), "count": { "allotted": rooms },
    });
    json!({ "query": SET_ALLOTMENTS, "variables": { "input": { "propertyId": property.id, "changes": [change] } } })
}

#[tokio::test]
async fn a_batch_runs_in_order_and_each_request_is_charged() {
    let gateway = Gateway::builder().env("PLAN_STARTER", "1,8").start().await;
    let alpha: Supplier = gateway.supplier("alpha").await;
    let property = alpha.property("Seaview").nights(night(0), night(5)).rooms("DBL", 5).create().await;
    let caller = Caller::of(&gateway, "alpha", "unmetered").await;
    let counted = json!({
        "query": "query($id: ID!, $from: Date!, $through: Date!) { node(id: $id) { ... on RoomType {
            calendar(from: $from, through: $through) { allotted } } } }",
        "variables": { "id": property.room_type("DBL"), "from": night(1), "through": night(1) },
    });
    let batch = json!([set_to(&property, 3), counted, set_to(&property, 4), counted, { "query": "{ nonsense }" }]);
    let (status, answers) = caller.post(&batch).await;
    assert_eq!((status, answers.as_array().map(Vec::len)), (StatusCode::OK, Some(5)), "{answers}");
    let allotted = |place: usize| &answers[place]["data"]["node"]["calendar"]["allotted"][0];
    assert_eq!((allotted(1), allotted(3)), (&json!(3), &json!(4)), "{answers}");
    assert_eq!(code(&answers[4]), "GRAPHQL_VALIDATION_FAILED");

    let six = vec![json!({ "query": PLAN }); 6];
    let (status, refused) = caller.post(&json!(six)).await;
    assert_eq!((status, code(&refused)), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"), "{refused}");

    // A burst of eight: five, then three, then none; the budget grows by one per second.
    let starter = Caller::of(&gateway, "small", "starter").await;
    let mut granted = 0;
    for _ in 0..4 {
        let five = vec![json!({ "query": PLAN }); 5];
        let (status, headers, answers) = read(starter.request(Method::POST).json(&json!(five))).await;
        let answers = answers.as_array().expect("an array");
        let done = answers.iter().filter(|answer| answer["data"]["viewer"]["plan"] == "starter").count();
        assert!(
            answers.iter().all(|answer| answer["data"].is_object() || code(answer) == "RATE_LIMITED"),
            "{answers:?}"
        );
        assert_eq!(status == StatusCode::TOO_MANY_REQUESTS, done == 0, "{status}: {answers:?}");
        assert_eq!(headers.contains_key("retry-after"), done < 5, "{headers:?}");
        granted += done;
    }
    assert!((8..20).contains(&granted), "{granted} of a burst of 8 were granted");
}

#[tokio::test]
async fn every_audit_of_graphql_over_http_passes() {
    let gateway = Gateway::builder().start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;
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
