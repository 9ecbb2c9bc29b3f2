//! Requests that are not GraphQL over HTTP, or too large, are refused and change nothing.

use lodgate_e2e::{
    Client, Gateway,
    client::{ClientError, pool},
    stories::{Property, Supplier, documents::SET_ALLOTMENTS, night},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

struct Fixture {
    gateway: Gateway,
    alpha: Supplier,
    property: Property,
}

impl Fixture {
    async fn new() -> Self {
        let gateway = Gateway::builder().start().await;
        let alpha = gateway.supplier("alpha").await;
        let property = alpha.property("Seaview").nights(night(0), night(30)).rooms("DBL", 5).create().await;
        Self { gateway, alpha, property }
    }

    fn request(&self, method: Method) -> reqwest::RequestBuilder {
        let url = format!("{}/graphql", self.gateway.base_url());
        pool().request(method, url).bearer_auth(self.alpha.client.token())
    }

    /// A valid mutation.
    fn good(&self) -> Value {
        let change = json!({
            "roomTypeId": self.property.room_type("DBL"), "pool": { "shared": true },
            "from": night(1), "through": night(2), "count": { "allotted": 4 },
        });
        json!({ "query": SET_ALLOTMENTS, "variables": { "input": { "propertyId": self.property.id, "changes": [change] } } })
    }

    async fn nothing_was_written_since(&self, seq: i64) {
        assert_eq!(self.alpha.stock_seq(&self.property).await, seq);
        assert_eq!(self.gateway.audit().await.drift, 0);
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.expect("a response");
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn requests_that_are_not_graphql_are_refused() {
    let fixture = Fixture::new().await;
    let seq = fixture.alpha.stock_seq(&fixture.property).await;
    let good = fixture.good();

    for media in
        ["text/plain", "application/x-www-form-urlencoded", "application/graphql", "application/json; charset=utf-16"]
    {
        let request = fixture.request(Method::POST).header("content-type", media).body(good.to_string());
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{media}");
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{body}");
    }

    let mut large = good.clone();
    large["padding"] = json!("x".repeat(256 * 1_024));
    let (status, body) = answer(fixture.request(Method::POST).json(&large)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{body}");

    let variables = good["variables"].to_string();
    let get = fixture.request(Method::GET).query(&[("query", SET_ALLOTMENTS), ("variables", &variables)]);
    let refused = get.send().await.expect("a response");
    assert_eq!(
        (refused.status(), &refused.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().expect("text"))
    );

    for body in
        ["", "{", "[]", "{}", "null", "{\"query\":1}", "{\"query\":\"{ viewer { __typename } }\",\"variables\":[]}"]
    {
        let request = fixture.request(Method::POST).header("content-type", "application/json").body(body);
        assert_eq!(answer(request).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    let (status, _) = answer(fixture.request(Method::POST).json(&vec![good.clone(); 6])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a batch of more than five is refused");
    fixture.nothing_was_written_since(seq).await;

    let (status, body) = answer(fixture.request(Method::POST).json(&good)).await;
    assert_eq!((status, &body["data"]["setAllotments"]["changedCells"]), (StatusCode::OK, &json!(2)), "{body}");
}

#[tokio::test]
async fn operations_that_expand_without_limit_are_refused() {
    let fixture = Fixture::new().await;
    let seq = fixture.alpha.stock_seq(&fixture.property).await;

    let mut bomb = "mutation { ...F0 } ".to_owned();
    for level in 0..30 {
        bomb += &format!("fragment F{level} on Mutation {{ ...F{} ...F{} }} ", level + 1, level + 1);
    }
    bomb += "fragment F30 on Mutation { __typename }";
    let aliases: String = (0..200).map(|number| format!("a{number}: viewer {{ __typename }} ")).collect();
    let deep = format!("{{ viewer {} __typename {} }}", "{ tenant ".repeat(40), "}".repeat(40));
    for document in [
        bomb,
        format!("{{ {aliases} }}"),
        deep,
        "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }".to_owned(),
        "{ noSuchField }".to_owned(),
        "query($x: NoSuchType) { viewer { __typename } }".to_owned(),
    ] {
        let refused = send(&fixture.alpha.client, &document).await;
        assert_eq!(refused.code(), "GRAPHQL_VALIDATION_FAILED", "{refused}");
    }
    let brackets = send(&fixture.alpha.client, &"{".repeat(10_000)).await;
    assert!(matches!(brackets.code(), "GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED"), "{brackets}");
    assert_eq!(send(&fixture.alpha.client, "{ viewer").await.code(), "GRAPHQL_PARSE_FAILED");
    fixture.nothing_was_written_since(seq).await;
}

#[tokio::test]
async fn errors_show_no_internal_details() {
    let fixture = Fixture::new().await;
    for id in ["'; DROP TABLE properties; --", "../../etc/passwd", &"x".repeat(100_000)] {
        let data = fixture.alpha.client.query("query($id: ID!) { node(id: $id) { id } }", &json!({ "id": id })).await;
        assert_eq!(data.expect("data")["node"], Value::Null);
    }
    let by_code = "query($code: String!) { property(code: $code) { id } }";
    let data = fixture.alpha.client.query(by_code, &json!({ "code": "xy' OR 1=1" })).await;
    assert_eq!(data.expect("data")["property"], Value::Null);
    let error = fixture.alpha.client.query(by_code, &json!({ "code": "x\u{0}y" })).await.expect_err("invalid text");
    assert_eq!(error.code(), "BAD_USER_INPUT", "{error}");
    assert!(error.to_string().contains("variables.code"), "{error}");
    let unknown = reqwest::Client::builder().no_proxy().build().expect("a client");
    let missing =
        unknown.get(format!("{}/graphql/nothing", fixture.gateway.base_url())).send().await.expect("a response");
    assert!(missing.status().is_client_error() || missing.status().is_success(), "{}", missing.status());
}

async fn send(client: &Client, document: &str) -> ClientError {
    client.query(document, &json!({})).await.expect_err("refused")
}
