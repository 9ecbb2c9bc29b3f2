//! The usage of a tenant's budgets, minute by minute.

use std::time::Duration;

use lodgate_e2e::{Client, Gateway, TIMEOUT, TenantKind, WebSocket};
use serde_json::{Value, json};

const MINUTES: &str = "{ rateLimit { minutes { from allowed refused } } }";

async fn data(client: &Client, document: &str, variables: &Value) -> Value {
    client.query(document, variables).await.unwrap_or_else(|error| panic!("no answer: {error}"))
}

#[tokio::test]
async fn the_last_hour_is_told_minute_by_minute_whatever_way_it_came() {
    let gateway = Gateway::builder().env("PLAN_STARTER", "1,20").start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "starter").await;
    let alpha = Client::new(gateway.base_url(), &token);
    let omega = gateway.supplier("omega").await.client;
    let sums = async |client: &Client| {
        let minutes = data(client, MINUTES, &json!({})).await["rateLimit"]["minutes"].clone();
        let minutes = minutes.as_array().cloned().unwrap_or_default();
        assert_eq!(minutes.len(), 60);
        let starts: Vec<chrono::DateTime<chrono::Utc>> =
            minutes.iter().map(|minute| minute["from"].as_str().unwrap_or_default().parse().expect("a time")).collect();
        assert!(starts.is_sorted_by(|one, next| *next - *one == chrono::Duration::minutes(1)), "{starts:?}");
        let sum = |field: &str| minutes.iter().filter_map(|minute| minute[field].as_i64()).sum::<i64>();
        (sum("allowed"), sum("refused"))
    };
    assert_eq!(sums(&alpha).await, (1, 0), "this one is counted");

    let mut socket = WebSocket::connect(gateway.base_url(), &token).await.expect("connected");
    for _ in 0..3 {
        socket.subscribe("{ viewer { tenant { code } } }", &json!({})).await.expect("sent");
        socket.next(TIMEOUT).await.expect("an answer");
        socket.next(TIMEOUT).await.expect("its end");
    }
    assert_eq!(sums(&alpha).await, (5, 0), "over the socket too");
    let mut refused = 0;
    while refused < 3 {
        let answer = alpha.query("{ viewer { tenant { code } } }", &json!({})).await;
        refused += i64::from(answer.is_err_and(|error| error.is_rate_limited()));
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (allowed, counted) = sums(&alpha).await;
    assert!(allowed >= 20 && counted == refused, "{allowed} {counted}");
    assert_eq!(sums(&omega).await, (1, 0), "another tenant's are its own");
}
