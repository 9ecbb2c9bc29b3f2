//! GraphQL over HTTP beyond the public audits: media types, methods, arrays, and documents that are sent once.

use lodgate_e2e::{
    Gateway, Kind, Redis,
    client::pool,
    postgres,
    stories::{Hotel, Supplier, documents::SET_ALLOTMENTS, night},
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

const PLAN: &str = "{ viewer { plan } }";
/// Of [`PLAN`], by another program.
const PLAN_SHA256: &str = "61d8d202609c5a39ef36f36f1d5d9591fa6ff88ad9f691b2a9d787f5821a8fb3";

struct Caller {
    url: String,
    token: String,
}

impl Caller {
    async fn of(gateway: &Gateway, tenant: &str, plan: &str) -> Self {
        let token = gateway.token(tenant, Kind::Supplier, Kind::Supplier.scopes(), plan).await;
        Self { url: format!("{}/graphql", gateway.base_url()), token }
    }

    fn at(&self, gateway: &Gateway) -> Self {
        Self { url: format!("{}/graphql", gateway.base_url()), token: self.token.clone() }
    }

    fn request(&self, method: Method) -> RequestBuilder {
        pool().request(method, &self.url).bearer_auth(&self.token)
    }

    async fn post(&self, body: &Value) -> (StatusCode, Value) {
        let (status, _, body) = read(self.request(Method::POST).json(body)).await;
        (status, body)
    }
}

async fn read(request: RequestBuilder) -> (StatusCode, HeaderMap, Value) {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.expect("a body");
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("a body of JSON") };
    (status, headers, body)
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn the_answer_has_the_media_type_that_is_preferred_and_no_other() {
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
        let answer = ask(accept, PLAN).await.expect("an answer");
        assert_eq!((answer.status(), header(&answer, "content-type")), (StatusCode::OK, media), "{accept}");
    }
    for accept in ["text/html", "application/json;q=0", "image/*"] {
        let answer = ask(accept, PLAN).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_ACCEPTABLE, "{accept}");
        assert_eq!(code(&answer.json().await.expect("JSON")), "BAD_USER_INPUT", "{accept}");
    }
    // Executed with errors in it is still executed.
    let partial = "{ viewer { plan } node(id: \"x\") { id } }";
    assert_eq!(ask("application/graphql-response+json", partial).await.expect("an answer").status(), StatusCode::OK);
}

#[tokio::test]
async fn every_method_is_answered_and_says_which_are_allowed() {
    let gateway = Gateway::builder().start().await;
    let caller = Caller::of(&gateway, "alpha", "unmetered").await;
    let all = "GET, HEAD, POST, OPTIONS";
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = caller.request(method.clone()).json(&json!({ "query": PLAN })).send().await.expect("an answer");
        assert_eq!((answer.status(), header(&answer, "allow")), (StatusCode::METHOD_NOT_ALLOWED, all), "{method}");
    }
    let options = caller.request(Method::OPTIONS).send().await.expect("an answer");
    assert_eq!((options.status(), header(&options, "allow")), (StatusCode::NO_CONTENT, all));

    let get = |method: Method, query: &str| caller.request(method).query(&[("query", query)]).send();
    let head = get(Method::HEAD, PLAN).await.expect("an answer");
    assert_eq!((head.status(), header(&head, "content-type")), (StatusCode::OK, "application/json; charset=utf-8"));
    assert_eq!(head.text().await.expect("a body"), "");
    for query in ["mutation { __typename }", "subscription { __typename }"] {
        let refused = get(Method::GET, query).await.expect("an answer");
        assert_eq!((refused.status(), header(&refused, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"), "{query}");
    }
    let subscription = caller.post(&json!({ "query": "subscription { __typename }" })).await;
    assert_eq!((subscription.0, code(&subscription.1)), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"));

    let gzip = caller.request(Method::POST).header("content-encoding", "gzip").json(&json!({ "query": PLAN }));
    assert_eq!(read(gzip).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

fn set_to(hotel: &Hotel, rooms: u32) -> Value {
    let change = json!({
        "roomTypeId": hotel.room_type("DBL"), "pool": { "shared": true },
        "from": night(1), "through": night(1), "count": { "allotted": rooms },
    });
    json!({ "query": SET_ALLOTMENTS, "variables": { "input": { "propertyId": hotel.id, "changes": [change] } } })
}

#[tokio::test]
async fn a_few_requests_in_an_array_are_done_in_their_order_and_each_is_paid_for() {
    let gateway = Gateway::builder().env("PLAN_STARTER", "1,8").start().await;
    let alpha: Supplier = gateway.supplier("alpha").await;
    let hotel = alpha.property("Seaview").nights(night(0), night(5)).rooms("DBL", 5).create().await;
    let caller = Caller::of(&gateway, "alpha", "unmetered").await;
    let counted = json!({
        "query": "query($id: ID!, $from: Date!, $through: Date!) { node(id: $id) { ... on RoomType {
            calendar(from: $from, through: $through) { allotted } } } }",
        "variables": { "id": hotel.room_type("DBL"), "from": night(1), "through": night(1) },
    });
    let batch = json!([set_to(&hotel, 3), counted, set_to(&hotel, 4), counted, { "query": "{ nonsense }" }]);
    let (status, answers) = caller.post(&batch).await;
    assert_eq!((status, answers.as_array().map(Vec::len)), (StatusCode::OK, Some(5)), "{answers}");
    let allotted = |place: usize| &answers[place]["data"]["node"]["calendar"]["allotted"][0];
    assert_eq!((allotted(1), allotted(3)), (&json!(3), &json!(4)), "{answers}");
    assert_eq!(code(&answers[4]), "GRAPHQL_VALIDATION_FAILED");

    let six = vec![json!({ "query": PLAN }); 6];
    let (status, refused) = caller.post(&json!(six)).await;
    assert_eq!((status, code(&refused)), (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"), "{refused}");

    // A burst of eight: the first five, then three, then none; the budget fills by one a second.
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
    assert!((8..20).contains(&granted), "{granted} granted of a burst of 8");
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

#[tokio::test]
async fn a_document_that_was_sent_once_is_asked_for_by_its_hash() {
    let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
    let node = || Gateway::builder().database_url(&database).redis_url(&redis.url()).start();
    let (first, second) = (node().await, node().await);
    let alpha = Caller::of(&first, "alpha", "unmetered").await;
    let by_hash = json!({ "extensions": persisted(PLAN_SHA256) });
    let told = json!({ "query": PLAN, "extensions": persisted(PLAN_SHA256) });

    let (status, unknown) = alpha.post(&by_hash).await;
    assert_eq!((status, code(&unknown)), (StatusCode::OK, "PERSISTED_QUERY_NOT_FOUND"), "{unknown}");
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound", "what clients look for");
    let other = json!({ "query": "{ viewer { scopes } }", "extensions": persisted(PLAN_SHA256) });
    assert_eq!(code(&alpha.post(&other).await.1), "PERSISTED_QUERY_MISMATCH");
    assert_eq!(code(&alpha.post(&by_hash).await.1), "PERSISTED_QUERY_NOT_FOUND", "nothing was kept of the wrong one");

    assert_eq!(alpha.post(&told).await.1["data"]["viewer"]["plan"], "unmetered");
    assert_eq!(alpha.post(&by_hash).await.1["data"]["viewer"]["plan"], "unmetered");
    let elsewhere = alpha.at(&second);
    assert_eq!(elsewhere.post(&by_hash).await.1["data"]["viewer"]["plan"], "unmetered", "over Redis");
    let extensions = persisted(PLAN_SHA256).to_string();
    let get = elsewhere.request(Method::GET).query(&[("extensions", extensions.as_str())]);
    assert_eq!(read(get).await.2["data"]["viewer"]["plan"], "unmetered");

    let beta = Caller::of(&first, "beta", "unmetered").await;
    assert_eq!(code(&beta.post(&by_hash).await.1), "PERSISTED_QUERY_NOT_FOUND", "another tenant's");
    let strict = alpha.request(Method::POST).header("accept", "application/graphql-response+json");
    let unknown = strict.json(&json!({ "extensions": persisted(&"0".repeat(64)) }));
    let (status, _, body) = read(unknown).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, "PERSISTED_QUERY_NOT_FOUND"));

    // A document that can't be executed is not kept.
    let broken = "744cf883ec15ff37154689a55bd20b52c41806402b02d3dc81d7d395c2bcd016";
    let malformed = json!({ "query": "{ viewer {", "extensions": persisted(broken) });
    assert_eq!(code(&alpha.post(&malformed).await.1), "GRAPHQL_PARSE_FAILED");
    assert_eq!(code(&alpha.post(&json!({ "extensions": persisted(broken) })).await.1), "PERSISTED_QUERY_NOT_FOUND");
    let short = json!({ "extensions": persisted("abc") });
    assert_eq!(alpha.post(&short).await.0, StatusCode::BAD_REQUEST);
}
